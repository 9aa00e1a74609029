"""Appraisals of people in named roles: whether each had one lately, by the promised indicators."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.measures.people import absence, by_person, gone, plain
from troth.measures.reading import Row, after, day, rows, today
from troth.model import Failure, Reason

_YIELDS = ("meant", "appraised")


@measure(
    "appraised", per="resource", args=("roles", "indicators", "within"), yields=_YIELDS
)  # fmt: skip
def appraised(inputs: Inputs) -> Iterator[Measured]:
    """Yield per person of the staff register ``meant`` and ``appraised``.

    ``meant``: works here now, is not on leave, and has one of ``roles``. ``appraised``: for each of
    these roles there is an appraisal by all of ``indicators`` (by any, if none is named) at most
    ``within`` ago, or the person has not been here for longer than that. An appraisal that was
    not read may be the one.
    """
    names = ("person_id", "role", "held_on", "indicators")
    read = rows(inputs.needs["register.appraisals"], *(f"row.{name}" for name in names))
    appraisals = by_person(read)
    for person in inputs.population.items:
        try:
            mine = appraisals.get(person.get("row.person_id"), [])
            yield _person(person, inputs, mine, read.failure)
        except MissingFact as signal:
            yield told(dict.fromkeys(_YIELDS, signal.failure), person.id)


def _person(person: Item, inputs: Inputs, mine: list[Row], failure: Failure | None) -> Measured:
    why = absence(person, inputs)
    roles = sorted(plain(person.items("row.roles")) & plain(inputs.args["roles"]))
    if why or not roles:
        why = why or f"has none of the roles {', '.join(inputs.args['roles'])}"
        return told({"meant": False, "appraised": False}, person.id, (why,))
    started = day(person.get("row.start_date"))
    good = [row for row in mine if _counts(row, inputs)]
    lacking = [
        role for role in roles if not any({role} == plain([row["row.role"]]) for row in good)
    ]
    if lacking and today(inputs) <= after(started, inputs.args["within"]):
        note = f"not appraised yet as {', '.join(lacking)}; started on {started}"
        return told({"meant": True, "appraised": True}, person.id, (note,))
    notes = (f"no appraisal in time as {', '.join(lacking)}",) if lacking else ()
    return told({"meant": True, "appraised": not lacking or failure or False}, person.id, notes)


def _counts(row: Row, inputs: Inputs) -> bool:
    """Tell whether an appraisal was held in time and by what is promised."""
    held, by = day(row["row.held_on"]), plain(row["row.indicators"])
    if held > today(inputs) or after(held, inputs.args["within"]) < today(inputs):
        return False
    return bool(by) and by >= plain(inputs.args["indicators"])


@measure("roles-held", per="population", args=("roles",), yields=("held",), on_empty=True)
def roles_held(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``held`` for each of ``roles``, with its name as resource.

    True where somebody who has not left has it. It is missing otherwise: the register may call
    the role something else, and then nobody looked at the people in it.
    """
    held, gap = set[str](), inputs.population.failure
    for person in inputs.population.items:
        try:
            if not gone(person, inputs):
                held |= plain(person.items("row.roles"))
        except MissingFact as signal:
            gap = gap or signal.failure
    for role in sorted(plain(inputs.args["roles"])):
        text = f"nobody in the register of staff has the role {role}; enter it, or say who has it"
        yield told({"held": role in held or gap or Failure(Reason.SCOPE_UNKNOWN, text)}, role)
