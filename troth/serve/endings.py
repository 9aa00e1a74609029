"""What ends when: waivers, signed statements, certificates, agreements; counted from today.

The history keeps for every run those that lie nearest to its judged time, before it and after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from troth.history.reading import History, Night
from troth.report.html.expiry import COMING, LANES, LAPSED, SOON
from troth.serve import words


class Row(NamedTuple):
    """Something that ends: its last day, where that lies from today, and what it is.

    ``state`` is ``lapsed``, ``soon`` or ``later``.
    """

    on: str
    away: str
    state: str
    what: str
    name: str


class Page(NamedTuple):
    """What ends next, soonest first, and what has ended, the latest first.

    ``cut`` tells whether the run may have seen more that is still to come, or long over.
    """

    night: Night
    today: date
    coming: Sequence[Row]
    lapsed: Sequence[Row]
    cut: bool
    lanes: Sequence[str]

    @property
    def soon(self) -> Sequence[Row]:
        """Return what ends within a month."""
        return [row for row in self.coming if row.state == "soon"]


def page(history: History, night: Night, today: date) -> Page:
    """Return what ends when, as a run knew it."""
    rows = [_row(one["on"], one["what"], one["name"], today) for one in history.endings(night)]
    held = [one["days"] >= 0 for one in history.endings(night)]
    cut = sum(held) >= COMING or len(held) - sum(held) >= LAPSED
    coming = sorted(row for row in rows if row.state != "lapsed")
    lapsed = sorted((row for row in rows if row.state == "lapsed"), key=lambda row: row.name)
    lapsed.sort(key=lambda row: row.on, reverse=True)
    return Page(night, today, coming, lapsed, cut, list(LANES.values()))


def waivers(rows: Sequence[Row], policy: str, number: str) -> list[Row]:
    """Return those that are waivers of a clause."""
    ending = f", for {policy}/{number}"
    return [row for row in rows if row.what.startswith("waiver") and row.name.endswith(ending)]


def _row(on: str, what: str, name: str, today: date) -> Row:
    last = date.fromisoformat(on)
    days = (last - today).days
    state = "lapsed" if days < 0 else "soon" if days <= SOON else "later"
    return Row(on, words.away_words(last, today), state, what, name)
