"""A series of probes held against one period: what the measures of availability share."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from troth.measures.base import Inputs, Item, MissingFact
from troth.measures.reading import Row, day, rows
from troth.model import Failure, Reason
from troth.params import Duration
from troth.slo.outages import Run, Seen, seen
from troth.slo.periods import Period, last_complete, midnight, millis
from troth.slo.reckoning import Bounds, Terms, bounds
from troth.slo.spans import Span, Spans, clip, minus, total, union

#: The arguments of a measure that say how a contract counts.
TERMS = ("window", "least", "order", "count", "denominator", "excused", "notice", "installed")
_ASSETS = "register.assets"
_STOPS = "register.maintenance"
_STOP = ("row.starts_at", "row.ends_at", "row.notified_at")


class Observed(NamedTuple):
    """What the probes of one series show of one period; ``interval`` is in milliseconds."""

    period: Period
    interval: int
    seen: Seen
    excused: Spans
    terms: Terms

    @property
    def bounds(self) -> Bounds:
        """Return the period reckoned over what is certain, likely and possible."""
        return bounds(self.seen, self.excused, self.period.span, self.terms)

    @property
    def planned(self) -> Spans:
        """Return the time of the period that is not excused."""
        return minus((self.period.span,), clip(self.excused, self.period.span))

    @property
    def unwatched(self) -> int:
        """Return how long nobody looked in that time, in milliseconds."""
        return total(minus(self.seen.unwatched, self.excused))


def observed(
    item: Item, inputs: Inputs, excused: Spans | Failure, period: Period
) -> Observed | None:
    """Return what one series shows of a period, None if it was not due yet.

    With ``installed`` the period of a system begins on the local day that the register of assets
    gives; one that it does not know makes no period. Raises :class:`MissingFact`.
    """
    args = inputs.args
    since = _since_installed(period, item, inputs)
    if since is None:
        return None
    if isinstance(excused, Failure):
        raise MissingFact(excused)
    interval = round(item.get("samples.interval_seconds") * 1000)
    probes = [
        Run(run["up"], millis(run["first_at"]), millis(run["last_at"]), run["count"])
        for run in item.items("samples.runs")
    ]
    terms = Terms(args["least"].seconds * 1000, args["order"], args["count"], args["denominator"])
    found = seen(sorted(probes, key=_first), interval, since.span)
    return Observed(since, interval, found, excused, terms)


def newest_period(inputs: Inputs) -> Period:
    """Return the last complete period of the length ``window``, by the clocks of the policy."""
    try:
        return last_complete(inputs.args["window"], inputs.as_of, inputs.zone)
    except (ValueError, OverflowError) as error:
        text = f"no period of {inputs.args['window'].text} can be judged: {error}"
        raise MissingFact(Failure(Reason.NOT_SUPPORTED, text)) from error


def _since_installed(period: Period, item: Item, inputs: Inputs) -> Period | None:
    if not inputs.args["installed"]:
        return period
    system = item.get("subject.system")
    read = rows(inputs.needs[_ASSETS], "row.id", "row.installed_on")
    days = [row["row.installed_on"] for row in read.known if row["row.id"] == system]
    if not days:
        text = f"the register of assets has no row for {system}, so its first day is not known"
        raise MissingFact(read.failure or Failure(Reason.NO_DATA, text))
    begin = midnight(day(days[0]), inputs.zone) if days[0] else period.span.end
    if begin >= period.span.end:
        return None
    span = Span(max(begin, period.span.begin), period.span.end)
    return Period(period.name, span)


def excused(inputs: Inputs) -> Spans | Failure:
    """Return the planned stops of which customers were told in time, or why they are not known.

    Without ``excused`` there are none. A stop that was announced later than ``notice`` before its
    beginning, or after it began, excuses nothing.
    """
    if not inputs.args["excused"]:
        return ()
    read = rows(inputs.needs[_STOPS], *_STOP)
    if read.failure is not None:
        return read.failure
    return union(_span(row) for row in read.known if _in_time(row, inputs))


def _in_time(row: Row, inputs: Inputs) -> bool:
    starts, notified = row["row.starts_at"], row["row.notified_at"]
    notice: Duration = inputs.args["notice"]
    if notified is None or notified >= starts:
        return False
    return bool(notified <= notice.before(starts, inputs.zone))


def _span(row: Row) -> Span:
    starts: datetime = row["row.starts_at"]
    ends: datetime = row["row.ends_at"]
    return Span(millis(starts), max(millis(starts), millis(ends)))


def _first(run: Run) -> int:
    return run.first
