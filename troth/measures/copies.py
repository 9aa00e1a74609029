"""Measures over jobs that copy data: whether they lead out of the places that were agreed on."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.spots import inside
from troth.model import Failure, Reason


@measure("copied-outside", per="resource", args=["allowed", "told_by", "of"], yields=["outside"])
def copied_outside(inputs: Inputs) -> Iterator[Measured]:
    """Yield whether each job copies to a place outside the ``allowed`` ones.

    ``of`` is ``backups`` or ``data``. Data that stays on the machine is not outside. Of backups
    a job that leads outside and does not say what it copies is not known. With nothing allowed
    the answer is not known until the parameter ``told_by`` is set.
    """
    allowed = sorted(inputs.args["allowed"])
    for item in inputs.population.items:
        try:
            said = _outside(item, allowed, str(inputs.args["told_by"]), str(inputs.args["of"]))
        except MissingFact as signal:
            said = signal.failure
        if isinstance(said, Failure):
            yield Measured({}, {"outside": said}, resource=item.id)
        else:
            yield Measured({"outside": said}, resource=item.id)


def _outside(item: Item, allowed: list[str], told_by: str, of: str) -> bool | Failure:
    if of == "data" and not item.get("destination.leaves"):
        return False
    place = str(item.get("destination.place"))
    if not allowed:
        words = f"which places are agreed on was not told; set {told_by} in troth.yaml"
        return Failure(Reason.NO_DATA, words)
    if any(inside(one, place) for one in allowed):
        return False
    if of == "backups" and item.get("destination.purpose") == "unknown":
        words = f"copies go to {place}, and nothing says whether they are backups; "
        words += f"add the place to {told_by}, or to not_backups of the machine's target"
        return Failure(Reason.UNPROVEN, words)
    return True
