from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.measures.populations import CUT, item, measured, population, unread
from troth.measures import Item, Population
from troth.model import Reason
from troth.params import parse_duration

#: The populations are judged on 2026-11-21 at midnight UTC.
BEFORE, AFTER = "2026-11-19T23:59:59+00:00", "2026-11-20T00:00:00+00:00"


def person(name: str, end: str | None, status: str = "ended", *accounts: str) -> Item:
    row = {"person_id": name, "start_date": "2024-01-01", "end_date": end, "status": status}
    return item(name, accounts=list(accounts or ("h:a",)), **row)


def account(state: str = "enabled", type: str = "human", **changed: Any) -> Item:
    keys = [
        {"id": "k", "state": how, "created_at": datetime.fromisoformat(at)}
        for how, at in changed.pop("keys", [])
    ]
    at = changed.pop("changed_at", None)
    facts: dict[str, dict[str, Any]] = {
        "identity": {"system": "h", "login": "a", "state": state, "type": type},
        "access_keys": {"keys": {"items": keys, "complete": True}},
        "password": {
            "state": changed.pop("password", "none"),
            "changed_at": datetime.fromisoformat(at) if at else None,
        },
    }
    return Item("a", facts | changed)


def asked(name: str, of: Item, *staff: Item, delay: str = "PT1H", **more: Any) -> dict[str, Any]:
    cut = more.pop("cut", None)
    needs = {"register.staff": Population(tuple(staff), cut)}
    args = {"delay": parse_duration(delay)}
    now = datetime.fromisoformat("2026-11-21T00:00:00+00:00")
    (one,) = measured(name, population([of]), args, needs=needs, as_of=now, **more).values()
    return dict(one.facts) | {key: why.reason for key, why in one.missing.items()}


def opened(of: Item, *staff: Item, **more: Any) -> Any:
    return asked("leavers-accounts", of, *staff, **more)["open"]


@pytest.mark.parametrize(
    ("end", "status", "wanted"),
    [
        ("2026-11-20", "ended", True),
        ("2026-11-20", "active", True),
        ("2026-11-21", "ended", False),
        ("2026-11-21", "active", False),
        ("2099-12-31", "active", False),
        ("9999-12-31", "active", False),
        (None, "active", False),
        (None, "ended", Reason.NO_DATA),
    ],
)
def test_who_has_left_by_now(end: str | None, status: str, wanted: Any) -> None:
    assert opened(account(), person("p", end, status)) is wanted


def test_the_day_is_the_policys() -> None:
    left = person("p", "2026-11-21")
    assert opened(account(), left, zone="Asia/Tokyo") is False
    assert opened(account(), person("p", "2026-11-20"), zone="Asia/Tokyo") is True
    assert opened(account(), person("p", "2026-11-20"), zone="America/New_York") is False


@pytest.mark.parametrize(
    ("delay", "end", "wanted"),
    [
        ("PT1H", "2026-11-20", True),
        ("P1D", "2026-11-20", True),
        ("P2D", "2026-11-20", False),
        ("P2D", "2026-11-19", True),
        ("P1000Y", "2026-11-19", False),
    ],
)
def test_the_deadline_is_never_before_the_day_is_over(delay: str, end: str, wanted: bool) -> None:
    assert opened(account(), person("p", end), delay=delay) is wanted


def test_a_closed_account_with_a_live_key_is_open() -> None:
    left = person("p", "2026-11-01")
    assert opened(account("disabled"), left) is False
    assert opened(account("disabled", keys=[("active", AFTER)]), left) is True
    assert opened(account("disabled", keys=[("inactive", AFTER)]), left) is False


