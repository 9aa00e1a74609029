"""Calendars of working days, and the day on which a delay in days is up."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from troth.measures.base import MissingFact
from troth.model import Failure, Reason
from troth.params import Delay

#: Days on which Japanese offices are closed at the turn of the year, as (month, day).
_TURN_OF_YEAR = frozenset({(12, 30), (12, 31), (1, 1), (1, 2), (1, 3)})
_SATURDAY = 5


def is_working(day: date, calendar: str) -> bool:
    """Tell whether ``day`` is a working day of ``calendar``: ``japan`` or ``all-days``.

    In Japan neither weekends, public holidays with their substitutes and the days between two of
    them, nor 30 December to 3 January count. Raises :class:`MissingFact` for a year whose public
    holidays are not known.
    """
    if calendar == "all-days":
        return True
    if day.weekday() >= _SATURDAY or (day.month, day.day) in _TURN_OF_YEAR:
        return False
    return day not in _japanese_holidays(day.year)


def due(start: date, delay: Delay, calendar: str) -> date:
    """Return the last day of a delay that begins on ``start``, which is day 0.

    A delay in plain days counts every day; the last day may be a holiday then. A delay in
    working days counts those of ``calendar`` after ``start``. Raises :class:`MissingFact` when
    the calendar does not reach so far.
    """
    try:
        if not delay.working:
            return start + timedelta(days=delay.count)
        day, left = start, delay.count
        while left:
            day += timedelta(days=1)
            left -= is_working(day, calendar)
    except OverflowError as error:
        raise MissingFact(_unknown_year(start.year)) from error
    return day


@lru_cache(maxsize=64)
def _japanese_holidays(year: int) -> frozenset[date]:
    import holidays

    public = holidays.country_holidays("JP", years=year)
    if not public.start_year <= year <= public.end_year:
        raise MissingFact(_unknown_year(year))
    return frozenset(public)


def _unknown_year(year: int) -> Failure:
    return Failure(Reason.NOT_SUPPORTED, f"the calendar of working days does not reach {year}")
