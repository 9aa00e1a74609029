"""Telling customers ahead: early enough, by every way, and all who have to be told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from troth.measures.agreements import same, served
from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told, unproven
from troth.measures.reading import local_day
from troth.model import Failure, Reason

_TOLD = ("due", "early")


@measure("told-before", per="resource", args=("start", "told", "notice"), yields=_TOLD)
def told_before(inputs: Inputs) -> Iterator[Measured]:
    """Yield per resource whether telling is ``due``, and whether it was ``early`` enough.

    ``start`` and ``told`` are the paths of two instants. The last instant that is early enough
    lies one duration ``notice`` before the start; with no notice at all it still has to be before
    the start. What is told at an instant to come is not told. It is due once it was told or the
    last instant is over; without a start it is not.
    """
    for item in inputs.population.items:
        try:
            yield Measured(_early(item, inputs), resource=item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(_TOLD, signal.failure), item.id)


def _early(item: Item, inputs: Inputs) -> dict[str, bool]:
    start, at = item.get(inputs.args["start"]), item.get(inputs.args["told"])
    if start is None:
        return {"due": False, "early": False}
    limit, done = _limit(start, inputs), at is not None and at <= inputs.as_of
    over = inputs.as_of > limit or inputs.as_of >= start
    return {"due": done or over, "early": done and at <= limit and at < start}


def _limit(start: datetime, inputs: Inputs) -> datetime:
    try:
        before: datetime = inputs.args["notice"].before(start, inputs.zone)
    except (OverflowError, ValueError) as error:
        text = f"{start.isoformat()} lies at the end of the calendar; correct it"
        raise unproven(text) from error
    return before


@measure("contacts-told", per="resource", args=("start",), yields=("untold",))
def contacts_told(inputs: Inputs) -> Iterator[Measured]:
    """Yield per planned stop ``untold``: customers of whom some contact was not told, sorted.

    ``register.customers`` has the contacts. A stop affects the customers whom its row names, or
    if it names none, all who are served on the local day of ``start``. A customer without a
    contact was not told; neither was one whom that register does not know.
    """
    for item in inputs.population.items:
        try:
            yield told({"untold": _untold(item, inputs)}, item.id)
        except MissingFact as signal:
            yield told({"untold": signal.failure}, item.id)


def _untold(item: Item, inputs: Inputs) -> list[str] | Failure:
    on = local_day(item.get(inputs.args["start"]), inputs.zone).isoformat()
    named = {same(name) for name in item.items("row.customers")}
    reached = {same(text) for text in item.items("row.recipients")}
    customers = inputs.needs["register.customers"]
    failure, known, untold = customers.failure, set(), set()
    for one in customers.items:
        try:
            name = same(one.get("row.customer"))
            known.add(name)
            if name in named or (not named and served(one, on)):
                contacts = {same(text) for text in one.items("row.contacts")}
                untold |= set() if contacts and contacts <= reached else {name}
        except MissingFact as signal:
            failure = failure or signal.failure
    untold |= set() if failure else named - known
    if untold:
        return sorted(untold)
    text = "register.customers names nobody who has to be told; enter the customers"
    nobody = None if known or named else Failure(Reason.UNPROVEN, text)
    return failure or nobody or []
