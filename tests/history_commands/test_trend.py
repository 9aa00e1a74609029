"""Since when, how often, how long: over spans that are written by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.history import trend
from troth.history.reading import Night, Span
from troth.report.trend import STATES, lasted, mending, told

DAY = timedelta(days=1)


def at(day: int) -> str:
    return f"2026-05-{day:02}T03:00:00+00:00"


def went(*stood: str, end: int = 0) -> list[Span]:
    """Return spans: each ``state day`` holds until the next one, the last until ``end`` or still.

    A run a day, numbered as the days are.
    """
    days = [(state, int(day)) for state, day in (one.split() for one in stood)]
    ends = [day for _, day in days[1:]] + [end]
    return [
        Span(day, last - 1 if last else 0, at(day), at(last) if last else "", (state,))
        for (state, day), last in zip(days, ends, strict=True)
    ]


def test_a_clause_that_never_broke() -> None:
    course = trend.course(went("kept 1"), at(11), first=1)
    assert (course.state, course.since, course.held) == ("kept", at(1), 10 * DAY)
    assert (course.failing, course.times, course.mended, course.mean) == ("", 0, 0, None)
    assert course.longest is None
    assert told(course) == "kept since 2026-05-01 or earlier (10 days)"
    assert mending(course) == "never broken in the recorded runs"


def test_broken_now_for_the_first_time() -> None:
    course = trend.course(went("kept 1", "broken 4"), at(11), first=1)
    assert (course.failing, course.failing_for, course.times) == (at(4), 7 * DAY, 1)
    assert told(course) == "broken since 2026-05-04 (7 days)"
    assert mending(course) == "broke once, never mended; the longest breach: 7 days"


def test_broken_from_the_first_run_on_may_have_begun_earlier() -> None:
    course = trend.course(went("broken 1"), at(3), first=1)
    assert told(course) == "broken since 2026-05-01 or earlier (2 days)"
    later = trend.course(went("broken 1"), at(3), first=0)
    assert told(later) == "broken since 2026-05-01 (2 days)"


def test_broken_and_mended_several_times() -> None:
    # Breaches of 2, 4 and (until now) 3 days; the first two took 3 days on average.
    spans = went("kept 1", "broken 3", "kept 5", "broken 10", "kept 14", "broken 20")
    course = trend.course(spans, at(23), first=1)
    assert (course.times, course.mended, course.mean, course.longest) == (3, 2, 3 * DAY, 4 * DAY)
    assert told(course) == "broken since 2026-05-20 (3 days), for the 3rd time"
    assert mending(course) == (
        "broke 3 times, mended twice, after 3 days on average; the longest breach: 4 days"
    )


def test_the_longest_breach_may_be_the_present_one() -> None:
    course = trend.course(went("broken 1", "kept 2", "broken 5"), at(15))
    assert (course.mean, course.longest) == (DAY, 10 * DAY)


def test_unknown_in_between_mends_nothing() -> None:
    spans = went("kept 1", "broken 3", "unknown 5", "broken 8")
    course = trend.course(spans, at(9))
    assert (course.times, course.mended, course.failing) == (1, 0, at(3))
    assert told(course) == "broken since 2026-05-03 (6 days)"
    mended = trend.course([*went("broken 3", "unknown 5", "kept 8")], at(9))
    assert (mended.times, mended.mended, mended.mean) == (1, 1, 5 * DAY)
    assert told(mended) == "kept since 2026-05-08 (24 hours); it was broken once before"


def test_unknown_now_says_that_it_was_broken_when_last_known() -> None:
    course = trend.course(went("kept 1", "broken 3", "unknown 5"), at(9))
    assert (course.state, course.since, course.failing) == ("unknown", at(5), at(3))
    assert told(course) == (
        "unknown since 2026-05-05 (4 days); when it was last known, "
        "broken since 2026-05-03 (6 days)"
    )
    fine = trend.course(went("kept 1", "unknown 5"), at(9))
    assert told(fine) == "unknown since 2026-05-05 (4 days)"


def test_a_waiver_neither_mends_a_breach_nor_begins_another_when_it_ends() -> None:
    waived = trend.course(went("kept 1", "broken 3", "waived 5"), at(9))
    assert (waived.state, waived.times, waived.mended, waived.failing) == ("waived", 1, 0, at(3))
    assert told(waived) == "broken since 2026-05-03 (6 days); waived since 2026-05-05"
    spans = went("kept 1", "broken 3", "waived 5", "broken 8", "kept 9")
    expired = trend.course(spans, at(9))
    assert (expired.times, expired.mended, expired.mean) == (1, 1, 6 * DAY)


def test_waived_from_the_beginning_is_a_breach_that_somebody_accepted() -> None:
    course = trend.course(went("waived 2", "kept 6"), at(9))
    assert (course.times, course.mended, course.mean) == (1, 1, 4 * DAY)


def test_what_is_not_applicable_any_more_has_ended_but_was_not_mended() -> None:
    course = trend.course(went("broken 2", "not-applicable 6"), at(9))
    assert (course.times, course.mended, course.mean, course.failing) == (1, 0, None, "")
    assert course.longest == 4 * DAY
    assert told(course) == "not applicable since 2026-05-06 (3 days); it was broken once before"


def test_a_clause_that_nothing_judges_any_more() -> None:
    course = trend.course(went("kept 1", "broken 3", end=6), at(9))
    assert (course.state, course.since, course.held) == ("", at(6), 3 * DAY)
    assert course.failing == at(3), "nobody mended it"
    assert told(course) == "not judged any more since 2026-05-06"


def test_a_clause_that_came_back_went_on_being_broken() -> None:
    spans = [*went("broken 1", end=3), *went("broken 6")]
    course = trend.course(spans, at(9))
    assert (course.times, course.failing, course.since) == (1, at(1), at(6))


def test_runs_judged_out_of_order_give_no_negative_durations() -> None:
    spans = [
        Span(1, 1, at(20), at(10), ("broken",)),
        Span(2, 2, at(10), at(30), ("kept",)),
        Span(3, 0, at(30), "", ("broken",)),
    ]
    course = trend.course(spans, at(5))
    assert (course.mean, course.longest) == (timedelta(), timedelta())
    assert (course.held, course.failing_for) == (timedelta(), timedelta())
    assert told(course) == "broken since 2026-05-30, for the 2nd time"


def test_offsets_are_counted() -> None:
    spans = [
        Span(1, 1, "2026-05-01T09:00:00+09:00", "2026-05-02T00:00:00+00:00", ("broken",)),
        Span(2, 0, "2026-05-02T00:00:00+00:00", "", ("kept",)),
    ]
    assert trend.course(spans, at(3)).mean == DAY


@given(
    st.lists(st.tuples(st.sampled_from(STATES), st.integers(1, 28)), min_size=1, max_size=12),
    st.integers(1, 28),
)
def test_no_course_holds_a_negative_duration(stood: list[tuple[str, int]], now: int) -> None:
    days = [day for _, day in stood]
    spans = [
        Span(number, 0 if number == len(stood) else number, at(day),
             "" if number == len(stood) else at(days[number]), (state,))
        for number, (state, day) in enumerate(stood, 1)
    ]  # fmt: skip
    course = trend.course(spans, at(now))
    spent = [course.held, course.failing_for, course.mean, course.longest]
    assert all(one is None or one >= timedelta() for one in spent)
    assert course.mended <= course.times
    assert (course.failing != "") == (
        next((one for one, _ in reversed(stood) if one != "unknown"), "") in ("broken", "waived")
    )
    assert told(course)


def test_a_run_of_long_ago_is_told_as_it_was_then() -> None:
    spans = went("kept 1", "broken 3", "kept 7")
    then = trend.until(spans, 5)
    assert then == went("kept 1", "broken 3")
    assert trend.until(spans, 6)[-1].last == 0, "the last night in which it held"
    assert trend.until(spans, 7) == spans
    assert trend.until(spans, 2) == went("kept 1")


def test_counts_of_each_night_by_document() -> None:
    nights = [Night(day, f"r{day}", at(day), {}, "") for day in (4, 2, 1)]
    spans = {
        ("acme", "1"): went("kept 1", "broken 3"),
        ("acme", "2"): went("kept 1", end=4),
        ("beta", "1"): went("unknown 2"),
    }
    assert trend.by_document(nights, spans) == {
        "acme": [{"broken": 1}, {"kept": 2}, {"kept": 2}],
        "beta": [{"unknown": 1}, {"unknown": 1}, {}],
    }


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(), "less than a minute"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=47, minutes=59), "47 hours"),
        (timedelta(days=2), "2 days"),
        (timedelta(days=400, hours=23), "400 days"),
    ],
    ids=str,
)
def test_durations_in_words(span: timedelta, words: str) -> None:
    assert lasted(span) == words


@pytest.mark.parametrize(
    ("times", "word"),
    [(2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"),
     (22, "22nd"), (112, "112th")],
    ids=str,
)  # fmt: skip
def test_the_nth_time(times: int, word: str) -> None:
    start = datetime.fromisoformat(at(1))
    spans = []
    for number in range(times):
        days = [(start + (2 * number + more) * DAY).isoformat() for more in (0, 1, 2)]
        last = number == times - 1
        spans.append(Span(2 * number + 1, 0 if last else 1, days[0], days[1], ("broken",)))
        if not last:
            spans.append(Span(2 * number + 2, 1, days[1], days[2], ("kept",)))
    assert f"for the {word} time" in told(trend.course(spans, spans[-1].at))
