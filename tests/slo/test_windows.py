"""Recurring windows by local clocks, over both changes of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from troth.params import BadValue, Parameter, parse
from troth.slo.periods import instant, millis
from troth.slo.spans import Span
from troth.slo.windows import expand

SATURDAY = "FREQ=WEEKLY;BYDAY=SA;BYHOUR=2;BYMINUTE=0"
FOUR = timedelta(hours=4)


def month(text: str, zone: str) -> Span:
    year, number = map(int, text.split("-"))
    first = datetime(year, number, 1, tzinfo=ZoneInfo(zone))
    last = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=ZoneInfo(zone))
    return Span(millis(first), millis(last))


def begins(rule: str, zone: str, of: str, length: timedelta = FOUR) -> list[str]:
    found = expand(rule, length, ZoneInfo(zone), month(of, zone))
    assert all(span.length == length / timedelta(milliseconds=1) for span in found)
    return [f"{instant(span.begin):%d %H:%M}" for span in found]


def test_saturday_nights_of_new_york_move_in_utc() -> None:
    march = begins(SATURDAY, "America/New_York", "2026-03")
    assert march == ["07 07:00", "14 06:00", "21 06:00", "28 06:00"]
    november = begins(SATURDAY, "America/New_York", "2026-11")
    assert november == ["07 07:00", "14 07:00", "21 07:00", "28 07:00"]


def test_a_time_that_the_clocks_skip_begins_when_they_have_moved() -> None:
    sunday = "FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=30"
    assert begins(sunday, "Europe/Berlin", "2026-03")[-1] == "29 01:30"  # 03:30+02:00


def test_a_time_that_comes_twice_means_the_first() -> None:
    sunday = "FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=30"
    assert begins(sunday, "Europe/Berlin", "2026-10")[-1] == "25 00:30"  # 02:30+02:00


def test_what_began_before_the_span_and_reaches_into_it_is_there() -> None:
    zone = ZoneInfo("UTC")
    noon = datetime(2026, 11, 21, 3, tzinfo=zone)  # a Saturday
    (found,) = expand(SATURDAY, FOUR, zone, Span(millis(noon), millis(noon) + 1))
    assert instant(found.begin) == datetime(2026, 11, 21, 2, tzinfo=zone)


def test_windows_that_meet_are_one() -> None:
    whole = expand("FREQ=HOURLY", timedelta(hours=1), ZoneInfo("UTC"), month("2026-11", "UTC"))
    assert len(whole) == 1


WINDOW = Parameter("window", "recurrence", "none")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("every Saturday", "is not a recurrence; write a rule of RFC 5545"),
        (7, "is not a recurrence"),
        ("FREQ=WEEKLY;BYDAY=XX", "is not a recurrence ("),
        ("FREQ=OFTEN", "is not a recurrence ("),
        ("FREQ=MINUTELY", "comes more than once an hour"),
        ("FREQ=SECONDLY;INTERVAL=90", "comes more than once an hour"),
        ("FREQ=WEEKLY\nEXDATE:20260101T000000", "holds several recurrences"),
    ],
)
def test_what_is_no_recurrence_is_refused(value: object, said: str) -> None:
    with pytest.raises(BadValue) as error:
        parse(WINDOW, value)
    assert said in str(error.value)
    assert parse(WINDOW, SATURDAY) == SATURDAY
