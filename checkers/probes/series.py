"""What every source of probes shares: the span that is read, and samples as facts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from troth.checker import Checker, Facts, Failure, Request, complete, partial
from troth.checkers.lookback import longest
from troth.slo.outages import Run, runs

#: Read when no clause says how long a period it judges.
_WINDOW = "P1M"
#: Samples before the period count too: an outage may have begun in the month before.
_BEFORE = timedelta(days=2)

#: One sample: milliseconds UTC, and whether the probe succeeded.
Sample = tuple[int, bool]


class Series(Checker):
    """Base of the checkers of kind ``availability-series``."""

    kind = "availability-series"

    def since(self, asked: Request) -> datetime:
        """Return the instant from which samples are read: two windows and two days ago, UTC.

        One window is running, the one before it is over; whole seconds. Raises ``not-supported``.
        """
        window = longest(str(asked.get("window", _WINDOW)))
        return datetime.now(UTC).replace(microsecond=0) - 2 * window - _BEFORE


def joined(samples: Iterable[Sample], interval: float) -> list[dict[str, Any]]:
    """Return the runs of samples as the kind has them, one after the other read and forgotten."""
    return [_item(run) for run in runs(samples, round(interval * 1000))]


def as_facts(
    items: list[dict[str, Any]],
    interval: float,
    begin: str,
    end: str,
    failure: Failure | None = None,
) -> Facts:
    """Return the facts of the facet ``samples``; ``failure`` is why some of them may be lacking."""
    known = {
        "interval_seconds": interval,
        "from": begin,
        "until": end,
    }
    if failure is None:
        return Facts(known | {"runs": complete(items)})
    return Facts(known | {"runs": partial(items)}, {"runs": failure})


def _item(run: Run) -> dict[str, Any]:
    return {
        "up": run.up,
        "first_at": _instant(run.first),
        "last_at": _instant(run.last),
        "count": run.probes,
    }


def _instant(at: int) -> str:
    found = datetime.fromtimestamp(at // 1000, UTC) + timedelta(milliseconds=at % 1000)
    return found.isoformat(timespec="milliseconds" if at % 1000 else "seconds")
