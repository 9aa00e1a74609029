"""How available a service was in the last complete period, as its probes and its contract say."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.measures.reading import rows
from troth.measures.series import TERMS, Observed, excused, newest_period, observed
from troth.model import Failure, Reason
from troth.slo import words
from troth.slo.periods import Period, instant, millis
from troth.slo.reckoning import Bounds, ledger, reckon
from troth.slo.spans import Span, Spans, minus, overlap, total, union

_INCIDENTS = "register.incidents"
_INCIDENT = ("row.occurred_at", "row.service_restored_at")
_HOUR = 3_600_000
_INSIDE = "it is probed from inside, which does not show what customers met; probe it from outside"
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Held(NamedTuple):
    """What one series comes to in a period: whether the share and the sum are kept, or why not."""

    known: Observed
    available: bool | Failure
    within: bool | Failure


@measure(
    "availability",
    per="resource",
    args=(*TERMS, "percent", "most", "unwatched"),
    yields=("due", "available", "within"),
)
def availability(inputs: Inputs) -> Iterator[Measured]:
    """Yield per series ``available``: whether the last complete period kept ``percent``.

    ``due`` is false for a system that was not installed before that period ended.

    ``window`` is the length of the period, ``least`` the shortest outage that counts; ``order``,
    ``count`` and ``denominator`` are those of :mod:`troth.slo.reckoning`. Planned stops of
    ``register.maintenance`` of which customers were told ``notice`` before are excused if
    ``excused`` says so. It is true if the figure holds even if the service was down whenever
    nobody looked, false if it fails even if it was up then; otherwise it is missing (unproven),
    as it is (no-data) when more than ``unwatched`` per cent of the planned time has no probes.
    ``within`` tells in the same way whether it was down for ``most`` at the longest, all together.
    """
    stops = excused(inputs)
    for item in inputs.population.items:
        try:
            found = held(item, inputs, stops, newest_period(inputs))
            if found is None:
                yield told({"due": False, "available": False, "within": False}, item.id)
                continue
            facts = {"due": True, "available": found.available, "within": found.within}
            yield told(facts, item.id, tuple(_notes(found.known, inputs.zone)))
        except MissingFact as signal:
            yield told(dict.fromkeys(("due", "available", "within"), signal.failure), item.id)


def held(item: Item, inputs: Inputs, stops: Spans | Failure, period: Period) -> Held | None:
    """Return one series held against a period, None if its system was not there yet.

    Takes the arguments of ``availability``; raises :class:`MissingFact`.
    """
    known = observed(item, inputs, stops, period)
    if known is None:
        return None
    outside = item.get("subject.vantage") == "external"
    return Held(known, _available(known, inputs, outside), _within(known, inputs, outside))


@measure(
    "recurring-downtime",
    per="resource",
    args=(*TERMS, "unwatched"),
    yields=("due", "hours"),
)
def recurring_downtime(inputs: Inputs) -> Iterator[Measured]:
    """Yield per series ``hours``: hours of the week, by local clocks, in which it never runs.

    Such an hour was down for certain, all of it that is not excused, each time that it came in
    the last complete period, and it came twice at least. An hour that nobody ever looked at, and
    more than ``unwatched`` per cent of the time without probes, leave the answer open unless
    another hour is down (no-data). ``due`` as for ``availability``.
    """
    stops = excused(inputs)
    for item in inputs.population.items:
        try:
            known = observed(item, inputs, stops, newest_period(inputs))
            hours = _never_up(known, inputs.zone) if known else []
            if known and not hours:
                hours = _unseen(known, inputs) or []
            yield told({"due": known is not None, "hours": hours}, item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(("due", "hours"), signal.failure), item.id)


@measure(
    "outages-registered",
    per="resource",
    args=TERMS,
    yields=("due", "unregistered"),
)
def outages_registered(inputs: Inputs) -> Iterator[Measured]:
    """Yield per series ``unregistered``: certain outages that no row of the incidents covers.

    Outages that count are looked at, in the last complete period. A row covers what it overlaps,
    from ``occurred_at`` to ``service_restored_at``, or to the time judged while that is open.
    """
    stops = excused(inputs)
    read = rows(inputs.needs[_INCIDENTS], *_INCIDENT)
    covered = union(
        Span(millis(row["row.occurred_at"]), millis(row["row.service_restored_at"] or inputs.as_of))
        for row in read.known
        if row["row.occurred_at"] is not None
    )
    for item in inputs.population.items:
        try:
            known = observed(item, inputs, stops, newest_period(inputs))
            found: list[str] | Failure = list(_uncovered(known, covered, inputs.zone))
            if found and read.failure is not None:
                found = read.failure
            yield told({"due": known is not None, "unregistered": found}, item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(("due", "unregistered"), signal.failure), item.id)


def _uncovered(known: Observed | None, covered: Spans, zone: ZoneInfo) -> Iterator[str]:
    if known is None:
        return
    for entry in ledger(known.seen.certain, known.excused, known.period.span, known.terms):
        if entry.counted and not overlap((entry.outage,), covered):
            yield words.clock(entry.outage, zone)


def _available(known: Observed, inputs: Inputs, outside: bool) -> bool | Failure:
    found, wanted = known.bounds, Fraction(str(inputs.args["percent"])) / 100
    best, worst = found.best.share, found.worst.share
    if best is None or worst is None:
        return Failure(Reason.NO_DATA, f"all of {known.period.name} was planned maintenance")
    if best < wanted:
        return False
    return _doubt(known, inputs, outside) or (
        True if worst >= wanted else Failure(Reason.UNPROVEN, _open(known, found, wanted))
    )


def _within(known: Observed, inputs: Inputs, outside: bool) -> bool | Failure:
    found, most = known.bounds, inputs.args["most"].seconds * 1000
    if found.best.down > most:
        return False
    least, longest = words.length(found.best.down), words.length(found.worst.down)
    text = f"{known.period.name} was down for {least} to {longest}, and {words.length(most)}"
    open_ = Failure(Reason.UNPROVEN, f"{text} at most is promised")
    return _doubt(known, inputs, outside) or (True if found.worst.down <= most else open_)


def _doubt(known: Observed, inputs: Inputs, outside: bool) -> Failure | None:
    """Return why a good figure would prove nothing: too few probes, or probes from inside."""
    return _unseen(known, inputs) or (None if outside else Failure(Reason.UNPROVEN, _INSIDE))


def _unseen(known: Observed, inputs: Inputs) -> Failure | None:
    """Return that more of the planned time had no probes than the clause allows."""
    most = Fraction(str(inputs.args["unwatched"])) / 100
    if known.unwatched <= most * total(known.planned):
        return None
    text = f"nobody looked for {words.length(known.unwatched)} of {known.period.name}"
    return Failure(Reason.NO_DATA, f"{text}; that may have been downtime")


def _open(known: Observed, found: Bounds, wanted: Fraction) -> str:
    low, high = (words.percent(one.share or Fraction(0)) for one in (found.worst, found.best))
    text = f"{known.period.name} was available for {low} to {high} % and {words.percent(wanted)}"
    text += " is promised"
    if known.unwatched:
        return f"{text}; nobody looked for {words.length(known.unwatched)}"
    seconds = _wanted_interval(known, found, wanted)
    return f"{text}; a probe every {seconds} s would have told" if seconds else text


def _wanted_interval(known: Observed, found: Bounds, wanted: Fraction) -> int:
    """Return the whole seconds between probes that would have decided it; 0 if none would."""
    allowed = found.likely.planned * (1 - wanted)
    doubt = max(found.worst.down - found.likely.down, found.likely.down - found.best.down)
    return int(known.interval * abs(allowed - found.likely.down) / doubt / 1000) if doubt else 0


def _notes(known: Observed, zone: ZoneInfo) -> Iterator[str]:
    likely = reckon(known.seen.likely, known.excused, known.period.span, known.terms)
    if likely.share is not None:
        down, planned = words.length(likely.down), words.length(likely.planned)
        yield f"{known.period.name}: {words.percent(likely.share)} %, {down} down of {planned}"
    if known.unwatched:
        yield f"nobody looked for {words.length(known.unwatched)}"
    entries = ledger(known.seen.likely, known.excused, known.period.span, known.terms)
    yield from words.sentences(tuple(entries), zone)


def _never_up(known: Observed, zone: ZoneInfo) -> list[str] | Failure:
    """Return the hours of the week that came twice or more and were never seen up."""
    up = minus(known.planned, known.seen.possible)
    watched = minus(known.planned, known.seen.unwatched)
    hours: dict[tuple[int, int], list[Span]] = {}
    for hour in _hours(known.planned):
        local = instant(hour.begin).astimezone(zone)
        hours.setdefault((local.weekday(), local.hour), []).append(hour)
    often = {slot: union(found) for slot, found in sorted(hours.items()) if len(found) > 1}
    never = [slot for slot, found in often.items() if not overlap(found, up)]
    down = [slot for slot in never if overlap(often[slot], watched)]
    if down or not never:
        return [f"{_WEEKDAYS[day]} {hour:02}:00" for day, hour in down]
    weekday, clock = never[0]
    text = f"no probe ran on any {_WEEKDAYS[weekday]} from {clock:02}:00 to {clock + 1:02}:00"
    return Failure(Reason.NO_DATA, f"{text} in {known.period.name}")


def _hours(planned: Spans) -> Iterator[Span]:
    """Yield the whole clock hours that lie in the planned time."""
    for begin, end in planned:
        first = -(-begin // _HOUR) * _HOUR
        for at in range(first, end - _HOUR + 1, _HOUR):
            yield Span(at, at + _HOUR)
