"""Recurring windows of time: a rule of RFC 5545, repeated by the clocks of one place.

A rule is expanded in local wall time, so that a window at 02:00 stays at 02:00 when the clocks
change; then each one becomes an instant. A time that the clocks skip begins when they have been
moved (RFC 5545, 3.3.5), and one that comes twice means the first of the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from troth.slo.periods import instant, millis
from troth.slo.spans import Span, Spans, union

#: Rules without a beginning of their own count from here: a Monday, the first of a year.
_BEGIN = datetime(2001, 1, 1)
_DAY = timedelta(days=1)


def expand(rule: str, length: timedelta, zone: ZoneInfo, within: Span) -> Spans:
    """Return every window that touches ``within``, each ``length`` long, joined where they meet.

    ``rule`` was checked as a parameter of type ``recurrence``.
    """
    return union(_expanded(rule, length, zone, within))


def _expanded(rule: str, length: timedelta, zone: ZoneInfo, within: Span) -> Iterator[Span]:
    from dateutil.rrule import rrulestr

    first = _wall(within.begin, zone) - length - _DAY
    last = _wall(within.end, zone) + _DAY
    for wall in rrulestr(rule, dtstart=_BEGIN, ignoretz=True).xafter(first, inc=True):
        if wall > last:
            return
        begin = millis(wall.replace(tzinfo=zone))
        span = Span(begin, begin + length // timedelta(milliseconds=1))
        if span.end > within.begin and span.begin < within.end:
            yield span


def _wall(at: int, zone: ZoneInfo) -> datetime:
    return instant(at).astimezone(zone).replace(tzinfo=None)
