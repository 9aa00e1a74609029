"""Whether anything was looked into, and whether each purpose has a place."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from troth.measures import Inputs, Item, Measured, Population, registry
from troth.model import Failure, Reason

DENIED = Failure(Reason.PERMISSION_DENIED, "refused")


def place(name: str, *purposes: str) -> Item:
    return Item(name, {"use": {"form": "table", "purposes": list(purposes)}})


def run(
    name: str, items: list[Item], wanted: list[str] | None = None, failure: Failure | None = None
) -> dict[str, Measured]:
    made = registry()[name].function(
        Inputs(
            Population(tuple(items), failure), {}, {"wanted": wanted or []},
            datetime(2026, 11, 21, tzinfo=UTC), ZoneInfo("UTC"),
        )
    )  # fmt: skip
    return {one.resource: one for one in made}


def test_each_purpose_that_has_a_place_is_named() -> None:
    found = run("purposes-named", [place("a", "chats"), place("b")], ["chats", "calls"])
    assert found["chats"].facts == {"named": True}
    assert found["calls"].missing["named"].reason == Reason.NOTHING_FOUND


def test_nobody_who_names_a_place_proves_that_there_is_none() -> None:
    assert run("purposes-named", [], ["calls"])["calls"].facts == {}


def test_an_incomplete_listing_is_why_a_purpose_is_not_known() -> None:
    found = run("purposes-named", [place("a", "chats")], ["chats", "calls"], DENIED)
    assert found["chats"].facts == {"named": True}
    assert found["calls"].missing["named"] == DENIED


def test_a_place_that_could_not_be_read_is_why_too() -> None:
    unread = Item("a", {}, {"use": DENIED})
    assert run("purposes-named", [unread], ["calls"])["calls"].missing["named"] == DENIED


def test_something_was_found_or_nothing() -> None:
    assert run("something-found", [place("a")])[""].facts == {"found": True}
    assert run("something-found", [])[""].missing["found"].reason == Reason.NOTHING_FOUND
    assert run("something-found", [], None, DENIED)[""].missing["found"] == DENIED
