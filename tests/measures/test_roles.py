from __future__ import annotations

from typing import Any

import pytest

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured


def person(name: str = "p", **row: Any) -> Item:
    facts = {"person_id": name, "roles": ["coordinator"], "start_date": "2026-01-01"}
    return item(name, **(facts | {"end_date": None} | row))


def judged(*staff: Item, cut: bool = False, at: Any = "2026-06-01", who: Any = "p") -> Measured:
    args = {"person": "row.reviewer", "at": "row.on", "roles": ["Coordinator ", "owner"]}
    needs = {"register.staff": population(staff, CUT if cut else None)}
    rows = population([item("x", reviewer=who, on=at)])
    return measured("person-in-role", rows, args, needs, zone="Asia/Tokyo")["x"]


@pytest.mark.parametrize(
    ("row", "held"),
    [
        ({}, True),
        ({"roles": [" COORDINATOR"]}, True),
        ({"roles": ["operator", "owner"]}, True),
        ({"roles": ["operator"]}, False),
        ({"roles": []}, False),
        ({"start_date": "2026-06-01"}, True),
        ({"start_date": "2026-06-02"}, False),
        ({"end_date": "2026-06-01"}, True),
        ({"end_date": "2026-05-31"}, False),
    ],
)
def test_the_role_and_the_time_here(row: dict[str, Any], held: bool) -> None:
    assert judged(person(**row)).facts["held"] is held


def test_an_instant_is_its_local_day() -> None:
    evening = AS_OF.replace(hour=15)  # 22 November in Tokyo
    assert judged(person(start_date="2026-11-22"), at=evening).facts["held"] is True
    assert judged(person(end_date="2026-11-21"), at=evening).facts["held"] is False


def test_without_a_time_the_role_alone_counts() -> None:
    assert judged(person(start_date="2027-01-01"), at=None).facts["held"] is True


def test_nobody_and_somebody_unknown() -> None:
    assert judged(person(), who=None).facts["held"] is False
    made = judged(person("q"))
    assert made.facts["held"] is False
    assert made.notes == ("p stands in no row of register.staff that was read",)


def test_who_was_not_read_accuses_nobody() -> None:
    assert judged(cut=True).missing == {"held": CUT}
    assert judged(person(), cut=True).facts["held"] is True
    assert judged(cut=True, who=None).facts["held"] is False


def test_a_row_that_could_not_be_read() -> None:
    args = {"person": "row.reviewer", "at": "row.on", "roles": ["a"]}
    needs = {"register.staff": population([])}
    made = measured("person-in-role", population([unread("x")]), args, needs)["x"]
    assert set(made.missing) == {"held"}
