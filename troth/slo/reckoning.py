"""Reckon downtime as a contract says: what is excused, what is too short, and of which time.

Contracts differ in four words, and each changes verdicts, so none of them has a default here:
whether short outages are left out before or after maintenance is taken away, whether an outage
counts whole or only beyond the least that counts, whether maintenance is part of the time that is
measured, and how short is too short.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Literal, NamedTuple

from troth.slo.outages import Seen
from troth.slo.spans import Span, Spans, clip, minus, overlap, total, union

Order = Literal["excluded-first", "threshold-first"]
Count = Literal["whole", "excess"]
Denominator = Literal["period", "period-without-exclusions"]


class Terms(NamedTuple):
    """How a contract counts; ``least`` is the shortest outage that counts, in milliseconds."""

    least: int
    order: Order
    counts: Count
    denominator: Denominator


class Reckoned(NamedTuple):
    """Downtime that counts and the time it is held against, in milliseconds."""

    down: int
    planned: int

    @property
    def share(self) -> Fraction | None:
        """Return the share of the planned time that was not down; None if nothing was planned."""
        return Fraction(self.planned - self.down, self.planned) if self.planned > 0 else None


class Bounds(NamedTuple):
    """The same period reckoned thrice; ``worst`` has the most downtime."""

    best: Reckoned
    likely: Reckoned
    worst: Reckoned


class Entry(NamedTuple):
    """One outage in the ledger: the time it took, the part excused, and the part that counts."""

    outage: Span
    excused: int
    counted: int


def reckon(down: Spans, excused: Spans, period: Span, terms: Terms) -> Reckoned:
    """Return the downtime of a period; ``down`` may reach beyond it, and is then cut after all."""
    counted = clip(_counted(down, excused, terms), period)
    planned: Spans = (period,)
    if terms.denominator == "period-without-exclusions":
        planned = minus(planned, clip(excused, period))
    return Reckoned(total(counted), total(planned))


def bounds(seen: Seen, excused: Spans, period: Span, terms: Terms) -> Bounds:
    """Return the period reckoned over what is certain, likely and possible."""
    return Bounds(
        reckon(seen.certain, excused, period, terms),
        reckon(seen.likely, excused, period, terms),
        reckon(seen.possible, excused, period, terms),
    )


def ledger(down: Spans, excused: Spans, period: Span, terms: Terms) -> Iterator[Entry]:
    """Yield each outage that touches the period, with what of it was excused and what counts."""
    counted = clip(_counted(down, excused, terms), period)
    for outage in down:
        inside = clip((outage,), period)
        if inside:
            yield Entry(outage, total(overlap(inside, excused)), total(overlap(inside, counted)))


def _counted(down: Spans, excused: Spans, terms: Terms) -> Spans:
    """Return the downtime that counts, wherever it lies.

    A threshold asks how long a piece is, not how much of it lies in the period: an outage over
    the end of a month is as long as it was.
    """
    if terms.order == "excluded-first":
        return union(_long_enough(minus(down, excused), terms))
    return minus(union(_long_enough(down, terms)), excused)


def _long_enough(pieces: Spans, terms: Terms) -> Iterator[Span]:
    for piece in pieces:
        if piece.length >= terms.least:
            yield piece if terms.counts == "whole" else Span(piece.begin + terms.least, piece.end)
