"""Alerts of a status page: which feeds there are, and whether every change is in each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import nothing, told
from troth.measures.pages import named
from troth.measures.status import reports
from troth.model import Failure, Reason

#: What the facet ``feed`` calls the format of each channel that is a feed.
_FORMATS = {"RSS": "rss", "ATOM": "atom"}
#: Channels that are none, for which somebody has to look.
_BY_HAND = ("email",)


@measure(
    "feeds-offered", per="population", args=("topic", "channels"), yields=("a_feed", "offered"),
    on_empty=True,
)  # fmt: skip
def feeds_offered(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``a_feed`` and ``offered`` for each of ``channels``, under its name.

    A channel that is a feed (RSS, ATOM) is offered where an address named for ``topic`` gives
    that format. If none does, it is False where one of them gives no feed at all, else missing.
    A channel that nobody can look for is not-supported. Without channels ``a_feed`` is False.
    """
    pages, failure = named(inputs.population, inputs.args["topic"])
    formats = set()
    for page in pages:
        try:
            formats.add(page.get("feed.format"))
        except MissingFact as signal:
            failure = failure or signal.failure
    for channel in inputs.args["channels"]:
        yield _channel(channel, formats, failure, inputs.args["topic"])
    if not inputs.args["channels"]:
        yield Measured({"a_feed": False, "offered": False})


def _channel(channel: str, formats: set[str], failure: Failure | None, topic: str) -> Measured:
    if channel in _BY_HAND:
        return Measured({"a_feed": False, "offered": False}, resource=channel)
    if channel not in _FORMATS:
        why = Failure(Reason.NOT_SUPPORTED, f"nothing looks for {channel}")
        return told({"a_feed": True, "offered": why}, channel)
    there = _FORMATS[channel] in formats
    none = nothing(f"no address that is named for {topic} gives {channel}; name the feed")
    broken = "none" in formats and failure is None
    return told(
        {"a_feed": True, "offered": there or (False if broken else failure or none)}, channel
    )


@dataclass(frozen=True)
class _Change:
    """A change of an incident's state on the portal: it was posted, or resolved."""

    key: str
    at: datetime
    #: when the incident was posted and when it ended, or the time that is judged
    span: tuple[datetime, datetime]


@measure(
    "changes-in-feeds", per="population", args=("portal", "topic", "delay"),
    yields=("changed", "alerted"), on_empty=True,
)  # fmt: skip
def changes_in_feeds(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``changed`` and ``alerted`` for each feed that is named for ``topic``, under its id.

    Changes are the first post and the resolution of each incident that the pages named for
    ``portal`` report; older ones than the oldest entry of the feed, and those whose ``delay``
    still runs, are left out. A change is in the feed if an entry is dated at most ``delay`` after
    it. ``alerted`` is False where an incident has no entry, or several with its key and none in
    time. One entry may have been rewritten since, so with one that has another date it is missing.
    """
    feeds, failure = named(inputs.population, inputs.args["topic"])
    portals, gap = named(inputs.population, inputs.args["portal"])
    failure = failure or gap
    if failure is None and not (feeds and portals):
        lacking = inputs.args["portal"] if feeds else inputs.args["topic"]
        failure = nothing(f"no web address is named for {lacking}")
    if failure:
        yield told({"changed": failure, "alerted": failure})
        return
    reported: list[Mapping[str, Any]] = []
    for page in portals:
        found, unread = reports(page)
        reported += found
        failure = failure or unread
    for feed in feeds:
        yield _feed(feed, reported, failure, inputs)


def _feed(
    feed: Item, reported: Sequence[Mapping[str, Any]], unread: Failure | None, inputs: Inputs
) -> Measured:
    try:
        entries = feed.items("feed.entries")
    except MissingFact as signal:
        return told(dict.fromkeys(("changed", "alerted"), signal.failure), feed.id)
    oldest = min((entry["at"] for entry in entries), default=None)
    every = [change for each in reported for change in _changes(each, inputs)]
    if every and oldest is None:
        text = f"{feed.id} is empty, which may be so because its entries are dropped in time"
        return told(dict.fromkeys(("changed", "alerted"), Failure(Reason.UNPROVEN, text)), feed.id)
    judged = [change for change in every if oldest is not None and change.at >= oldest]
    answers = [_alerted(change, entries, inputs) for change in judged]
    # What the portal tells no more is older than all that it tells, and left out if the feed is.
    reaches = unread and unread.reason is Reason.LISTING_INCOMPLETE and len(judged) < len(every)
    gap = next((each for each in answers if isinstance(each, Failure)), None)
    gap = gap or (None if reaches else unread)
    alerted = False if False in answers else gap or True
    return told({"changed": bool(judged) or gap or False, "alerted": alerted}, feed.id)


def _changes(incident: Mapping[str, Any], inputs: Inputs) -> Iterator[_Change]:
    posted, resolved = incident["first_posted_at"], incident["resolved_at"]
    span = posted, resolved or inputs.as_of
    for at in (posted, resolved):
        if at is not None and inputs.args["delay"].after(at, inputs.zone) < inputs.as_of:
            # Some feeds date to the minute.
            yield _Change(incident["key"], _minute(at), span)


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _alerted(
    change: _Change, entries: Sequence[Mapping[str, Any]], inputs: Inputs
) -> bool | Failure:
    delay, zone = inputs.args["delay"], inputs.zone
    limit = delay.after(change.at, zone)
    if any(change.at <= entry["at"] <= limit for entry in entries):
        return True
    first, last = _minute(change.span[0]), delay.after(change.span[1], zone)
    own = [entry for entry in entries if _names(entry["key"], change.key)]
    around = [entry for entry in entries if first <= entry["at"] <= last]
    if len(own) > 1 or not (own or around):
        return False
    text = (
        f"an entry of {change.key} may have been rewritten: none is dated {change.at.isoformat()}"
    )
    return Failure(Reason.UNPROVEN, text)


def _names(entry: str, incident: str) -> bool:
    """Tell whether an entry's key has the incident's in it, as a word of its own."""
    word = rf"(?<![A-Za-z0-9]){re.escape(incident)}(?![A-Za-z0-9])"
    return re.search(word, entry) is not None
