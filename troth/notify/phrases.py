"""What each change is called in a message, and which of them is told first."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from troth.history.changes import Change, Event
from troth.model import Severity

#: One and many of each change, the worst first: the order of every message.
PHRASES: dict[Change, tuple[str, str]] = {
    Change.NEW: ("newly broken", "newly broken"),
    Change.REGRESSED: ("broken again", "broken again"),
    Change.WAIVER_EXPIRED: ("waiver expired", "waivers expired"),
    Change.COVERAGE_LOST: ("with coverage lost", "with coverage lost"),
    Change.STILL: ("still broken", "still broken"),
    Change.FIXED: ("fixed", "fixed"),
    Change.WAIVED: ("waived", "waived"),
    Change.COVERAGE_REGAINED: ("with coverage regained", "with coverage regained"),
    Change.NO_LONGER_ASKED: ("not asked any more", "not asked any more"),
    Change.RESOURCE_GONE: ("resource gone", "resources gone"),
    Change.RESOURCE_ADDED: ("resource added", "resources added"),
    Change.DOCUMENT_CHANGED: ("document changed", "documents changed"),
    Change.POLICY_CHANGED: ("policy changed", "policies changed"),
    Change.CONTROL_CHANGED: ("control changed", "controls changed"),
    Change.SCOPE_CHANGED: ("change of scope", "changes of scope"),
}

#: A sentence below the heading, where the heading could be read as good news.
NOTES = {
    Change.COVERAGE_LOST: "Nothing of this counts as fixed: it could not be looked at.",
    Change.NO_LONGER_ASKED: "Nothing of this was mended: it is not looked at any more.",
}

_PLACES = {change: place for place, change in enumerate(PHRASES)}
_SEVERITIES = {one.name.lower(): -one for one in Severity}


def counted(change: Change, number: int) -> str:
    """Return ``1 waiver expired`` or ``2 waivers expired``."""
    one, many = PHRASES[change]
    return f"{number} {one if number == 1 else many}"


def heading(change: Change) -> str:
    """Return what stands above the events of a change: ``Waivers expired``."""
    return PHRASES[change][1].removeprefix("with ").capitalize()


def ordered(events: Iterable[Event]) -> list[Event]:
    """Return events with the worst first: by change, severity, clause, control and resource."""
    return sorted(events, key=_rank)


def grouped(events: Iterable[Event]) -> dict[Change, list[Event]]:
    """Return the events of each change, the worst change first."""
    rows = ordered(events)
    return {change: list(group) for change, group in groupby(rows, key=lambda row: row.change)}


def _rank(event: Event) -> tuple[int, int, tuple[str, ...]]:
    names = event.policy, event.clause, event.control, event.target, event.resource, event.finding
    return _PLACES[event.change], _SEVERITIES.get(event.severity, 1), names
