from __future__ import annotations

from typing import Any

import pytest

from tests.measures.populations import CUT, item, measured, population, unread
from tests.measures.test_grants import person, system
from troth.measures import Item, Population
from troth.model import Reason


def handler(who: str, first: str = "2026-01-01", last: str | None = None) -> Item:
    return item(f"h-{who}", person_id=who, approved_on=first, ended_on=last)


def role(who: str, name: str) -> Item:
    return item(f"r-{who}", person_id=who, role=name)


def asked(
    name: str, of: Population, rows: Any = (), which: str = "data_handlers", **more: Any
) -> dict[str, Any]:
    kind = {"data_handlers": "data-handlers", "roles": "roles"}[which]
    listed = rows if isinstance(rows, Population) else population(rows)
    needs = {f"register.{kind}": listed, "register.staff": more.pop("staff", population([]))}
    args = {"list": which, "roles": ["Custodian"]}
    (one,) = measured(name, of, args, needs=needs).values()
    return dict(one.facts) | {key: why.reason for key, why in one.missing.items()}


ALICE = person("p-1", "host:a:alice")


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([handler("p-1")], 1),
        ([handler("p-1", "2026-11-21", "2026-11-21")], 1),
        ([handler("p-1", "2026-11-22")], 0),
        ([handler("p-1", last="2026-11-20")], 0),
        ([], 0),
    ],
)
def test_who_is_on_the_list_today(rows: list[Item], count: int) -> None:
    assert asked("approved-people", population([ALICE]), rows) == {"count": count, "gone": []}


def test_who_does_not_work_here_is_named() -> None:
    of = population([ALICE, person("p-2", end_date="2026-11-20"), person("p-3", status="ended")])
    rows = [handler(who) for who in ("p-1", "p-2", "p-3", "p-9")]
    assert asked("approved-people", of, rows) == {"count": 1, "gone": ["p-2", "p-3", "p-9"]}


def test_roles_are_a_list_too() -> None:
    rows = [role("p-1", " custodian "), role("p-2", "other")]
    seen = asked("approved-people", population([ALICE]), rows, "roles")
    assert seen == {"count": 1, "gone": []}


def test_half_a_register_decides_nothing() -> None:
    bad = {"count": Reason.MALFORMED_RESPONSE, "gone": Reason.MALFORMED_RESPONSE}
    assert asked("approved-people", population([unread("p-x")]), [handler("p-1")]) == bad
    assert asked("approved-people", population([ALICE]), [handler("p-1"), unread("h-x")]) == bad
    cut = population([handler("p-1")], CUT)
    assert asked("approved-people", population([ALICE]), cut)["count"] == CUT.reason


def reach(of: Item, rows: Any, *staff: Item) -> Any:
    made = asked("reach-approved", population([of]), rows, staff=population(staff or [ALICE]))
    return made["unapproved"]


def test_whoever_can_do_everything_is_on_the_list() -> None:
    admin = system(("alice", "admin"))
    assert reach(admin, [handler("p-1")]) == []
    assert reach(admin, [handler("host:a:alice")]) == []
    assert reach(admin, [handler("p-2")]) == ["alice"]
    assert reach(admin, []) == ["alice"]
    assert reach(system(("alice", "less")), []) == []
    shared = person("p-2", "host:a:alice")
    assert reach(admin, [handler("p-1")], ALICE, shared) == ["alice"]
    assert reach(admin, [handler("p-1"), handler("p-2")], ALICE, shared) == []


def test_what_could_not_be_read_decides_nothing() -> None:
    half = system(("alice", "admin"), whole=False)
    assert reach(half, [handler("p-1")]) == Reason.LISTING_INCOMPLETE
    assert reach(half, []) == ["alice"]
    assert reach(system(("alice", "admin")), [unread("h-x")]) == Reason.MALFORMED_RESPONSE
    assert reach(unread("m"), [handler("p-1")]) == Reason.NO_DATA
