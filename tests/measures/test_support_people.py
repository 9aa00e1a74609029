from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Failure, Reason

TODAY = AS_OF.date()
ARGS = {"roles": ["Support"], "services": [" CARE"]}


def on(ago: int) -> str:
    return (TODAY - timedelta(days=ago)).isoformat()


def person(name: str, **row: Any) -> Item:
    facts = {"person_id": name, "roles": ["support"], "start_date": on(9), "end_date": None}
    return item(name, **(facts | {"status": "active"} | row))


def vendor(name: str, since: int = 9, until: int | None = None, service: str = "Care ") -> Item:
    ends = None if until is None else on(until)
    row = {"name": name, "service": service, "contracted_on": on(since)}
    return item(f"{name}-{service}", **row, contract_ends_on=ends)


def judged(
    staff: list[Item], vendors: list[Item], least: int = 1,
    cut: tuple[Failure | None, Failure | None] = (None, None),
) -> Measured:  # fmt: skip
    needs = {"register.vendors": population(vendors, cut[1])}
    args = ARGS | {"least": least}
    return measured("people-enough", population(staff, cut[0]), args, needs)[""]


@given(st.integers(0, 3), st.integers(0, 3), st.integers(1, 5))
def test_both_kinds_count_together(people: int, vendors: int, least: int) -> None:
    staff = [person(f"p{n}") for n in range(people)] + [person("x", roles=["cook"])]
    made = judged(staff, [vendor(f"v{n}") for n in range(vendors)], least)
    assert made.facts["enough"] is (people + vendors >= least)


@given(st.integers(-4, 4), st.none() | st.integers(-4, 4))
def test_a_contract_holds_through_its_last_day(since: int, until: int | None) -> None:
    made = judged([person("x", roles=[])], [vendor("v", since, until)])
    assert made.facts["enough"] is (since >= 0 and (until is None or until <= 0))


@pytest.mark.parametrize(
    "row", [{"status": "leave"}, {"status": "ended"}, {"end_date": on(1)}, {"start_date": on(-1)}]
)
def test_who_is_not_here_does_not_count(row: dict[str, Any]) -> None:
    assert judged([person("p", **row)], []).facts["enough"] is False


def test_one_vendor_is_one_and_other_services_are_none() -> None:
    both = [vendor("v"), vendor("v", service="care")]
    assert judged([person("x", roles=[])], both, 2).facts["enough"] is False
    assert judged([person("x", roles=[])], [vendor("v", service="a")]).facts["enough"] is False


def test_what_was_not_read_may_be_the_one() -> None:
    assert judged([person("p")], [], 2, (CUT, None)).missing == {"enough": CUT}
    assert judged([person("p")], [], 2, (None, CUT)).missing == {"enough": CUT}
    assert judged([person("p")], [], 1, (CUT, CUT)).facts["enough"] is True
    made = judged([unread("p")], [])
    assert made.missing["enough"].reason is Reason.MALFORMED_RESPONSE
    assert judged([], []).missing["enough"].reason is Reason.NOTHING_FOUND
    assert judged([], [vendor("v")]).facts["enough"] is True
