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

START = AS_OF - timedelta(days=6)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def judged(*notices: Item, cut: bool = False, clock: str = "confirmed_at", **row: Any) -> Measured:
    facts = {
        "id": "i", "detected_at": START - HOUR, "confirmed_at": START, "resolved_at": None,
        "customer_notified_at": None, "hold_by_authority": None,
    }  # fmt: skip
    args = {
        "clock": clock,
        "within": parse_duration("PT36H", at_most=True),
        "unconfirmed": parse_duration("P7D", at_most=True),
    }
    needs = {"register.incident-notices": population(notices, CUT if cut else None)}
    rows = population([item("x", **(facts | row))])
    return measured("notified-in-time", rows, args, needs)["x"]


def message(at: Any, incident: str = "i") -> Item:
    return item(str(at), incident_id=incident, sent_at=at)


@given(st.integers(0, 300), st.none() | st.integers(-10, 300))
def test_the_clock_runs_for_36_hours(ago: int, took: int | None) -> None:
    start = AS_OF - ago * HOUR
    told = None if took is None else start + took * HOUR
    sent = took is not None and took <= ago
    elapsed = took if sent and took is not None else ago
    made = judged(confirmed_at=start, customer_notified_at=told)
    assert made.facts["in_time"] is (elapsed <= 36)
    assert made.facts["sent"] is sent


def test_it_may_start_at_another_instant() -> None:
    made = judged(clock="detected_at", customer_notified_at=START + 35 * HOUR + SECOND)
    assert made.facts["in_time"] is False


@pytest.mark.parametrize(
    ("row", "running"),
    [
        ({"detected_at": AS_OF - timedelta(days=7)}, False),
        ({"detected_at": AS_OF - timedelta(days=7) - SECOND}, None),
        ({"detected_at": AS_OF - timedelta(days=70), "resolved_at": AS_OF}, False),
        ({"detected_at": AS_OF - timedelta(days=70), "resolved_at": AS_OF + SECOND}, None),
        ({"confirmed_at": AS_OF + SECOND, "detected_at": AS_OF - timedelta(days=8)}, None),
    ],
)
def test_what_is_not_confirmed(row: dict[str, Any], running: bool | None) -> None:
    made = judged(**({"confirmed_at": None} | row))
    assert made.facts.get("running") is running
    if running is None:
        assert made.missing["running"].reason is Reason.UNPROVEN


@pytest.mark.parametrize(
    ("hold", "told", "in_time"),
    [
        (START + 50 * HOUR, START + 50 * HOUR, True),
        (START + 50 * HOUR, START + 50 * HOUR + SECOND, None),
        (START + 50 * HOUR, START + 86 * HOUR, None),
        (START + 50 * HOUR, START + 86 * HOUR + SECOND, False),
        (START + 10 * HOUR, START + 36 * HOUR, True),
        (START + 10 * HOUR, START + 46 * HOUR, None),
        (START, START + 36 * HOUR + SECOND, False),
        (AS_OF + HOUR, None, True),
        (AS_OF - 40 * HOUR, None, False),
        (AS_OF - 30 * HOUR, None, None),
    ],
)
def test_an_order_of_an_authority(hold: Any, told: Any, in_time: bool | None) -> None:
    made = judged(hold_by_authority=hold, customer_notified_at=told)
    assert made.facts.get("in_time") is in_time
    if in_time is None:
        assert made.missing["in_time"].reason is Reason.UNPROVEN


@pytest.mark.parametrize(
    ("apart", "logged"),
    [(900, True), (-900, True), (901, False), (-901, False)],
)
def test_the_last_message_went_out_at_that_time(apart: int, logged: bool) -> None:
    told = START + HOUR
    notices = message(told + timedelta(seconds=apart)), message(START - HOUR), message(AS_OF, "j")
    assert judged(*notices, customer_notified_at=told).facts["logged"] is logged


def test_a_message_that_was_not_read_may_be_the_one() -> None:
    told = START + HOUR
    assert judged(customer_notified_at=told).missing["logged"].reason is Reason.NO_DATA
    late = message(told + HOUR)
    assert judged(late, cut=True, customer_notified_at=told).missing == {"logged": CUT}
    assert judged(message(told), cut=True, customer_notified_at=told).facts["logged"] is True


def test_what_was_not_sent_is_in_no_log() -> None:
    assert judged(cut=True).facts["logged"] is False


def test_the_time_to_the_confirmation_is_told() -> None:
    assert judged().notes == ("confirmed 1.0 hours after it was detected",)


def test_an_incident_that_could_not_be_read() -> None:
    args = {
        "clock": "confirmed_at",
        "within": parse_duration("PT36H"),
        "unconfirmed": parse_duration("P7D"),
    }
    needs = {"register.incident-notices": population([])}
    made = measured("notified-in-time", population([unread("x")]), args, needs)["x"]
    assert set(made.missing) == {"running", "in_time", "sent", "logged"}
