"""What accounts may do, joined to who owns them and to why they may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.measures.reading import rows, today
from troth.model import Failure

_STAFF = ("person_id", "start_date", "end_date", "status", "accounts")
_ROW = ("person_id", "system", "grant", "justification", "approver", "granted_on", "revoked_on")


@measure("grants-owned", per="resource", yields=("strangers",))
def grants_owned(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``strangers``: logins with a grant that nobody who works here owns.

    ``register.staff`` lists a person's accounts as ``system:login``. Half a list of grants, or of
    staff, leaves it missing, unless it names a stranger for certain.
    """
    owners, unsure = _owners(inputs)
    for item in inputs.population.items:
        try:
            held, cut = _held(item)
            system = item.get("system.name")
        except MissingFact as missing:
            yield told({"strangers": missing.failure}, item.id)
            continue
        found = sorted({one["login"] for one in held} - _known(system, owners))
        lacking = unsure or (None if found else cut)
        yield told({"strangers": lacking or found}, item.id)


@measure("grants-justified", per="resource", yields=("unjustified",))
def grants_justified(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``unjustified``: ``login: grant (by)`` of each grant without a row that holds today.

    The row of ``register.entitlements`` names the person who owns the account, or the account
    itself (``system:login``); it has a justification, was approved by somebody else, and covers
    today. Rows without a grant are notes. What could not be read leaves it missing, unless there
    is a grant that no row could justify.
    """
    owners, unsure = _owners(inputs)
    read = rows(inputs.needs["register.entitlements"], *(f"row.{name}" for name in _ROW))
    now = today(inputs).isoformat()
    good = {
        (row["row.person_id"], row["row.system"], row["row.grant"])
        for row in read.known
        if _holds({name: row[f"row.{name}"] for name in _ROW}, now)
    }
    for item in inputs.population.items:
        try:
            held, cut = _held(item)
            system = item.get("system.name")
        except MissingFact as missing:
            yield told({"unjustified": missing.failure}, item.id)
            continue
        used, found = set(), []
        for one in held:
            account = f"{system}:{one['login']}"
            people = owners.get(account, set()) | {account}
            rights = {(person, system, one["grant"]) for person in people} & good
            used |= rights
            found += [] if rights else [f"{one['login']}: {one['grant']} ({one['by']})"]
        lacking = (read.failure or unsure) if found else cut
        idle = sorted(f"{who}: {what}" for who, where, what in good - used if where == system)
        notes = (f"rows without a live grant: {', '.join(idle[:10])}",) if idle and not cut else ()
        yield told({"unjustified": lacking or sorted(found)}, item.id, notes)


def _owners(inputs: Inputs) -> tuple[dict[str, set[str]], Failure | None]:
    """Return who works here and owns each ``system:login``, and why there may be more."""
    read = rows(inputs.needs["register.staff"], *(f"row.{name}" for name in _STAFF))
    found: dict[str, set[str]] = {}
    now = today(inputs).isoformat()
    for row in read.known:
        ends = row["row.end_date"]
        gone = row["row.status"] == "ended" or (ends is not None and ends < now)
        if not gone and row["row.start_date"] <= now:
            for account in row["row.accounts"]:
                found.setdefault(account, set()).add(row["row.person_id"])
    return found, read.failure


def _known(system: str, owners: Mapping[str, set[str]]) -> set[str]:
    return {one.removeprefix(f"{system}:") for one in owners if one.startswith(f"{system}:")}


def _held(item: Item) -> tuple[list[Mapping[str, Any]], Failure | None]:
    """Return the grants that were read, and why there may be more."""
    known = item.get("grants.held")
    try:
        return item.items("grants.held"), None
    except MissingFact as missing:
        return list(known["items"]), missing.failure


def _holds(row: Mapping[str, Any], now: str) -> bool:
    began = row["granted_on"] <= now
    ends = row["revoked_on"]
    told_why = bool((row["justification"] or "").strip())
    return (
        began and (ends is None or ends >= now) and told_why and row["approver"] != row["person_id"]
    )
