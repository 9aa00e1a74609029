from __future__ import annotations

from typing import Any

import pytest

from tests.measures.populations import CUT, item, measured, population, unread
from troth.measures import Item, Population
from troth.model import Reason


def system(*grants: tuple[str, str], whole: bool = True) -> Item:
    rows = [{"login": login, "grant": grant, "by": "x"} for login, grant in grants]
    held = {"items": rows} | ({"complete": True} if whole else {})
    return Item("m", {"system": {"name": "host:a"}, "grants": {"held": held}})


def person(name: str, *accounts: str, **changed: Any) -> Item:
    row = {"start_date": "2024-01-01", "end_date": None, "status": "active"}
    return item(name, person_id=name, accounts=list(accounts), **row | changed)


def entry(who: str, grant: str = "admin", **changed: Any) -> Item:
    row = {
        "system": "host:a", "justification": "duty", "approver": "p-9",
        "granted_on": "2026-01-01", "revoked_on": None,
    }  # fmt: skip
    return item(f"e-{who}-{grant}", person_id=who, grant=grant, **row | changed)


def asked(
    name: str, of: Item, staff: Any, rows: Any = (), cut: Any = None, bad: bool = False
) -> Any:
    needs = {
        "register.staff": staff if isinstance(staff, Population) else population(staff),
        "register.entitlements": population([*rows, *([unread("e-x")] if bad else [])], cut),
    }
    (one,) = measured(name, population([of]), {}, needs=needs).values()
    fact = {"grants-owned": "strangers", "grants-justified": "unjustified"}[name]
    return one.facts[fact] if one.facts else one.missing[fact].reason


ALICE = person("p-1", "host:a:alice")


@pytest.mark.parametrize(
    ("staff", "strangers"),
    [
        ([ALICE], []),
        ([person("p-1", "host:b:alice")], ["alice"]),
        ([person("p-1", "host:a:alice", status="ended")], ["alice"]),
        ([person("p-1", "host:a:alice", end_date="2026-11-20")], ["alice"]),
        ([person("p-1", "host:a:alice", end_date="2026-11-21")], []),
        ([person("p-1", "host:a:alice", start_date="2026-11-22")], ["alice"]),
        ([], ["alice"]),
        (population([], CUT), CUT.reason),
        ([unread("p-x")], Reason.MALFORMED_RESPONSE),
    ],
)
def test_a_login_belongs_to_whoever_works_here(staff: Any, strangers: Any) -> None:
    assert asked("grants-owned", system(("alice", "admin")), staff) == strangers


def test_half_a_list_may_hide_a_stranger() -> None:
    half = system(("alice", "admin"), whole=False)
    assert asked("grants-owned", half, [ALICE]) == Reason.LISTING_INCOMPLETE
    assert asked("grants-owned", half, []) == ["alice"]
    assert asked("grants-owned", unread("m"), [ALICE]) == Reason.NO_DATA


@pytest.mark.parametrize(
    ("rows", "good"),
    [
        ([entry("p-1")], True),
        ([entry("host:a:alice")], True),
        ([entry("alice")], False),
        ([entry("p-2")], False),
        ([entry("p-1", "other")], False),
        ([entry("p-1", system="host:b")], False),
        ([entry("p-1", justification=None)], False),
        ([entry("p-1", approver="p-1")], False),
        ([entry("p-1", granted_on="2026-11-21")], True),
        ([entry("p-1", granted_on="2026-11-22")], False),
        ([entry("p-1", revoked_on="2026-11-21")], True),
        ([entry("p-1", revoked_on="2026-11-20")], False),
    ],
)
def test_a_grant_needs_a_row_that_holds(rows: Any, good: bool) -> None:
    wanted = [] if good else ["alice: admin (x)"]
    assert asked("grants-justified", system(("alice", "admin")), [ALICE], rows) == wanted


def test_what_could_not_be_read_may_be_the_reason() -> None:
    mine = system(("alice", "admin"))
    assert asked("grants-justified", mine, [ALICE], [], CUT) == CUT.reason
    assert asked("grants-justified", mine, [ALICE], [], bad=True) == Reason.MALFORMED_RESPONSE
    assert asked("grants-justified", mine, population([], CUT), []) == CUT.reason
    assert asked("grants-justified", mine, [ALICE], [entry("p-1")], CUT) == []
    half = system(("alice", "admin"), whole=False)
    assert asked("grants-justified", half, [ALICE], [entry("p-1")]) == Reason.LISTING_INCOMPLETE
    assert asked("grants-justified", half, [ALICE]) == ["alice: admin (x)"]
    assert asked("grants-justified", unread("m"), [ALICE]) == Reason.NO_DATA
