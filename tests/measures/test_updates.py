from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Reason
from troth.params import parse_duration

FOUND = AS_OF - timedelta(days=30)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def update(at: Any, **more: Any) -> Item:
    facts = {"incident_id": "i", "sent_at": at, "eta": at, "audience": "customers"}
    return item(str(at), **(facts | more))


def judged(*updates: Item, resolved: Any = None, found: Any = FOUND, cut: bool = False) -> Measured:
    args = {"hours": 24, "gap": parse_duration("P7D", at_most=True)}
    rows = population([item("x", id="i", detected_at=found, resolved_at=resolved)])
    needs = {"register.incident-updates": population(updates, CUT if cut else None)}
    return measured("incident-updates", rows, args, needs)["x"]


@pytest.mark.parametrize(
    ("made", "in_time"),
    [
        (update(FOUND + 24 * HOUR), True),
        (update(FOUND + 24 * HOUR + SECOND), False),
        (update(FOUND + HOUR, eta=None), False),
        (update(FOUND + HOUR, audience="internal"), False),
        (update(FOUND + HOUR, incident_id="j"), False),
    ],
)
def test_an_expected_time_within_a_day(made: Item, in_time: bool) -> None:
    assert judged(made).facts["eta_in_time"] is in_time


@pytest.mark.parametrize(
    ("resolved", "long"),
    [(FOUND + 24 * HOUR, False), (FOUND + 24 * HOUR + SECOND, True), (AS_OF + HOUR, True)],
)
def test_it_was_open_for_longer_than_a_day(resolved: Any, long: bool) -> None:
    assert judged(resolved=resolved).facts["long"] is long


@given(st.lists(st.integers(0, 40)), st.none() | st.integers(0, 60))
def test_no_gap_is_wider_than_a_week(days: list[int], ended: int | None) -> None:
    resolved = None if ended is None else FOUND + timedelta(days=ended)
    end = 30 if ended is None else min(ended, 30)
    points = sorted({0, end, *(day for day in days if day <= end)})
    wanted = all(later - sooner <= 7 for sooner, later in pairwise(points))
    made = judged(*(update(FOUND + timedelta(days=day)) for day in set(days)), resolved=resolved)
    assert made.facts["steady"] is wanted


def test_a_week_is_one_of_the_zone() -> None:
    rows = population([item("x", id="i", detected_at=FOUND, resolved_at=FOUND + 7 * 24 * HOUR)])
    args = {"hours": 24, "gap": parse_duration("P7D", at_most=True)}
    needs = {"register.incident-updates": population([])}
    made = measured("incident-updates", rows, args, needs, zone="America/New_York")["x"]
    assert made.facts["steady"] is True
    second = item("x", id="i", detected_at=FOUND, resolved_at=FOUND + 7 * 24 * HOUR + SECOND)
    made = measured("incident-updates", population([second]), args, needs)["x"]
    assert made.facts["steady"] is False


def test_what_came_before_the_detection_closes_no_gap() -> None:
    resolved = FOUND + timedelta(days=8)
    assert judged(update(FOUND - HOUR), resolved=resolved).facts["steady"] is False
    early = update(FOUND - timedelta(days=10))
    assert judged(early, resolved=FOUND + HOUR).facts["steady"] is True


def test_an_update_that_was_not_read_accuses_nobody() -> None:
    made = judged(cut=True)
    assert made.facts == {"long": True}
    assert made.missing == {"eta_in_time": CUT, "steady": CUT}
    young = judged(update(AS_OF - HOUR), found=AS_OF - 2 * HOUR, cut=True)
    assert young.facts == {"long": False, "eta_in_time": True, "steady": True}


def test_an_incident_that_could_not_be_read() -> None:
    args = {"hours": 24, "gap": parse_duration("P7D")}
    needs = {"register.incident-updates": population([])}
    made = measured("incident-updates", population([unread("x")]), args, needs)["x"]
    assert {why.reason for why in made.missing.values()} == {Reason.MALFORMED_RESPONSE}
