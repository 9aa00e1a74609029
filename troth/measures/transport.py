"""Measures over protected connections, where the facts leave room for doubt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.model import Failure, Reason

#: Protections of the path, which an endpoint itself cannot show.
PATHS = frozenset({"VPN", "MPLS"})


@measure(
    "plaintext-reach", per="resource", args=["protections", "tls_required"], yields=["plaintext"]
)
def plaintext_reach(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``plaintext``: whether each store can be reached without any protection.

    Where a VPN or a private line is protection enough, a store that accepts plaintext may be
    protected by its path: that is unproven, unless TLS is required in any case.
    """
    by_path = PATHS & set(inputs.args["protections"]) and not inputs.args["tls_required"]
    for item in inputs.population.items:
        try:
            accepted = item.get("transport.plaintext") == "accepted"
        except MissingFact as signal:
            yield Measured({}, {"plaintext": signal.failure}, resource=item.id)
            continue
        if accepted and by_path:
            text = f"{item.id} accepts plaintext; whether each path to it is private cannot be seen"
            unproven = Failure(Reason.UNPROVEN, text)
            yield Measured({}, {"plaintext": unproven}, resource=item.id)
        else:
            yield Measured({"plaintext": accepted}, resource=item.id)


@measure("weaker-cipher", per="resource", args=["bits"], yields=["weaker"])
def weaker_cipher(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``weaker``: whether each endpoint accepts a session cipher of fewer than ``bits``.

    Asked was for suites below 128 bits alone and for the choice from a full offer. Whether an
    endpoint takes suites of 128 bits alone was not asked, so above 128 bits "no" is unproven.
    """
    for item in inputs.population.items:
        known = _weaker(item, inputs.args["bits"])
        if isinstance(known, Failure):
            yield Measured({}, {"weaker": known}, resource=item.id)
        else:
            yield Measured({"weaker": known}, resource=item.id)


def _weaker(item: Item, bits: int) -> bool | Failure:
    below, preferred = _read(item, "suites_below_128"), _read(item, "preferred_bits")
    if isinstance(preferred, int) and preferred < bits:
        return True
    if below == "accepted" and bits >= 128:
        return True
    if below == "refused" and bits <= 128:
        return False
    text = f"suites below {bits} bits were not offered alone to {item.id}"
    unread = next((fact for fact in (below, preferred) if isinstance(fact, Failure)), None)
    return unread or Failure(Reason.UNPROVEN, text)


def _read(item: Item, fact: str) -> Any:
    """Return a fact of the ciphers, or why it is not there."""
    try:
        return item.get(f"ciphers.{fact}")
    except MissingFact as signal:
        return signal.failure
