from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured, MissingFact
from troth.model import Reason
from troth.params import parse_duration

DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
BASE = AS_OF - 10 * DAY
MEAN = {"types": ["availability"], "window": parse_duration("P30D"), "most": parse_duration("PT1H")}
COUNTS = {
    "types": ["availability"], "window": parse_duration("P30D"),
    "long": parse_duration("PT1H"), "excluded_below": parse_duration("PT5M"),
    "same_within": parse_duration("PT30M"), "excluded_causes": ["network"],
}  # fmt: skip


class Plain(NamedTuple):
    """A failure in minutes after the base; no ``end`` means that nobody says when."""

    cause: str
    start: int
    end: int | None
    resolved: int


def fault(name: str, start: Any, repaired: Any, resolved: Any = None, **more: Any) -> Item:
    facts = {
        "id": name, "type": "availability", "impact": "outage", "cause": "a",
        "occurred_at": start, "repaired_at": repaired, "resolved_at": resolved,
    }  # fmt: skip
    return item(name, **(facts | more))


def mean(*faults: Item, cut: bool = False) -> Measured:
    return measured("mean-repair", population(faults, CUT if cut else None), MEAN)[""]


def counts(*faults: Item, most: int = 0, most_long: int = 0, cut: bool = False) -> Measured:
    args = COUNTS | {"most": most, "most_long": most_long}
    return measured("failure-counts", population(faults, CUT if cut else None), args)[""]


def rows(faults: list[Plain]) -> list[Item]:
    return [
        fault(
            f"i-{at}",
            BASE + one.start * MINUTE,
            None if one.end is None else BASE + one.end * MINUTE,
            BASE + one.resolved * MINUTE,
            cause=one.cause,
        )
        for at, one in enumerate(faults)
    ]


def reference(faults: list[Plain]) -> tuple[int, int]:
    """Count by painting minutes: those of one cause less than 30 minutes apart are one."""
    found = []
    for cause in {one.cause for one in faults}:
        same = sorted((one.start, one.end or 0) for one in faults if one.cause == cause)
        joined: list[list[int]] = []
        for start, end in same:
            if joined and start < joined[-1][1] + 30:
                joined[-1][1] = max(joined[-1][1], end)
            else:
                joined.append([start, end])
        found += [end - start for start, end in joined if cause != "network" or end - start >= 5]
    return len(found), sum(length >= 60 for length in found)


def plain(causes: list[str], *, known: bool) -> st.SearchStrategy[Plain]:
    def made(cause: str, start: int, length: int, more: int, said: bool) -> Plain:
        return Plain(cause, start, start + length if said else None, start + length + more)

    return st.builds(
        made, st.sampled_from(causes), st.integers(0, 200),
        st.sampled_from([0, 3, 4, 5, 20, 59, 60]), st.sampled_from([0, 10, 60]),
        st.just(True) if known else st.booleans(),
    )  # fmt: skip


@given(st.lists(plain(["a", "b", "network"], known=True), max_size=7))
def test_counts_of_what_is_known(faults: list[Plain]) -> None:
    whole, long = reference(faults)
    for most in {whole, whole - 1} - {-1}:
        assert counts(*rows(faults), most=most).facts["few"] is (whole <= most)
    for most in {long, long - 1} - {-1}:
        assert counts(*rows(faults), most_long=most).facts["few_long"] is (long <= most)


def readings(faults: list[Plain]) -> Iterator[list[Plain]]:
    """Yield what the register may mean: each cause and each end that it leaves open."""
    each = []
    for one in faults:
        causes = [one.cause] if one.cause else ["a", "b", "network", "another"]
        ends = [one.end] if one.end is not None else [one.start, one.resolved]
        each.append([Plain(c, one.start, e, one.resolved) for c in causes for e in ends])
    for chosen in product(*each):
        yield list(chosen)


@settings(max_examples=200)
@given(st.lists(plain(["a", "b", "network", ""], known=False), max_size=4), st.integers(0, 3))
def test_what_is_said_holds_however_the_register_is_meant(faults: list[Plain], most: int) -> None:
    made = counts(*rows(faults), most=most, most_long=most)
    for reading in readings(faults):
        whole, long = reference(reading)
        assert made.facts.get("few", whole <= most) is (whole <= most)
        assert made.facts.get("few_long", long <= most) is (long <= most)


@given(st.lists(plain(["a", "b", "network"], known=True), max_size=5), st.integers(0, 2))
def test_what_was_not_read_never_excuses(faults: list[Plain], most: int) -> None:
    made = counts(*rows(faults), most=most, cut=True)
    assert made.missing["few_long"] == CUT
    sure = {
        one.cause for one in faults if one.cause != "network" or (one.end or 0) >= one.start + 5
    }
    if len(sure) > most:
        assert made.facts["few"] is False
    else:
        assert made.missing["few"] == CUT


