from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Reason
from troth.params import parse_duration

TODAY = AS_OF.date()
KINDS = ["fix", "prevention", "practice-change", "improvement", "none"]
WITHIN = parse_duration("P30D", at_most=True)


def on(offset: int) -> str:
    return (TODAY + timedelta(days=offset)).isoformat()


def action(name: str, kind: str = "fix", **row: Any) -> Item:
    facts = {"source_ref": "incidents/i", "kind": kind, "opened_on": on(-10)}
    return item(name, **(facts | row))


def judged(*actions: Item, kinds: tuple[str, ...] = (), cut: bool = False, **row: Any) -> Measured:
    facts = {"id": "i", "detected_at": AS_OF, "resolved_at": AS_OF - timedelta(days=40)}
    args = {"kinds": list(kinds), "within": WITHIN, "open": parse_duration("P90D", at_most=True)}
    needs = {"register.actions": population(actions, CUT if cut else None)}
    rows = population([item("x", **(facts | row))])
    return measured("incident-actions", rows, args, needs)["x"]


@given(st.sets(st.sampled_from(KINDS)), st.sets(st.sampled_from(KINDS[:-1])))
def test_every_kind_or_the_decision_for_none(there: set[str], wanted: set[str]) -> None:
    made = judged(*(action(kind, kind) for kind in there), kinds=tuple(wanted))
    settled = "none" in there or (bool(there) and wanted <= there)
    assert made.facts["settled"] is settled


@pytest.mark.parametrize(
    ("row", "settled"),
    [
        ({}, True),
        ({"source_ref": " incidents/i "}, True),
        ({"source_ref": "incidents/j"}, False),
        ({"source_ref": "i"}, False),
        ({"source_ref": "breaches/i"}, False),
        ({"opened_on": on(0)}, True),
        ({"opened_on": on(1)}, False),
    ],
)
def test_an_action_names_its_source(row: dict[str, Any], settled: bool) -> None:
    assert judged(action("a", **row)).facts["settled"] is settled


def test_an_action_that_was_not_read_may_be_the_one() -> None:
    made = judged(cut=True)
    assert made.missing == {"settled": CUT}
    assert made.facts == {"over": True}
    assert judged(action("a"), cut=True).facts["settled"] is True


@pytest.mark.parametrize(("ago", "over"), [(30, False), (31, True)])
def test_there_is_time(ago: int, over: bool) -> None:
    assert judged(resolved_at=AS_OF - timedelta(days=ago)).facts["over"] is over


@pytest.mark.parametrize(
    ("begun", "over"),
    [(on(-30), False), (on(-31), True), (AS_OF - timedelta(days=30, hours=12), False),
     (AS_OF - timedelta(days=30, hours=12, seconds=1), True)],
)  # fmt: skip
def test_rows_of_another_register(begun: Any, over: bool) -> None:
    args = {
        "register": "breaches", "key": ["row.name", "row.on"], "from": "row.begun",
        "within": WITHIN, "kinds": [],
    }  # fmt: skip
    needs = {"register.actions": population([action("a", source_ref="breaches/a%2F%25/2026")])}
    rows = population([
        item("x", name="a/%", on="2026", begun=begun), item("y", name="a", on="2026", begun=begun),
        unread("z"),
    ])  # fmt: skip
    made = measured("row-actions", rows, args, needs)
    assert made["x"].facts == {"settled": True, "over": over}
    assert made["y"].facts == {"settled": False, "over": over}
    assert set(made["z"].missing) == {"settled", "over"}


def tracked(*, sources: tuple[str, ...] = ("incidents",), **row: Any) -> Measured:
    facts = {"due_on": on(10), "closed_on": None, "cause": "rain", "owner": "p"}
    rows = population([action("a", **(facts | row))])
    return measured("actions-tracked", rows, {"sources": list(sources)})["a"]


@given(st.integers(-9, 9), st.none() | st.integers(-9, 9))
def test_closed_or_not_past_the_date(due: int, closed: int | None) -> None:
    made = tracked(due_on=on(due), closed_on=None if closed is None else on(closed))
    finished = closed is not None and closed <= 0
    assert made.facts["on_time"] is (finished or due >= 0)
    assert bool(made.notes) is (closed is not None and closed > due)


def test_without_a_date_it_is_not_late_but_not_dated() -> None:
    facts = tracked(due_on=None).facts
    assert (facts["dated"], facts["on_time"]) == (False, True)


@pytest.mark.parametrize(("column", "fact"), [("cause", "explained"), ("owner", "owned")])
def test_what_says_nothing(column: str, fact: str) -> None:
    assert tracked().facts[fact] is True
    blank: dict[str, Any] = {column: "tbd"}
    assert tracked(**blank).facts[fact] is False


def test_whose_action_it_is() -> None:
    assert tracked().facts["meant"] is True
    assert tracked(sources=("breaches",)).facts["meant"] is False
    assert tracked(source_ref="i").missing["meant"].reason is Reason.UNPROVEN


def test_what_cannot_be() -> None:
    assert tracked(closed_on=on(-10)).facts["on_time"] is True
    assert tracked(closed_on=on(-11)).missing["on_time"].reason is Reason.UNPROVEN


def test_an_incident_or_an_action_that_could_not_be_read() -> None:
    args = {"kinds": [], "within": WITHIN, "open": WITHIN}
    needs = {"register.actions": population([])}
    made = measured("incident-actions", population([unread("x")]), args, needs)["x"]
    assert set(made.missing) == {"settled", "over"}
    assert not measured("actions-tracked", population([unread("x")]), {"sources": []})["x"].facts
