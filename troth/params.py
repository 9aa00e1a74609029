"""Parameter types: what a clause may set, how values compare, and what rules see of them.

Durations are ISO 8601 and calendar-aware: P6M is not a number of days. As the least that must be
kept it is read at its longest (184 days), as the most that may pass at its shortest (181); the
instant that lies one duration before another is computed in the policy's time zone.
"""

from __future__ import annotations

import re
from calendar import isleap, monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, reset_tzpath

# Zone data come from the package tzdata, whose version every run records, not from the machine.
reset_tzpath(to=())

TYPES = (
    "duration", "integer", "number", "string", "boolean", "enum", "set",
    "time", "time-range", "version", "delay", "recurrence",
)  # fmt: skip
STRICTER = ("higher", "lower", "superset", "subset", "none")

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_DURATION = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?",
    re.ASCII,
)
_NO_DURATION = "{!r} is not an ISO 8601 duration; write P90D, P6M, P1Y or PT26H"
# Few files need these, and the module re keeps what it has compiled.
_VERSION = r"([0-9]{1,4})\.([0-9]{1,2})"
_DELAY = r"([0-9]{1,5}) (working )?days?"
_TIME = r"([01][0-9]|2[0-3]):([0-5][0-9])"
_RANGE = r"([01][0-9]|2[0-3]):([0-5][0-9])(?:-([01][0-9]|2[0-4]):([0-5][0-9]))?"

#: Counted back from today, anything longer would leave the calendar.
_MOST_YEARS = 1000
_DIGITS = 12

#: The longest and shortest that n calendar months can be, in days, for one year of months.
_MOST = (0, 31, 62, 92, 123, 153, 184, 215, 245, 276, 306, 337, 366)
_FEWEST = (0, 28, 59, 89, 120, 150, 181, 212, 242, 273, 303, 334, 365)


class BadValue(ValueError):
    """A parameter's value is not of its type; the message says what to write instead."""


