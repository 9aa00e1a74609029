"""Since when a clause is broken, how often it broke, how long mending took; counts per night.

Nothing but spans is read here. A *breach* begins with the first run in which a promise is not kept,
broken or waived: a waiver accepts a breach, it mends none, so a waiver that expires begins no
second one. A breach goes on while the clause is unknown or not asked, because nobody knows better.
It ends, mended, with the first run in which the promise is kept; unmended where what was broken did
not pass but is gone or not asked any more, or where the promise is not applicable any more. Times
are judged times; where a run was judged earlier than the one before it, a duration is nothing
rather than negative.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from troth.history.about import UNMENDED
from troth.report.trend import Course

if TYPE_CHECKING:  # nothing here needs a database
    from troth.history.reading import Night, Span

_FAILING = frozenset({"broken", "waived"})
_SETTLED = frozenset({"kept", "not-applicable"})


class Breach(NamedTuple):
    """A time in which a promise was not kept.

    ``run`` is the number of the run that began it, judged at ``begin``; ``end`` is the judged time
    of the run that ended it, empty while it goes on.
    """

    run: int
    begin: str
    end: str
    mended: bool

    def lasted(self, now: str) -> timedelta:
        """Return how long it went on, until ``now`` if it still does."""
        return between(self.begin, self.end or now)


def between(begin: str, end: str) -> timedelta:
    """Return the time from one instant to a later one, nothing if it is none later."""
    passed = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
    return max(passed, timedelta())


def breaches(spans: Sequence[Span]) -> list[Breach]:
    """Return the breaches that a clause's spans, oldest first, come to."""
    found: list[Breach] = []
    begun: Span | None = None
    for span in spans:
        state = span.said[0]
        if state in _FAILING:
            begun = begun or span
        elif state in _SETTLED and begun:
            found.append(Breach(begun.first, begun.at, span.at, _mended(span)))
            begun = None
    if begun:
        found.append(Breach(begun.first, begun.at, "", False))
    return found


def _mended(span: Span) -> bool:
    return span.said[0] == "kept" and UNMENDED not in span.said


def course(spans: Sequence[Span], now: str, first: int = 0) -> Course:
    """Return how a clause went, by its spans, oldest first, of which there is at least one.

    ``now`` is the judged time of the last run, ``first`` the number of the first run of the scope.
    """
    all_, last = breaches(spans), spans[-1]
    present = all_[-1] if all_ and not all_[-1].end else None
    times = [one.lasted(now) for one in all_]
    mended = [time for one, time in zip(all_, times, strict=True) if one.mended]
    return Course(
        state="" if last.last else last.said[0],
        since=last.until if last.last else last.at,
        held=between(last.until or last.at, now),
        from_start=last.first == first and not last.last,
        failing=present.begin if present else "",
        failing_for=times[-1] if present else timedelta(),
        failing_from_start=present is not None and present.run == first,
        times=len(all_),
        mended=len(mended),
        mean=sum(mended, timedelta()) / len(mended) if mended else None,
        longest=max(times, default=None),
    )


def until(spans: Sequence[Span], run: int) -> list[Span]:
    """Return spans as they were once a run was recorded: what held then had no end yet."""
    return [
        span if 0 < span.last < run else span._replace(last=0, until="")
        for span in spans
        if span.first <= run
    ]


def by_document(
    nights: Sequence[Night], spans: Mapping[tuple[str, str], Sequence[Span]]
) -> dict[str, list[Counter[str]]]:
    """Return for each document how many clauses stood how, night by night in their order."""
    found: dict[str, list[Counter[str]]] = {}
    for (policy, _), held in spans.items():
        counts = found.setdefault(policy, [Counter() for _ in nights])
        for span in held:
            for night, counted in zip(nights, counts, strict=True):
                if span.first <= night.seq and (not span.last or night.seq <= span.last):
                    counted[span.said[0]] += 1
    return found
