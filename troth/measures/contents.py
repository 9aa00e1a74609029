"""What was looked into: whether anything was, and whether each purpose has a place."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Measured, MissingFact, measure
from troth.model import Failure, Reason


@measure("purposes-named", per="population", args=("wanted",), yields=("named",), on_empty=True)
def purposes_named(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``named`` for each purpose in ``wanted``: True where a place is kept for it.

    It is never False: that nobody named a place does not show that there is none.
    """
    held: set[str] = set()
    unread = inputs.population.failure
    for item in inputs.population.items:
        try:
            held.update(item.get("use.purposes"))
        except MissingFact as missing:
            unread = unread or missing.failure
    for purpose in sorted(set(inputs.args["wanted"])):
        if purpose in held:
            yield Measured({"named": True}, resource=purpose)
        else:
            text = f"no table, log or folder is named under purposes as {purpose}; name it"
            why = unread or Failure(Reason.NOTHING_FOUND, text)
            yield Measured({}, {"named": why}, resource=purpose)


@measure("something-found", per="population", yields=("found",), on_empty=True)
def something_found(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``found``: True where there is anything at all, and missing where there is nothing."""
    if inputs.population.items:
        yield Measured({"found": True})
    else:
        text = "nothing was found that could be looked into; add a target or allow it more"
        why = inputs.population.failure or Failure(Reason.NOTHING_FOUND, text)
        yield Measured({}, {"found": why})
