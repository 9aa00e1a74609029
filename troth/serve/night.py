"""The pages of runs: the list of them, and a run with what changed since the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from troth.errors import UsageError
from troth.history.reading import History, Night
from troth.serve import changes, overview, words

#: How many runs a page of the list shows.
RUNS = 60


class Count(NamedTuple):
    """How many clauses stand so, how many did in the run before, and the difference in words."""

    state: str
    label: str
    now: int
    before: int | None
    more: str


class Page(NamedTuple):
    """All that the template asks for."""

    name: str
    said: str
    night: Night
    before: Night | None
    after: Night | None
    counts: Sequence[Count]
    changes: Sequence[changes.Group]


class Line(NamedTuple):
    """A run in the list, and what changed with it in one line."""

    night: Night
    changed: str


class List(NamedTuple):
    """Runs, the last one first; ``older`` names the run before which the next page begins."""

    lines: Sequence[Line]
    older: str
    newest: bool


def page(history: History, named: str) -> Page:
    """Return the page of a run; raises :class:`~troth.errors.UsageError` for none."""
    night = history.night(named)
    before = history.before(night)
    name, said = overview.headline(night.counts)
    return Page(
        name=name,
        said=said,
        night=night,
        before=before,
        after=history.after(night),
        counts=[_count(state, night, before) for state in words.CLASSES],
        changes=changes.of(history, night, changes.NIGHT),
    )


def listed(history: History, before: str) -> List:
    """Return the runs before one, or the last ones; raises :class:`UsageError`."""
    edge = history.night(before) if before else None
    found = history.nights(RUNS + 1, edge)
    if not found:
        raise UsageError(f"the history has no run before '{before}'")
    shown = found[:RUNS]
    counted = history.changes(shown)
    lines = [Line(night, changes.told(counted[night.seq])) for night in shown]
    return List(lines, shown[-1].id if len(found) > RUNS else "", edge is None)


def _count(state: str, night: Night, before: Night | None) -> Count:
    now = night.counts.get(state, 0)
    if before is None:
        return Count(state, words.LABELS[state], now, None, "")
    then = before.counts.get(state, 0)
    more = f"{now - then:+,}".replace("-", "\N{MINUS SIGN}") if now != then else "same"
    return Count(state, words.LABELS[state], now, then, more)
