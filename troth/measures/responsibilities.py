"""Who holds which role with which duties, and whether somebody who works here owns each system."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from troth.measures.base import Inputs, Item, Measured, MissingFact, Population, measure
from troth.measures.blanks import says_nothing
from troth.measures.outcomes import nothing, told
from troth.measures.people import absence, plain
from troth.measures.reading import Row, Rows, rows
from troth.model import Failure

_HOLDERS = ("held", "dutiful")
_OWNED = ("in_use", "owned")
_GRADES = ("staff", "manager", "executive")
_NAMES = ("role", "person_id", "grade", "duties")


@measure(
    "role-holders", per="population", args=("roles", "grade", "worker_types", "duties"),
    yields=_HOLDERS, on_empty=True,
)  # fmt: skip
def role_holders(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``held`` and ``dutiful`` for each of ``roles``, with its name as resource.

    With none named, every role of the register is judged. ``held``: somebody has it who works here
    now, is not on leave, has at least ``grade`` and one of ``worker_types`` (any, if none is
    named). ``dutiful``: such people have all of ``duties`` between them; with none named, each of
    them has one that says something. What was not read may be the holder or the duty.
    """
    read = rows(inputs.population, *(f"row.{name}" for name in _NAMES))
    here, gap = _here(inputs.needs["register.staff"], inputs)
    wanted = plain(inputs.args["roles"])
    names = wanted or {_name(row["row.role"]) for row in read.known}
    gap = read.failure or gap
    for name in sorted(names):
        yield _role(name, inputs, Rows(read.known, gap), here)
    if not wanted and (not names or read.failure):
        why = read.failure or nothing("the register of roles is empty; enter the roles")
        yield told(dict.fromkeys(_HOLDERS, why))


def _here(staff: Population, inputs: Inputs) -> tuple[Mapping[str, str], Failure | None]:
    """Return the worker type of each who works here now, and why that may not be everybody."""
    here, gap = dict[str, str](), staff.failure
    for person in staff.items:
        try:
            if not absence(person, inputs):
                here[person.get("row.person_id")] = person.get("row.worker_type")
        except MissingFact as signal:
            gap = gap or signal.failure
    return here, gap


def _role(name: str, inputs: Inputs, read: Rows, here: Mapping[str, str]) -> Measured:
    mine = [row for row in read.known if _name(row["row.role"]) == name]
    good = [row for row in mine if _suits(row, inputs, here)]
    done = bool(good) and _dutiful(good, plain(inputs.args["duties"]))
    facts = {"held": bool(good) or read.failure or False, "dutiful": done or read.failure or False}
    people = ", ".join(sorted(row["row.person_id"] for row in good))
    others = ", ".join(sorted(row["row.person_id"] for row in mine if row not in good))
    notes = [f"held by {people}"] if good else []
    notes += [f"not counted: {others}"] if others else []
    return told(facts, name, tuple(notes))


def _suits(row: Row, inputs: Inputs, here: Mapping[str, str]) -> bool:
    types = plain(inputs.args["worker_types"])
    who = row["row.person_id"]
    if who not in here or (types and not plain([here[who]]) & types):
        return False
    return _GRADES.index(row["row.grade"]) >= _GRADES.index(inputs.args["grade"])


def _dutiful(good: Collection[Row], wanted: set[str]) -> bool:
    if not wanted:
        return all(any(not says_nothing(one) for one in row["row.duties"]) for row in good)
    return wanted <= {_name(one) for row in good for one in row["row.duties"]}


@measure("owned-systems", per="resource", args=("roles",), yields=_OWNED)
def owned_systems(inputs: Inputs) -> Iterator[Measured]:
    """Yield per system ``in_use`` and ``owned``.

    ``owned``: its owner works here now, is not on leave, and stands in the register of roles with
    one of ``roles``. What was not read there may be the row that lacks.
    """
    read = rows(inputs.needs["register.roles"], "row.role", "row.person_id")
    here, gap = _here(inputs.needs["register.staff"], inputs)
    roles = plain(inputs.args["roles"])
    named = {row["row.person_id"] for row in read.known if _name(row["row.role"]) in roles}
    owners = named & set(here)
    for item in inputs.population.items:
        try:
            yield _system(item, owners, read.failure or gap)
        except MissingFact as signal:
            yield told(dict.fromkeys(_OWNED, signal.failure), item.id)


def _system(item: Item, owners: Collection[str], gap: Failure | None) -> Measured:
    owner = item.get("row.owner")
    good = owner is not None and owner in owners
    facts = {
        "in_use": item.get("row.status") == "in-use",
        "owned": good or (owner is not None and gap) or False,
    }
    return told(facts, item.id, () if good else (f"owner: {owner or 'nobody'}",))


def _name(text: str) -> str:
    return text.strip().casefold()
