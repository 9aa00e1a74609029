from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.measures.populations import measured, population, unread
from troth.measures import Item
from troth.model import Reason
from troth.params import parse_duration


def place(*rows: tuple[str, str], whole: bool = True) -> Item:
    items = [{"address": one, "last_at": datetime.fromisoformat(at)} for one, at in rows]
    listed = {"items": items} | ({"complete": True} if whole else {})
    since = datetime.fromisoformat("2026-10-01T00:00:00+00:00")
    return Item("m", {"arrivals": {"since": since, "addresses": listed}})


def outside(of: Item, *ranges: str) -> Any:
    args = {"ranges": list(ranges), "within": parse_duration("P31D")}
    (one,) = measured("arrivals-inside", population([of]), args).values()
    return one.facts["outside"] if one.facts else one.missing["outside"].reason


NOW = "2026-11-20T00:00:00+00:00"


@pytest.mark.parametrize(
    ("address", "ranges", "wanted"),
    [
        ("10.8.0.0", ["10.8.0.0/16"], []),
        ("10.8.255.255", ["10.8.0.0/16"], []),
        ("10.9.0.0", ["10.8.0.0/16"], ["10.9.0.0"]),
        ("10.8.0.1", ["10.8.0.7/16"], []),
        ("10.8.0.1", ["fd00::/8"], ["10.8.0.1"]),
        ("fd00::1", ["fd00::/8", "10.0.0.0/8"], []),
        ("10.8.0.1", ["vpn", "10.8.0.1"], []),
        ("10.8.0.1", ["vpn"], Reason.UNPROVEN),
        ("10.8.0.1", [], Reason.UNPROVEN),
        ("here", ["10.8.0.0/16"], Reason.MALFORMED_RESPONSE),
    ],
)
def test_an_address_is_in_a_range_or_outside(address: str, ranges: list[str], wanted: Any) -> None:
    assert outside(place((address, NOW)), *ranges) == wanted


def test_only_the_time_that_is_asked_for_counts() -> None:
    last, before = "2026-10-21T00:00:00+00:00", "2026-10-20T23:59:59+00:00"
    assert outside(place(("192.0.2.1", last)), "10.0.0.0/8") == ["192.0.2.1"]
    assert outside(place(("192.0.2.1", before)), "10.0.0.0/8") == []
    assert outside(place(("192.0.2.1", before))) == []


def test_half_a_list_shows_only_who_is_outside() -> None:
    half = place(("10.0.0.1", NOW), whole=False)
    assert outside(half, "10.0.0.0/8") == Reason.LISTING_INCOMPLETE
    assert outside(half, "10.8.0.0/16") == ["10.0.0.1"]
    assert outside(unread("m"), "10.0.0.0/8") == Reason.NO_DATA
