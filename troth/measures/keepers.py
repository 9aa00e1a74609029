"""Who can reach backups, joined to the staff register: people without an allowed role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.reading import Row, rows, today
from troth.model import Failure, Reason

_ROW = ("person_id", "roles", "start_date", "end_date", "status", "accounts")


@measure(
    "backup-keepers", per="resource", args=("roles", "services"), yields=("others", "machines")
)
def backup_keepers(inputs: Inputs) -> Iterator[Measured]:
    """Yield per place ``others`` and ``machines``: accounts that should not reach it.

    ``others`` are people's accounts whose owner, by the staff register, has none of ``roles``
    today, or that nobody owns. ``machines`` are service accounts whose login is not among
    ``services``. Names of roles compare without regard to case.
    """
    now = today(inputs).isoformat()
    read = rows(inputs.needs["register.staff"], *(f"row.{name}" for name in _ROW))
    owners: dict[str, list[Row]] = {}
    for row in read.known:
        if _works(row, now):
            for account in row["row.accounts"]:
                owners.setdefault(account, []).append(row)
    roles = {str(role).strip().casefold() for role in inputs.args["roles"]}
    for item in inputs.population.items:
        yield _judged(item, owners, roles, frozenset(inputs.args["services"]), read.failure)


def _judged(
    item: Item,
    owners: Mapping[str, list[Row]],
    roles: set[str],
    services: frozenset[str],
    staff: Failure | None,
) -> Measured:
    try:
        listed: dict[str, Any] = item.get("access.accounts")
    except MissingFact as signal:
        why = signal.failure
        return Measured({}, {"others": why, "machines": why}, resource=item.id)
    unread = None if listed.get("complete") is True else _why(item)
    people = [one["account"] for one in listed["items"] if one["type"] == "person"]
    unowned = [one for one in people if one not in owners]
    others = [one for one in people if one in owners and not _any(owners[one], roles)]
    others += [] if staff else unowned
    doubt = unread or (staff if unowned else None)
    logins = [one["account"] for one in listed["items"] if one["type"] == "service"]
    machines = [one for one in logins if one.rpartition(":")[2] not in services]
    notes = [f"nobody in the staff register owns {one}" for one in sorted(unowned)]
    facts: dict[str, Any] = {"others": sorted(others), "machines": sorted(machines)}
    missing = {
        name: why
        for name, why in (("others", doubt), ("machines", unread))
        if why is not None and not facts[name]
    }
    kept = {name: value for name, value in facts.items() if name not in missing}
    return Measured(kept, missing, tuple(notes), item.id)


def _works(row: Row, now: str) -> bool:
    end = row["row.end_date"]
    current = row["row.start_date"] <= now and (end is None or now <= end)
    return bool(current and row["row.status"] != "ended")


def _any(held: list[Row], roles: set[str]) -> bool:
    return any(role.strip().casefold() in roles for row in held for role in row["row.roles"])


def _why(item: Item) -> Failure:
    text = f"not every account that reaches {item.id} is known"
    return item.missing.get("access.accounts") or Failure(Reason.LISTING_INCOMPLETE, text)
