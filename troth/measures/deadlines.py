"""When something asked for is due, and on which local day it was done."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.reading import local_day
from troth.measures.workdays import due


@measure(
    "due-date",
    per="resource",
    args=("from", "done", "within", "calendar"),
    yields=("due_on", "done_on"),
)
def due_date(inputs: Inputs) -> Iterator[Measured]:
    """Yield per resource ``due_on`` and ``done_on``, local ISO dates in the policy's zone.

    ``from`` and ``done`` are the paths of two instants, ``within`` is a delay and ``calendar``
    names the working days. The local day of ``from`` is day 0, at whatever hour. ``done_on`` is
    null while ``done`` is null or still to come.
    """
    for item in inputs.population.items:
        try:
            yield Measured(_dates(item, inputs), resource=item.id)
        except MissingFact as missing:
            lacking = dict.fromkeys(("due_on", "done_on"), missing.failure)
            yield Measured({}, missing=lacking, resource=item.id)


def _dates(item: Item, inputs: Inputs) -> dict[str, str | None]:
    begun, done = item.get(inputs.args["from"]), item.get(inputs.args["done"])
    start = local_day(begun, inputs.zone)
    last = due(start, inputs.args["within"], inputs.args["calendar"])
    finished = done is not None and done <= inputs.as_of
    return {
        "due_on": last.isoformat(),
        "done_on": local_day(done, inputs.zone).isoformat() if finished else None,
    }
