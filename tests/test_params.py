"""Parameters: calendar durations, worst cases, and which values ask for less than others."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth import params
from troth.params import BadValue, Duration, Parameter, loosens, parse, parse_duration

TOKYO, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(["UTC", "Asia/Tokyo", "Europe/Berlin", "America/New_York"]).map(ZoneInfo)
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC, microsecond=0)
)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


# How many days n months can be, by looking at a calendar that holds a leap year.
@pytest.mark.parametrize(
    ("text", "most", "fewest"),
    [
        ("P1M", 31, 28),  # January; February
        ("P2M", 62, 59),  # July and August; January and February
        ("P3M", 92, 89),  # June to August; February to April is 89
        ("P4M", 123, 120),
        ("P5M", 153, 150),
        ("P6M", 184, 181),  # July to December; January to June
        ("P7M", 215, 212),
        ("P8M", 245, 242),
        ("P9M", 276, 273),
        ("P10M", 306, 303),
        ("P11M", 337, 334),
        ("P1Y", 365, 365),
        ("P12M", 365, 365),
        ("P18M", 549, 546),
        ("P2Y", 730, 730),
        ("P90D", 90, 90),
        ("P2W", 14, 14),
        ("P1M1D", 32, 29),
        ("PT26H", 1, 1),
        ("P1DT24H", 2, 2),
    ],
)
def test_the_worst_case_of_a_duration_in_days(text: str, most: int, fewest: int) -> None:
    assert parse_duration(text).days == most
    assert parse_duration(text, at_most=True).days == fewest


def test_the_table_of_months_is_the_calendars() -> None:
    """Over every start in the four years around a leap day, no month count is outside."""
    for months in range(12):
        spans = [
            (parse_duration(f"P{months}M").after_date(date(2023, 1, 1) + timedelta(day))
             - (date(2023, 1, 1) + timedelta(day))).days
            for day in range(4 * 365)
        ]  # fmt: skip
        text = f"P{months}M"
        assert max(spans) == parse_duration(text).days
        if months:
            # The end of the month is cut: 31 January and a month is 28 February.
            assert min(spans) == parse_duration(text, at_most=True).days


def test_seconds_hold_the_time_part() -> None:
    assert parse_duration("P1DT2H3M4S").seconds == 93784
    assert parse_duration("PT90S").seconds == 90


@pytest.mark.parametrize(
    ("start", "text", "end"),
    [
        ("2026-01-31", "P1M", "2026-02-28"),
        ("2028-01-31", "P1M", "2028-02-29"),
        ("2028-02-29", "P1Y", "2029-02-28"),
        ("2028-02-29", "P4Y", "2032-02-29"),
        ("2026-12-31", "P2M", "2027-02-28"),
        ("2026-08-31", "P6M", "2027-02-28"),
        ("2026-11-21", "P1Y2M10D", "2028-01-31"),
        ("2026-03-30", "P0M", "2026-03-30"),
    ],
)
def test_a_date_and_a_duration(start: str, text: str, end: str) -> None:
    assert parse_duration(text).after_date(date.fromisoformat(start)).isoformat() == end


@pytest.mark.parametrize(
    ("end", "text", "start"),
    [
        ("2026-03-31", "P1M", "2026-02-28"),
        ("2026-01-15", "P1M", "2025-12-15"),
        ("2026-05-31", "P6M", "2025-11-30"),
        ("2024-02-29", "P1Y", "2023-02-28"),
        ("2026-11-21", "P90D", "2026-08-23"),
    ],
)
def test_a_date_before(end: str, text: str, start: str) -> None:
    assert parse_duration(text).before_date(date.fromisoformat(end)).isoformat() == start


def test_a_day_is_a_day_of_the_zone() -> None:
    """Clocks go forward on 29 March 2026 in Berlin: that day has 23 hours."""
    noon = instant("2026-03-29T12:00:00+02:00")
    assert parse_duration("P1D").before(noon, BERLIN) == instant("2026-03-28T12:00:00+01:00")
    assert parse_duration("PT24H").before(noon, BERLIN) == instant("2026-03-28T11:00:00+01:00")
    assert parse_duration("P1D").after(noon, ZoneInfo("UTC")) == noon + timedelta(hours=24)


def test_a_time_that_the_clock_skips() -> None:
    """One day before 29 March 02:30 there was a 02:30; after 28 March 02:30 there is none."""
    moved = parse_duration("P1D").after(instant("2026-03-28T02:30:00+01:00"), BERLIN)
    assert moved == instant("2026-03-29T01:30:00+00:00")


def test_a_month_is_a_month_of_the_zone() -> None:
    """It is already 1 March in Tokyo when it is still 28 February in UTC."""
    moment = instant("2026-02-28T20:00:00+00:00")
    assert parse_duration("P1M").before(moment, TOKYO) == instant("2026-02-01T05:00:00+09:00")
    utc = parse_duration("P1M").before(moment, ZoneInfo("UTC"))
    assert utc == instant("2026-01-28T20:00:00+00:00")


@given(INSTANTS, ZONES, st.integers(0, 40), st.integers(0, 400))
def test_days_bound_every_real_span(
    as_of: datetime, zone: ZoneInfo, months: int, days: int
) -> None:
    """A minimum's days are never fewer than a real span of it, unless a leap day is told."""
    text = f"P{months}M{days}D"
    least, most = parse_duration(text), parse_duration(text, at_most=True)
    start = least.before(as_of, zone).astimezone(zone).date()
    real = (as_of.astimezone(zone).date() - start).days
    leaps = sum(
        date(year, 2, 29) >= start for year in range(2000, 2100, 4)
        if date(year, 2, 29) <= as_of.astimezone(zone).date()
    )  # fmt: skip
    assert least.days + (months // 12 and leaps) >= real
    # From the end of a long month back into a short one, the days cut off count.
    assert most.days <= real + 3


@given(INSTANTS, ZONES, st.integers(0, 500), st.integers(0, 100))
def test_days_and_hours_there_and_back(
    moment: datetime, zone: ZoneInfo, days: int, hours: int
) -> None:
    made = parse_duration(f"P{days}DT{hours}H")
    local = made.after(moment, zone).astimezone(zone)
    assert abs(made.before(local, zone) - moment) <= timedelta(hours=1)
    assert made.after(moment, zone) >= moment


@pytest.mark.parametrize(
    ("text", "as_of", "holds"),
    [
        ("P1Y", "2028-03-01T00:00:00+00:00", True),
        ("P1Y", "2028-02-28T23:00:00+00:00", False),
        ("P1Y", "2029-02-28T00:00:00+00:00", True),
        ("P1Y", "2029-03-01T00:00:00+00:00", False),
        ("P3Y", "2028-02-01T00:00:00+00:00", False),
        ("P4Y", "2101-02-28T00:00:00+00:00", False),  # 2100 is no leap year
        ("P1D", "2028-02-29T12:00:00+00:00", True),
    ],
)
def test_a_leap_day_inside(text: str, as_of: str, holds: bool) -> None:
    assert parse_duration(text).leap_day_in(instant(as_of), ZoneInfo("UTC")) is holds


def test_a_leap_day_is_the_zones() -> None:
    moment = instant("2028-02-28T16:00:00+00:00")
    assert parse_duration("PT1H").leap_day_in(moment, TOKYO)
    assert not parse_duration("PT1H").leap_day_in(moment, ZoneInfo("UTC"))


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1", "1D", "P-1D", "P1.5D", "P1DT", "P1H", "PT1D", "p1d", "P1D ", 90,
             None, "P\uff11D"]
)  # fmt: skip
def test_what_is_no_duration(text: Any) -> None:
    with pytest.raises(BadValue, match="is not an ISO 8601 duration; write P90D"):
        parse_duration(text)


