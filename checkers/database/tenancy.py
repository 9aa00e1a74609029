"""What separates the customers that a target names, from what each account reaches; any product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from troth.checker import Facts, Failure, ObservationFailed, Reason, complete, partial
from troth.checkers.database.usage import matches, tenants_of

#: Rights by which rows are seen or changed.
_ROWS = ("read", "write", "all")


def tenancy(
    target: Mapping[str, Any],
    reached: Mapping[str, Mapping[str, str]],
    places: Iterable[str],
    filled: Iterable[str],
    unread: Failure | None,
) -> Facts:
    """Return the facet ``tenancy``.

    ``reached`` maps each account that may sign in to the strongest right at each place, ``places``
    are all there are, ``filled`` those with a table that may hold a row. ``unread`` tells why a
    part of the server could not be looked at. Raises :class:`ObservationFailed` without tenants.
    """
    if not target.get("tenants"):
        words = "the target names no tenants; say for each customer its accounts and places"
        raise ObservationFailed(Reason.NO_DATA, words)
    owners = _owners(target, places)
    mine = {name: tenants_of(target, name, "accounts") for name in reached}
    facts: dict[str, list[Any]] = {
        "tenants": _tenants(target, mine, owners),
        "crossings": list(_crossings(reached, mine, owners)),
        "shared": _shared(target, reached, mine, owners, set(filled)),
    }
    if unread is None:
        return Facts({name: complete(items) for name, items in facts.items()})
    # What was read may cross or be shared; a customer's place may lie in what was not.
    listed = {name: partial(items) for name, items in (facts | {"tenants": []}).items()}
    return Facts(listed, dict.fromkeys(facts, unread))


def _owners(target: Mapping[str, Any], places: Iterable[str]) -> dict[str, list[str]]:
    """Return whose each place is: a schema is of whom it is itself, or else its database."""
    found = {}
    for place in places:
        own = tenants_of(target, place, "places")
        found[place] = own or tenants_of(target, place.partition(".")[0], "places")
    return found


def _tenants(
    target: Mapping[str, Any], mine: Mapping[str, list[str]], owners: Mapping[str, list[str]]
) -> list[dict[str, Any]]:
    return [
        {
            "tenant": tenant,
            "accounts": sorted(name for name, of in mine.items() if tenant in of),
            "places": sorted(place for place, of in owners.items() if tenant in of),
        }
        for tenant in sorted(target["tenants"])
    ]


def _crossings(
    reached: Mapping[str, Mapping[str, str]],
    mine: Mapping[str, list[str]],
    owners: Mapping[str, list[str]],
) -> Iterable[dict[str, str]]:
    for account, rights in reached.items():
        for tenant in mine[account]:
            for place, right in rights.items():
                for other in owners.get(place, ()):
                    if other != tenant:
                        yield {
                            "account": account,
                            "tenant": tenant,
                            "other": other,
                            "place": place,
                            "right": right,
                        }


def _shared(
    target: Mapping[str, Any],
    reached: Mapping[str, Mapping[str, str]],
    mine: Mapping[str, list[str]],
    owners: Mapping[str, list[str]],
    filled: set[str],
) -> list[str]:
    open_to = {
        place
        for account, rights in reached.items()
        if mine[account]
        for place, right in rights.items()
        if right in _ROWS
    }
    allowed = target.get("shared_places", ())
    return sorted(
        place for place in open_to & filled if not owners.get(place) and not matches(place, allowed)
    )
