"""What changed with a night, by sort, the gravest first, and never more of it than people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from troth.history.changes import Change, Event
from troth.history.reading import History, Night
from troth.serve import words

#: How many events of a sort a night's own page shows, and how many the first page does.
NIGHT = 100
OVERVIEW = 8


class Group(NamedTuple):
    """The events of one sort: the first of them, and how many there are in all."""

    title: str
    name: str
    total: int
    events: Sequence[Event]

    @property
    def rest(self) -> int:
        """Return how many are counted but not shown."""
        return self.total - len(self.events)


def of(history: History, night: Night, most: int) -> list[Group]:
    """Return what was recorded as changed with a run, at most so many events of each sort."""
    counted = history.changes([night])[night.seq]
    return [
        _group(change, counted[change], history.first_events(night, change, most))
        for change in Change
        if change in counted
    ]


def told(counted: Mapping[Change, int]) -> str:
    """Return what changed in one line: ``2 newly broken, 1 fixed``."""
    return ", ".join(words.changed(one, counted[one]) for one in Change if one in counted)


def _group(change: Change, total: int, events: Sequence[Event]) -> Group:
    told = words.CHANGES[change]
    return Group(told.title, told.name, total, events)
