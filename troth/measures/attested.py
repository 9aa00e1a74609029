"""Whether a signed statement that has not expired covers the clause."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.reading import today
from troth.model import Failure, Reason


@measure("attested", per="population", yields=("current",), on_empty=True)
def attested(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``current``: True when a statement covers this control and clause today.

    A statement that names no clause covers every clause that binds the control. It holds from
    ``signed_on`` through the whole of ``expires_on``. Without one, ``current`` is missing: that
    nobody signed is no proof that the promise is broken.
    """
    signed, failure = current(inputs)
    if signed:
        newest = max((str(item.get("statement.expires_on")), words(item)) for item in signed)
        yield Measured({"current": True}, notes=(newest[1],))
    else:
        yield Measured({}, missing={"current": failure})


def current(inputs: Inputs) -> tuple[list[Item], Failure]:
    """Return the statements that cover this control and clause today, and why there are no more."""
    failure, expired = inputs.population.failure, ""
    signed = []
    for item in inputs.population.items:
        try:
            if not _covers(item, inputs):
                continue
            expires = str(item.get("statement.expires_on"))
            if item.get("statement.signed_on") > today(inputs).isoformat():
                continue
            if expires < today(inputs).isoformat():
                expired = max(expired, expires)
            else:
                words(item)  # all that is told of it has to be there
                signed.append(item)
        except MissingFact as missing:
            failure = failure or missing.failure
    return signed, failure or _nobody(inputs, expired)


def _covers(item: Item, inputs: Inputs) -> bool:
    if item.get("statement.control") != inputs.control:
        return False
    named = item.get("statement.clauses")
    if inputs.clause in named["items"]:
        return True
    return not item.items("statement.clauses")


def words(item: Item) -> str:
    """Return who signed a statement, when and until when."""
    name, role = item.get("statement.signer_name"), item.get("statement.signer_role")
    signed, expires = item.get("statement.signed_on"), item.get("statement.expires_on")
    return f"signed by {name} ({role}) on {signed}, until {expires}"


def _nobody(inputs: Inputs, expired: str) -> Failure:
    what = f"{inputs.control} and {inputs.clause}" if inputs.clause else inputs.control
    text = f"the newest statement for {what} expired on {expired}"
    return Failure(
        Reason.NOT_ATTESTED,
        f"{text if expired else f'no signed statement covers {what}'}; have one signed",
    )
