"""Agreements with customers: which are in force, what they lack, who has none, and their end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.blanks import says_nothing
from troth.measures.outcomes import told, unproven
from troth.measures.reading import Rows, rows, today
from troth.model import Failure, Reason

_IN_FORCE = ("signed_on", "expires_on", "terminated_on")
_PARTIES = ("row.party", *(f"row.{name}" for name in _IN_FORCE))
_KNOWN = ("exemptions", "indicators", "penalties", "responsibilities")
_SIDES = {"provider", "customer"}


def in_force(get: Callable[[str], Any], on: str) -> bool:
    """Tell whether an agreement binds on an ISO date; its first and its last day count."""
    signed, expires, ended = (get(f"row.{name}") for name in _IN_FORCE)
    return bool(signed <= on and (expires is None or on <= expires)
                and (ended is None or on <= ended))  # fmt: skip


def same(name: str) -> str:
    """Return a party's name as names are compared: without regard to case and outer spaces."""
    return name.strip().casefold()


@measure("agreement-parts", per="resource", args=("parts",), yields=("in_force", "lacking"))
def agreement_parts(inputs: Inputs) -> Iterator[Measured]:
    """Yield per agreement whether it is ``in_force``, and which of ``parts`` are ``lacking``.

    A part is there if its column says something. Responsibilities are divided where
    ``register.agreement-duties`` has a duty of each side. A part of another name is
    not-supported.
    """
    read = rows(inputs.needs["register.agreement-duties"], "row.agreement_id", "row.side")
    for item in inputs.population.items:
        try:
            now = today(inputs).isoformat()
            facts = {"in_force": in_force(item.get, now), "lacking": _lacking(item, read, inputs)}
            yield told(facts, item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(("in_force", "lacking"), signal.failure), item.id)


def _lacking(item: Item, read: Rows, inputs: Inputs) -> list[str] | Failure:
    strange = sorted(set(inputs.args["parts"]) - set(_KNOWN))
    if strange:
        text = f"no part is called {', '.join(strange)}; write {', '.join(_KNOWN)}"
        return Failure(Reason.NOT_SUPPORTED, text)
    lacking = [part for part in sorted(inputs.args["parts"]) if not _has(part, item, read)]
    # The duties that were not read may be those of the other side.
    if lacking == ["responsibilities"] and read.failure:
        return read.failure
    return lacking


def _has(part: str, item: Item, read: Rows) -> bool:
    if part == "responsibilities":
        name = item.get("row.id")
        return {row["row.side"] for row in read.known if row["row.agreement_id"] == name} >= _SIDES
    if part == "penalties":
        return not says_nothing(item.get("row.penalties"))
    return not all(says_nothing(text) for text in item.items(f"row.{part}"))


@measure("agreements-held", per="resource", yields=("served", "held"))
def agreements_held(inputs: Inputs) -> Iterator[Measured]:
    """Yield per customer whether it is ``served`` today, and has an agreement in force (``held``).

    An agreement that was not read may be the one.
    """
    read = rows(inputs.needs["register.agreements"], *_PARTIES)
    now = today(inputs).isoformat()
    parties = {same(row["row.party"]) for row in read.known if in_force(row.__getitem__, now)}
    for item in inputs.population.items:
        try:
            held = same(item.get("row.customer")) in parties or read.failure or False
            yield told({"served": served(item, now), "held": held}, item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(("served", "held"), signal.failure), item.id)


def served(item: Item, on: str) -> bool:
    """Tell whether a customer is served on an ISO date."""
    until = item.get("row.served_until")
    return bool(item.get("row.served_from") <= on and (until is None or on <= until))


@measure("agreement-endings", per="resource", yields=("ended",))
def agreement_endings(inputs: Inputs) -> Iterator[Measured]:
    """Yield per agreement whether the service under it has ``ended``: it was terminated.

    One that has expired with no other in force with the same party leaves that missing: nobody
    wrote down whether the service went on.
    """
    read = rows(inputs.population, *_PARTIES)
    now = today(inputs).isoformat()
    parties = {same(row["row.party"]) for row in read.known if in_force(row.__getitem__, now)}
    for item in inputs.population.items:
        try:
            yield told({"ended": _ended(item, now, parties)}, item.id)
        except MissingFact as signal:
            yield told({"ended": signal.failure}, item.id)


def _ended(item: Item, now: str, parties: set[str]) -> bool:
    terminated, expires = item.get("row.terminated_on"), item.get("row.expires_on")
    if terminated is not None and terminated <= now:
        return True
    if expires is None or now <= expires or same(item.get("row.party")) in parties:
        return False
    raise unproven(
        f"{item.id} expired on {expires} and none followed; enter the day on which the service "
        "ended, or the agreement that followed"
    )
