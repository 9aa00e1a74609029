"""Actions that follow from problems: whether there are any, and whether they are kept up with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from troth.measures.aftermath import over
from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.blanks import says_nothing
from troth.measures.grouping import grouped
from troth.measures.outcomes import told, unproven
from troth.measures.reading import Row, after, day, local_day, rows, today
from troth.model import Failure, Reason

_SETTLED = ("settled", "over")
_TRACKED = ("meant", "explained", "owned", "dated", "on_time")
_NONE = "none"


@measure(
    "incident-actions", per="resource", args=("kinds", "within", "open"), yields=_SETTLED
)  # fmt: skip
def incident_actions(inputs: Inputs) -> Iterator[Measured]:
    """Yield per incident whether it is ``settled`` what to do, and whether the time is ``over``.

    It is settled by actions of each of ``kinds`` (of any kind if none is named) in
    ``register.actions``, or by the decision that none is needed. An action that was not read may
    be the one. The time is over ``within`` after the local day of the resolution; an incident
    that is open for longer than ``open`` leaves that missing.
    """
    known, failure = _actions(inputs)
    for item in inputs.population.items:
        try:
            what = _settled(f"incidents/{_escaped(item.get('row.id'))}", known, inputs)
            yield told({"settled": what or failure or False, "over": over(item, inputs)}, item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(_SETTLED, signal.failure), item.id)


@measure(
    "row-actions", per="resource", args=("register", "key", "from", "within", "kinds"),
    yields=_SETTLED,
)  # fmt: skip
def row_actions(inputs: Inputs) -> Iterator[Measured]:
    """Yield the same per row of another ``register``; its time begins at the path ``from``.

    ``key`` are the paths of the row's key, from which actions name it.
    """
    known, failure = _actions(inputs)
    for item in inputs.population.items:
        try:
            key = "/".join(_escaped(str(item.get(path))) for path in inputs.args["key"])
            what = _settled(f"{inputs.args['register']}/{key}", known, inputs)
            yield told({"settled": what or failure or False, "over": _late(item, inputs)}, item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(_SETTLED, signal.failure), item.id)


def _actions(inputs: Inputs) -> tuple[Mapping[str, list[Row]], Failure | None]:
    """Return the actions by their source, and why there may be more."""
    paths = (f"row.{name}" for name in ("source_ref", "kind", "opened_on"))
    read = rows(inputs.needs["register.actions"], *paths)
    return grouped(read, "row.source_ref"), read.failure


def _settled(source: str, known: Mapping[str, list[Row]], inputs: Inputs) -> bool:
    now = today(inputs).isoformat()
    kinds = {row["row.kind"] for row in known.get(source, []) if row["row.opened_on"] <= now}
    return _NONE in kinds or (bool(kinds) and kinds >= set(inputs.args["kinds"]))


def _escaped(value: str) -> str:
    """Return one of several key values as the id of a row has it."""
    return value.replace("%", "%25").replace("/", "%2F")


def _late(item: Item, inputs: Inputs) -> bool:
    begun = item.get(inputs.args["from"])
    start = local_day(begun, inputs.zone) if isinstance(begun, datetime) else day(begun)
    return after(start, inputs.args["within"]) < today(inputs)


@measure("actions-tracked", per="resource", args=("sources",), yields=_TRACKED)
def actions_tracked(inputs: Inputs) -> Iterator[Measured]:
    """Yield per action whether it is ``explained``, ``owned``, ``dated`` and ``on_time``.

    That is: its cause and its owner say something, it has a due date, and it is closed or not
    past that date. One that was closed late is on time again, with a note. ``meant`` is whether
    it follows from a row of one of the registers ``sources``; without a register in its source
    nobody can say.
    """
    for item in inputs.population.items:
        try:
            yield _tracked(item, inputs)
        except MissingFact as signal:
            yield told(dict.fromkeys(_TRACKED, signal.failure), item.id)


def _tracked(item: Item, inputs: Inputs) -> Measured:
    due, closed = _day(item, "row.due_on"), _day(item, "row.closed_on")
    if closed is not None and closed < day(item.get("row.opened_on")):
        raise unproven(f"{item.id} was closed before it was opened; correct the dates")
    done = closed is not None and closed <= today(inputs)
    facts = {
        "meant": _meant(item, inputs.args["sources"]),
        "explained": not says_nothing(item.get("row.cause")),
        "owned": not says_nothing(item.get("row.owner")),
        "dated": due is not None,
        "on_time": done or due is None or today(inputs) <= due,
    }
    notes = (f"closed on {closed}, due on {due}",) if closed and due and closed > due else ()
    return told(facts, item.id, notes)


def _meant(item: Item, sources: list[str]) -> bool | Failure:
    register, slash, _ = str(item.get("row.source_ref")).strip().partition("/")
    if not slash:
        text = f"the source of {item.id} names no register; write it like incidents/i-4"
        return Failure(Reason.UNPROVEN, text)
    return register in sources


def _day(item: Item, path: str) -> date | None:
    text = item.get(path)
    return None if text is None else day(text)
