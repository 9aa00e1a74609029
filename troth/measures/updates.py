"""Status updates during an incident: an expected time early enough, and no gap that is too long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.measures.reading import Row, Rows, rows

_YIELDS = ("long", "eta_in_time", "steady")


@measure("incident-updates", per="resource", args=("hours", "gap"), yields=_YIELDS)
def incident_updates(inputs: Inputs) -> Iterator[Measured]:
    """Yield per incident what ``register.incident-updates`` says that customers were told.

    ``long`` is whether it was open for longer than ``hours`` clock hours after it was detected,
    ``eta_in_time`` whether an update within these named a time, be it of the solution or of the
    next update. ``steady`` is whether no two of detection, updates and resolution (or the judged
    time) lie further apart than ``gap``. An update that was not read could be the one looked for.
    """
    paths = (f"row.{name}" for name in ("incident_id", "sent_at", "eta", "audience"))
    read = rows(inputs.needs["register.incident-updates"], *paths)
    for item in inputs.population.items:
        try:
            yield _incident(item, read, inputs)
        except MissingFact as signal:
            yield told(dict.fromkeys(_YIELDS, signal.failure), item.id)


def _incident(item: Item, read: Rows, inputs: Inputs) -> Measured:
    found, ended = item.get("row.detected_at"), item.get("row.resolved_at")
    end = ended if ended is not None and ended <= inputs.as_of else inputs.as_of
    limit = found + timedelta(hours=inputs.args["hours"])
    updates = [row for row in read.known if _is_of(row, item.get("row.id"), end)]
    eta = any(row["row.eta"] is not None and row["row.sent_at"] <= limit for row in updates)
    instants = sorted({found, end, *(row["row.sent_at"] for row in updates)})
    steady = not any(_apart(*pair, inputs) for pair in pairwise(instants) if pair[0] >= found)
    facts = {
        "long": end > limit,
        "eta_in_time": eta or read.failure or False,
        "steady": steady or read.failure or False,
    }
    return told(facts, item.id)


def _is_of(row: Row, incident: str, end: datetime) -> bool:
    same = row["row.incident_id"] == incident and row["row.audience"] == "customers"
    return bool(same and row["row.sent_at"] <= end)


def _apart(first: datetime, second: datetime, inputs: Inputs) -> bool:
    return bool(second > inputs.args["gap"].after(first, inputs.zone))
