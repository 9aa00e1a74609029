"""How clauses stood over the nights before a run, as plain data and in words.

Whoever has a history fills this; a report without one says nothing of earlier nights. Times are
judged times (``as_of``), ISO 8601 with offset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from troth.report.words import plural

#: How a clause may stand, in the order in which it is told.
STATES = ("broken", "waived", "unknown", "kept", "not-applicable")


class Night(NamedTuple):
    """A run: its judged time, and how many clauses stood how, by the words of :data:`STATES`."""

    as_of: str
    counts: Mapping[str, int]


class Course(NamedTuple):
    """How one clause went until a run.

    ``state`` is one of :data:`STATES`, empty if the clause is not judged any more; it has stood so
    since ``since``, for ``held``. ``failing`` is since when the promise is not kept, waived or not,
    and empty if it was kept when it was last known; ``failing_for`` is for how long. With
    ``from_start`` and ``failing_from_start`` that was so in the first recorded run already, so it
    may have begun earlier. ``times`` counts how often the promise broke, ``mended`` how often it
    was kept again; ``mean`` is how long that took on average, and ``longest`` the longest breach,
    the present one included. Durations are never negative; None stands for those that there are
    not.
    """

    state: str
    since: str
    held: timedelta
    from_start: bool
    failing: str
    failing_for: timedelta
    failing_from_start: bool
    times: int
    mended: int
    mean: timedelta | None
    longest: timedelta | None


class Trend(NamedTuple):
    """The last nights up to a run, oldest first, and the course of its clauses until then.

    ``clauses`` maps policy and clause to its course.
    """

    nights: Sequence[Night]
    clauses: Mapping[tuple[str, str], Course]


def told(course: Course) -> str:
    """Return how a clause stands, since when, and for which time it broke, as half a sentence."""
    if not course.state:
        return f"not judged any more since {course.since[:10]}"
    if course.state == "broken":
        return _broken(course)
    since = _since(course.since, course.from_start)
    if course.state == "waived":
        return f"{_broken(course)}; waived {since}"
    shown = f"{course.state.replace('-', ' ')} {since}{_passed(course.held)}"
    if course.failing:
        return f"{shown}; when it was last known, {_broken(course)}"
    return f"{shown}; it was broken {_often(course.times)} before" if course.times else shown


def mending(course: Course) -> str:
    """Return how often a clause broke and was mended, and how long that took."""
    if not course.times:
        return "never broken in the recorded runs"
    said = f"broke {_often(course.times)}"
    if course.mended and course.mean is not None:
        said += f", mended {_often(course.mended)}, after {lasted(course.mean)} on average"
    else:
        said += ", never mended"
    return f"{said}; the longest breach: {lasted(course.longest or timedelta())}"


def lasted(span: timedelta) -> str:
    """Return a duration in words, rounded down: ``3 days``, ``31 hours``, ``5 minutes``."""
    seconds = int(span.total_seconds())
    for size, least, unit in ((86400, 2, "day"), (3600, 2, "hour"), (60, 1, "minute")):
        if seconds >= least * size:
            return plural(seconds // size, unit)
    return "less than a minute"


def _broken(course: Course) -> str:
    often = f", for the {_ordinal(course.times)} time" if course.times > 1 else ""
    since = _since(course.failing, course.failing_from_start)
    return f"broken {since}{_passed(course.failing_for)}{often}"


def _since(day: str, earlier: bool) -> str:
    return f"since {day[:10]}{' or earlier' if earlier else ''}"


def _passed(span: timedelta) -> str:
    return f" ({lasted(span)})" if span >= timedelta(minutes=1) else ""


def _often(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else _ENDINGS.get(number % 10, "th")
    return f"{number}{ending}"


_ENDINGS = {1: "st", 2: "nd", 3: "rd"}
