"""Findings of security tests: closed within the days of their severity, or accepted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.grouping import grouped
from troth.measures.outcomes import told, unproven
from troth.measures.reading import Row, day, rows, today
from troth.model import Failure
from troth.params import Duration

_SEVERITIES = ("critical", "high", "medium", "low")
_YIELDS = ("in_time", "accepted")


@measure("finding-limits", per="resource", args=_SEVERITIES, yields=_YIELDS)
def finding_limits(inputs: Inputs) -> Iterator[Measured]:
    """Yield per finding whether it is ``in_time`` and whether its risk is ``accepted``.

    The args are the days, or durations, that a finding of each severity may take, counted from the
    date on which it was found; an open one is in time until then. A risk is accepted by a person
    whom ``register.staff`` knows and who still works here: one who has left owns no risk.
    """
    paths = (f"row.{name}" for name in ("person_id", "start_date", "end_date", "status"))
    read = rows(inputs.needs["register.staff"], *paths)
    now = today(inputs).isoformat()
    here = {person: any(_works(row, now) for row in known)
            for person, known in grouped(read, "row.person_id").items()}  # fmt: skip
    for item in inputs.population.items:
        try:
            yield _finding(item, here, read.failure, inputs)
        except MissingFact as signal:
            yield told(dict.fromkeys(_YIELDS, signal.failure), item.id)


def _finding(
    item: Item, here: Mapping[str, bool], failure: Failure | None, inputs: Inputs
) -> Measured:
    found, closed = day(item.get("row.found_on")), item.get("row.closed_on")
    limit = inputs.args[item.get("row.severity")]
    days = limit.days if isinstance(limit, Duration) else limit
    if closed is not None and day(closed) < found:
        raise unproven(f"{item.id} was closed before it was found; correct the dates")
    done = closed is not None and day(closed) <= today(inputs)
    took = ((day(closed) if done else today(inputs)) - found).days
    notes = (f"{'closed after' if done else 'open for'} {took} days of {days}",)
    owner = item.get("row.risk_accepted_by")
    accepted = owner is not None and (here.get(owner, False) or failure or False)
    return told({"in_time": took <= days, "accepted": accepted}, item.id, notes)


def _works(row: Row, now: str) -> bool:
    end = row["row.end_date"]
    over = row["row.status"] == "ended" or (end is not None and end < now)
    return not over and bool(row["row.start_date"] <= now)
