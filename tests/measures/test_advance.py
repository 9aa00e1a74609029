from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Reason
from troth.params import parse_duration


def early(start: Any, told: Any, notice: str = "PT48H", **more: Any) -> Measured:
    args = {"start": "row.start", "told": "row.told", "notice": parse_duration(notice)}
    rows = population([item("x", start=start, told=told)])
    return measured("told-before", rows, args, **more)["x"]


HOURS = st.integers(-200, 200)


@given(HOURS, st.none() | HOURS)
@example(48, None)
@example(48, 0)
def test_early_enough(begins: int, told: int | None) -> None:
    start = AS_OF + timedelta(hours=begins)
    at = None if told is None else AS_OF + timedelta(hours=told)
    done = told is not None and told <= 0
    made = early(start, at).facts
    assert made["due"] is (done or begins < 48)
    assert made["early"] is (done and told is not None and told <= begins - 48)


@given(HOURS, HOURS)
@example(0, 1)
def test_without_a_notice_before_it_begins(begins: int, told: int) -> None:
    made = early(AS_OF + timedelta(hours=begins), AS_OF + timedelta(hours=told), "PT0H").facts
    assert made["due"] is (told <= 0 or begins <= 0)
    assert made["early"] is (told <= 0 and told < begins)


def test_without_a_start_nothing_is_due() -> None:
    assert early(None, AS_OF).facts == {"due": False, "early": False}


def test_days_are_those_of_the_wall_clock() -> None:
    start = datetime(2026, 11, 7, 7, tzinfo=UTC)  # 02:00 in New York, after the clock change
    told = datetime(2026, 10, 31, 6, tzinfo=UTC)
    assert early(start, told, "P7D", zone="America/New_York").facts["early"] is True
    assert early(start, told, "PT168H", zone="America/New_York").facts["early"] is True
    late = told + timedelta(seconds=1)
    assert early(start, late, "P7D", zone="America/New_York").facts["early"] is False
    assert early(start, late, "PT168H", zone="America/New_York").facts["early"] is True


def test_a_start_before_the_calendar() -> None:
    made = early(datetime(1, 1, 2, tzinfo=UTC), None, "P7D")
    assert {why.reason for why in made.missing.values()} == {Reason.UNPROVEN}


def customer(name: str, *contacts: str, **row: Any) -> Item:
    facts = {"served_from": "2026-01-05", "served_until": None, "contacts": list(contacts)}
    return item(name, customer=name, **(facts | row))


def untold(*customers: Item, to: str = "", of: str = "", cut: bool = False) -> Measured:
    args = {"start": "row.starts_at"}
    row = item("m", starts_at=AS_OF, recipients=to.split(), customers=of.split())
    needs = {"register.customers": population(customers, CUT if cut else None)}
    return measured("contacts-told", population([row]), args, needs)["m"]


NAMES = st.sets(st.sampled_from(["a", "b", "c", "d"]))


@given(NAMES, NAMES)
def test_every_contact_of_everybody(contacts: set[str], told: set[str]) -> None:
    made = untold(customer("K", *contacts), to=" ".join(told).upper())
    assert made.facts["untold"] == ([] if contacts and contacts <= told else ["k"])


def test_whom_it_affects() -> None:
    both = (customer("k", "a"), customer("l", "b"))
    assert untold(*both, to="a").facts["untold"] == ["l"]
    assert untold(*both, to="a", of="K").facts["untold"] == []
    assert untold(*both, to="a", of="k m").facts["untold"] == ["m"]


@pytest.mark.parametrize(
    ("row", "untold_"),
    [({"served_from": "2026-11-21"}, ["l"]), ({"served_from": "2026-11-22"}, []),
     ({"served_until": "2026-11-21"}, ["l"]), ({"served_until": "2026-11-20"}, [])],
)  # fmt: skip
def test_who_is_served_on_that_day(row: dict[str, Any], untold_: list[str]) -> None:
    assert untold(customer("k", "a"), customer("l", "b", **row), to="a").facts["untold"] == untold_
    assert untold(customer("l", "b", **row), of="l").facts["untold"] == ["l"]


def test_customers_that_were_not_read() -> None:
    assert untold(customer("k", "a"), to="a", cut=True).missing == {"untold": CUT}
    assert untold(customer("k", "a"), cut=True).facts["untold"] == ["k"]
    assert untold(of="k", cut=True).missing == {"untold": CUT}
    assert untold(customer("k", "a"), unread("z"), to="a").missing
    assert untold(to="a").missing["untold"].reason is Reason.UNPROVEN


def test_rows_that_could_not_be_read() -> None:
    args = {"start": "row.a", "told": "row.b", "notice": parse_duration("P1D")}
    needs = {"register.customers": population([])}
    for name in ("told-before", "contacts-told"):
        made = measured(name, population([unread("x")]), args, needs)["x"]
        assert {why.reason for why in made.missing.values()} == {Reason.MALFORMED_RESPONSE}
