"""Failures of the service over a window: how many there were, and how long repair took on average.

An incident is a failure if its type is one of those named, or if customers met an impact. Where
the register leaves open when a failure was repaired or what its cause was, both answers that
this allows are taken; only if they agree is anything said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from troth.measures.base import Inputs, Measured, measure
from troth.measures.outcomes import told, unproven
from troth.measures.reading import Row, rows
from troth.model import Failure, Reason
from troth.params import Duration

_COLUMNS = ("id", "type", "impact", "cause", "occurred_at", "repaired_at", "resolved_at")
_LIMITS = ("most", "most_long", "long", "excluded_below", "same_within")
_ARGS = ("types", "window", "excluded_causes", *_LIMITS)


class Fault(NamedTuple):
    """One failure: ``soonest`` and ``latest`` are the bounds of when it was repaired."""

    id: str
    cause: str
    start: datetime
    soonest: datetime
    latest: datetime


class Span(NamedTuple):
    """How many failures there were at least and at most."""

    least: int
    most: int


def _faults(inputs: Inputs) -> tuple[list[Fault], Failure | None]:
    """Return every failure that has begun, the first first, and why there may be more."""
    read = rows(inputs.population, *(f"row.{name}" for name in _COLUMNS))
    found = [_fault(row, inputs.as_of) for row in read.known if _is_failure(row, inputs)]
    return sorted(found, key=lambda one: (one.start, one.id)), read.failure


def _is_failure(row: Row, inputs: Inputs) -> bool:
    meant = row["row.type"] in inputs.args["types"] or row["row.impact"] != "none"
    return bool(meant and row["row.occurred_at"] <= inputs.as_of)


def _fault(row: Row, as_of: datetime) -> Fault:
    start = row["row.occurred_at"]
    repaired, resolved = _past(row["row.repaired_at"], as_of), _past(row["row.resolved_at"], as_of)
    ends = {"repaired_at": repaired, "resolved_at": resolved}
    for name, end in ends.items():
        if end is not None and end < start:
            raise unproven(f"{name} of {row.id} lies before it occurred; correct the instants")
    cause = row["row.cause"].strip().casefold()
    latest = repaired or resolved or as_of
    soonest = start if repaired is None and resolved is not None else latest
    return Fault(row["row.id"], cause, start, soonest, latest)


def _past(instant: datetime | None, as_of: datetime) -> datetime | None:
    return instant if instant is not None and instant <= as_of else None


def _length(duration: Duration) -> timedelta:
    return timedelta(seconds=duration.seconds)


@measure("mean-repair", per="population", args=("types", "window", "most"),
         yields=("failures", "short"))  # fmt: skip
def mean_repair(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``failures``, how many occurred in ``window``, and whether their repair is ``short``.

    It is if the mean time from occurrence to repair is at most ``most``. A failure that lasts
    counts with its age so far. One that was resolved without an instant of its repair was
    repaired at some time until then.
    """
    faults, failure = _faults(inputs)
    begin = inputs.args["window"].before(inputs.as_of, inputs.zone)
    counted = [one for one in faults if one.start > begin]
    short = failure or _short(counted, _length(inputs.args["most"]))
    yield told({"failures": failure or len(counted), "short": short}, notes=_told(counted))


def _short(counted: Sequence[Fault], most: timedelta) -> bool | Failure:
    allowed = most * len(counted)
    if sum((one.latest - one.start for one in counted), timedelta()) <= allowed:
        return True
    if sum((one.soonest - one.start for one in counted), timedelta()) > allowed:
        return False
    names = ", ".join(one.id for one in counted if one.soonest != one.latest)
    return Failure(Reason.UNPROVEN, f"the register does not say when {names} was repaired")


def _told(counted: Sequence[Fault]) -> tuple[str, ...]:
    if not counted:
        return ()
    whole = sum((one.latest - one.start for one in counted), timedelta())
    worst = max(counted, key=lambda one: (one.latest - one.start, one.id))
    mean, longest = whole / len(counted), worst.latest - worst.start
    return (
        f"{len(counted)} failures, repaired after {_minutes(mean)} minutes on average; "
        f"the longest, {worst.id}, took {_minutes(longest)}",
    )


def _minutes(length: timedelta) -> str:
    return f"{length / timedelta(minutes=1):.1f}"


