"""Backups by the local clock: spans of the day across changes of the clocks, and generations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from troth.measures import Inputs, Item, Measured, Population, registry
from troth.model import Failure, Reason
from troth.params import Parameter, parse, parse_duration

REFUSED = Failure(Reason.PERMISSION_DENIED, "refused", "ec2:DescribeSnapshots")
ZONES = st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York", "Australia/Lord_Howe"])
MOMENTS = st.datetimes(datetime(2025, 1, 10), datetime(2028, 12, 31), timezones=st.just(UTC))
DAILY = {"minimum": 7, "spacing": parse_duration("P1D", at_most=True)}
RANGE = Parameter("at_local", "time-range")


def run(
    name: str, starts: list[datetime], args: dict[str, Any], as_of: datetime, zone: str,
    *, created: datetime | None = None, trigger: str = "automatic", whole: bool = True,
    state: str = "present",
) -> Measured:  # fmt: skip
    rows = [
        {
            "id": f"p{n}",
            "started_at": at,
            "completed_at": at,
            "state": "completed",
            "trigger": trigger,
        }
        for n, at in enumerate(starts)
    ]
    points = {"recovery_points": {"items": rows} | ({"complete": True} if whole else {})}
    item = Item("vol", {"subject": {"created_at": created, "state": state}, "points": points})
    made = registry()[name]
    assert set(made.args) == set(args)
    (result,) = made.function(Inputs(Population((item,)), {}, args, as_of, ZoneInfo(zone)))
    assert set(made.yields) == set(result.facts) | set(result.missing)
    return result


def on_time(at: str, tolerance: str = "PT0M", interval: str = "P1D") -> dict[str, Any]:
    return {
        "interval": parse_duration(interval, at_most=True),
        "at_local": parse(RANGE, at),
        "tolerance": parse_duration(tolerance, at_most=True),
        "days": 7,
    }


def nightly(as_of: datetime, zone: str, hour: int, minute: int) -> list[datetime]:
    """Return the starts of a job that the local clock runs each day, as far as they are past."""
    today = as_of.astimezone(ZoneInfo(zone)).date()
    days = [today - timedelta(days=back) for back in range(12)]
    local = [datetime(d.year, d.month, d.day, hour, minute, tzinfo=ZoneInfo(zone)) for d in days]
    return [at.astimezone(UTC) for at in local if at <= as_of]


@given(MOMENTS, ZONES, st.integers(0, 23), st.integers(0, 59))
def test_a_job_of_the_local_clock_is_never_late(
    as_of: datetime, zone: str, hour: int, minute: int
) -> None:
    starts = nightly(as_of, zone, hour, minute)
    result = run("on-time-starts", starts, on_time(f"{hour:02}:{minute:02}"), as_of, zone)
    assert result.facts == {"due": 7, "missed": []}


@given(MOMENTS, ZONES, st.integers(1, 6))
def test_a_night_without_a_start_is_missed_and_named(as_of: datetime, zone: str, back: int) -> None:
    starts = nightly(as_of, zone, 4, 0)
    lost = starts.pop(back)
    day = lost.astimezone(ZoneInfo(zone)).date().isoformat()
    result = run("on-time-starts", starts, on_time("04:00", "PT60M"), as_of, zone)
    due = nightly(as_of - timedelta(hours=1), zone, 4, 0)[:7]
    assert result.facts["missed"] == ([day] if lost in due else [])


@given(MOMENTS, ZONES, st.integers(0, 23))
def test_the_whole_day_and_a_night_over_midnight_hold_their_hours(
    as_of: datetime, zone: str, hour: int
) -> None:
    starts = nightly(as_of, zone, hour, 30)
    night = run("on-time-starts", starts, on_time("20:00-08:00"), as_of, zone)
    assert (night.facts["missed"] == []) == (hour >= 20 or hour < 8)
    assert run("on-time-starts", starts, on_time("00:00-24:00"), as_of, zone).facts["missed"] == []


@given(MOMENTS, ZONES, st.integers(0, 20))
def test_nights_before_the_store_was_made_are_not_due(
    as_of: datetime, zone: str, days: int
) -> None:
    # A store that was made at the very moment of its first backup has that one due as well.
    assume(as_of.astimezone(ZoneInfo(zone)).strftime("%H:%M") != "04:00")
    created = as_of - timedelta(days=days)
    result = run("on-time-starts", [], on_time("04:00"), as_of, zone, created=created)
    assert min(days, 7) - 1 <= result.facts["due"] <= min(days, 7)
    assert len(result.facts["missed"]) == result.facts["due"]


@given(MOMENTS, ZONES)
def test_manual_starts_and_half_lists(as_of: datetime, zone: str) -> None:
    starts = nightly(as_of, zone, 4, 0)
    manual = run("on-time-starts", starts, on_time("04:00"), as_of, zone, trigger="manual")
    assert len(manual.facts["missed"]) == 7
    half = run("on-time-starts", [], on_time("04:00"), as_of, zone, whole=False)
    assert half.facts == {"due": 7}
    assert half.missing["missed"].reason is Reason.LISTING_INCOMPLETE
    all_there = run("on-time-starts", starts, on_time("04:00"), as_of, zone, whole=False)
    assert all_there.facts == {"due": 7, "missed": []}


@given(st.integers(1, 10))
def test_an_interval_of_days_allows_the_days_between(days: int) -> None:
    as_of, every = datetime(2026, 11, 21, tzinfo=UTC), f"P{days}D"
    starts = nightly(as_of, "UTC", 0, 0)[::days]
    result = run("on-time-starts", starts, on_time("00:00", interval=every), as_of, "UTC")
    assert result.facts == {"due": max(7, days), "missed": []}
    none = run("on-time-starts", [], on_time("00:00", interval=every), as_of, "UTC")
    assert len(none.facts["missed"]) == max(7, days) - days + 1


def test_a_span_is_due_from_its_last_instant_and_from_its_first() -> None:
    at = datetime(2026, 11, 21, 4, tzinfo=UTC)
    ended = run("on-time-starts", [], on_time("04:00"), at, "UTC", created=at)
    assert ended.facts == {"due": 1, "missed": ["2026-11-21"]}
    early = run(
        "on-time-starts", [], on_time("04:00"), at - timedelta(seconds=1), "UTC", created=at
    )
    assert early.facts == {"due": 0, "missed": []}


def test_a_store_of_unknown_age_that_falls_short_carries_a_note() -> None:
    as_of = datetime(2026, 11, 21, tzinfo=UTC)
    week = nightly(as_of, "UTC", 0, 0)[:7]
    for name, args in (("generations", DAILY), ("on-time-starts", on_time("00:00"))):
        for starts, created, state, noted in (
            (week, None, "present", False),
            (week[1:], None, "present", True),
            (week[1:], None, "gone", False),
            (week[1:], as_of - timedelta(days=90), "present", False),
        ):
            result = run(name, starts, args, as_of, "UTC", created=created, state=state)
            assert (result.notes != ()) is noted


def test_an_interval_beyond_the_points_that_are_asked_for_is_not_judged() -> None:
    as_of = datetime(2026, 11, 21, tzinfo=UTC)
    for days, supported in ((31, True), (32, False)):
        result = run("on-time-starts", [], on_time("00:00", interval=f"P{days}D"), as_of, "UTC")
        assert ("missed" in result.facts) is supported
    assert result.missing["missed"].reason is Reason.NOT_SUPPORTED


@given(MOMENTS, ZONES, st.lists(st.integers(0, 12 * 24 * 60), max_size=30))
def test_generations_are_distinct_local_dates(as_of: datetime, zone: str, ages: list[int]) -> None:
    starts = [as_of - timedelta(minutes=age) for age in ages]
    result = run("generations", starts, DAILY, as_of, zone)
    dates = sorted({at.astimezone(ZoneInfo(zone)).date() for at in starts}, reverse=True)
    assert result.facts["generations"] == len(dates)
    newest = dates[:7]
    gaps = {b for a, b in pairwise(newest) if a - b > timedelta(days=1)}
    assert result.facts["gaps"] == sorted(day.isoformat() for day in gaps)
    assert result.facts["required"] == 7


@given(MOMENTS, st.integers(0, 30 * 24))
def test_a_young_store_needs_what_its_age_allows(as_of: datetime, hours: int) -> None:
    created = as_of - timedelta(hours=hours)
    result = run("generations", [], DAILY, as_of, "UTC", created=created)
    assert result.facts["required"] == min(7, hours // 24)


def test_half_a_list_and_an_unread_store_are_unknown() -> None:
    as_of = datetime(2026, 11, 21, tzinfo=UTC)
    half = run("generations", [], DAILY, as_of, "UTC", whole=False)
    assert half.missing["generations"].reason is Reason.LISTING_INCOMPLETE
    item = Item("vol", {}, {"subject": REFUSED})
    for name, args in (("generations", DAILY), ("on-time-starts", on_time("04:00"))):
        inputs = Inputs(Population((item,)), {}, args, as_of, ZoneInfo("UTC"))
        (result,) = registry()[name].function(inputs)
        assert set(result.missing.values()) == {REFUSED}
