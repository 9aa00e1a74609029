"""Assessments of the security programme: their kinds, intervals and topics, and after changes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.blanks import says_nothing
from troth.measures.outcomes import told
from troth.measures.people import plain
from troth.measures.reading import Row, Rows, after, day, rows, today
from troth.model import Failure

_INPUTS = ("lacking", "idle")
_HELD = ("in_time", "gaps")
_FOLLOWED = ("followed", "over")


@measure(
    "inputs-assessed", per="population", args=("kinds", "within"), yields=_INPUTS, on_empty=True
)
def inputs_assessed(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``lacking`` and ``idle``: kinds not assessed in time, and those nothing follows from.

    An assessment is in time ``within`` the time before today. Something follows from it if it
    names actions and ``register.actions`` has each of them with an owner, be it the decision that
    none is needed; one assessment in time with its actions is enough.
    """
    read = rows(inputs.population, "row.kind", "row.performed_on", "row.action_refs")
    actions = _actions(inputs)
    try:
        young = list(_young(read, inputs))
    except MissingFact as signal:
        yield told(dict.fromkeys(_INPUTS, signal.failure))
        return
    wanted = sorted(plain(inputs.args["kinds"]))
    have = {kind: [row for row in young if kind in plain([row["row.kind"]])] for kind in wanted}
    lacking = [kind for kind, held in have.items() if not held]
    idle = [
        kind for kind, held in have.items()
        if held and not any(_acted(row, actions) for row in held)
    ]  # fmt: skip
    gap = read.failure or actions.failure
    yield told(
        {
            "lacking": (read.failure or lacking) if lacking else [],
            "idle": (gap or idle) if idle else [],
        }
    )


def _actions(inputs: Inputs) -> Rows:
    """Return the actions that somebody owns and that were opened by today."""
    read = rows(inputs.needs["register.actions"], "row.id", "row.owner", "row.opened_on")
    now = today(inputs).isoformat()
    owned = (row for row in read.known
             if not says_nothing(row["row.owner"]) and row["row.opened_on"] <= now)  # fmt: skip
    return Rows(tuple(owned), read.failure)


def _young(read: Rows, inputs: Inputs) -> Iterator[Row]:
    for row in read.known:
        on = day(row["row.performed_on"])
        if on <= today(inputs) <= after(on, inputs.args["within"]):
            yield row


def _acted(row: Row, actions: Rows) -> bool:
    named = {text.strip() for text in row["row.action_refs"]}
    return bool(named) and named <= {one["row.id"] for one in actions.known}


@measure("assessments-held", per="population", args=("within",), yields=_HELD, on_empty=True)
def assessments_held(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``in_time``, whether the newest is young enough, and ``gaps`` between older ones.

    ``within`` is a calendar duration from one assessment to the next. One that was not read may
    be the newest, or close a gap.
    """
    read, now = rows(inputs.population, "row.performed_on"), today(inputs)
    try:
        days = sorted({day(row["row.performed_on"]) for row in read.known})
    except MissingFact as signal:
        yield told(dict.fromkeys(_HELD, signal.failure))
        return
    held = [on for on in days if on <= now]
    kept = bool(held) and after(held[-1], inputs.args["within"]) >= now
    gaps = [
        f"none between {first} and {second}"
        for first, second in pairwise(held)
        if after(first, inputs.args["within"]) < second
    ]
    notes = (f"the newest is of {held[-1]}",) if held else ()
    yield told({"in_time": kept or read.failure or False, "gaps": read.failure or gaps}, "", notes)


@measure(
    "topics-concluded", per="population", args=("topics", "within"), yields=("open",), on_empty=True
)
def topics_concluded(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``open``: topics without a conclusion in the assessment that has the most of them.

    It is one from ``within`` the time before today, from which actions follow. A conclusion is
    written ``topic: what was concluded``, and has to say something.
    """
    paths = ("row.performed_on", "row.conclusions", "row.action_refs")
    read, actions = rows(inputs.population, *paths), _actions(inputs)
    wanted = plain(inputs.args["topics"])
    try:
        young = list(_young(read, inputs))
    except MissingFact as signal:
        yield told({"open": signal.failure})
        return
    lacks = [sorted(wanted - _concluded(row)) for row in young if _acted(row, actions)]
    least = min(lacks, key=len, default=sorted(wanted))
    yield told({"open": (read.failure or actions.failure or least) if least else []})


def _concluded(row: Row) -> set[str]:
    parts = [text.partition(":") for text in row["row.conclusions"]]
    return plain(topic for topic, _, text in parts if not says_nothing(text))


@measure("changes-assessed", per="resource", args=("within",), yields=_FOLLOWED)
def changes_assessed(inputs: Inputs) -> Iterator[Measured]:
    """Yield per major change whether an assessment ``followed``, and whether its time is ``over``.

    It follows on the day of the change or up to ``within`` after it, and names the change. A
    change to come has not happened, so that nothing is over. An assessment that was not read may
    be the one.
    """
    needed = inputs.needs["register.assessments"]
    read = rows(needed, "row.performed_on", "row.trigger_changes")
    for item in inputs.population.items:
        try:
            yield told(_change(item, read, inputs), item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(_FOLLOWED, signal.failure), item.id)


def _change(item: Item, read: Rows, inputs: Inputs) -> dict[str, bool | Failure]:
    begun, name = day(item.get("row.effective_on")), item.get("row.id")
    limit, now = after(begun, inputs.args["within"]), today(inputs)
    held = [
        day(row["row.performed_on"])
        for row in read.known
        if name in {text.strip() for text in row["row.trigger_changes"]}
    ]
    followed = any(begun <= on <= min(limit, now) for on in held)
    return {"followed": followed or read.failure or False, "over": now > limit}