@dataclass(frozen=True)
class Duration:
    """A duration of calendar ``months``, calendar ``dates`` (weeks and days) and an exact ``time``.

    P1D is the same time of the next local day, PT24H is 24 hours, also over a clock change.
    ``at_most`` is True when the parameter is a maximum (a deadline, an age limit) and False when
    it is a minimum (a retention).
    """

    text: str
    months: int
    dates: int
    time: timedelta
    at_most: bool = False

    @property
    def days(self) -> int:
        """Return whole days, worst case: the most it can mean as a minimum, else the fewest.

        A whole year counts 365 as a minimum too; :meth:`leap_day_in` tells when that is short.
        """
        table = _FEWEST if self.at_most else _MOST
        years, months = divmod(self.months, 12)
        return years * 365 + table[months] + self.dates + self.time.days

    @property
    def seconds(self) -> int:
        """Return :attr:`days` and the time part in seconds."""
        return self.days * 86400 + self.time.seconds

    def at_least(self, other: Duration) -> bool:
        """Tell whether this is as long as ``other`` or longer, whatever day it starts or ends on.

        P30D and P1M are not: each is the longer one in some month.
        """
        each = self.months >= other.months and self.dates >= other.dates and self.time >= other.time
        return each or self._fewest() >= other.most()

    def most(self) -> timedelta:
        """Return the longest that it can be, leap days included."""
        years, months = divmod(self.months, 12)
        leaps = -(-years // 4)
        return timedelta(days=years * 365 + leaps + _MOST[months] + self.dates) + self.time

    def _fewest(self) -> timedelta:
        years, months = divmod(self.months, 12)
        return timedelta(days=years * 365 + _FEWEST[months] + self.dates) + self.time

    def before(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """Return the instant one duration before ``instant``, by the calendar of ``zone``."""
        return self._shift(instant, zone, -1)

    def after(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """Return the instant one duration after ``instant``, by the calendar of ``zone``."""
        return self._shift(instant, zone, 1)

    def after_date(self, day: date) -> date:
        """Return the date one duration after ``day``; the last of the month if there is none."""
        return _add_months(day, self.months) + timedelta(days=self.dates + self.time.days)

    def before_date(self, day: date) -> date:
        """Return the date one duration before ``day``; the last of the month if there is none."""
        return _add_months(day, -self.months) - timedelta(days=self.dates + self.time.days)

    def _shift(self, instant: datetime, zone: ZoneInfo, sign: int) -> datetime:
        local = instant.astimezone(zone)
        day = _add_months(local.date(), sign * self.months) + timedelta(days=sign * self.dates)
        moved = datetime.combine(day, local.time(), zone).astimezone(UTC)
        return moved + sign * self.time

    def leap_day_in(self, as_of: datetime, zone: ZoneInfo) -> bool:
        """Tell whether the duration that ends at ``as_of`` holds a 29 February."""
        first, last = (
            self.before(as_of, zone).astimezone(zone).date(),
            as_of.astimezone(zone).date(),
        )
        leaps = (date(year, 2, 29) for year in range(first.year, last.year + 1) if isleap(year))
        return any(first <= leap <= last for leap in leaps)


def _add_months(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class Version:
    """A version of two numbers, ``1.2``; ``rank`` orders them (102)."""

    text: str
    rank: int


@dataclass(frozen=True)
class Delay:
    """A number of days, calendar or working (``5 working days``)."""

    text: str
    count: int
    working: bool


@dataclass(frozen=True)
class Time:
    """A local time of day, ``04:00``, and its minutes after midnight."""

    text: str
    minutes: int


@dataclass(frozen=True)
class TimeRange:
    """A local span of the day, ``20:00-08:00`` (over midnight) or one time ``04:00``.

    Minutes are counted from local midnight; ``end_minutes`` may be 1440 (24:00).
    """

    text: str
    start_minutes: int
    end_minutes: int

    @property
    def whole_day(self) -> bool:
        """Tell whether any time of the day lies inside."""
        return self.start_minutes == 0 and self.end_minutes == 1440


class Parameter(NamedTuple):
    """A parameter of a control: its type, its unit, and which direction is stricter."""

    name: str
    type: str
    stricter: str = "none"
    unit: str = ""
    title: str = ""
    choices: tuple[str, ...] = ()
    default: Any = None
    has_default: bool = False


@cache
def zones() -> frozenset[str]:
    """Return the names of all time zones: what zoneinfo.available_timezones() would.

    The package keeps them in a file; importlib.resources, which that function needs for it, takes
    longer than reading ten policies.
    """
    package = Path(str(import_module("tzdata").__file__))
    return frozenset(package.with_name("zones").read_text(encoding="utf-8").split())


def parse(parameter: Parameter, value: Any) -> Any:
    """Return the value as rules see it; raises :class:`BadValue` saying what to write."""
    return _PARSERS[parameter.type](parameter, value)


def parse_duration(text: Any, *, at_most: bool = False) -> Duration:
    """Return an ISO 8601 duration; raises :class:`BadValue`."""
    if not isinstance(text, str):
        raise BadValue(_NO_DURATION.format(text))
    return _read_duration(text, at_most)


@lru_cache  # a document has few durations and states them often
def _read_duration(text: str, at_most: bool) -> Duration:
    found = _DURATION.fullmatch(text)
    if not found or not any(found.groups()) or text.endswith("T"):
        raise BadValue(_NO_DURATION.format(text))
    years, months, weeks, days, hours, minutes, seconds = (
        int(part or 0) if len(part or "") <= _DIGITS else 10**_DIGITS for part in found.groups()
    )
    exact = hours * 3600 + minutes * 60 + seconds
    about = years * 365 + months * 30 + weeks * 7 + days + exact // 86400
    if about > _MOST_YEARS * 365:
        raise BadValue(f"{text!r:.60} is longer than {_MOST_YEARS} years; write a shorter one")
    time = timedelta(seconds=exact)
    return Duration(text, years * 12 + months, weeks * 7 + days, time, at_most)


def _duration(parameter: Parameter, value: Any) -> Duration:
    return parse_duration(value, at_most=parameter.stricter == "lower")


def _integer(parameter: Parameter, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadValue(f"{value!r} is not a whole number; write one without quotes")
    return value


def _number(parameter: Parameter, value: Any) -> int | float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadValue(f"{value!r} is not a number; write one without quotes")
    return value


def _string(parameter: Parameter, value: Any) -> str:
    if not isinstance(value, str):
        raise BadValue(f"{value!r} is not text; put it in quotes")
    return value


def _boolean(parameter: Parameter, value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadValue(f"{value!r} is neither true nor false; write one of them")
    return value


def _enum(parameter: Parameter, value: Any) -> str:
    if value not in parameter.choices:
        raise BadValue(f"{value!r} is not a choice; write one of: {', '.join(parameter.choices)}")
    return str(value)


def _set(parameter: Parameter, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadValue(f"{value!r} is not a list of text; write [one, two]")
    return sorted(set(value))


def _version(parameter: Parameter, value: Any) -> Version:
    found = re.fullmatch(_VERSION, value) if isinstance(value, str) else None
    if not found:
        raise BadValue(f"{value!r} is not a version; write '1.2' in quotes")
    return Version(value, int(found[1]) * 100 + int(found[2]))


def _delay(parameter: Parameter, value: Any) -> Delay:
    found = re.fullmatch(_DELAY, value) if isinstance(value, str) else None
    if not found:
        raise BadValue(f"{value!r} is not a delay; write '5 working days' or '30 days'")
    return Delay(value, int(found[1]), bool(found[2]))


def _time(parameter: Parameter, value: Any) -> Time:
    found = re.fullmatch(_TIME, value) if isinstance(value, str) else None
    if not found:
        raise BadValue(f"{value!r} is not a time of day; write '04:00' in quotes")
    return Time(value, int(found[1]) * 60 + int(found[2]))


def _time_range(parameter: Parameter, value: Any) -> TimeRange:
    found = re.fullmatch(_RANGE, value) if isinstance(value, str) else None
    if not found:
        raise BadValue(f"{value!r} is not a span of the day; write '20:00-08:00' in quotes")
    start = int(found[1]) * 60 + int(found[2])
    end = start if found[3] is None else int(found[3]) * 60 + int(found[4])
    if end > 1440:
        raise BadValue(f"{value!r} ends after 24:00; write '00:00-24:00' for the whole day")
    return TimeRange(value, start, end)


def _recurrence(parameter: Parameter, value: Any) -> str:
    """Return a recurrence rule of RFC 5545, 3.3.10; it is expanded by local wall time."""
    from dateutil.rrule import rrule, rrulestr

    text = "write a rule of RFC 5545 such as 'FREQ=WEEKLY;BYDAY=SA;BYHOUR=2;BYMINUTE=0'"
    if not isinstance(value, str) or not value.startswith("FREQ="):
        raise BadValue(f"{value!r} is not a recurrence; {text}")
    if value.startswith(("FREQ=SECONDLY", "FREQ=MINUTELY")):
        raise BadValue(f"{value!r} comes more than once an hour; name a rarer one")
    try:
        found = rrulestr(value, dtstart=datetime(2001, 1, 1), ignoretz=True)
    except (ValueError, TypeError, KeyError) as error:
        raise BadValue(f"{value!r} is not a recurrence ({error}); {text}") from None
    if not isinstance(found, rrule):
        raise BadValue(f"{value!r} holds several recurrences; {text}")
    return value


_PARSERS = {
    "duration": _duration, "integer": _integer, "number": _number, "string": _string,
    "boolean": _boolean, "enum": _enum, "set": _set, "time": _time,
    "time-range": _time_range, "version": _version, "delay": _delay,
    "recurrence": _recurrence,
}  # fmt: skip


def loosens(parameter: Parameter, stated: Any, proposed: Any) -> bool:
    """Tell whether ``proposed`` asks for less than ``stated``; both as :func:`parse` gave them.

    A parameter with ``stricter: none`` has no direction: any other value counts as looser.
    """
    if stated == proposed:
        return False
    if parameter.stricter == "superset":
        return not set(proposed) >= set(stated)
    if parameter.stricter == "subset":
        return not set(proposed) <= set(stated)
    if parameter.stricter == "none":
        return True
    if isinstance(stated, Duration) and isinstance(proposed, Duration):
        higher = parameter.stricter == "higher"
        return not (proposed.at_least(stated) if higher else stated.at_least(proposed))
    before, after = _amount(stated), _amount(proposed)
    if before is None or after is None or before[0] != after[0]:
        return True
    higher = parameter.stricter == "higher"
    return after[1] < before[1] if higher else after[1] > before[1]


def _amount(value: Any) -> tuple[str, int | float] | None:
    if isinstance(value, Version):
        return "version", value.rank
    if isinstance(value, Delay):
        return f"delay {value.working}", value.count
    if isinstance(value, Time):
        return "time", value.minutes
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number", value
    return None


def plain(value: Any) -> Any:
    """Return a parsed value as it was written, for files and outputs."""
    return value.text if hasattr(value, "text") else value


def fill(words: str, values: Mapping[str, Any]) -> str:
    """Return a sentence with ``{name}`` replaced by parsed values: ``PT26H`` is ``26 hours``."""
    return _PLACEHOLDER.sub(lambda name: _in_sentence(values[name[1]]), words)


def names_in(words: str) -> list[str]:
    """Return the parameter names that a sentence has in braces."""
    return _PLACEHOLDER.findall(words)


def worded(value: Any) -> str:
    """Return a parsed value as it was written, as text."""
    written = plain(value)
    if isinstance(written, list):
        return ", ".join(written) or "none"
    return str(written).lower() if isinstance(written, bool) else str(written)


_UNITS = ("year", "month", "week", "day", "hour", "minute", "second")


def _in_sentence(value: Any) -> str:
    return _in_words(value.text) if isinstance(value, Duration) else worded(value)


@lru_cache  # the same few stand in every sentence
def _in_words(text: str) -> str:
    """Return an ISO 8601 duration as it was written, unit by unit, in words."""
    found = _DURATION.fullmatch(text)
    counts = [(int(count), unit) for count, unit in zip(found.groups(), _UNITS, strict=True)
              if count] if found else []  # fmt: skip
    # Of nothing at all the unit that was written stays: "0 minutes".
    told = [pair for pair in counts if pair[0]] or counts[-1:]
    words = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in told]
    return " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def view(value: Any, as_of: datetime, zone: ZoneInfo) -> Any:
    """Return a parsed value as rules see it: a map for durations, versions, times and delays."""
    if isinstance(value, Duration):
        return {
            "text": value.text,
            "days": value.days,
            "seconds": value.seconds,
            "ago": value.before(as_of, zone),
            "ahead": value.after(as_of, zone),
            "holds_leap_day": value.leap_day_in(as_of, zone),
        }
    if isinstance(value, Version | Delay | Time | TimeRange):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    return value


#: What rules may read of a parameter, by type; an empty tuple is the plain value.
VIEWS: Mapping[str, tuple[str, ...]] = {
    "duration": ("text", "days", "seconds", "ago", "ahead", "holds_leap_day"),
    "version": ("text", "rank"),
    "delay": ("text", "count", "working"),
    "time": ("text", "minutes"),
    "time-range": ("text", "start_minutes", "end_minutes"),
}
