"""Rosters: how many people of a role are there at once during every day shift."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple

from troth.measures.base import Inputs, Measured, MissingFact, measure
from troth.measures.outcomes import nothing, told, unproven
from troth.measures.reading import Row, Rows, local_day, rows, today
from troth.model import Failure

#: Nobody works longer at a stretch; what does has a wrong instant.
_LONGEST = timedelta(days=2)
#: No roster is published further ahead.
_AHEAD = timedelta(days=366)
_DAY = timedelta(days=1)
_MOMENT = timedelta(microseconds=1)
#: How many days a note tells of.
_TOLD = 5


class Shift(NamedTuple):
    """The shift of one person, if that person works here on the day (``""`` otherwise)."""

    start: datetime
    end: datetime
    kind: str
    person: str


@measure(
    "day-shifts", per="population", args=("role", "least", "span"), yields=("short",), on_empty=True
)
def day_shifts(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``short``: the days on which not ``least`` people of a role are there all the time.

    The days run from the first of the last complete month to yesterday, or to the last day of the
    roster. Where it marks day shifts of a day, there have to be so many at every moment of
    them, else during the local ``span``. Two half shifts are one person. Who works here says
    ``register.staff``; nobody else counts.
    """
    names = ("person_id", "role", "starts_at", "ends_at", "shift_kind")
    read = rows(inputs.population, *(f"row.{name}" for name in names))
    paths = (f"row.{name}" for name in ("person_id", "start_date", "end_date"))
    staff = rows(inputs.needs["register.staff"], *paths)
    try:
        days = _by_day(read, staff, inputs)
        starts = (local_day(shift.start, inputs.zone) for on in days.values() for shift in on)
        span = _days(max(starts, default=date.min), inputs)
        short = [text for on in span if (text := _short(on, _around(on, days), inputs))]
    except MissingFact as signal:
        yield told({"short": signal.failure})
        return
    why: Failure | None = read.failure or (staff.failure if short else None)
    if not days:
        why = why or nothing("the roster has no shift of the role; export it with its plan")
    yield told({"short": why or short}, notes=tuple(_notes(span, short)))


def _notes(span: list[date], short: list[str]) -> Iterator[str]:
    yield f"judged from {span[0]} to {span[-1]}"
    if short:
        more = f" and {len(short) - _TOLD} more days" if len(short) > _TOLD else ""
        yield f"too few people on {', '.join(short[:_TOLD])}{more}"


def _by_day(read: Rows, staff: Rows, inputs: Inputs) -> dict[date, list[Shift]]:
    """Return the shifts of the role by each local day on which they are."""
    found: dict[date, list[Shift]] = {}
    for row in read.known:
        if row["row.role"].strip().casefold() != inputs.args["role"].strip().casefold():
            continue
        start, end = row["row.starts_at"], row["row.ends_at"]
        if not start < end <= start + _LONGEST:
            raise unproven(f"{row.id} ends before it starts, or after two days; correct it")
        first = local_day(start, inputs.zone)
        person = row["row.person_id"] if _works(row, staff, first) else ""
        shift = Shift(start, end, row["row.shift_kind"], person)
        for on in _span(first, local_day(end - _MOMENT, inputs.zone)):
            found.setdefault(on, []).append(shift)
    return found


def _works(shift: Row, staff: Rows, on: date) -> bool:
    text = on.isoformat()
    return any(
        row["row.person_id"] == shift["row.person_id"]
        and row["row.start_date"] <= text
        and (row["row.end_date"] is None or text <= row["row.end_date"])
        for row in staff.known
    )


def _days(last: date, inputs: Inputs) -> list[date]:
    now = today(inputs)
    first = (now.replace(day=1) - _DAY).replace(day=1)
    return _span(first, min(max(now - _DAY, last), now + _AHEAD))


def _span(first: date, last: date) -> list[date]:
    return [first + timedelta(days=count) for count in range((last - first).days + 1)]


def _around(on: date, days: dict[date, list[Shift]]) -> set[Shift]:
    """Return the shifts of a day and of the next, into which a span may go."""
    return {*days.get(on, []), *days.get(on + _DAY, [])}


def _short(on: date, there: set[Shift], inputs: Inputs) -> str:
    """Return what is wrong with the day shift of a day, or an empty string."""
    marked = [one for one in there
              if one.kind == "day" and local_day(one.start, inputs.zone) == on]  # fmt: skip
    plain = [one for one in there if one.kind == "unmarked"]
    if marked:
        ends = {at for one in marked for at in one[:2]}
        least = _fewest(marked, ends, inside=True)
    else:
        bounds = _bounds(on, inputs)
        inner = [one for one in plain if one.start < bounds[1] and bounds[0] < one.end]
        ends = {min(max(at, bounds[0]), bounds[1]) for one in inner for at in one[:2]}
        least = _fewest(inner, {*ends, *bounds}, inside=False)
    return "" if least >= inputs.args["least"] else f"{on} ({least})"


def _fewest(shifts: list[Shift], ends: Iterable[datetime], *, inside: bool) -> int:
    """Return the least number of people at any moment between the first and the last end.

    ``inside`` leaves out moments at which nobody has a shift.
    """
    counts = []
    for one, two in pairwise(sorted(ends)):
        there = [shift for shift in shifts if shift.start <= one and two <= shift.end]
        if there or not inside:
            counts.append(len({shift.person for shift in there} - {""}))
    return min(counts, default=0)


def _bounds(on: date, inputs: Inputs) -> tuple[datetime, datetime]:
    span = inputs.args["span"]
    over = span.end_minutes <= span.start_minutes
    return (
        _at(on, span.start_minutes, inputs),
        _at(on + _DAY if over else on, span.end_minutes, inputs),
    )


def _at(on: date, minutes: int, inputs: Inputs) -> datetime:
    days, rest = divmod(minutes, 1440)
    at = time(rest // 60, rest % 60)
    return datetime.combine(on + timedelta(days=days), at, inputs.zone).astimezone(UTC)
