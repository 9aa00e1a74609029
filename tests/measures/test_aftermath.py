from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, item, measured, population, unread
from troth.measures import Measured
from troth.model import Reason
from troth.params import parse_duration

TODAY = AS_OF.date()
SECOND = timedelta(seconds=1)
ARGS = {
    "within": parse_duration("P30D", at_most=True),
    "open": parse_duration("P90D", at_most=True),
}


def days(count: int) -> timedelta:
    return timedelta(days=count)


def judged(name: str, zone: str = "UTC", **row: Any) -> Measured:
    facts = {
        "detected_at": AS_OF - days(80), "resolved_at": AS_OF - days(60), "report_ref": "R",
        "reported_to_management_on": None, "review_completed_on": None,
    }  # fmt: skip
    rows = population([item("x", **(facts | row))])
    return measured(name, rows, ARGS, zone=zone)["x"]


@given(st.integers(0, 70), st.none() | st.integers(-5, 75))
def test_a_review_is_in_time_for_thirty_days(ago: int, after: int | None) -> None:
    resolved = AS_OF - days(ago)
    done = None if after is None else (resolved.date() + days(after)).isoformat()
    made = judged("incident-reviews", resolved_at=resolved, review_completed_on=done)
    finished = after is not None and after <= ago
    wanted = after <= 30 if finished and after is not None else ago <= 30
    assert made.facts["in_time"] is wanted


@given(st.integers(0, 86400 * 70))
def test_a_report_is_over_on_the_day_after_the_last(seconds: int) -> None:
    resolved = AS_OF - seconds * SECOND
    made = judged("incident-reports", resolved_at=resolved)
    assert made.facts["over"] is (resolved.date() + days(30) < TODAY)


@pytest.mark.parametrize("name", ["incident-reports", "incident-reviews"])
@pytest.mark.parametrize(
    ("found", "known"), [(AS_OF - days(90), True), (AS_OF - days(90) - SECOND, False)]
)
@pytest.mark.parametrize("resolved", [None, AS_OF + SECOND])
def test_open_for_longer_than_anybody_can_believe(
    name: str, found: Any, known: bool, resolved: Any
) -> None:
    made = judged(name, detected_at=found, resolved_at=resolved)
    what = "over" if name == "incident-reports" else "in_time"
    assert (what in made.facts) is known
    if known:
        assert made.facts[what] is (what == "in_time")
    else:
        assert made.missing[what].reason is Reason.UNPROVEN


def test_an_open_incident_that_was_reviewed_is_in_time() -> None:
    made = judged("incident-reviews", resolved_at=None, review_completed_on=TODAY.isoformat())
    assert made.facts == {"in_time": True, "in_order": True}


@pytest.mark.parametrize(("on", "in_order"), [(-81, False), (-80, True), (0, True)])
def test_nothing_comes_before_the_detection(on: int, in_order: bool) -> None:
    day = (TODAY + days(on)).isoformat()
    review = judged("incident-reviews", review_completed_on=day)
    assert review.facts["in_order"] is in_order
    report = judged("incident-reports", reported_to_management_on=day)
    assert report.facts["in_order"] is in_order


@pytest.mark.parametrize(("on", "submitted"), [(0, True), (1, False)])
def test_a_report_of_tomorrow_is_none_yet(on: int, submitted: bool) -> None:
    day = (TODAY + days(on)).isoformat()
    made = judged("incident-reports", reported_to_management_on=day)
    assert made.facts["submitted"] is submitted


@pytest.mark.parametrize(("text", "written"), [("R-4", True), (None, False), ("tbd", False)])
def test_a_reference_says_something(text: str | None, written: bool) -> None:
    assert judged("incident-reports", report_ref=text).facts["written"] is written


def test_days_are_local() -> None:
    late = AS_OF.replace(hour=16) - days(31)  # the next day in Tokyo
    assert late.date() == date(2026, 10, 21)
    assert judged("incident-reports", resolved_at=late).facts["over"] is True
    assert judged("incident-reports", zone="Asia/Tokyo", resolved_at=late).facts["over"] is False


def test_an_incident_that_could_not_be_read() -> None:
    for name in ("incident-reports", "incident-reviews"):
        made = measured(name, population([unread("x")]), ARGS)["x"]
        assert not made.facts
    assert judged("incident-reviews", review_completed_on="2026-02-30").facts == {}
