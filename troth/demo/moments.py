"""Times of the demo: everything is relative to the instant at which it was started."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

#: A backup job needs this long; one that was started later is not seeded yet.
JOB = timedelta(minutes=15)
#: How many nights of backups there are.
NIGHTS = 10

_PLACEHOLDER = re.compile(r"\{(day|time)([+-]\d+)([dh])\}")


@dataclass(frozen=True)
class Moments:
    """The start of the demo, an aware instant in UTC with whole seconds."""

    now: datetime

    def ago(self, *, days: float = 0, hours: float = 0) -> datetime:
        """Return the instant that lies so far back."""
        return self.now - timedelta(days=days, hours=hours)

    def day(self, offset: int) -> str:
        """Return the ISO date in UTC that many days from today."""
        return (self.now + timedelta(days=offset)).date().isoformat()

    def nights(self, hour: int, minute: int = 0, *, missed: int = 0) -> list[datetime]:
        """Return when a daily job at that time (UTC) was started, the newest first.

        ``missed`` leaves out so many of the newest.
        """
        newest = self.now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        if newest + JOB > self.now:
            newest -= timedelta(days=1)
        return [newest - timedelta(days=back) for back in range(missed, NIGHTS)]

    def filled(self, text: str) -> str:
        """Return a text with ``{day-30d}`` and ``{time-2h}`` replaced by a date or an instant."""
        return _PLACEHOLDER.sub(self._moment, text)

    def _moment(self, found: re.Match[str]) -> str:
        number = int(found[2])
        delta = timedelta(days=number) if found[3] == "d" else timedelta(hours=number)
        moment = self.now + delta
        return moment.date().isoformat() if found[1] == "day" else moment.isoformat()
