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

FOUND = AS_OF - timedelta(days=40)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def report(authorities: tuple[str, ...] = (), **row: Any) -> Measured:
    facts = {"found_at": FOUND, "reported_at": FOUND + HOUR, "reported_to": "The Police"}
    args = {"authorities": list(authorities), "within": parse_duration("PT24H", at_most=True)}
    return measured("authority-reports", population([item("x", **(facts | row))]), args)["x"]


def aid(asked: Any, given_at: Any) -> Measured:
    args = {"within": parse_duration("P30D", at_most=True)}
    rows = population([item("x", assistance_asked_at=asked, assistance_given_at=given_at)])
    return measured("authority-help", rows, args)["x"]


@given(st.integers(0, 60), st.none() | st.integers(0, 80))
def test_a_report_within_24_hours(ago: int, took: int | None) -> None:
    found = AS_OF - ago * HOUR
    at = None if took is None else found + took * HOUR
    made = report(found_at=found, reported_at=at, reported_to=None)
    finished = took is not None and took <= ago
    elapsed = took if finished and took is not None else ago
    assert made.facts["in_time"] is (elapsed <= 24)


@given(st.integers(0, 60), st.none() | st.integers(0, 80))
def test_help_within_thirty_days(ago: int, took: int | None) -> None:
    asked = AS_OF - timedelta(days=ago)
    made = aid(asked, None if took is None else asked + timedelta(days=took))
    finished = took is not None and took <= ago
    elapsed = took if finished and took is not None else ago
    assert made.facts["in_time"] is (elapsed <= 30)


@pytest.mark.parametrize("asked", [None, AS_OF + SECOND])
def test_nobody_has_asked_for_help(asked: Any) -> None:
    assert aid(asked, None).facts["in_time"] is True


@pytest.mark.parametrize(
    ("name", "words", "addressed"),
    [
        ("The Police", (), True),
        ("The Police", ("police",), True),
        ("The Police", ("POLICE", "court"), True),
        ("the mayor", ("police", "court"), False),
        (None, (), False),
        (None, ("police",), False),
        ("tbd", (), False),
    ],
)
def test_whom_it_went_to(name: str | None, words: tuple[str, ...], addressed: bool) -> None:
    assert report(words, reported_to=name).facts["addressed"] is addressed


def test_before_it_went_nobody_is_asked_for() -> None:
    assert report(reported_at=None, reported_to=None).facts == {"in_time": False, "addressed": True}


def test_an_authority_without_an_instant() -> None:
    assert report(reported_at=None).missing["in_time"].reason is Reason.NO_DATA
    assert report(reported_at=None, reported_to="-").facts["in_time"] is False
    young = AS_OF - 24 * HOUR
    assert report(found_at=young, reported_at=None).facts["in_time"] is True


def test_what_cannot_be() -> None:
    assert report(reported_at=FOUND).facts["in_time"] is True
    assert report(reported_at=FOUND - SECOND).missing["in_time"].reason is Reason.UNPROVEN
    assert aid(FOUND, FOUND - SECOND).missing["in_time"].reason is Reason.UNPROVEN


def test_a_row_that_could_not_be_read() -> None:
    args = {"authorities": [], "within": parse_duration("PT24H")}
    made = measured("authority-reports", population([unread("x")]), args)["x"]
    assert set(made.missing) == {"in_time", "addressed"}
    assert not measured("authority-help", population([unread("x")]), args)["x"].facts
