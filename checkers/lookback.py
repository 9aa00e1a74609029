"""How far back a clause asks: an ISO 8601 duration at its longest, as a checker needs it."""

from __future__ import annotations

import re
from datetime import timedelta

from troth.checker import ObservationFailed, Reason

_DURATION = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(T(?:\d+(?:[.,]\d+)?[HMS])+)?", re.ASCII
)
_MOST_DAYS = (366, 31, 7, 1)
_SECONDS = {"H": 3600, "M": 60, "S": 1}


def longest(duration: str) -> timedelta:
    """Return the longest that a duration can be; raises ``not-supported`` for anything else.

    Years count 366 days, months 31, and a part of a unit as a whole one: reading more than was
    asked is harmless, reading less is not.
    """
    matched = _DURATION.fullmatch(duration)
    if matched is None or duration.endswith(("P", "T")):
        raise ObservationFailed(Reason.NOT_SUPPORTED, f"{duration!r} is not an ISO 8601 duration")
    *dates, times = matched.groups()
    days = sum(int(n or 0) * most for n, most in zip(dates, _MOST_DAYS, strict=True))
    parts = re.findall(r"(\d+)(?:[.,]\d+)?([HMS])", times or "")
    return timedelta(days=days, seconds=sum((int(n) + 1) * _SECONDS[unit] for n, unit in parts))
