"""Complaints: said what they are about, closed, analysed in time, and used to improve."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.blanks import says_nothing
from troth.measures.outcomes import told, unproven
from troth.measures.reading import Rows, after, day, local_day, rows, today
from troth.model import Failure

_YIELDS = ("categorised", "closed", "analysed", "used")


@measure(
    "complaint-handling", per="resource", args=("interval", "open", "delay"), yields=_YIELDS
)  # fmt: skip
def complaint_handling(inputs: Inputs) -> Iterator[Measured]:
    """Yield per complaint whether it was handled; what has still time is as good as done.

    ``categorised``: its category says something. ``closed``: at most ``open`` after its local day.
    ``analysed``: at most ``interval`` after it, by an analysis that has a name. ``used``: an
    action in ``register.actions`` names that analysis as its source (``complaints/an-1``), be it
    the decision that none is needed, at most ``delay`` after the analysis.
    """
    read = rows(inputs.needs["register.actions"], "row.source_ref", "row.opened_on")
    for item in inputs.population.items:
        try:
            yield told(_facts(item, read, inputs), item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(_YIELDS, signal.failure), item.id)


def _facts(item: Item, read: Rows, inputs: Inputs) -> dict[str, bool | Failure]:
    now, begun = today(inputs), local_day(item.get("row.received_at"), inputs.zone)
    closed_at, analysed_on = item.get("row.closed_at"), item.get("row.analysed_on")
    closed = None if closed_at is None else local_day(closed_at, inputs.zone)
    analysed = None if analysed_on is None else day(analysed_on)
    if any(done is not None and done < begun for done in (closed, analysed)):
        raise unproven(f"{item.id} was handled before it was received; correct the dates")
    named = not says_nothing(item.get("row.analysis_ref"))
    done = analysed is not None and analysed <= now and named
    return {
        "categorised": not says_nothing(item.get("row.category")),
        "closed": _in_time(closed, after(begun, inputs.args["open"]), now),
        "analysed": _in_time(analysed if named else None,
                             after(begun, inputs.args["interval"]), now),
        "used": _used(item, analysed, read, inputs) if done and analysed else True,
    }  # fmt: skip


def _in_time(done: date | None, limit: date, now: date) -> bool:
    return (done if done is not None and done <= now else now) <= limit


def _used(item: Item, analysed: date, read: Rows, inputs: Inputs) -> bool | Failure:
    source, now = f"complaints/{item.get('row.analysis_ref').strip()}", today(inputs)
    there = any(row["row.source_ref"].strip() == source
                and row["row.opened_on"] <= now.isoformat() for row in read.known)  # fmt: skip
    return there or now <= after(analysed, inputs.args["delay"]) or read.failure or False
