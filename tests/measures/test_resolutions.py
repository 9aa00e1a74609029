from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured, MissingFact
from troth.params import parse_duration

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
FOUND = AS_OF - 100 * HOUR


def incident(name: str, took: Any = HOUR, found: Any = FOUND, level: int = 1) -> Item:
    resolved = None if took is None else found + took
    return item(name, id=name, severity=level, detected_at=found, resolved_at=resolved)


def grading(name: str, level: int, at: Any = FOUND) -> Item:
    return item(f"{name}{level}{at}", incident_id=name, graded_at=at, severity=level)


def judged(
    *incidents: Item, graded: tuple[Item, ...] = (), share: float = 90, gap: Any = None,
    level: int = 1,
) -> Measured:  # fmt: skip
    args = {
        "severity": level, "within": parse_duration("PT2H", at_most=True),
        "window": parse_duration("P12M"), "share": share,
    }  # fmt: skip
    needs = {"register.incident-gradings": population(graded, gap)}
    return measured("resolved-share", population(incidents), args, needs)[""]


@given(st.lists(st.sampled_from([1, 2, 3]), min_size=1, max_size=25), st.integers(0, 1000))
def test_a_share_of_those_that_count(hours: list[int], tenths: int) -> None:
    made = judged(
        *(incident(f"i{at}", took * HOUR) for at, took in enumerate(hours)), share=tenths / 10
    )
    met = sum(took <= 2 for took in hours)
    assert made.facts["enough"] is (Fraction(met, len(hours)) >= Fraction(tenths, 1000))
    assert made.facts["counted"] == len(hours)
    assert made.notes[0].startswith(f"{met} of {len(hours)} resolved in time")


def test_nine_of_ten_are_ninety_percent() -> None:
    nine = [incident(f"i{at}") for at in range(9)]
    assert judged(*nine, incident("late", 3 * HOUR)).facts["enough"] is True
    assert judged(*nine[1:], incident("late", 3 * HOUR)).facts["enough"] is False


@pytest.mark.parametrize(
    ("one", "facts"),
    [
        (incident("i", 2 * HOUR), (1, True)),
        (incident("i", 2 * HOUR + SECOND), (1, False)),
        (incident("i", None), (1, False)),
        (incident("i", None, AS_OF - 2 * HOUR), (0, True)),
        (incident("i", None, AS_OF - 2 * HOUR - SECOND), (1, False)),
        (incident("i", HOUR, AS_OF - HOUR), (1, True)),
        (incident("i", HOUR + SECOND, AS_OF - HOUR), (0, True)),
        (incident("i", HOUR, AS_OF + SECOND), (0, True)),
        (incident("i", HOUR, AS_OF.replace(year=2025)), (0, True)),
        (incident("i", HOUR, AS_OF.replace(year=2025) + SECOND), (1, True)),
    ],
)
def test_the_clock_and_the_window(one: Item, facts: tuple[int, bool]) -> None:
    made = judged(one)
    assert (made.facts["counted"], made.facts["enough"]) == facts


@given(st.integers(1, 4), st.lists(st.integers(1, 4)), st.integers(1, 4))
def test_the_highest_level_that_it_held(own: int, graded: list[int], level: int) -> None:
    made = judged(
        incident("i", level=own), graded=tuple(grading("i", each) for each in set(graded)),
        level=level,
    )  # fmt: skip
    assert made.facts["counted"] == int(min([own, *graded]) == level)


def test_gradings_of_others_and_of_tomorrow() -> None:
    low = incident("i", level=2)
    assert judged(low, graded=(grading("j", 1),)).facts["counted"] == 0
    assert judged(low, graded=(grading("i", 1, AS_OF + SECOND),)).facts["counted"] == 0
    assert judged(low, graded=(grading("i", 1, AS_OF),)).facts["counted"] == 1


def test_what_was_not_read_may_turn_the_share() -> None:
    assert judged(incident("i"), gap=CUT).missing == {"counted": CUT, "enough": CUT}
    assert set(judged(unread("i")).missing) == {"counted", "enough"}


def test_what_cannot_be() -> None:
    assert judged(incident("i", 0 * HOUR)).facts["counted"] == 1
    with pytest.raises(MissingFact, match="resolved before it was detected"):
        judged(incident("i", -SECOND))
