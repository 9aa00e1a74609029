from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Reason

TODAY = AS_OF.date()
LIMITS = {"critical": 10, "high": 20, "medium": 30, "low": 40}


def on(offset: int) -> str:
    return (TODAY + timedelta(days=offset)).isoformat()


def person(**row: Any) -> Item:
    facts = {"person_id": "p", "start_date": on(-99), "end_date": None, "status": "active"}
    return item("p", **(facts | row))


def judged(*staff: Item, cut: bool = False, **row: Any) -> Measured:
    facts = {"severity": "high", "found_on": on(-50), "closed_on": None, "risk_accepted_by": None}
    needs = {"register.staff": population(staff, CUT if cut else None)}
    return measured("finding-limits", population([item("x", **(facts | row))]), LIMITS, needs)["x"]


@given(st.sampled_from(sorted(LIMITS)), st.integers(0, 60), st.none() | st.integers(0, 70))
def test_every_severity_has_its_days(severity: str, ago: int, took: int | None) -> None:
    closed = None if took is None else on(took - ago)
    made = judged(severity=severity, found_on=on(-ago), closed_on=closed)
    finished = took is not None and took <= ago
    elapsed = took if finished and took is not None else ago
    assert made.facts["in_time"] is (elapsed <= LIMITS[severity])
    words = "closed after" if finished else "open for"
    assert made.notes == (f"{words} {elapsed} days of {LIMITS[severity]}",)


@pytest.mark.parametrize(
    ("row", "accepted"),
    [
        ({}, True),
        ({"person_id": "q"}, False),
        ({"end_date": on(0)}, True),
        ({"end_date": on(-1)}, False),
        ({"start_date": on(0)}, True),
        ({"start_date": on(1)}, False),
        ({"status": "leave"}, True),
        ({"status": "ended"}, False),
    ],
)
def test_who_may_accept_a_risk(row: dict[str, Any], accepted: bool) -> None:
    assert judged(person(**row), risk_accepted_by="p").facts["accepted"] is accepted


def test_nobody_accepted_it() -> None:
    assert judged(person()).facts["accepted"] is False
    assert judged(cut=True).facts["accepted"] is False


def test_who_was_not_read_accuses_nobody() -> None:
    assert judged(cut=True, risk_accepted_by="p").missing == {"accepted": CUT}
    assert judged(person(), cut=True, risk_accepted_by="p").facts["accepted"] is True


def test_what_cannot_be() -> None:
    assert judged(closed_on=on(-50)).facts["in_time"] is True
    assert judged(closed_on=on(-51)).missing["in_time"].reason is Reason.UNPROVEN


def test_a_finding_that_could_not_be_read() -> None:
    needs = {"register.staff": population([])}
    made = measured("finding-limits", population([unread("x")]), LIMITS, needs)["x"]
    assert set(made.missing) == {"in_time", "accepted"}


def test_a_person_who_came_back_works_here() -> None:
    assert judged(person(end_date=on(-9)), person(), risk_accepted_by="p").facts["accepted"] is True
