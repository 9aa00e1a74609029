"""What people who left had to hand back, and whether they did or it was revoked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.measures.people import by_person, gone
from troth.measures.reading import Row, day, rows, today
from troth.model import Failure, Reason

_YIELDS = ("left", "returned")


@measure("items-returned", per="resource", args=("items",), yields=_YIELDS)
def items_returned(inputs: Inputs) -> Iterator[Measured]:
    """Yield per person of the staff register ``left`` and ``returned``.

    ``left``: the last day is over. ``returned``: every one of ``items`` that the person held came
    back or was revoked by today, on whatever day; a row ``badges:B-12`` is about one of the
    badges. Of an item without a row nobody knows whether the person held one: missing, unless
    another one is out for certain.
    """
    names = ("person_id", "item", "held", "returned_on", "revoked_on")
    read = rows(inputs.needs["register.offboarding"], *(f"row.{name}" for name in names))
    things = by_person(read)
    for person in inputs.population.items:
        try:
            mine = things.get(person.get("row.person_id"), [])
            yield _person(person, inputs, mine, read.failure)
        except MissingFact as signal:
            yield told(dict.fromkeys(_YIELDS, signal.failure), person.id)


def _person(person: Item, inputs: Inputs, mine: list[Row], failure: Failure | None) -> Measured:
    who = person.get("row.person_id")
    if not gone(person, inputs):
        return told({"left": False, "returned": False}, person.id)
    wanted = sorted({_kind(item) for item in inputs.args["items"]})
    held = [row for row in mine if row["row.held"] and _kind(row["row.item"]) in wanted]
    out = sorted(row["row.item"] for row in held if _back(row, inputs) is None)
    unknown = sorted(set(wanted) - {_kind(row["row.item"]) for row in mine})
    notes = tuple(_late(person, held, inputs))
    if out:
        notes = (f"still out: {', '.join(out)}", *notes)
    gap = failure or (_unknown(who, unknown) if unknown else None)
    return told({"left": True, "returned": not out and (gap or True)}, person.id, notes)


def _kind(item: str) -> str:
    return item.partition(":")[0].strip().casefold()


def _back(row: Row, inputs: Inputs) -> date | None:
    """Return the first day on which an item was of no use any more, if that is over."""
    days = [day(row[path]) for path in ("row.returned_on", "row.revoked_on") if row[path]]
    return min((one for one in days if one <= today(inputs)), default=None)


def _late(person: Item, held: list[Row], inputs: Inputs) -> Iterator[str]:
    ends = person.get("row.end_date")
    for row in sorted(held, key=lambda one: str(one["row.item"])):
        back = _back(row, inputs)
        if ends is not None and back is not None and back > day(ends):
            yield f"{row['row.item']}: back on {back}, {(back - day(ends)).days} days after the end"


def _unknown(who: str, items: list[str]) -> Failure:
    text = f"register.offboarding says nothing about {', '.join(items)} of {who}"
    return Failure(Reason.NO_DATA, f"{text}; enter them, held false where there were none")
