"""Risks: whether each kind was assessed lately, and whether somebody does something about them."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.blanks import says_nothing
from troth.measures.outcomes import nothing, told
from troth.measures.people import gone, plain
from troth.measures.reading import Row, after, day, rows, today
from troth.model import Failure

_ASSESSED = ("lacking", "overdue")
_HANDLED = ("judged", "owned", "treated")
_NAMES = ("row.kind", "row.source", "row.service", "row.assessed_on")


@measure(
    "risks-assessed", per="population", args=("kinds", "within", "per_service"), yields=_ASSESSED,
    on_empty=True,
)  # fmt: skip
def risks_assessed(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``lacking`` and ``overdue``: kinds that no risk has, and whose newest is too old.

    A risk is of the kinds that its columns kind and source say. With ``per_service`` each service
    that the register names is judged for itself, and a risk of no service counts for all. The
    newest assessment may lie ``within`` back; those to come do not count. A row that was not read
    may be the one that lacks, or name a further service.
    """
    read = rows(inputs.population, *_NAMES)
    done = [row for row in read.known if row["row.assessed_on"] <= today(inputs).isoformat()]
    services = sorted({row["row.service"] for row in read.known if row["row.service"]})
    if inputs.args["per_service"] and not services:
        why = read.failure or nothing("no risk names a service; enter the service of each")
        yield told(dict.fromkeys(_ASSESSED, why))
        return
    lacking, overdue = [], []
    try:
        for service in services if inputs.args["per_service"] else [""]:
            for kind in sorted(plain(inputs.args["kinds"])):
                newest = max(_dates(done, kind, service), default="")
                name = f"{kind} ({service})" if service else kind
                if not newest:
                    lacking.append(name)
                elif after(day(newest), inputs.args["within"]) < today(inputs):
                    overdue.append(f"{name}: {newest}")
    except MissingFact as signal:
        yield told(dict.fromkeys(_ASSESSED, signal.failure))
        return
    # Without a gap for certain, a row that was not read may still name a further service.
    sure = not inputs.args["per_service"] and not lacking
    yield told(
        {
            "lacking": lacking if sure else (read.failure or lacking),
            "overdue": overdue if sure and not overdue else (read.failure or overdue),
        }
    )


def _dates(done: list[Row], kind: str, service: str) -> Iterator[str]:
    for row in done:
        meant = not service or row["row.service"] in (None, "", service)
        if meant and kind in plain([row["row.kind"], row["row.source"]]):
            yield row["row.assessed_on"]


@measure("risks-handled", per="resource", args=("kinds", "within"), yields=_HANDLED)
def risks_handled(inputs: Inputs) -> Iterator[Measured]:
    """Yield per risk whether it is ``judged``, ``owned`` and ``treated``.

    ``judged``: it is of one of ``kinds``, by its kind or its source, and was assessed ``within``
    the time before today. ``owned``: a person of ``register.staff`` who works here owns it.
    ``treated``: the register says what is done about it.
    """
    here, gap = _here(inputs)
    for item in inputs.population.items:
        try:
            yield _risk(item, here, gap, inputs)
        except MissingFact as signal:
            yield told(dict.fromkeys(_HANDLED, signal.failure), item.id)


def _here(inputs: Inputs) -> tuple[dict[str, bool], Failure | None]:
    """Return who stands in the register of staff and works here, and why others may be lacking."""
    staff = inputs.needs["register.staff"]
    here, gap = dict[str, bool](), staff.failure
    for person in staff.items:
        try:
            started = person.get("row.start_date") <= today(inputs).isoformat()
            here[person.get("row.person_id")] = started and not gone(person, inputs)
        except MissingFact as signal:
            gap = gap or signal.failure
    return here, gap


def _risk(item: Item, here: dict[str, bool], gap: Failure | None, inputs: Inputs) -> Measured:
    kinds = plain([item.get("row.kind"), item.get("row.source")])
    on, owner = day(item.get("row.assessed_on")), item.get("row.owner").strip()
    young = on <= today(inputs) <= after(on, inputs.args["within"])
    if not young or not kinds & plain(inputs.args["kinds"]):
        return told(dict.fromkeys(_HANDLED, False), item.id)
    owned: bool | Failure = here.get(owner, False)
    if owner and owner not in here:
        owned = gap or False
    notes = () if owned is not False else (f"{owner or 'nobody'} does not work here",)
    treated = not says_nothing(item.get("row.treatment"))
    return told({"judged": True, "owned": owned, "treated": treated}, item.id, notes)
