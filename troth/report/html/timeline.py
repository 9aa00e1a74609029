"""The picture of what ends when: a line per sort of thing, a mark per week, months below.

Positions are percentages of the width, so the picture fits a phone and a sheet of paper without
scaling its words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from troth.report.html.expiry import LANES, SOON, Expiries
from troth.report.words import plural

#: The days before and after the judged time that the picture shows; the rest stands at its edges.
BEFORE = 45
AFTER = 400
_LEFT, _RIGHT = 2.0, 98.0
_TOP, _LANE, _FOOT = 44, 46, 14
_WEEK = 7


class Mark(NamedTuple):
    """A dot: ``x`` in percent, ``radius`` in pixels, and what it stands for."""

    x: float
    radius: float
    state: str
    said: str


class Lane(NamedTuple):
    """A line of the picture at ``y`` pixels."""

    y: int
    label: str
    marks: list[Mark]


class Tick(NamedTuple):
    """The first day of a month at ``x`` percent; every third has a label."""

    x: float
    label: str


class Timeline(NamedTuple):
    """The picture: ``height`` in pixels, ``today`` in percent, and what it says in words."""

    height: int
    today: float
    lanes: list[Lane]
    ticks: list[Tick]
    said: str


def of(expiries: Expiries) -> Timeline:
    """Return the picture of what was collected; lanes that hold nothing are left out."""
    used = [name for name in LANES if any(lane == name for lane, _ in expiries.days)]
    lanes = [
        Lane(_TOP + _LANE * index, LANES[name], list(_marks(expiries, name)))
        for index, name in enumerate(used)
    ]
    height = _TOP + _LANE * len(lanes) + _FOOT - 16
    return Timeline(height, _x(0), lanes, list(_ticks(expiries.today)), _said(expiries))


def _x(days: int) -> float:
    inside = min(max(days, -BEFORE), AFTER)
    return round(_LEFT + (inside + BEFORE) / (AFTER + BEFORE) * (_RIGHT - _LEFT), 2)


def _marks(expiries: Expiries, lane: str) -> Iterator[Mark]:
    """Return a mark per week; what lies beyond the edges is one mark at each."""
    weeks: Counter[int] = Counter()
    for (name, days), number in expiries.days.items():
        if name == lane:
            weeks[min(max(days, -BEFORE), AFTER) // _WEEK] += number
    for week, number in sorted(weeks.items()):
        days = week * _WEEK
        state = "lapsed" if days < 0 else "soon" if days <= SOON else "later"
        radius = 4.0 + min(number.bit_length() - 1, 5)
        yield Mark(_x(days + _WEEK // 2), radius, state, _of_week(expiries, days, number))


def _of_week(expiries: Expiries, days: int, number: int) -> str:
    ends = plural(number, "ends", "end")
    if days <= -BEFORE:
        return f"{ends} before {expiries.day(days + _WEEK)}"
    if days + _WEEK > AFTER:
        return f"{ends} on {expiries.day(days)} or later"
    return f"{ends} from {expiries.day(days)} to {expiries.day(days + _WEEK - 1)}"


def _ticks(today: date) -> Iterator[Tick]:
    first = today - timedelta(days=BEFORE)
    for month in range(first.year * 12 + first.month, first.year * 12 + first.month + 16):
        day = date(month // 12, month % 12 + 1, 1)
        away = (day - today).days
        if -BEFORE <= away <= AFTER:
            label = f"{day:%Y-%m}" if day.month in (1, 4, 7, 10) else ""
            yield Tick(_x(away), label)


def _said(expiries: Expiries) -> str:
    soon = sum(number for (_, days), number in expiries.days.items() if 0 <= days <= SOON)
    return (
        f"{expiries.count(lapsed=True):,} passed, {soon:,} within {SOON} days, "
        f"{expiries.count(lapsed=False) - soon:,} later. The tables below name the nearest."
    )
