"""What two monitors exported: a probe a minute, and one night of each month in which all failed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from troth.demo.folder import Folder
from troth.demo.moments import Moments

#: More than two months, so that the last complete one is whole in every zone.
DAYS = 100
#: On this day of every month, from 03:00 UTC, each probe of the shop failed for so long: more than
#: half a per cent of a month, whatever part of it announced maintenance excuses.
DAY_OF_MONTH, HOURS_DOWN = 10, 9
_MINUTE = timedelta(minutes=1)


def write(folder: Folder, moments: Moments, names: dict[str, str]) -> None:
    """Write both exports into the demo's folder."""
    for target, path, breaks in (
        ("shop-probes", "shop", True),
        ("receico-probes", "receico", False),
    ):
        rows = "\n".join(_rows(moments, breaks=breaks))
        folder.put(f"probes/{path}.csv", f"time,up\n{rows}\n")
        names[f"probes:{target}:probes/{path}.csv"] = target


def _rows(moments: Moments, *, breaks: bool) -> Iterator[str]:
    at = moments.ago(days=DAYS).replace(second=0, microsecond=0)
    while at < moments.now:
        yield f"{at:%Y-%m-%dT%H:%M:%SZ},{0 if breaks and _is_down(at) else 1}"
        at += _MINUTE


def _is_down(at: datetime) -> bool:
    return at.day == DAY_OF_MONTH and 3 * 60 <= at.hour * 60 + at.minute < (3 + HOURS_DOWN) * 60
