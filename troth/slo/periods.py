"""Which stretch of time a promise is held against: a calendar month, a year, some days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from troth.params import Duration
from troth.slo.spans import Span


class Period(NamedTuple):
    """A period and its name: ``2026-10``, ``2026``, ``2026-07 to 2026-09``, or two dates."""

    name: str
    span: Span


#: Lengths in months of which a calendar has whole ones.
_CALENDAR = (1, 2, 3, 4, 6, 12)


def millis(instant: datetime) -> int:
    """Return an aware instant as milliseconds since 1970 in UTC, rounded down."""
    return int((instant - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000 // 1)


def instant(at: int) -> datetime:
    """Return milliseconds since 1970 as an aware instant in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC)


def midnight(day: date, zone: ZoneInfo) -> int:
    """Return the first instant of a local day, in milliseconds UTC."""
    return millis(datetime.combine(day, time(), zone))


def last_complete(length: Duration, as_of: datetime, zone: ZoneInfo) -> Period:
    """Return the newest period of this length that is over.

    A length of whole months that divide a year means calendar months, quarters, half-years and
    years of the zone; any other length is the window that ends at the last local midnight.
    """
    today = as_of.astimezone(zone).date()
    if _is_calendar(length):
        index = (today.year * 12 + today.month - 1) // length.months
        return _calendar(index - 1, length.months, zone)
    end = today
    begin = length.before_date(end)
    if begin == end:
        raise ValueError(f"{length.text} is shorter than a day")
    span = Span(midnight(begin, zone), midnight(end, zone))
    return Period(f"{begin} to {end - timedelta(days=1)}", span)


def named(text: str, zone: ZoneInfo) -> Period:
    """Return the calendar month ``2026-10`` or year ``2026``; ValueError for anything else."""
    parts = text.split("-")
    if not all(part.isdigit() for part in parts) or len(parts[0]) != 4 or len(parts) > 2:
        raise ValueError(f"{text!r} is no period; write 2026-10 or 2026")
    year = int(parts[0])
    if len(parts) == 1:
        return _calendar(year, 12, zone)
    month = int(parts[1])
    if not 1 <= month <= 12 or len(parts[1]) != 2:
        raise ValueError(f"{text!r} is no month; write 2026-10")
    return _calendar(year * 12 + month - 1, 1, zone)


def _is_calendar(length: Duration) -> bool:
    return length.months in _CALENDAR and not length.dates and not length.time


def _calendar(index: int, months: int, zone: ZoneInfo) -> Period:
    """Return the ``index``-th period of so many months since the year 0."""
    begin, end = (_first_of(number * months) for number in (index, index + 1))
    last = end - timedelta(days=1)
    name = {1: f"{begin:%Y-%m}", 12: f"{begin:%Y}"}.get(months, f"{begin:%Y-%m} to {last:%Y-%m}")
    return Period(name, Span(midnight(begin, zone), midnight(end, zone)))


def _first_of(months: int) -> date:
    year, month = divmod(months, 12)
    return date(year, month + 1, 1)