@pytest.mark.parametrize(
    "text",
    [
        "P99999Y", "PT99999999999H", "P999999999999D", "PT" + "9" * 5000 + "S", "P120000M",
        "P" + "0" * 20 + "1D",
    ],
)  # fmt: skip
def test_a_duration_that_no_calendar_holds_is_refused(text: str) -> None:
    with pytest.raises(BadValue, match="longer than"):
        parse_duration(text)


def test_the_longest_duration_can_be_counted_back() -> None:
    made = parse_duration("P100Y")
    assert made.before(instant("2026-11-21T00:00:00+00:00"), TOKYO).year == 1926


TYPES: list[tuple[str, dict[str, Any], Any, Any, str]] = [
    ("integer", {}, 12, 12, ""),
    ("integer", {}, 12.0, None, "is not a whole number"),
    ("integer", {}, True, None, "is not a whole number"),
    ("number", {}, 99.95, 99.95, ""),
    ("number", {}, "99.95", None, "is not a number"),
    ("number", {}, False, None, "is not a number"),
    ("string", {}, "AES", "AES", ""),
    ("string", {}, 256, None, "is not text"),
    ("boolean", {}, True, True, ""),
    ("boolean", {}, 1, None, "is neither true nor false"),
    ("boolean", {}, "true", None, "is neither true nor false"),
    ("enum", {"choices": ("low", "high")}, "low", "low", ""),
    ("enum", {"choices": ("low", "high")}, "mid", None, "write one of: low, high"),
    ("set", {}, ["b", "a", "b"], ["a", "b"], ""),
    ("set", {}, "a", None, "is not a list of text"),
    ("set", {}, ["a", 1], None, "is not a list of text"),
    ("version", {}, 1.2, None, "is not a version; write '1.2' in quotes"),
    ("version", {}, "1", None, "is not a version"),
    ("delay", {}, "5 workdays", None, "is not a delay"),
    ("time", {}, "24:00", None, "is not a time of day"),
    ("time", {}, "4:00", None, "is not a time of day"),
    ("time-range", {}, "20:00-25:00", None, "is not a span of the day"),
    ("time-range", {}, "20:00-24:30", None, "ends after 24:00"),
]


