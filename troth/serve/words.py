"""Words of the pages: states, changes, exit codes and times, each in one place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple

from troth.errors import Exit
from troth.history.changes import Change
from troth.history.compare import State
from troth.model import POPULATION
from troth.report.words import plural

#: A clause's state → its class in the style that the report has too.
CLASSES: Mapping[str, str] = {
    "broken": "fail",
    "waived": "waived",
    "unknown": "unknown",
    "kept": "pass",
    "not-applicable": "not-applicable",
}
LABELS: Mapping[str, str] = {state: state.replace("-", " ") for state in CLASSES}

#: A finding's verdict in the words of clauses.
VERDICTS: Mapping[str, str] = {
    "pass": "kept",
    "fail": "broken",
    "unknown": "unknown",
    "not-applicable": "not-applicable",
}


class Told(NamedTuple):
    """What a change is called above a list of such changes, what one of them is, and its class."""

    title: str
    one: str
    name: str


CHANGES: Mapping[Change, Told] = {
    Change.NEW: Told("Newly broken", "newly broken", "fail"),
    Change.REGRESSED: Told("Broken again", "broken again", "fail"),
    Change.WAIVER_EXPIRED: Told("Waivers expired", "waiver expired", "fail"),
    Change.COVERAGE_LOST: Told("Coverage lost", "coverage lost", "unknown"),
    Change.FIXED: Told("Fixed", "fixed", "pass"),
    Change.WAIVED: Told("Waived", "waived", "waived"),
    Change.COVERAGE_REGAINED: Told("Coverage regained", "coverage regained", "pass"),
    Change.NO_LONGER_ASKED: Told("Not asked any more", "not asked any more", "not-applicable"),
    Change.RESOURCE_GONE: Told("Resources gone", "resource gone", "not-applicable"),
    Change.RESOURCE_ADDED: Told("Resources added", "resource added", "not-applicable"),
    Change.DOCUMENT_CHANGED: Told("Documents changed", "document changed", "not-applicable"),
    Change.POLICY_CHANGED: Told("Policies changed", "policy changed", "not-applicable"),
    Change.CONTROL_CHANGED: Told("Controls changed", "change of controls", "not-applicable"),
    Change.SCOPE_CHANGED: Told("Scope changed", "change of scope", "not-applicable"),
    Change.STILL: Told("Still broken", "still broken", "fail"),
}

_EXITS: Mapping[int, str] = {
    Exit.OK: "everything was evaluated, nothing is broken",
    Exit.BROKEN: "a promise is broken",
    Exit.INCOMPLETE: "nothing is broken, but something is unknown",
    Exit.BUG: "a rule or checker failed",
    Exit.INTERRUPTED: "interrupted",
    Exit.TERMINATED: "terminated",
}


def changed(change: Change, number: int) -> str:
    """Return ``1 resource added`` or ``2 resources added``."""
    told = CHANGES[change]
    return f"{number:,} {told.one if number == 1 else told.title.lower()}"


def state_of(finding: State) -> str:
    """Return a finding's state in the words of clauses; a waived fail is ``waived``."""
    return "waived" if finding.waived else VERDICTS.get(finding.verdict, "unknown")


def exit_words(code: int) -> str:
    """Return an exit code with what it means."""
    meaning = _EXITS.get(code)
    return f"exit code {code} ({meaning})" if meaning else f"exit code {code}"


def resource_words(name: str) -> str:
    """Return a resource's name; a finding may be on all of them together."""
    return "all of them together" if name == POPULATION else name


def brief(moment: str) -> str:
    """Return an ISO 8601 instant as ``2026-11-22 04:11 UTC``."""
    return f"{_utc(moment):%Y-%m-%d %H:%M} UTC"


def _utc(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(UTC)


def away_words(on: date, today: date) -> str:
    """Return where a day lies: ``in 3 days``, ``today``, ``4 days ago``."""
    days = (on - today).days
    if days == 0:
        return "today"
    return f"in {plural(days, 'day')}" if days > 0 else f"{plural(-days, 'day')} ago"
