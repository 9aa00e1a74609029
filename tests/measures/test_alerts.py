from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.pages import NO_ANSWER, page, whole
from tests.measures.populations import AS_OF, CUT, measured, population
from troth.measures import Item, Measured
from troth.model import Failure, Reason
from troth.params import parse_duration

POSTED = AS_OF - timedelta(days=2)
RESOLVED = POSTED + timedelta(hours=3)
MINUTE = timedelta(minutes=1)
OLDEST = ("old", POSTED - timedelta(days=30))


def feed(*entries: tuple[str, Any], **more: Any) -> Item:
    made = whole([{"key": key, "at": at} for key, at in entries])
    return page("feed", "feed", feed={"format": "rss", "entries": made} | more)


def portal(key: str = "i1", resolved: Any = RESOLVED, **more: Any) -> Item:
    entry = {"key": key, "first_posted_at": POSTED, "resolved_at": resolved}
    return page("portal", "status", incidents={"reported": whole([entry])} | more)


def alerts(*pages: Item, cut: Failure | None = None) -> dict[str, Measured]:
    delay = parse_duration("PT15M", at_most=True)
    args = {"portal": "status", "topic": "feed", "delay": delay}
    return measured("changes-in-feeds", population(pages, cut), args)


def alerted(*entries: tuple[str, Any]) -> bool | Reason:
    made = alerts(portal(), feed(*entries))["feed"]
    return made.facts["alerted"] if "alerted" in made.facts else made.missing["alerted"].reason


@pytest.mark.parametrize("lag", [timedelta(0), 15 * MINUTE])
def test_every_change_has_an_entry_in_time(lag: timedelta) -> None:
    assert alerted(OLDEST, ("a", POSTED + lag), ("b", RESOLVED + lag)) is True


def test_a_feed_may_date_to_the_minute() -> None:
    odd = portal(resolved=RESOLVED + timedelta(seconds=59, microseconds=7))
    entries = feed(OLDEST, ("a", POSTED), ("b", RESOLVED))
    assert alerts(odd, entries)["feed"].facts == {"changed": True, "alerted": True}


@given(st.lists(st.integers(-60, 300), max_size=4))
def test_it_passes_only_if_both_changes_are_met(minutes: list[int]) -> None:
    entries = [(f"e{at}", POSTED + at * MINUTE) for at in minutes]
    met = [any(0 <= at - change <= 15 for at in minutes) for change in (0, 180)]
    assert (alerted(OLDEST, *entries) is True) is all(met)


def test_an_incident_without_any_entry_is_missed() -> None:
    assert alerted(OLDEST, ("later", AS_OF)) is False


def test_several_entries_of_the_incident_and_none_in_time() -> None:
    late = POSTED + 16 * MINUTE
    assert alerted(OLDEST, ("x/i1/1", late), ("x/i1/2", RESOLVED)) is False
    for other in ("i12", "hi1"):  # another incident's key
        entries = (f"x/{other}/1", late), (f"x/{other}/2", RESOLVED)
        assert alerted(OLDEST, *entries) is Reason.UNPROVEN


def test_one_entry_may_have_been_rewritten() -> None:
    assert alerted(OLDEST, ("x/i1", RESOLVED)) is Reason.UNPROVEN


def test_what_is_older_than_the_feed_is_left_out() -> None:
    made = alerts(portal(), feed(("new", AS_OF - timedelta(hours=1))))["feed"].facts
    assert made == {"changed": False, "alerted": True}


def test_an_empty_feed_says_nothing_of_what_there_was() -> None:
    assert alerts(portal(), feed())["feed"].missing["alerted"].reason is Reason.UNPROVEN
    none = portal(reported=whole([]))
    assert alerts(none, feed())["feed"].facts == {"changed": False, "alerted": True}


def test_while_the_delay_runs_nothing_is_missed() -> None:
    young = {"key": "i", "first_posted_at": AS_OF - 15 * MINUTE, "resolved_at": None}
    made = alerts(portal(reported=whole([young])), feed(OLDEST))["feed"].facts
    assert made == {"changed": False, "alerted": True}


def test_the_newest_incidents_are_enough_for_a_feed_that_does_not_reach_further() -> None:
    entry = {"key": "i1", "first_posted_at": POSTED, "resolved_at": RESOLVED}
    half = portal(reported={"items": [entry]})
    short = feed(("b", RESOLVED))
    assert alerts(half, short)["feed"].facts == {"changed": True, "alerted": True}
    long = feed(OLDEST, ("a", POSTED), ("b", RESOLVED))
    assert alerts(half, long)["feed"].missing["alerted"].reason is Reason.LISTING_INCOMPLETE


def test_what_could_not_be_read() -> None:
    assert alerts(portal(), page("feed", "feed", feed=None))["feed"].missing["alerted"] is NO_ANSWER
    unread = page("portal", "status", incidents=None)
    assert alerts(unread, feed(OLDEST))["feed"].missing["alerted"] is NO_ANSWER
    assert alerts(portal())[""].missing["alerted"].reason is Reason.NOTHING_FOUND
    assert alerts(feed(OLDEST))[""].missing["alerted"].reason is Reason.NOTHING_FOUND
    assert alerts(portal(), feed(OLDEST), cut=CUT)[""].missing["alerted"] is CUT


def offered(*pages: Item, channels: tuple[str, ...] = ("RSS", "ATOM")) -> dict[str, Measured]:
    args = {"topic": "feed", "channels": list(channels)}
    return measured("feeds-offered", population(pages), args)


def form(name: str, text: str) -> Item:
    return page(name, "feed", feed={"format": text})


def test_each_channel_needs_a_feed_of_its_format() -> None:
    made = offered(form("a", "rss"), form("b", "atom"), page("c", feed={"format": "none"}))
    assert {name: one.facts for name, one in made.items()} == {
        name: {"a_feed": True, "offered": True} for name in ("RSS", "ATOM")
    }


@pytest.mark.parametrize(
    ("second", "outcome"),
    [
        (form("b", "none"), False),
        (form("b", "not-asked"), Reason.NOTHING_FOUND),
        (page("b", "feed", feed=None), Reason.TIMEOUT),
        (form("b", "rss"), Reason.NOTHING_FOUND),
    ],
)
def test_a_format_that_nothing_gives(second: Item, outcome: bool | Reason) -> None:
    made = offered(form("a", "rss"), second)["ATOM"]
    found = made.missing["offered"].reason if made.missing else made.facts["offered"]
    assert found is outcome


def test_a_channel_that_is_no_feed() -> None:
    assert offered(channels=("email",))["email"].facts == {"a_feed": False, "offered": False}
    assert offered(channels=("SMS",))["SMS"].missing["offered"].reason is Reason.NOT_SUPPORTED
    assert offered(form("a", "rss"), channels=())[""].facts["a_feed"] is False