@pytest.mark.parametrize(
    ("start", "few"), [(AS_OF - 30 * DAY, True), (AS_OF - 30 * DAY + SECOND, False)]
)
def test_the_window_begins_after_its_first_instant(start: Any, few: bool) -> None:
    assert counts(fault("i", start, start + MINUTE)).facts["few"] is few
    assert mean(fault("i", start, start + MINUTE)).facts["failures"] == int(not few)


def test_one_that_began_before_the_window_is_not_in_it() -> None:
    begin = AS_OF - 30 * DAY
    first = fault("i", begin - MINUTE, begin + 10 * MINUTE)
    second = fault("j", begin + 20 * MINUTE, begin + 90 * MINUTE)
    assert counts(first, second).facts == {"few": True, "few_long": True}
    assert counts(second).facts == {"few": False, "few_long": False}


def test_bounds_that_cross_the_begin_of_the_window() -> None:
    begin = AS_OF - 30 * DAY
    first = fault("i", begin - MINUTE, begin + 10 * MINUTE)
    second = fault("j", begin + 20 * MINUTE, begin + 90 * MINUTE, cause="")
    made = counts(first, second)
    assert {why.reason for why in made.missing.values()} == {Reason.UNPROVEN}
    assert counts(first, second, most=1, most_long=1).facts == {"few": True, "few_long": True}


@given(st.lists(st.tuples(st.integers(0, 240), st.integers(0, 240)), min_size=1, max_size=6))
def test_the_mean_is_the_whole_over_the_number(lengths: list[tuple[int, int]]) -> None:
    """Each failure has minutes until its repair, and more until its resolution."""
    known = [
        fault(f"i-{at}", BASE, BASE + took * MINUTE, BASE + (took + more) * MINUTE)
        for at, (took, more) in enumerate(lengths)
    ]
    made = mean(*known)
    assert made.facts["short"] is (sum(took for took, _ in lengths) <= 60 * len(lengths))
    assert made.facts["failures"] == len(lengths)
    open_ends = [
        fault(f"i-{at}", BASE, None, BASE + (took + more) * MINUTE)
        for at, (took, more) in enumerate(lengths)
    ]
    most = sum(took + more for took, more in lengths)
    if most <= 60 * len(lengths):
        assert mean(*open_ends).facts["short"] is True
    else:
        assert mean(*open_ends).missing["short"].reason is Reason.UNPROVEN


def test_some_known_repairs_can_be_too_long_already() -> None:
    made = mean(fault("i", BASE, None, BASE), fault("j", BASE, BASE + 121 * MINUTE))
    assert made.facts["short"] is False


@pytest.mark.parametrize("repaired", [None, AS_OF + SECOND])
def test_a_failure_that_lasts_counts_with_its_age(repaired: Any) -> None:
    assert mean(fault("i", AS_OF - 60 * MINUTE, repaired)).facts["short"] is True
    assert mean(fault("i", AS_OF - 60 * MINUTE - SECOND, repaired)).facts["short"] is False
    assert counts(fault("i", AS_OF - 60 * MINUTE, repaired), most=1).facts["few_long"] is False


@pytest.mark.parametrize(
    ("row", "failures"),
    [
        ({}, 1),
        ({"type": "security"}, 1),
        ({"type": "security", "impact": "none"}, 0),
        ({"impact": "none"}, 1),
    ],
)
def test_what_a_failure_is(row: dict[str, Any], failures: int) -> None:
    one = fault("i", BASE, BASE + MINUTE, **row)
    assert mean(one).facts["failures"] == failures
    assert counts(one).facts["few"] is (failures == 0)


def test_what_has_not_begun_is_no_failure() -> None:
    assert mean(fault("i", AS_OF + SECOND, None)).facts == {"failures": 0, "short": True}
    assert mean(fault("i", AS_OF, None)).facts == {"failures": 1, "short": True}


@pytest.mark.parametrize("ends", [(BASE - SECOND, None), (None, BASE - SECOND)])
def test_nothing_ends_before_it_began(ends: tuple[Any, Any]) -> None:
    with pytest.raises(MissingFact):
        mean(fault("i", BASE, *ends))


def test_what_could_not_be_read() -> None:
    assert mean(cut=True).missing == {"failures": CUT, "short": CUT}
    assert mean(unread("i")).missing["short"].reason is Reason.MALFORMED_RESPONSE
