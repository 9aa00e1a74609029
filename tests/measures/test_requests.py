from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, item, measured, population, unread
from troth.measures import Measured
from troth.model import Reason
from troth.params import parse_duration

ASKED = AS_OF - timedelta(days=40)
SECOND = timedelta(seconds=1)
ARGS = {"within": parse_duration("P30D", at_most=True)}


def judged(*, zone: str = "UTC", **row: Any) -> Measured:
    facts = {"requested_at": ASKED, "answered_at": None, "outcome": "open", "reason": ""}
    rows = population([item("x", **(facts | row))])
    return measured("request-answers", rows, ARGS, zone=zone)["x"]


@given(st.integers(0, 60), st.none() | st.integers(0, 80))
def test_an_answer_within_thirty_days(ago: int, took: int | None) -> None:
    asked = AS_OF - timedelta(days=ago)
    answered = None if took is None else asked + timedelta(days=took)
    made = judged(requested_at=asked, answered_at=answered)
    finished = took is not None and took <= ago
    elapsed = took if finished and took is not None else ago
    assert made.facts["in_time"] is (elapsed <= 30)


def test_days_are_those_of_the_zone() -> None:
    limit = AS_OF - timedelta(hours=1)  # the clocks of New York went back on 1 November
    row: dict[str, Any] = {"requested_at": limit - timedelta(days=30), "answered_at": AS_OF}
    assert judged(**row).facts["in_time"] is False
    assert judged(zone="America/New_York", **row).facts["in_time"] is True


@pytest.mark.parametrize("outcome", ["done", "refused"])
def test_an_outcome_without_an_instant(outcome: str) -> None:
    assert judged(outcome=outcome).missing["in_time"].reason is Reason.NO_DATA
    young = AS_OF - timedelta(days=30)
    assert judged(outcome=outcome, requested_at=young).facts["in_time"] is True
    assert judged(outcome=outcome, answered_at=AS_OF + SECOND).facts["in_time"] is False


@pytest.mark.parametrize(
    ("outcome", "reason", "explained"),
    [("refused", "too broad", True), ("refused", "", False), ("refused", "n/a", False),
     ("done", "", True), ("open", "", True)],
)  # fmt: skip
def test_a_refusal_has_a_reason(outcome: str, reason: str, explained: bool) -> None:
    assert judged(outcome=outcome, reason=reason).facts["explained"] is explained


def test_what_cannot_be() -> None:
    assert judged(answered_at=ASKED).facts["in_time"] is True
    assert judged(answered_at=ASKED - SECOND).missing["in_time"].reason is Reason.UNPROVEN


def test_a_request_that_could_not_be_read() -> None:
    assert not measured("request-answers", population([unread("x")]), ARGS)["x"].facts
