"""Sets of time: sorted spans that do not touch, and what can be done with them.

All instants are whole milliseconds since 1970 in UTC. A span holds its begin and not its end.
Local times are converted before they come here, so that a change of the clocks costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Span(NamedTuple):
    """A piece of time from ``begin`` up to ``end``, in milliseconds."""

    begin: int
    end: int

    @property
    def length(self) -> int:
        """Return how long it is, in milliseconds."""
        return self.end - self.begin


Spans = tuple[Span, ...]


def union(spans: Iterable[Span]) -> Spans:
    """Return the time that is in any of the spans; empty ones vanish, touching ones are joined."""
    joined: list[Span] = []
    for span in sorted(span for span in spans if span.length > 0):
        if joined and span.begin <= joined[-1].end:
            joined[-1] = Span(joined[-1].begin, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


def minus(spans: Spans, others: Spans) -> Spans:
    """Return the time of ``spans`` that is in none of ``others``; both are results of union."""
    return tuple(_pieces(spans, others))


def _pieces(spans: Spans, others: Spans) -> Iterator[Span]:
    at = 0
    for begin, end in spans:
        while at < len(others) and others[at].end <= begin:
            at += 1
        cut = at
        while cut < len(others) and others[cut].begin < end:
            if others[cut].begin > begin:
                yield Span(begin, others[cut].begin)
            begin = max(begin, others[cut].end)
            cut += 1
        if begin < end:
            yield Span(begin, end)


def overlap(spans: Spans, others: Spans) -> Spans:
    """Return the time that is in both; both are results of union."""
    return minus(spans, minus(spans, others))


def clip(spans: Spans, period: Span) -> Spans:
    """Return the part of the spans that lies in the period."""
    return overlap(spans, (period,))


def total(spans: Spans) -> int:
    """Return how long they are together, in milliseconds."""
    return sum(span.length for span in spans)
