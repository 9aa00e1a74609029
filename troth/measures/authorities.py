"""Reports to authorities: whether they were made in time, to whom, and whether help followed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.blanks import says_nothing
from troth.measures.outcomes import told, unproven
from troth.model import Failure, Reason
from troth.params import Duration

_YIELDS = ("in_time", "addressed")


@measure("authority-reports", per="resource", args=("authorities", "within"), yields=_YIELDS)
def authority_reports(inputs: Inputs) -> Iterator[Measured]:
    """Yield per row whether its report is ``in_time`` and ``addressed`` to an authority.

    The clock runs from ``found_at`` for ``within``; until it is over nothing is late. A row that
    names an authority and no instant leaves open when it was told. It is addressed when
    ``reported_to`` names somebody, by one of the words ``authorities`` if there are any.
    """
    for item in inputs.population.items:
        try:
            yield told({"in_time": _told(item, inputs), "addressed": _named(item, inputs)}, item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(_YIELDS, signal.failure), item.id)


def _told(item: Item, inputs: Inputs) -> bool | Failure:
    found, at = item.get("row.found_at"), item.get("row.reported_at")
    in_time = _in_time(item, (found, at), inputs.args["within"], inputs)
    if not in_time and at is None and not says_nothing(item.get("row.reported_to")):
        text = f"{item.id} names an authority and not when it was told; enter reported_at"
        return Failure(Reason.NO_DATA, text)
    return in_time


def _named(item: Item, inputs: Inputs) -> bool:
    if item.get("row.reported_at") is None:
        return True  # whom it goes to is seen once it has gone
    name = item.get("row.reported_to")
    words = [str(word).casefold() for word in inputs.args["authorities"]]
    known = not words or any(word in (name or "").casefold() for word in words)
    return known and not says_nothing(name)


@measure("authority-help", per="resource", args=("within",), yields=("in_time",))
def authority_help(inputs: Inputs) -> Iterator[Measured]:
    """Yield per row ``in_time``: help was given at most ``within`` after it was asked for.

    As long as no authority has asked, and until the time is over, nothing is late.
    """
    for item in inputs.population.items:
        try:
            yield told({"in_time": _helped(item, inputs)}, item.id)
        except MissingFact as signal:
            yield told({"in_time": signal.failure}, item.id)


def _helped(item: Item, inputs: Inputs) -> bool:
    asked, given = item.get("row.assistance_asked_at"), item.get("row.assistance_given_at")
    if asked is None or asked > inputs.as_of:
        return True
    return _in_time(item, (asked, given), inputs.args["within"], inputs)


def _in_time(
    item: Item, span: tuple[datetime, datetime | None], within: Duration, inputs: Inputs
) -> bool:
    begun, done = span
    if done is not None and done < begun:
        raise unproven(f"{item.id} says that it was done before it began; correct the instants")
    finished = done is not None and done <= inputs.as_of
    end = done if finished and done is not None else inputs.as_of
    return end <= within.after(begun, inputs.zone)
