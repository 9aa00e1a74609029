"""What can be reached without protection, where the facts leave room for doubt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.model import Failure, Reason

#: Protections of the path, which an endpoint itself cannot show.
PATHS = frozenset({"VPN", "MPLS"})


@measure(
    "plaintext-reach",
    per="resource",
    args=["protections", "tls_required", "plain", "closed", "doubtful", "outside"],
    yields=["plaintext"],
)
def plaintext_reach(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``plaintext``: whether each resource can be reached without any protection.

    ``plain`` maps ``facet.fact`` to the values that say so, ``closed`` to those after which nothing
    more need be known, ``doubtful`` to those that say nothing, ``outside`` to those of a look from
    a place that no private path leads from. Where a VPN or a private line is protection enough,
    plaintext may be protected by its path: that is unproven, unless it was seen from outside or
    TLS is required in any case.
    """
    by_path = bool(PATHS & set(inputs.args["protections"])) and not inputs.args["tls_required"]
    for item in inputs.population.items:
        seen = _states(item, inputs.args["plain"])
        if seen and by_path and not _states(item, inputs.args["outside"]):
            text = f"{item.id} takes plaintext; whether each path to it is private cannot be seen"
            yield Measured({}, {"plaintext": Failure(Reason.UNPROVEN, text)}, resource=item.id)
        elif seen:
            yield Measured({"plaintext": True}, notes=_words(seen), resource=item.id)
        elif not _states(item, inputs.args["closed"]) and (failure := _gap(item, inputs.args)):
            yield Measured({}, {"plaintext": failure}, resource=item.id)
        else:
            yield Measured({"plaintext": False}, resource=item.id)


def _states(item: Item, wanted: Mapping[str, Sequence[Any]]) -> list[tuple[str, Any]]:
    """Return the facts that have one of their wanted values."""
    found = []
    for path, values in sorted(wanted.items()):
        facet, _, fact = path.partition(".")
        value = item.facts.get(facet, {}).get(fact)
        if value in values:
            found.append((path, value))
    return found


def _words(seen: list[tuple[str, Any]]) -> tuple[str, ...]:
    return tuple(f"{path} is {value}" for path, value in seen)


def _gap(item: Item, args: Mapping[str, Any]) -> Failure | None:
    """Return why it is not settled that nothing is plain, None if it is."""
    for path in sorted({*args["plain"], *args["doubtful"]}):
        try:
            item.get(path)
        except MissingFact as signal:
            return signal.failure
    doubts = _states(item, args["doubtful"])
    if not doubts:
        return None
    path, value = doubts[0]
    return Failure(Reason.UNPROVEN, f"{path} of {item.id} is {value}, which proves nothing")
