"""Whether enough people do a job: staff with a role, and vendors under contract for it."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Measured, MissingFact, measure
from troth.measures.outcomes import nothing, told
from troth.measures.people import absence, has_role, plain
from troth.measures.reading import Row, rows, today
from troth.model import Failure


@measure(
    "people-enough", per="population", args=("roles", "services", "least"), yields=("enough",),
    on_empty=True,
)  # fmt: skip
def people_enough(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``enough``: whether at least ``least`` people have one of ``roles``.

    Who works here today and is not on leave counts, whatever the worker type; so does each vendor
    under contract today for one of ``services``. With too few, what was not read may have more,
    and a register of staff without anybody shows nothing.
    """
    here, gap = _staff(inputs)
    names = ("name", "service", "contracted_on", "contract_ends_on")
    read = rows(inputs.needs["register.vendors"], *(f"row.{name}" for name in names))
    hired = {row["row.name"] for row in read.known if _serves(row, inputs)}
    gap = gap or read.failure
    if not inputs.population.items:
        gap = gap or nothing("the register of staff holds nobody yet; enter the people")
    counted = sorted(here) + sorted(hired)
    enough = len(counted) >= inputs.args["least"]
    notes = (f"counted: {', '.join(counted)}",) if counted else ()
    yield told({"enough": enough or gap or False}, notes=notes)


def _staff(inputs: Inputs) -> tuple[set[str], Failure | None]:
    found, gap = set[str](), inputs.population.failure
    for person in inputs.population.items:
        try:
            if not absence(person, inputs) and has_role(person, inputs.args["roles"]):
                found.add(person.get("row.person_id"))
        except MissingFact as signal:
            gap = gap or signal.failure
    return found, gap


def _serves(row: Row, inputs: Inputs) -> bool:
    now, ends = today(inputs).isoformat(), row["row.contract_ends_on"]
    in_force = row["row.contracted_on"] <= now and (ends is None or now <= ends)
    return bool(in_force and plain([row["row.service"]]) & plain(inputs.args["services"]))