@pytest.mark.parametrize(
    ("changed", "known"),
    [
        ({"keys": [("active", BEFORE)]}, 1),
        ({"keys": [("active", AFTER)]}, 0),
        ({"keys": [("inactive", BEFORE)]}, 0),
        ({"password": "set", "changed_at": BEFORE}, 1),
        ({"password": "set", "changed_at": AFTER}, 0),
        ({"password": "set", "changed_at": None}, 1),
        ({"password": "locked", "changed_at": BEFORE}, 0),
    ],
)
def test_secrets_that_somebody_knew(changed: dict[str, Any], known: int) -> None:
    left, here = person("p", "2026-11-20"), person("q", None, "active")
    program = account(type="service", **changed)
    assert asked("leavers-accounts", program, left) == {"open": False, "known": known}
    assert asked("leavers-accounts", account(**changed), left, here)["known"] == known
    assert asked("leavers-accounts", account("disabled", "service", **changed), left)["known"] == 0


def test_the_last_who_left_counts() -> None:
    one, two = person("p", "2026-11-01"), person("q", "2026-11-20")
    key = account(type="service", keys=[("active", BEFORE)])
    assert asked("leavers-accounts", key, one, two)["known"] == 1
    assert asked("leavers-accounts", key, two, one)["known"] == 1
    assert asked("leavers-accounts", key, one)["known"] == 0


def test_what_the_register_hides() -> None:
    row = {"start_date": "2024-01-01", "end_date": "2026-11-01", "status": "ended"}
    nameless = item("p", person_id="p", accounts=[], **row)
    assert opened(account(), nameless) is Reason.UNPROVEN
    assert opened(account("disabled"), nameless) is False
    assert opened(account(type="service"), nameless) is False
    assert opened(account(), nameless, person("q", None, "active")) is False
    assert opened(account(), cut=CUT) is CUT.reason
    assert opened(account(), unread("p")) is Reason.MALFORMED_RESPONSE
    assert opened(unread("a"), nameless) is Reason.NO_DATA


def test_rights_and_traces_of_leavers() -> None:
    left, here = person("p", "2026-11-01"), person("q", None, "active")
    grants = {"items": [{"login": "a", "grant": "admin", "by": "x"}], "complete": True}
    rights = Item("m", {"system": {"name": "h"}, "grants": {"held": grants}})
    half = Item("m", {"system": {"name": "h"}, "grants": {"held": {"items": grants["items"]}}})
    trace = Item("t", {"trace": {"system": "h", "login": "a", "jobs": 1, "processes": 0}})
    assert asked("leavers-rights", rights, left) == {"left": ["a"]}
    assert asked("leavers-rights", rights, left, here) == {"left": []}
    assert asked("leavers-rights", half, left) == {"left": ["a"]}
    assert asked("leavers-rights", half, here) == {"left": Reason.LISTING_INCOMPLETE}
    assert asked("leavers-rights", rights, cut=CUT) == {"left": CUT.reason}
    assert asked("leavers-rights", unread("m"), left) == {"left": Reason.NO_DATA}
    assert asked("leavers-traces", trace, left) == {"left": True}
    assert asked("leavers-traces", trace, left, here) == {"left": False}
    assert asked("leavers-traces", trace, cut=CUT) == {"left": CUT.reason}
    assert asked("leavers-traces", unread("t"), left) == {"left": Reason.NO_DATA}


@pytest.mark.parametrize(
    ("changed", "ended", "late"),
    [
        ("2026-11-01", "2026-11-02", False),
        ("2026-11-01", "2026-11-03", True),
        ("2026-11-01", None, True),
        ("2026-11-20", None, False),
        ("2026-11-19", None, True),
        ("2026-11-01", "2026-12-01", True),  # that day has not come
        ("2026-12-01", None, False),
    ],
)
def test_movers_lose_what_they_do_not_need(changed: str, ended: str | None, late: bool) -> None:
    def at(text: str | None) -> datetime | None:
        return datetime.fromisoformat(f"{text}T00:00:00+00:00") if text else None

    row = item("m", changed_at=at(changed), access_ended_at=at(ended))
    assert asked("movers-access", row, delay="P1D") == {"late": late}
    assert asked("movers-access", unread("m"), delay="P1D") == {"late": Reason.MALFORMED_RESPONSE}
