"""Downtime as contracts count it; the figures were worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.params import Duration, parse_duration
from troth.slo.outages import Run, Seen, runs, seen
from troth.slo.periods import last_complete, millis, named
from troth.slo.reckoning import Count, Denominator, Order, Terms, bounds, ledger, reckon
from troth.slo.spans import Span, Spans, minus, total, union

MINUTE, HOUR = 60_000, 3_600_000
DAY = Span(0, 24 * HOUR)
FIVE = Terms(5 * MINUTE, "excluded-first", "whole", "period")
TERMS = [
    Terms(least * MINUTE, order, counts, denominator)
    for least in (0, 5)
    for order in get_args(Order)
    for counts in get_args(Count)
    for denominator in get_args(Denominator)
]


def at(hour: int, minute: int) -> int:
    return hour * HOUR + minute * MINUTE


def down(begin: tuple[int, int], end: tuple[int, int]) -> Spans:
    return (Span(at(*begin), at(*end)),)


# 00:56 to 01:03 is seven minutes; the window takes the last three and leaves four.
def test_the_order_of_exclusion_decides() -> None:
    outage, window = down((0, 56), (1, 3)), down((1, 0), (2, 0))
    assert reckon(outage, window, DAY, FIVE).down == 0
    late = FIVE._replace(order="threshold-first")
    assert reckon(outage, window, DAY, late).down == 4 * MINUTE


def test_an_outage_of_exactly_the_least_counts_whole_and_a_second_less_not_at_all() -> None:
    outage = down((3, 0), (3, 5))
    assert reckon(outage, (), DAY, FIVE).down == 5 * MINUTE
    shorter = (Span(at(3, 0), at(3, 5) - 1000),)  # 4:59
    assert reckon(shorter, (), DAY, FIVE).down == 0


def test_beyond_the_least_is_another_contract() -> None:
    beyond = FIVE._replace(counts="excess")
    assert reckon(down((3, 0), (3, 7)), (), DAY, beyond).down == 2 * MINUTE


def test_two_short_outages_are_not_one_long() -> None:
    two = union([*down((3, 0), (3, 4)), *down((3, 10), (3, 14))])
    assert reckon(two, (), DAY, FIVE).down == 0


def test_overlapping_windows_excuse_once() -> None:
    windows = union([*down((1, 0), (3, 0)), *down((2, 0), (4, 0))])
    terms = FIVE._replace(denominator="period-without-exclusions")
    found = reckon(down((2, 30), (5, 0)), windows, DAY, terms)
    assert (found.down, found.planned) == (HOUR, 21 * HOUR)


# 44.6 minutes in a month of 744 hours, of which 48 are maintenance: 99.9 % is kept of all hours
# (99.9001) and broken of the planned ones (99.8932).
@pytest.mark.parametrize(
    ("denominator", "kept"), [("period", True), ("period-without-exclusions", False)]
)
def test_one_word_of_the_contract_decides(denominator: Denominator, kept: bool) -> None:
    month = named("2026-10", ZoneInfo("UTC")).span
    begin = month.begin
    maintenance = (Span(begin, begin + 48 * HOUR),)
    outage = (Span(begin + 50 * HOUR, begin + 50 * HOUR + 2_676_000),)
    terms = Terms(0, "excluded-first", "whole", denominator)
    share = reckon(outage, maintenance, month, terms).share
    assert share is not None
    assert (share >= Fraction(999, 1000)) is kept


def test_nothing_planned_has_no_share() -> None:
    terms = FIVE._replace(denominator="period-without-exclusions")
    assert reckon((), (DAY,), DAY, terms).share is None


def test_an_outage_over_the_end_of_a_month_is_as_long_as_it_was() -> None:
    outage = (Span(DAY.end - 2 * MINUTE, DAY.end + 4 * MINUTE),)  # six minutes, two of them today
    assert reckon(outage, (), DAY, FIVE).down == 2 * MINUTE
    tomorrow = Span(DAY.end, 2 * DAY.end)
    assert reckon(outage, (), tomorrow, FIVE).down == 4 * MINUTE


def test_the_ledger_says_what_became_of_each_outage() -> None:
    outages = union([*down((0, 56), (1, 13)), *down((5, 0), (5, 3))])
    first, second = ledger(outages, down((1, 0), (1, 5)), DAY, FIVE)
    assert (first.excused, first.counted) == (5 * MINUTE, 8 * MINUTE)  # 4 minutes are too short
    assert (second.excused, second.counted) == (0, 0)


# --- what the probes leave open ---------------------------------------------------------------


def probes(bad: set[int], minutes: int = 1440, without: range = range(0)) -> list[Run]:
    """Return a probe a minute, those of ``bad`` minutes failed, those of ``without`` not made."""
    return runs(((n * MINUTE, n not in bad) for n in range(minutes) if n not in without), MINUTE)


def test_five_failed_probes_are_four_to_six_minutes() -> None:
    found = seen(probes({10, 11, 12, 13, 14}), MINUTE, DAY)
    assert total(found.certain) == 4 * MINUTE
    assert total(found.likely) == 5 * MINUTE
    assert total(found.possible) == 6 * MINUTE
    assert found.unwatched == ()
    three = bounds(found, (), DAY, FIVE)
    assert [one.down // MINUTE for one in three] == [0, 5, 6]


def test_one_failed_probe_may_have_been_next_to_nothing() -> None:
    found = seen(probes({10}), MINUTE, DAY)
    assert (total(found.certain), total(found.possible)) == (0, 2 * MINUTE)


def test_a_gap_is_no_downtime_and_no_uptime() -> None:
    found = seen(probes(set(), without=range(100, 120)), MINUTE, DAY)
    assert found.certain == found.likely == ()
    assert found.unwatched == found.possible == (Span(at(1, 40), at(2, 0)),)


def test_a_gap_may_join_two_outages() -> None:
    found = seen(probes({97, 98, 99, 120, 121}, without=range(100, 120)), MINUTE, DAY)
    assert len(found.likely) == 2
    assert found.possible == (Span(at(1, 36), at(2, 2)),)


def test_before_the_first_and_after_the_last_probe_nobody_looked() -> None:
    found = seen(probes(set(), minutes=60), MINUTE, DAY)
    assert found.unwatched == (Span(HOUR, DAY.end),)
    assert seen([], MINUTE, DAY).unwatched == (DAY,)


def test_a_late_probe_makes_no_gap_but_one_left_out_does() -> None:
    late = runs([(0, True), (90_000, True)], MINUTE)
    assert late == [Run(True, 0, 90_000, 2)]
    missing = runs([(0, True), (120_000, True)], MINUTE)
    assert len(missing) == 2


def test_samples_out_of_order_are_an_error() -> None:
    with pytest.raises(ValueError, match="comes after"):
        runs([(1000, True), (1000, False)], MINUTE)


# --- periods ----------------------------------------------------------------------------------

NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("month", "zone", "hours"),
    [
        ("2026-03", NEW_YORK, 743),
        ("2026-11", NEW_YORK, 721),
        ("2026-03", BERLIN, 743),
        ("2025-10", BERLIN, 745),
        ("2026-02", NEW_YORK, 672),
        ("2028-02", NEW_YORK, 696),
        ("2026-03", ZoneInfo("Asia/Tokyo"), 744),
        ("2026", NEW_YORK, 8760),
        ("2028", ZoneInfo("Asia/Tokyo"), 8784),
    ],
)
def test_a_month_has_its_hours(month: str, zone: ZoneInfo, hours: int) -> None:
    assert named(month, zone).span.length == hours * HOUR


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "26-10", "October", "2026-10-01", "", "-"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write 2026-10"):
        named(text, NEW_YORK)


def duration(text: str) -> Duration:
    return parse_duration(text)


@pytest.mark.parametrize(
    ("length", "as_of", "name"),
    [
        ("P1M", "2026-11-21T00:00:00+00:00", "2026-10"),
        ("P1M", "2026-12-01T04:59:59+00:00", "2026-10"),  # still November in New York
        ("P1M", "2026-12-01T05:00:00+00:00", "2026-11"),
        ("P1M", "2026-01-01T06:00:00+00:00", "2025-12"),
        ("P3M", "2026-11-21T00:00:00+00:00", "2026-07 to 2026-09"),
        ("P1Y", "2026-11-21T00:00:00+00:00", "2025"),
        ("P12M", "2026-11-21T00:00:00+00:00", "2025"),
        ("P30D", "2026-11-21T12:00:00+00:00", "2026-10-22 to 2026-11-20"),
    ],
)
def test_the_newest_period_that_is_over(length: str, as_of: str, name: str) -> None:
    found = last_complete(duration(length), datetime.fromisoformat(as_of), NEW_YORK)
    assert found.name == name
    assert found.span.end <= millis(datetime.fromisoformat(as_of))


# --- what holds for all -----------------------------------------------------------------------

_TIMES = st.lists(
    st.tuples(st.integers(0, 2000), st.integers(0, 90)).map(
        lambda two: Span(two[0] * MINUTE, (two[0] + two[1]) * MINUTE)
    ),
    max_size=6,
).map(union)


@given(_TIMES, _TIMES, _TIMES, st.sampled_from(TERMS))
def test_never_more_available_than_without_an_outage(
    some: Spans, more: Spans, excused: Spans, terms: Terms
) -> None:
    fewer = reckon(some, excused, DAY, terms)
    all_of_it = reckon(union([*some, *more]), excused, DAY, terms)
    assert all_of_it.planned == fewer.planned
    assert all_of_it.down >= fewer.down


@given(_TIMES, _TIMES, st.integers(1, 1439), st.sampled_from(TERMS))
def test_a_period_is_the_sum_of_its_parts(
    some: Spans, excused: Spans, minute: int, terms: Terms
) -> None:
    cut = minute * MINUTE
    whole = reckon(some, excused, DAY, terms)
    first = reckon(some, excused, Span(0, cut), terms)
    second = reckon(some, excused, Span(cut, DAY.end), terms)
    assert (whole.down, whole.planned) == (
        first.down + second.down, first.planned + second.planned,
    )  # fmt: skip


@given(_TIMES, _TIMES, st.sampled_from(TERMS))
def test_the_ledger_adds_up(some: Spans, excused: Spans, terms: Terms) -> None:
    entries = list(ledger(some, excused, DAY, terms))
    assert sum(entry.counted for entry in entries) == reckon(some, excused, DAY, terms).down
    assert all(0 <= entry.counted + entry.excused <= entry.outage.length for entry in entries)


@given(
    st.sets(st.integers(0, 1439), max_size=200),
    st.integers(0, 1439),
    st.integers(0, 100),
    _TIMES,
    st.sampled_from(TERMS),
)
def test_the_bounds_are_in_order_and_hold_the_truth(
    bad: set[int], gap: int, length: int, excused: Spans, terms: Terms
) -> None:
    """Truth: it is down from the first failed minute's probe until the next good one."""
    found = seen(probes(bad, without=range(gap, gap + length)), MINUTE, DAY)
    best, likely, worst = bounds(found, excused, DAY, terms)
    assert best.down <= likely.down <= worst.down
    truth = union(Span(n * MINUTE, (n + 1) * MINUTE) for n in bad)
    assert _holds(found, truth)
    assert best.down <= reckon(truth, excused, DAY, terms).down <= worst.down


def _holds(found: Seen, truth: Spans) -> bool:
    inside = (Span(0, DAY.end),)
    return not minus(found.certain, truth) and not minus(
        minus(truth, minus(truth, inside)), found.possible
    )


def test_instants_are_utc_milliseconds() -> None:
    assert millis(datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)) == 1500