@pytest.mark.parametrize(("kind", "more", "value", "wanted", "told"), TYPES)
def test_values_are_of_their_type(
    kind: str, more: dict[str, Any], value: Any, wanted: Any, told: str
) -> None:
    parameter = Parameter("p", kind, **more)
    if told:
        with pytest.raises(BadValue, match=told):
            parse(parameter, value)
    else:
        assert parse(parameter, value) == wanted


def test_values_with_several_readings() -> None:
    assert parse(Parameter("p", "version"), "1.10") == params.Version("1.10", 110)
    assert parse(Parameter("p", "delay"), "5 working days") == params.Delay(
        "5 working days", 5, True
    )
    assert parse(Parameter("p", "delay"), "1 day") == params.Delay("1 day", 1, False)
    assert parse(Parameter("p", "time"), "22:30") == params.Time("22:30", 1350)
    night = parse(Parameter("p", "time-range"), "20:00-08:00")
    assert night == params.TimeRange("20:00-08:00", 1200, 480)
    assert parse(Parameter("p", "time-range"), "04:00") == params.TimeRange("04:00", 240, 240)
    assert parse(Parameter("p", "time-range"), "00:00-24:00").whole_day


def test_a_duration_knows_in_which_direction_it_is_meant() -> None:
    least = parse(Parameter("p", "duration", "higher"), "P6M")
    most = parse(Parameter("p", "duration", "lower"), "P6M")
    assert (least.days, most.days) == (184, 181)


