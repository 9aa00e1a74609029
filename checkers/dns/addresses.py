"""Facet ``addresses``: whether there is such a name, and whose addresses it leads to."""

from __future__ import annotations

from typing import Any

from troth.checker import Facts, Failure, ObservationFailed, Reason, complete, partial
from troth.checkers.dns.follow import Found, attempt, follow
from troth.checkers.dns.ranges import PROVIDERS, Published, networks
from troth.checkers.dns.records import Look

_TYPES = ("A", "AAAA")


def facts(look: Look, name: str, published: Published) -> Facts:
    """Return the facet; both kinds of address are asked for, and must have been answered."""
    answers = [attempt(look, name, wanted) for wanted in _TYPES]
    found = [answer for answer in answers if isinstance(answer, Found)]
    failure = next((answer for answer in answers if isinstance(answer, Failure)), None)
    if not found and failure:
        raise ObservationFailed(failure.reason, failure.message)
    values: dict[str, Any] = {}
    missing: dict[str, Failure] = {}
    # One family's NXDOMAIN does not speak for a family that gave no answer: servers exist that
    # know no AAAA and then deny the name (RFC 4074 section 4.2).
    if failure is None or any(one.exists for one in found):
        values["exists"] = any(one.exists for one in found)
    else:
        missing["exists"] = failure
    aliases = {alias for one in found for alias in one.aliases}
    _list(values, missing, "aliases", list(aliases), failure)
    addresses = sorted({record.values[0] for one in found for record in one.records})
    items, unplaced = _placed(addresses, published)
    _list(values, missing, "found", items, failure or unplaced)
    return Facts(values, missing, {"ranges": sorted(published.dates)})


def _list(
    values: dict[str, Any],
    missing: dict[str, Failure],
    fact: str,
    items: list[Any],
    failure: Failure | None,
) -> None:
    values[fact] = complete(items) if failure is None else partial(items)
    if failure is not None:
        missing[fact] = failure


def _placed(
    addresses: list[str], published: Published
) -> tuple[list[dict[str, str]], Failure | None]:
    """Return the addresses whose provider is known, and why it is not of the others.

    That an address is nobody's is only known from all the lists.
    """
    items, unplaced = [], []
    for address in addresses:
        one = published.find(address)
        if one is not None:
            item = {"address": address, "provider": one.provider, "region": one.region}
            items.append(item | ({"service": one.service} if one.service else {}))
        elif published.providers == set(PROVIDERS) and not published.failures:
            items.append({"address": address, "provider": "other", "region": ""})
        else:
            unplaced.append(address)
    return items, _why(unplaced[0], published) if unplaced else None


def _why(address: str, published: Published) -> Failure:
    if published.failures:
        return published.failures[0]
    lacking = ", ".join(sorted(set(PROVIDERS) - published.providers))
    text = f"{address} is in no list that is there, and ranges: names no list of {lacking}"
    return Failure(Reason.NO_DATA, text)


def networks_of(look: Look, host: str) -> list[str]:
    """Return the networks of a server's addresses; none for a name that leads nowhere.

    Raises :class:`~troth.checker.ObservationFailed` unless both families were answered.
    """
    found = [follow(look, host, wanted) for wanted in _TYPES]
    return networks(record.values[0] for one in found for record in one.records)
