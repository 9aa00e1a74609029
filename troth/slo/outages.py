"""From probe results to outages: what is certain, what is likely, what cannot be ruled out.

A probe says how a service was at one instant. A row of failed probes from ``a`` to ``b`` is an
outage that began after the last good probe before it and ended before the first good one after
it: with ``n`` failed probes every ``i`` seconds it lasted more than ``(n - 1) * i`` and less than
``(n + 1) * i``. Where no probe ran nobody looked: that is neither up nor down.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from troth.slo.spans import Span, Spans, clip, minus, union


class Run(NamedTuple):
    """Probes in a row with one result: the first and the last in milliseconds UTC, and how many.

    Between two probes of a run lies no more than :func:`reach`.
    """

    up: bool
    first: int
    last: int
    probes: int


class Seen(NamedTuple):
    """Three readings of the same probes, and the time in which nobody looked.

    ``certain`` is down for sure, ``likely`` splits the time between a good and a bad probe in two,
    ``possible`` is all that may have been down, unwatched time included. Each holds the one before.
    """

    certain: Spans
    likely: Spans
    possible: Spans
    unwatched: Spans


def reach(interval: int) -> int:
    """Return how far apart two probes may be and still follow each other: one and a half intervals.

    Schedulers are late by a little; a probe that is left out makes a gap.
    """
    return interval + interval // 2


def runs(samples: Iterable[tuple[int, bool]], interval: int) -> list[Run]:
    """Return the runs of samples, which are in order and of different times; else ValueError."""
    found: list[Run] = []
    for at, up in samples:
        last = found[-1] if found else None
        if last and at <= last.last:
            raise ValueError(f"the sample of {at} ms comes after that of {last.last} ms")
        if last and last.up == up and at - last.last <= reach(interval):
            found[-1] = Run(up, last.first, at, last.probes + 1)
        else:
            found.append(Run(up, at, at, 1))
    return found


def seen(probes: Sequence[Run], interval: int, period: Span) -> Seen:
    """Return the outages that the probes show, and the part of the period that they leave open.

    Probes before and after the period count as well: an outage that began in the month before is
    as long as it was.
    """
    unwatched = _unwatched(probes, interval, period)
    certain, likely, possible = [], [], []
    for index, run in enumerate(probes):
        if run.up:
            continue
        before = _between(probes[index - 1] if index else None, run, interval)
        after = _after(run, probes[index + 1] if index + 1 < len(probes) else None, interval)
        certain.append(Span(run.first, run.last))
        likely.append(Span(run.first - before // 2, run.last + after // 2))
        possible.append(Span(run.first - before, run.last + after))
    return Seen(union(certain), union(likely), union([*possible, *unwatched]), unwatched)


def _between(before: Run | None, run: Run, interval: int) -> int:
    """Return how long before its first failed probe an outage may have begun."""
    if before is None or run.first - before.last > reach(interval):
        return interval
    return run.first - before.last


def _after(run: Run, after: Run | None, interval: int) -> int:
    if after is None or after.first - run.last > reach(interval):
        return interval
    return after.first - run.last


def _unwatched(probes: Sequence[Run], interval: int, period: Span) -> Spans:
    """Return the time of the period that no probe speaks for, one interval after each included."""
    watched = [Span(run.first, run.last + interval) for run in probes]
    watched += [
        Span(run.last, following.first)
        for run, following in pairwise(probes)
        if following.first - run.last <= reach(interval)
    ]
    return minus((period,), clip(union(watched), period))
