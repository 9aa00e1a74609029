"""Whether something happened lately, and whether something was done within its time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.measures.reading import after, day, rows, today


@measure(
    "newest-row", per="population", args=("date", "within"), yields=("in_time",), on_empty=True
)
def newest_row(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``in_time``: a row's ISO date at ``date`` lies at most ``within`` back.

    Local days are counted, and dates to come do not count. A register without a row says that it
    never happened; one that could not be read whole may hold a newer row.
    """
    path, now = inputs.args["date"], today(inputs).isoformat()
    read = rows(inputs.population, path)
    newest = max((row[path] for row in read.known if row[path] <= now), default="")
    try:
        in_time = bool(newest) and after(day(newest), inputs.args["within"]) >= today(inputs)
    except MissingFact as signal:
        yield told({"in_time": signal.failure})
        return
    notes = (f"the newest is of {newest}",) if newest else ()
    yield told({"in_time": in_time or read.failure or False}, notes=notes)


@measure(
    "within-limit", per="resource", args=("from", "done", "within"), yields=("in_time", "over")
)
def within_limit(inputs: Inputs) -> Iterator[Measured]:
    """Yield per resource whether it was done ``in_time``, and whether its time is ``over``.

    ``from`` and ``done`` are the paths of two instants, or of two ISO dates, which are local days;
    ``done`` is empty where only the limit matters. The limit lies one duration ``within`` after
    the first, itself inside. While it lies ahead, what is not done yet is in time. What is done
    at an instant to come is not done.
    """
    for item in inputs.population.items:
        try:
            yield Measured(_limit(item, inputs), resource=item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(("in_time", "over"), signal.failure), item.id)


def _limit(item: Item, inputs: Inputs) -> dict[str, bool]:
    begun = item.get(inputs.args["from"])
    done = item.get(inputs.args["done"]) if inputs.args["done"] else None
    now: Any
    if isinstance(begun, datetime):
        now, limit = inputs.as_of, inputs.args["within"].after(begun, inputs.zone)
    else:
        now, limit = today(inputs), after(day(begun), inputs.args["within"])
        done = None if done is None else day(done)
    over = now > limit
    finished = done is not None and done <= now
    return {"in_time": done <= limit if finished else not over, "over": over}
