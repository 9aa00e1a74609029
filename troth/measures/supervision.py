"""Who supervises whom: whether everybody who works here has somebody who does."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.measures.people import absence, by_person, has_role
from troth.measures.reading import Row, rows
from troth.model import Failure

_YIELDS = ("meant", "supervised")


@measure("supervised", per="resource", args=("top_roles",), yields=_YIELDS)
def supervised(inputs: Inputs) -> Iterator[Measured]:
    """Yield per person of the staff register ``meant`` and ``supervised``.

    ``meant``: works here now, is not on leave, and has none of ``top_roles``, above which nobody
    stands. ``supervised``: the register of supervision names somebody else who works here now
    and is not on leave. Without one, a row that was not read in either register may be it.
    """
    read = rows(inputs.needs["register.supervision"], "row.person_id", "row.supervisor")
    here, gap = _here(inputs)
    above = by_person(read)
    for person in inputs.population.items:
        try:
            yield _person(person, inputs, above, here, read.failure or gap)
        except MissingFact as signal:
            yield told(dict.fromkeys(_YIELDS, signal.failure), person.id)


def _here(inputs: Inputs) -> tuple[set[str], Failure | None]:
    """Return who works here now, and why that may not be everybody."""
    here, gap = set[str](), inputs.population.failure
    for person in inputs.population.items:
        try:
            if not absence(person, inputs):
                here.add(person.get("row.person_id"))
        except MissingFact as signal:
            gap = gap or signal.failure
    return here, gap


def _person(
    person: Item,
    inputs: Inputs,
    by: Mapping[str, list[Row]],
    here: Collection[str],
    gap: Failure | None,
) -> Measured:
    who, why = person.get("row.person_id"), absence(person, inputs)
    if not why and has_role(person, inputs.args["top_roles"]):
        why = "nobody stands above this role"
    if why:
        return told({"meant": False, "supervised": False}, person.id, (why,))
    above = sorted(row["row.supervisor"] for row in by.get(who, []))
    good = any(one != who and one in here for one in above)
    notes = () if good else (_lacking(who, above),)
    return told({"meant": True, "supervised": good or gap or False}, person.id, notes)


def _lacking(who: str, above: list[str]) -> str:
    others = [one for one in above if one != who]
    if others:
        return f"{', '.join(others)} does not work here now"
    return "supervises oneself" if above else "no supervisor is entered"