@measure("failure-counts", per="population", args=_ARGS, yields=("few", "few_long"), on_empty=True)
def failure_counts(inputs: Inputs) -> Iterator[Measured]:
    """Yield whether there were ``few`` failures, and ``few_long`` ones.

    That is: at most ``most`` began in ``window``, and at most ``most_long`` that took ``long``
    or more. Failures of one cause less than ``same_within`` apart are one. What is shorter than
    ``excluded_below`` does not count if its cause is one of ``excluded_causes``.
    """
    faults, failure = _faults(inputs)
    if failure:  # what was not read may join all that have one cause
        span = Span(len({one.cause for one in faults if _sure(one, inputs)}), 0)
        few = _few(span, inputs.args["most"], failure)
        yield told({"few": few, "few_long": failure})
        return
    groups = _clusters(faults, _length(inputs.args["same_within"]))
    each = [_counts(group, inputs) for group in groups]
    whole, long = (Span(sum(pair[at].least for pair in each), sum(pair[at].most for pair in each))
                   for at in (0, 1))  # fmt: skip
    facts = {
        "few": _few(whole, inputs.args["most"]),
        "few_long": _few(long, inputs.args["most_long"]),
    }
    yield told(facts, notes=(f"failures: {_words(whole)}, long ones: {_words(long)}",))


def _sure(one: Fault, inputs: Inputs) -> bool:
    """Tell whether a failure counts whatever else there is, alone or as part of a longer one."""
    begin = inputs.args["window"].before(inputs.as_of, inputs.zone)
    return one.start > begin and bool(one.cause) and not _excluded(one, one.soonest, inputs)


def _few(span: Span, limit: int, failure: Failure | None = None) -> bool | Failure:
    if span.least > limit:
        return False
    if failure:
        return failure
    if span.most <= limit:
        return True
    text = "the register leaves open the cause or the repair of failures that lie close together"
    return Failure(Reason.UNPROVEN, f"{text}; enter them")


def _words(span: Span) -> str:
    return str(span.least) if span.least == span.most else f"{span.least} to {span.most}"


def _clusters(faults: Sequence[Fault], apart: timedelta) -> Iterator[list[Fault]]:
    """Yield the failures that may be one, whatever their cause: none lies ``apart`` from all."""
    group: list[Fault] = []
    end = datetime.min.replace(tzinfo=UTC)
    for one in faults:
        if group and one.start - end >= apart:
            yield group
            group = []
        end = max(end, one.latest)
        group.append(one)
    if group:
        yield group


def _counts(group: Sequence[Fault], inputs: Inputs) -> tuple[Span, Span]:
    """Return how many failures a cluster is, and how many long ones."""
    begin = inputs.args["window"].before(inputs.as_of, inputs.zone)
    if all(_certain(one, group, inputs) for one in group):
        joined = [one for one in _joined(group, inputs) if one.start > begin]
        counted = [one for one in joined if not _excluded(one, one.latest, inputs)]
        long = sum(_long(one.latest - one.start, inputs) for one in counted)
        return Span(len(counted), len(counted)), Span(long, long)
    inside = [one for one in group if one.start > begin]
    # All may be one failure, which began with the first, or each may be one of its own.
    whole = max(one.latest for one in group) - group[0].start
    sure = group[0].start > begin
    least = sure and any(_sure(one, inputs) for one in inside)
    least_long = sure and any(_long(one.soonest - one.start, inputs) for one in inside)
    most_long = len(inside) if _long(whole, inputs) else 0
    return Span(int(least), len(inside)), Span(int(least_long), most_long)


def _certain(one: Fault, group: Sequence[Fault], inputs: Inputs) -> bool:
    """Tell whether the register says of a failure all that decides how it counts."""
    if one.soonest != one.latest:
        return False
    alone = len(group) == 1 and one.latest - one.start >= _length(inputs.args["excluded_below"])
    return bool(one.cause) or alone


def _joined(group: Sequence[Fault], inputs: Inputs) -> list[Fault]:
    """Return the failures of a cluster, those of one cause close together as one."""
    apart = _length(inputs.args["same_within"])
    by_cause: dict[str, list[Fault]] = defaultdict(list)
    for one in group:
        same = by_cause[one.cause]
        if same and one.start - same[-1].latest < apart:
            end = max(same[-1].latest, one.latest)
            same[-1] = same[-1]._replace(soonest=end, latest=end)
        else:
            same.append(one)
    return [one for same in by_cause.values() for one in same]


def _excluded(one: Fault, end: datetime, inputs: Inputs) -> bool:
    causes = {str(cause).strip().casefold() for cause in inputs.args["excluded_causes"]}
    return one.cause in causes and end - one.start < _length(inputs.args["excluded_below"])


def _long(length: timedelta, inputs: Inputs) -> bool:
    return length >= _length(inputs.args["long"])
