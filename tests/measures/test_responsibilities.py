from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Failure, Reason

GRADES = ("staff", "manager", "executive")
ARGS = {"roles": ["Boss "], "grade": "staff", "worker_types": [], "duties": []}
Gaps = tuple[Failure | None, Failure | None]


def person(name: str = "p", **row: Any) -> Item:
    facts = {"person_id": name, "worker_type": "employee", "start_date": "2024-01-01"}
    return item(name, **(facts | {"end_date": None, "status": "active"} | row))


def role(name: str = "boss", who: str = "p", **row: Any) -> Item:
    facts = {"role": name, "person_id": who, "grade": "manager", "duties": ["testing"]}
    return item(f"{name}-{who}", **(facts | row))


def judged(
    held: list[Item], staff: list[Item], cut: Gaps = (None, None), **args: Any
) -> dict[str, Measured]:
    needs = {"register.staff": population(staff, cut[1])}
    return measured("role-holders", population(held, cut[0]), ARGS | args, needs)


@given(st.sampled_from(GRADES), st.sampled_from(GRADES))
def test_the_grade_or_above(has: str, least: str) -> None:
    made = judged([role(grade=has)], [person()], grade=least)["boss"]
    assert made.facts["held"] is (GRADES.index(has) >= GRADES.index(least))


@given(
    st.lists(st.sets(st.sampled_from("abc")), min_size=1, max_size=3),
    st.sets(st.sampled_from("abc"), min_size=1),
)
def test_duties_are_shared(had: list[set[str]], wanted: set[str]) -> None:
    roles = [role(who=f"p{n}", duties=sorted(one)) for n, one in enumerate(had)]
    staff = [person(f"p{n}") for n in range(len(had))]
    made = judged(roles, staff, duties=sorted(wanted))["boss"]
    assert made.facts["dutiful"] is (wanted <= set().union(*had))


@pytest.mark.parametrize(
    ("row", "held"),
    [
        ({}, True),
        ({"end_date": "2026-11-21"}, True),
        ({"end_date": "2026-11-20"}, False),
        ({"status": "leave"}, False),
        ({"status": "ended"}, False),
        ({"start_date": "2026-11-22"}, False),
        ({"person_id": "q"}, False),
    ],
)
def test_who_works_here_holds_a_role(row: dict[str, Any], held: bool) -> None:
    made = judged([role()], [person(**row)])["boss"]
    assert made.facts == {"held": held, "dutiful": held}


@pytest.mark.parametrize(("types", "held"), [([], True), ([" Employee"], True), (["agent"], False)])
def test_the_worker_type(types: list[str], held: bool) -> None:
    assert judged([role()], [person()], worker_types=types)["boss"].facts["held"] is held


@pytest.mark.parametrize(
    ("duties", "dutiful"),
    [(["testing"], True), (["tbd", "testing"], True), (["tbd"], False), ([], False)],
)
def test_a_duty_says_something(duties: list[str], dutiful: bool) -> None:
    assert judged([role(duties=duties)], [person()])["boss"].facts["dutiful"] is dutiful


def test_each_holder_has_a_duty() -> None:
    roles = [role(), role(who="q", duties=[])]
    made = judged(roles, [person(), person("q")])["boss"]
    assert made.facts == {"held": True, "dutiful": False}


def test_spelling_of_the_worker_type_takes_nobody_out() -> None:
    made = judged([role()], [person(worker_type="Employee ")], worker_types=["employee"])
    assert made["boss"].facts["held"] is True


def test_duties_of_who_has_left_are_nobodys() -> None:
    roles = [role(duties=["a"]), role(who="q", duties=["b"])]
    staff = [person(), person("q", status="ended")]
    assert judged([role(duties=["A "])], staff, duties=[" a"])["boss"].facts["dutiful"] is True
    made = judged(roles, staff, duties=["a", "b"])["boss"]
    assert made.facts == {"held": True, "dutiful": False}
    assert made.notes == ("held by p", "not counted: q")


def test_every_role_of_the_register_or_those_that_are_named() -> None:
    roles = [role(), role("cook")]
    assert set(judged(roles, [person()], roles=[])) == {"boss", "cook"}
    assert set(judged(roles, [person()])) == {"boss"}
    assert judged([], [person()])["boss"].facts["held"] is False
    empty = judged([], [person()], roles=[])[""]
    assert empty.missing["held"].reason is Reason.NOTHING_FOUND


def test_what_was_not_read_may_be_the_holder() -> None:
    assert set(judged([], [person()], (CUT, None))["boss"].missing.values()) == {CUT}
    assert set(judged([role()], [], (None, CUT))["boss"].missing.values()) == {CUT}
    assert judged([role()], [person()], (CUT, CUT))["boss"].facts["held"] is True
    assert set(judged([role()], [unread("p")])["boss"].missing) == {"held", "dutiful"}
    made = judged([role()], [person()], (CUT, None), roles=[])
    assert set(made) == {"boss", ""}
    assert set(made[""].missing.values()) == {CUT}


def owned(system: Item, roles: list[Item], staff: list[Item], cut: Gaps = (None, None)) -> Measured:
    needs = {
        "register.roles": population(roles, cut[0]),
        "register.staff": population(staff, cut[1]),
    }
    return measured("owned-systems", population([system]), {"roles": ["Owner"]}, needs)[system.id]


def system(owner: str | None = "p", status: str = "in-use") -> Item:
    return item("x", owner=owner, status=status)


@pytest.mark.parametrize(
    ("owner", "roles", "staff", "good"),
    [
        ("p", [role("OWNER")], [person()], True),
        ("p", [role("cook")], [person()], False),
        ("p", [], [person()], False),
        ("p", [role("owner", "q")], [person(), person("q")], False),
        ("p", [role("owner")], [person(status="leave")], False),
        (None, [role("owner")], [person()], False),
    ],
)
def test_the_owner_is_here_and_has_the_role(
    owner: str | None, roles: list[Item], staff: list[Item], good: bool
) -> None:
    assert owned(system(owner), roles, staff).facts == {"in_use": True, "owned": good}


@pytest.mark.parametrize(("status", "in_use"), [("planned", False), ("retired", False)])
def test_what_is_not_in_use_needs_nobody(status: str, in_use: bool) -> None:
    assert owned(system(status=status), [], []).facts["in_use"] is in_use


def test_an_owner_that_was_not_read_may_be_one() -> None:
    assert owned(system(), [], [person()], (CUT, None)).missing == {"owned": CUT}
    assert owned(system(), [role("owner")], [], (None, CUT)).missing == {"owned": CUT}
    assert owned(system(None), [], [], (CUT, CUT)).facts["owned"] is False
    assert owned(system(), [role("owner")], [person()], (CUT, CUT)).facts["owned"] is True
    assert set(owned(unread("x"), [], []).missing) == {"in_use", "owned"}
