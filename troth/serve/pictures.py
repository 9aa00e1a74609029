"""Small pictures of the nights: columns of counts, and the strip of one thing's state.

Positions across are percentages of the width, so a picture fits a phone without scaling its words.
A state has its own height in a strip, so that it is told without colour too; words beside the
picture say the same.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from troth.history.reading import Night, Span
from troth.report.words import plural
from troth.serve.words import CLASSES, LABELS

#: How many nights a picture shows.
NIGHTS = 60
#: Fewer nights than that leave room to the left: one night is no broad block.
_LEAST = 20
_GAP = 0.12
_HEIGHTS: Mapping[str, int] = {
    "broken": 20,
    "waived": 16,
    "unknown": 11,
    "kept": 6,
    "not-applicable": 3,
}
_STRIP = 20
#: How many stretches of a strip are told in words; the picture shows the older ones too.
_TOLD = 6


class Block(NamedTuple):
    """A rectangle: ``x`` and ``width`` in percent, ``y`` and ``height`` in pixels, and its words.

    ``name`` is the class that colours it.
    """

    name: str
    x: float
    y: float
    width: float
    height: float
    said: str


class Picture(NamedTuple):
    """Rectangles in a frame of a height in pixels, and what they show in words.

    ``left`` is where the first night stands, in percent; ``dates`` are those of the first and the
    last night, or of the one.
    """

    height: int
    blocks: Sequence[Block]
    said: str
    left: float
    dates: Sequence[str]


def columns(
    nights: Sequence[Night], counts: Sequence[Mapping[str, int]], height: int, said: str
) -> Picture:
    """Return a column per night, oldest first, of clauses by their state; broken ones below."""
    slot, left = _slots(nights)
    most = max((sum(counted.values()) for counted in counts), default=0) or 1
    blocks: list[Block] = []
    for at, (night, counted) in enumerate(zip(nights, counts, strict=True)):
        foot = float(height)
        for state, name in CLASSES.items():
            number = counted.get(state, 0)
            if number:
                tall = height * number / most
                foot = max(foot - tall, 0.0)
                told = f"{night.as_of[:10]}: {number:,} {LABELS[state]}"
                x, width = left + at * slot, slot * (1 - _GAP)
                blocks.append(_block(name, x, foot, width, tall, told))
    return Picture(height, blocks, said, round(left, 3), _dates(nights))


def strip(nights: Sequence[Night], spans: Sequence[tuple[Span, str]]) -> Picture:
    """Return how something stood over the nights, oldest first: its spans, each with its state."""
    order = [night.seq for night in nights]
    slot, left = _slots(nights)
    blocks: list[Block] = []
    told: list[str] = []
    for span, state in spans:
        begin = bisect.bisect_left(order, span.first)
        end = bisect.bisect_right(order, span.last) if span.last else len(order)
        if begin >= end:
            continue
        height = _HEIGHTS[state]
        said = f"{LABELS[state]} for {plural(end - begin, 'night')}"
        first, last = nights[begin].as_of[:10], nights[end - 1].as_of[:10]
        x, width = left + begin * slot, (end - begin) * slot
        title = f"{said}, {first}" if first == last else f"{said}, {first} to {last}"
        blocks.append(_block(CLASSES[state], x, _STRIP - height, width, height, title))
        told.append(said)
    before = "earlier otherwise, then " if len(told) > _TOLD else ""
    said = before + ", then ".join(told[-_TOLD:]) or "not judged"
    return Picture(_STRIP, blocks, said, round(left, 3), _dates(nights))


def _slots(nights: Sequence[Night]) -> tuple[float, float]:
    """Return the width of a night, and where the first one begins."""
    slot = 100 / max(len(nights), _LEAST)
    return slot, 100 - slot * len(nights)


def _dates(nights: Sequence[Night]) -> list[str]:
    """Return the dates of the first and the last night, if there is room for both."""
    first, last = nights[0].as_of[:10], nights[-1].as_of[:10]
    return [first, last] if len(nights) > _LEAST / 2 else [last]


def _block(name: str, x: float, y: float, width: float, height: float, said: str) -> Block:
    return Block(name, round(x, 3), round(y, 2), round(width, 3), round(height, 2), said)
