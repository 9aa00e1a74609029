"""Services that answer, and forms that are taken, without credentials."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.exceptions import listed_exception
from troth.model import Failure, Reason

#: Answers to a form that say that nothing was done with it (RFC 9110 section 15.5).
_REFUSALS = (401, 403, 404, 405)


@measure("anonymous-service", per="resource", args=("ports",), yields=("open",))
def anonymous_service(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``open``: whether each port answers a harmless question without credentials.

    ``ports`` are the numbers (texts) whose services there is a question for: one of these that is
    open and said nothing is unproven. Any other is not open in this sense unless it answered.
    """
    for item in inputs.population.items:
        try:
            said, number = item.get("speech.anonymous"), item.get("place.number")
        except MissingFact as signal:
            yield Measured({}, {"open": signal.failure}, resource=item.id)
            continue
        if said == "unsaid" and str(number) in inputs.args["ports"]:
            text = f"{item.id} is open and gave no answer to a question without credentials"
            yield Measured({}, {"open": Failure(Reason.UNPROVEN, text)}, resource=item.id)
        else:
            yield Measured({"open": said == "accepted"}, resource=item.id)


@measure(
    "anonymous-form", per="resource", args=("register", "resource", "until"), yields=("taken",)
)
def anonymous_form(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``taken``: whether each page takes a form without credentials and is not listed.

    A refusal or no answer at all is no. A redirect is no if the page itself leads to the sign-in
    by one; otherwise where it leads is not known, and that is unproven. The arguments are those of
    ``listed-exception``.
    """
    exceptions = {made.resource: made for made in listed_exception(inputs)}
    for item in inputs.population.items:
        taken, exception = _taken(item), exceptions[item.id]
        if taken is False or exception.facts.get("listed"):
            yield Measured({"taken": False}, notes=exception.notes, resource=item.id)
        elif isinstance(taken, Failure) or exception.missing:
            why = taken if isinstance(taken, Failure) else exception.missing["listed"]
            yield Measured({}, {"taken": why}, resource=item.id)
        else:
            yield Measured({"taken": True}, notes=exception.notes, resource=item.id)


def _taken(item: Item) -> bool | Failure:
    try:
        status = item.get("answer.post")
        if status is None or status in _REFUSALS:
            return False
        if not 300 <= status < 400:
            return True
        if item.get("answer.leads_to") == "sign-in":
            return False
    except MissingFact as signal:
        return signal.failure
    text = f"{item.id} redirects a form; whether to the sign-in is not known"
    return Failure(Reason.UNPROVEN, text)
