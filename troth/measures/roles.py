"""Whether the person that a row names held a role when the row says that something was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.grouping import grouped
from troth.measures.outcomes import told
from troth.measures.reading import Row, local_day, rows
from troth.model import Failure


@measure(
    "person-in-role", per="resource", args=("person", "at", "roles"), yields=("held",)
)  # fmt: skip
def person_in_role(inputs: Inputs) -> Iterator[Measured]:
    """Yield per resource ``held``: the person at ``person`` had one of ``roles`` at ``at``.

    ``register.staff`` says who has a role; the person must have worked here on the local day of
    the instant or date there. Names of roles compare without regard to case. Without a
    person, or with one whom the whole register does not know, it is False.
    """
    paths = (f"row.{name}" for name in ("person_id", "roles", "start_date", "end_date"))
    read = rows(inputs.needs["register.staff"], *paths)
    staff = grouped(read, "row.person_id")
    for item in inputs.population.items:
        try:
            yield _person(item, staff, read.failure, inputs)
        except MissingFact as signal:
            yield told({"held": signal.failure}, item.id)


def _person(
    item: Item, staff: Mapping[str, list[Row]], failure: Failure | None, inputs: Inputs
) -> Measured:
    person = item.get(inputs.args["person"])
    if person is None:
        return told({"held": False}, item.id, ("the row names nobody",))
    at = item.get(inputs.args["at"])
    on = local_day(at, inputs.zone).isoformat() if isinstance(at, datetime) else at
    wanted = {str(role).strip().casefold() for role in inputs.args["roles"]}
    known = staff.get(person, [])
    held: bool | Failure = any(_works(row, on) and _has(row, wanted) for row in known)
    notes = () if known else (f"{person} stands in no row of register.staff that was read",)
    return told({"held": held or failure or False}, item.id, notes)


def _works(row: Row, on: str | None) -> bool:
    if on is None:
        return True
    end = row["row.end_date"]
    return bool(row["row.start_date"] <= on and (end is None or on <= end))


def _has(row: Row, wanted: set[str]) -> bool:
    return any(role.strip().casefold() in wanted for role in row["row.roles"])
