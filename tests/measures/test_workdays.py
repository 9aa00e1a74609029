from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.measures import MissingFact
from troth.measures.workdays import due, is_working
from troth.params import Delay

#: The public holidays of 2026 by the Act on National Holidays, with 22 September between two.
HOLIDAYS_2026 = {
    "01-01", "01-12", "02-11", "02-23", "03-20", "04-29", "05-03", "05-04", "05-05", "05-06",
    "07-20", "08-11", "09-21", "09-22", "09-23", "10-12", "11-03", "11-23",
}  # fmt: skip
CLOSED = {"12-30", "12-31", "01-02", "01-03"}

days = st.dates(date(1960, 1, 1), date(2090, 1, 1))
calendars = st.sampled_from(["japan", "all-days"])


def working(count: int) -> Delay:
    return Delay(f"{count} working days", count, True)


def test_every_day_of_2026_in_japan() -> None:
    day = date(2026, 1, 1)
    while day.year == 2026:
        off = day.isoweekday() > 5 or day.strftime("%m-%d") in HOLIDAYS_2026 | CLOSED
        assert is_working(day, "japan") is not off, day
        day += timedelta(days=1)


@given(days, st.integers(0, 40), calendars)
def test_so_many_working_days_lie_after_day_0(start: date, count: int, calendar: str) -> None:
    last = due(start, working(count), calendar)
    between = [start + timedelta(days=n + 1) for n in range((last - start).days)]
    assert sum(is_working(day, calendar) for day in between) == count
    assert last == start or is_working(last, calendar)


@given(days, days, st.integers(0, 40), calendars)
def test_a_later_request_is_never_due_earlier(
    one: date, other: date, count: int, calendar: str
) -> None:
    first, second = sorted((one, other))
    assert due(first, working(count), calendar) <= due(second, working(count), calendar)


@given(days, st.integers(0, 400), calendars)
def test_plain_days_count_all_days(start: date, count: int, calendar: str) -> None:
    last = due(start, Delay(f"{count} days", count, False), calendar)
    assert (last - start).days == count


@pytest.mark.parametrize("start", [date(2150, 3, 4), date(1900, 1, 2), date(9999, 12, 30)])
def test_years_without_known_holidays_are_not_guessed(start: date) -> None:
    with pytest.raises(MissingFact, match="calendar"):
        due(start, working(5), "japan")


def test_the_end_of_the_calendar_is_not_a_crash() -> None:
    with pytest.raises(MissingFact, match="9999"):
        due(date(9999, 12, 30), Delay("5 days", 5, False), "all-days")
