"""Requests of customers: whether they were answered in time, and refusals with a reason."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.blanks import says_nothing
from troth.measures.outcomes import told, unproven
from troth.model import Failure, Reason

_YIELDS = ("in_time", "explained")


@measure("request-answers", per="resource", args=("within",), yields=_YIELDS)
def request_answers(inputs: Inputs) -> Iterator[Measured]:
    """Yield per request whether its answer is ``in_time``, and whether it is ``explained``.

    Until ``within`` after the request nothing is late. A request that is no longer open and has
    no instant of its answer leaves open whether it was late. Only a refusal has to be explained.
    """
    for item in inputs.population.items:
        try:
            yield told({"in_time": _in_time(item, inputs), "explained": _reason(item)}, item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(_YIELDS, signal.failure), item.id)


def _in_time(item: Item, inputs: Inputs) -> bool | Failure:
    asked, answered = item.get("row.requested_at"), item.get("row.answered_at")
    if answered is not None and answered < asked:
        raise unproven(f"{item.id} was answered before it was made; correct the instants")
    limit = inputs.args["within"].after(asked, inputs.zone)
    if answered is not None and answered <= inputs.as_of:
        return bool(answered <= limit)
    if inputs.as_of <= limit:
        return True
    if answered is None and item.get("row.outcome") != "open":
        text = f"{item.id} has an outcome and not when it was answered; enter answered_at"
        return Failure(Reason.NO_DATA, text)
    return False


def _reason(item: Item) -> bool:
    return item.get("row.outcome") != "refused" or not says_nothing(item.get("row.reason"))
