"""Measures over when backups were started: on time each day, and how many generations there are.

Times of day and dates are local to the policy's zone and are converted date by date, so that a
change of the clocks moves a span with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from troth.measures.backups import CREATED, POINTS, STATE, usable
from troth.measures.base import Inputs, Measured, MissingFact, measure
from troth.measures.coverage import listed
from troth.model import Failure, Reason
from troth.params import Duration, TimeRange

#: The longest interval in days whose spans the recovery points that are asked for reach.
LONGEST = 31
UNDATED = "when the store was made is not recorded; it was judged as an old one"


@measure(
    "on-time-starts",
    per="resource",
    args=["interval", "at_local", "tolerance", "days"],
    yields=["due", "missed"],
)
def on_time_starts(inputs: Inputs) -> Iterator[Measured]:
    """Yield on which of the last local days no backup was started in the agreed span of the day.

    Looked at are the newest ``days`` spans that have ended, tolerance included, and that began
    after the store was made; every ``interval`` (in whole days, at least one) of them needs one
    start that was not manual. A start that is still running counts in the newest span.
    ``due`` is how many spans were looked at, ``missed`` are local dates on which a span begins.
    An interval above :data:`LONGEST` days is not-supported.
    """
    every = max(1, inputs.args["interval"].days)
    spans = _ended_spans(inputs, min(max(inputs.args["days"], every), LONGEST))
    for item in inputs.population.items:
        try:
            created, present = item.get(CREATED), item.get(STATE) == "present"
            _supported(every)
        except MissingFact as signal:
            both = dict.fromkeys(("due", "missed"), signal.failure)
            yield Measured({}, both, resource=item.id)
            continue
        due = [span for span in spans if created is None or span.start >= created]
        points, unread = listed(item, POINTS)
        missed = _missed(due, points, inputs.as_of, every)
        facts: dict[str, Any] = {"due": len(due) if len(due) >= every else 0}
        notes = (UNDATED,) if missed and created is None and present else ()
        if missed and unread is not None:
            yield Measured(facts, {"missed": unread}, resource=item.id)
        else:
            yield Measured(facts | {"missed": missed}, notes=notes, resource=item.id)


@measure(
    "generations",
    per="resource",
    args=["minimum", "spacing"],
    yields=["required", "generations", "gaps"],
)
def generations(inputs: Inputs) -> Iterator[Measured]:
    """Yield how many backup generations each store has, and where one is lacking between them.

    Usable points in the same local ``spacing`` (the same local date for P1D) are one generation.
    ``required`` is ``minimum``, or what a younger store can have by its age. ``gaps`` are the local
    dates after which more than one spacing passes, among the newest ``required`` generations.
    """
    spacing: Duration = inputs.args["spacing"]
    for item in inputs.population.items:
        try:
            created, present = item.get(CREATED), item.get(STATE) == "present"
            starts = [p["started_at"] for p in item.items(POINTS) if usable(p, inputs.as_of)]
        except MissingFact as signal:
            unread = dict.fromkeys(("required", "generations", "gaps"), signal.failure)
            yield Measured({}, unread, resource=item.id)
            continue
        age = None if created is None else (inputs.as_of - created) // _length(spacing)
        required = inputs.args["minimum"] if age is None else min(inputs.args["minimum"], age)
        slots = sorted({_slot(start, spacing, inputs.zone) for start in starts}, reverse=True)
        facts = {
            "required": max(0, required),
            "generations": len(slots),
            "gaps": _gaps(slots[: max(0, required)], spacing),
        }
        short = created is None and present and len(slots) < required
        yield Measured(facts, notes=(UNDATED,) if short else (), resource=item.id)


@dataclass(frozen=True)
class Span:
    """One span of local time in which a backup had to start: its date, its ends as instants."""

    day: date
    start: datetime
    end: datetime


def _supported(every: int) -> None:
    if every > LONGEST:
        text = f"start times are judged for intervals of at most {LONGEST} days, not {every}"
        raise MissingFact(Failure(Reason.NOT_SUPPORTED, text))


def _ended_spans(inputs: Inputs, wanted: int) -> list[Span]:
    """Return the newest spans that have ended at the stated time, oldest first."""
    day = inputs.as_of.astimezone(inputs.zone).date() + timedelta(days=1)
    found: list[Span] = []
    while len(found) < wanted:
        span = _span(day, inputs.args["at_local"], inputs.args["tolerance"], inputs.zone)
        if span.end <= inputs.as_of:
            found.append(span)
        day -= timedelta(days=1)
    return found[::-1]


def _span(day: date, at: TimeRange, tolerance: Duration, zone: ZoneInfo) -> Span:
    """Return the span that begins on ``day``, widened by the tolerance on both sides."""
    over = 1440 if at.end_minutes < at.start_minutes else 0
    first = min(_instants(day, at.start_minutes, zone))
    last = max(_instants(day, at.end_minutes + over, zone))
    slack = timedelta(seconds=tolerance.seconds)
    return Span(day, first - slack, last + slack)


def _instants(day: date, minutes: int, zone: ZoneInfo) -> list[datetime]:
    """Return both instants that a local time can mean; they differ where clocks are changed."""
    naive = datetime.combine(day, time()) + timedelta(minutes=minutes)
    utc = ZoneInfo("UTC")
    return [naive.replace(tzinfo=zone, fold=fold).astimezone(utc) for fold in (0, 1)]


def _missed(
    due: list[Span], points: list[dict[str, Any]], as_of: datetime, every: int
) -> list[str]:
    """Return the dates at the end of each run of ``every`` spans in which nothing started."""
    starts = [
        (point["started_at"], usable(point, as_of))
        for point in points
        if point["trigger"] != "manual" and point["state"] in ("completed", "running")
    ]
    hit = [
        any(span.start <= at <= span.end and (ended or span is due[-1]) for at, ended in starts)
        for span in due
    ]
    return [
        due[last].day.isoformat()
        for last in range(every - 1, len(due))
        if not any(hit[last - every + 1 : last + 1])
    ]


def _length(spacing: Duration) -> timedelta:
    return timedelta(seconds=max(1, spacing.seconds))


def _slot(instant: datetime, spacing: Duration, zone: ZoneInfo) -> int:
    """Return the number of the local spacing that an instant lies in, counted from year 1."""
    naive = instant.astimezone(zone).replace(tzinfo=None)
    return (naive - datetime.min) // _length(spacing)


def _gaps(slots: list[int], spacing: Duration) -> list[str]:
    """Return the local dates of the slots after which at least one slot is empty."""
    return sorted(
        (datetime.min + older * _length(spacing)).date().isoformat()
        for newer, older in pairwise(slots)
        if newer - older > 1
    )
