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

ARGS = {
    "interval": parse_duration("P30D", at_most=True),
    "open": parse_duration("P20D", at_most=True),
    "delay": parse_duration("P10D", at_most=True),
}


def on(offset: int) -> str:
    return (AS_OF.date() + timedelta(days=offset)).isoformat()


def action(**row: Any) -> Item:
    return item("ac", **({"source_ref": "complaints/an-1", "opened_on": on(0)} | row))


def judged(*actions: Item, ago: int = 40, cut: bool = False, **row: Any) -> Measured:
    received = AS_OF - timedelta(days=ago)
    facts = {
        "category": "speed", "received_at": received, "closed_at": received,
        "analysed_on": on(-ago), "analysis_ref": " an-1 ",
    }  # fmt: skip
    needs = {"register.actions": population(actions, CUT if cut else None)}
    rows = population([item("c", **(facts | row))])
    return measured("complaint-handling", rows, ARGS, needs)["c"]


AGO = st.integers(0, 60)


@given(AGO, st.none() | AGO)
def test_closed_in_time(ago: int, took: int | None) -> None:
    at = None if took is None else AS_OF - timedelta(days=ago - took)
    done = took is not None and took <= ago
    wanted = took <= 20 if done and took is not None else ago <= 20
    assert judged(action(), ago=ago, closed_at=at).facts["closed"] is wanted


@given(AGO, st.none() | AGO)
def test_analysed_in_time(ago: int, took: int | None) -> None:
    text = None if took is None else on(took - ago)
    done = took is not None and took <= ago
    wanted = took <= 30 if done and took is not None else ago <= 30
    assert judged(action(), ago=ago, analysed_on=text).facts["analysed"] is wanted


def test_an_analysis_has_a_name() -> None:
    for name in (None, "tbd"):
        made = judged(analysis_ref=name).facts
        assert (made["analysed"], made["used"]) == (False, True)


@pytest.mark.parametrize(
    ("row", "used"),
    [
        ({}, True),
        ({"source_ref": " complaints/an-1 "}, True),
        ({"source_ref": "complaints/an-2"}, False),
        ({"opened_on": on(1)}, False),
    ],
)
def test_what_follows_from_an_analysis(row: dict[str, Any], used: bool) -> None:
    assert judged(action(**row)).facts["used"] is used


@pytest.mark.parametrize(("analysed", "used"), [(-10, True), (-11, False)])
def test_there_is_time(analysed: int, used: bool) -> None:
    assert judged(analysed_on=on(analysed)).facts["used"] is used


def test_an_action_that_was_not_read_may_be_the_one() -> None:
    assert judged(cut=True).missing == {"used": CUT}
    assert judged(action(), cut=True).facts["used"] is True


def test_days_are_local() -> None:
    late = AS_OF - timedelta(days=20, hours=13)  # 23:00 in UTC, the next morning in Tokyo
    args = {"received_at": late, "closed_at": None, "analysed_on": None}
    needs = {"register.actions": population([])}
    rows = population([item("c", category="x", analysis_ref=None, **args)])
    for zone, closed in (("UTC", False), ("Asia/Tokyo", True)):
        made = measured("complaint-handling", rows, ARGS, needs, zone=zone)["c"]
        assert made.facts["closed"] is closed


def test_what_it_is_about() -> None:
    assert judged(category="").facts["categorised"] is False
    assert judged(category="price").facts["categorised"] is True


def test_handled_before_it_came() -> None:
    for row in ({"analysed_on": on(-41)}, {"closed_at": AS_OF - timedelta(days=41)}):
        assert judged(**row).missing["closed"].reason is Reason.UNPROVEN


def test_a_complaint_that_could_not_be_read() -> None:
    needs = {"register.actions": population([])}
    made = measured("complaint-handling", population([unread("c")]), ARGS, needs)["c"]
    assert {why.reason for why in made.missing.values()} == {Reason.MALFORMED_RESPONSE}
