"""The picture of the last nights: a column per run, as high as there are clauses that stood so.

Positions are percentages of the width, as in the other picture; the numbers stand in a table too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from troth.report.html.words import LABELS
from troth.report.trend import STATES, Night, Trend
from troth.report.words import plural

#: Nights that the page shows; fewer than two are no trend.
MOST = 90
LEAST = 2
#: The picture's height, and that of its columns, in pixels.
HEIGHT = 150
_HIGH = 120
_LEFT, _WIDTH = 0.0, 100.0

#: A state in the history → its name on the page, for colours and labels.
_NAMES = {"broken": "fail", "kept": "pass"}


class Piece(NamedTuple):
    """A part of a column: its place and size, in percent across and in pixels down."""

    name: str
    x: float
    y: float
    width: float
    height: float


class Column(NamedTuple):
    """A night of the picture: what it says, and its parts."""

    said: str
    pieces: list[Piece]


class Row(NamedTuple):
    """A night of the table: its judged time, and the numbers in the order of the labels."""

    as_of: str
    numbers: list[int]


class Nights(NamedTuple):
    """The picture and the table; ``first`` and ``last`` are days."""

    height: int
    columns: list[Column]
    rows: list[Row]
    labels: list[str]
    first: str
    last: str
    said: str


def of(trend: Trend | None) -> Nights | None:
    """Return the last nights, or None where there is no history of at least two."""
    if trend is None or len(trend.nights) < LEAST:
        return None
    nights = trend.nights[-MOST:]
    most = max(sum(night.counts.values()) for night in nights)
    return Nights(
        HEIGHT,
        [_column(night, at, len(nights), most) for at, night in enumerate(nights)],
        [Row(night.as_of, [night.counts[state] for state in STATES]) for night in reversed(nights)],
        [label(state) for state in STATES],
        nights[0].as_of[:10],
        nights[-1].as_of[:10],
        _said(nights),
    )


def label(state: str) -> str:
    """Return a state in the page's words."""
    return LABELS[_NAMES.get(state, state)]


def _column(night: Night, at: int, number: int, most: int) -> Column:
    numbers = ", ".join(
        f"{night.counts[state]} {label(state)}" for state in STATES if night.counts[state]
    )
    said = f"{night.as_of[:10]}: {numbers or 'no clause'}"
    return Column(said, list(_pieces(night.counts, at, number, most)))


def _pieces(counts: Mapping[str, int], at: int, number: int, most: int) -> Iterator[Piece]:
    """Yield the parts of a column from below: what is broken stands on the ground."""
    step = _WIDTH / number
    foot = float(_HIGH)
    for state in STATES:
        if counts[state]:
            high = _HIGH * counts[state] / most
            foot -= high
            place = round(_LEFT + at * step, 3), round(foot, 2)
            size = round(step * 0.86, 3), round(high, 2)
            yield Piece(_NAMES.get(state, state), *place, *size)


def _said(nights: Sequence[Night]) -> str:
    """Return in a sentence how what is broken and unknown went from the first to the last."""
    first, last = nights[0].counts, nights[-1].counts
    told = [f"{label(state)} {first[state]} → {last[state]}" for state in ("broken", "unknown")]
    days = f"from {nights[0].as_of[:10]} to {nights[-1].as_of[:10]}"
    return f"{plural(len(nights), 'run')} {days}: {', '.join(told)}."
