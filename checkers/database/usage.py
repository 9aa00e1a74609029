"""What the user says about the accounts of a database: no server knows who uses them, or for whom.

``people`` and ``applications`` are patterns on an account's name (``*`` and ``?``), ``tenants``
gives each customer such patterns for accounts and for places: ``database`` or ``database.schema``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from troth.checker import Facts, Failure, Reason, complete, partial

_PATTERNS = {"type": "array", "items": {"type": "string", "minLength": 1}, "uniqueItems": True}
_NAME = {"type": "string", "minLength": 1}

#: The keys of a target that say it; options of every checker of the family.
OPTIONS: Mapping[str, Any] = {
    "people": _PATTERNS | {"description": "accounts that a person signs in with"},
    "applications": {
        "type": "object",
        "propertyNames": _NAME,
        "additionalProperties": _PATTERNS,
        "description": "by application: the accounts that it signs in with",
    },
    "tenants": {
        "type": "object",
        "propertyNames": _NAME,
        "additionalProperties": {
            "type": "object",
            "additionalProperties": False,
            "required": ["accounts", "places"],
            "properties": {"accounts": _PATTERNS, "places": _PATTERNS},
        },
        "minProperties": 1,
        "description": "by customer: its accounts, and its databases or schemas (database.schema)",
    },
    "shared_places": _PATTERNS | {"description": "places that hold no customer's data"},
}


@dataclass(frozen=True)
class Use:
    """Who an account is for; ``type`` is empty when the target does not say."""

    type: str
    applications: tuple[str, ...] = ()


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Tell whether a name matches one of the patterns; upper and lower case differ."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def use_of(target: Mapping[str, Any], names: Sequence[str], *, root: bool, own: bool) -> Use:
    """Return who an account is for; ``names`` are those it may be written by (with its host, too).

    ``root`` is the account that the server was set up with, ``own`` the one troth signs in with,
    which is an application's unless the target says more.
    """
    found = {
        application
        for application, patterns in target.get("applications", {}).items()
        if any(matches(name, patterns) for name in names)
    }
    if any(matches(name, target.get("people", ())) for name in names):
        return Use("human", tuple(sorted(found)))
    if root:
        return Use("root", tuple(sorted(found)))
    if own and not found:
        found = {"troth"}
    return Use("service" if found else "", tuple(sorted(found)))


def unsaid(names: Iterable[str]) -> Failure:
    """Return why nothing is known of these accounts, with the next step."""
    few = sorted(names)
    more = f" and {len(few) - 3} more" if len(few) > 3 else ""
    text = f"whose accounts {', '.join(few[:3])}{more} are is not said; "
    return Failure(Reason.NO_DATA, text + "name them under people or applications of the target")


def by_account(rows: Iterable[Mapping[str, Any]], without: Iterable[str]) -> Facts:
    """Return the list fact ``accounts``; those in ``without`` are of unsaid use."""
    left_out = sorted(without)
    if left_out:
        return Facts({"accounts": partial(rows)}, {"accounts": unsaid(left_out)})
    return Facts({"accounts": complete(rows)})


def tenants_of(target: Mapping[str, Any], name: str, what: str) -> list[str]:
    """Return the customers whose ``accounts`` or ``places`` (``what``) a name is among."""
    tenants = target.get("tenants", {})
    return sorted(each for each in tenants if matches(name, tenants[each][what]))
