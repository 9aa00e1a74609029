from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.measures.populations import CUT, item, measured, population, unread
from tests.measures.test_grants import system
from troth.measures import Item, Population
from troth.model import Reason
from troth.params import parse_duration

NOW = datetime.fromisoformat("2026-11-21T00:00:00+00:00")


def review(on: str, *revoked: str, **changed: Any) -> Item:
    row = {"system": "host:a", "reviewer": "p-1", "reviewed_on": on} | changed
    return item(f"r-{on}-{row['system']}", revocations=list(revoked), **row)


def admin(**changed: Any) -> Item:
    row = {"person_id": "p-1", "end_date": None, "roles": ["Admin"]} | changed
    return item("s", **row)


def asked(
    name: str, of: Item, reviews: Any, *staff: Item, args: Any = None, cut: Any = None
) -> dict[str, Any]:
    needs = {
        "register.access-reviews": population(reviews, cut),
        "register.staff": population(staff or [admin()]),
    }
    said = {"within": parse_duration("P92D"), "roles": ["admin"]} if args is None else args
    (one,) = measured(name, population([of]), said, needs=needs, as_of=NOW).values()
    return dict(one.facts) | {key: why.reason for key, why in one.missing.items()}


def seen(fact: str, of: Item, *reviews: Item, staff: Item | None = None) -> Any:
    return asked("access-reviewed", of, reviews, *([staff] if staff else []))[fact]


MINE = system(("bob", "admin"))


@pytest.mark.parametrize(
    ("on", "in_time"),
    [("2026-08-20", False), ("2026-08-21", True), ("2026-11-21", True), ("2026-11-22", False)],
)
def test_a_review_is_of_today_or_of_the_days_before(on: str, in_time: bool) -> None:
    assert seen("in_time", MINE, review(on)) is in_time


def test_the_newest_review_of_the_system_counts() -> None:
    old, new = review("2026-01-01", "bob"), review("2026-11-01")
    assert seen("undone", MINE, old, new) == []
    assert seen("in_time", MINE, new, old) is True
    assert seen("undone", MINE, old, review("2026-11-30")) == ["bob: admin"]
    assert seen("in_time", MINE, review("2026-11-01", system="host:b")) is False


@pytest.mark.parametrize(
    ("revoked", "left"),
    [
        ("bob", ["bob: admin"]),
        ("bob:admin", ["bob: admin"]),
        ("bob:other", []),
        ("alice:admin", []),
    ],
)
def test_what_was_revoked_is_gone_the_day_after(revoked: str, left: list[str]) -> None:
    assert seen("undone", MINE, review("2026-11-20", revoked)) == left
    assert seen("undone", MINE, review("2026-11-21", revoked)) == []


@pytest.mark.parametrize(
    ("staff", "fits"),
    [
        (admin(), True),
        (admin(roles=["other"]), False),
        (admin(person_id="p-2"), False),
        (admin(end_date="2026-11-20"), False),
        (admin(end_date="2026-11-21"), True),
        (unread("s"), Reason.MALFORMED_RESPONSE),
    ],
)
def test_a_reviewer_has_the_role(staff: Item, fits: Any) -> None:
    assert seen("by_role", MINE, review("2026-11-01"), staff=staff) is fits


def test_what_could_not_be_read_decides_nothing() -> None:
    bad = asked("access-reviewed", MINE, [review("2026-11-01", "bob"), unread("r")])
    assert bad["undone"] is Reason.MALFORMED_RESPONSE
    assert bad["in_time"] is True
    cut = asked("access-reviewed", MINE, [], cut=CUT)
    assert cut["in_time"] is CUT.reason
    half = system(("bob", "admin"), whole=False)
    assert seen("undone", half, review("2026-11-01")) is Reason.LISTING_INCOMPLETE
    assert seen("undone", half, review("2026-11-01", "bob")) == ["bob: admin"]
    assert seen("in_time", unread("m"), review("2026-11-01")) is Reason.NO_DATA


def account(login: str = "bob") -> Item:
    return Item("a", {"identity": {"system": "host:a", "login": login, "state": "enabled"}})


def test_an_account_that_was_revoked() -> None:
    def undone(of: Item, *reviews: Item) -> Any:
        return asked("account-revoked", of, reviews, args={})["undone"]

    assert undone(account(), review("2026-11-20", "bob")) is True
    assert undone(account(), review("2026-11-21", "bob")) is False
    assert undone(account(), review("2026-11-20", "bob:admin")) is False
    assert undone(account("eve"), review("2026-11-20", "bob")) is False
    assert undone(account(), review("2026-11-20", "bob", system="host:b")) is False
    assert undone(account(), unread("r")) is Reason.MALFORMED_RESPONSE
    assert undone(unread("a"), review("2026-11-20", "bob")) is Reason.NO_DATA


def request(at: str | None) -> Item:
    return item(f"q-{at}", approved_at=datetime.fromisoformat(at) if at else None)


def used(requests: list[Item], *began: str, bad: bool = False) -> Any:
    staff = [item(f"s-{on}", person_id="p", start_date=on) for on in began]
    needs = {"register.staff": Population((*staff, *((unread("s-x"),) if bad else ())))}
    args = {"within": parse_duration("P12M")}
    (one,) = measured("requests-used", population(requests), args, needs=needs, as_of=NOW).values()
    return one.facts["used"] if one.facts else one.missing["used"].reason


@pytest.mark.parametrize(
    ("requests", "began", "wanted"),
    [
        (["2025-11-21T00:00:00+00:00"], ["2026-01-01"], True),
        (["2025-11-20T23:59:59+00:00"], ["2026-01-01"], False),
        (["2026-11-22T00:00:00+00:00"], ["2026-01-01"], False),
        ([None], ["2026-01-01"], False),
        ([], ["2025-11-21"], False),
        ([], ["2025-11-20"], True),
        ([], ["2026-11-22"], True),
        ([], [], True),
    ],
)
def test_requests_are_made_where_people_begin(
    requests: list[str | None], began: list[str], wanted: bool
) -> None:
    assert used([request(at) for at in requests], *began) is wanted


def test_half_a_register_shows_only_what_is_in_it() -> None:
    late = request("2026-11-01T00:00:00+00:00")
    assert used([late, unread("q")], "2026-01-01") is True
    assert used([unread("q")], "2026-01-01") is Reason.MALFORMED_RESPONSE
    assert used([], bad=True) is Reason.MALFORMED_RESPONSE
    assert used([], "2026-01-01", bad=True) is False