LOOSENS: list[tuple[str, str, Any, Any, bool]] = [
    ("integer", "higher", 128, 128, False),
    ("integer", "higher", 128, 256, False),
    ("integer", "higher", 128, 127, True),
    ("number", "lower", 0.1, 0.05, False),
    ("number", "lower", 0.1, 0.2, True),
    ("duration", "higher", "P6M", "P1Y", False),
    ("duration", "higher", "P6M", "P184D", False),
    ("duration", "higher", "P6M", "P183D", True),
    ("duration", "lower", "P6M", "P181D", False),
    ("duration", "lower", "P6M", "P182D", True),
    ("duration", "lower", "PT24H", "PT23H", False),
    ("duration", "lower", "PT24H", "PT25H", True),
    ("version", "higher", "1.2", "1.3", False),
    ("version", "higher", "1.10", "1.9", True),
    ("delay", "lower", "5 working days", "4 working days", False),
    ("delay", "lower", "5 working days", "6 working days", True),
    ("delay", "lower", "5 working days", "3 days", True),  # not comparable without a calendar
    ("time", "lower", "22:00", "21:00", False),
    ("time", "lower", "22:00", "23:00", True),
    ("set", "superset", ["a"], ["a", "b"], False),
    ("set", "superset", ["a", "b"], ["b"], True),
    ("set", "superset", ["a"], ["b"], True),
    ("set", "subset", ["a", "b"], ["a"], False),
    ("set", "subset", ["a"], ["a", "b"], True),
    ("string", "none", "x", "x", False),
    ("string", "none", "x", "y", True),
    ("boolean", "none", False, True, True),
    ("string", "higher", "x", "y", True),  # without an order any change may be looser
]


@pytest.mark.parametrize(("kind", "stricter", "stated", "proposed", "looser"), LOOSENS)
def test_what_asks_for_less(
    kind: str, stricter: str, stated: Any, proposed: Any, looser: bool
) -> None:
    parameter = Parameter("p", kind, stricter)
    assert loosens(parameter, parse(parameter, stated), parse(parameter, proposed)) is looser


@given(st.integers(), st.integers(), st.integers())
def test_tightening_twice_is_tightening(one: int, two: int, three: int) -> None:
    parameter = Parameter("p", "integer", "higher")
    if not loosens(parameter, one, two) and not loosens(parameter, two, three):
        assert not loosens(parameter, one, three)
    assert loosens(parameter, one, two) != loosens(parameter, two, one) or one == two


def test_rules_see_every_reading_that_the_fence_allows() -> None:
    as_of = instant("2026-11-21T00:00:00+00:00")
    values = {"duration": "P1Y", "version": "1.2", "delay": "3 days", "time": "04:00",
              "time-range": "20:00-08:00"}  # fmt: skip
    for kind, text in values.items():
        made = params.view(parse(Parameter("p", kind), text), as_of, TOKYO)
        assert tuple(made) == params.VIEWS[kind]
        assert made["text"] == text
    year = params.view(parse_duration("P1Y"), as_of, TOKYO)
    assert year["ago"] == instant("2025-11-21T00:00:00+00:00")
    assert year["ahead"] == instant("2027-11-21T00:00:00+00:00")


def test_a_value_is_shown_as_it_was_written() -> None:
    assert params.plain(parse_duration("P6M")) == "P6M"
    assert params.plain(["a"]) == ["a"]
    assert isinstance(parse_duration("P6M"), Duration)


@pytest.mark.parametrize(
    ("written", "words"),
    [("P90D", "90 days"), ("P1D", "1 day"), ("PT26H", "26 hours"), ("P12M", "12 months"),
     ("P1Y6M", "1 year and 6 months"), ("P1DT2H30M", "1 day, 2 hours and 30 minutes"),
     ("PT0M", "0 minutes"), ("P0DT5M", "5 minutes"), ("P2W", "2 weeks"), ("PT1S", "1 second")],
)  # fmt: skip
def test_a_duration_is_told_in_words_as_it_was_written(written: str, words: str) -> None:
    parameter = params.Parameter("within", "duration")
    value = params.parse(parameter, written)
    assert params.fill("told within {within}", {"within": value}) == f"told within {words}"
