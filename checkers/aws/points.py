"""How rows of snapshots and recovery points become the items of a backup-set.

AWS Backup and the services list the same snapshot under the same ARN; a point is reported once,
with the vault as its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from troth.checker import Facts, ObservationFailed, Reason, complete, demand, partial
from troth.checkers.aws.facts import instant
from troth.checkers.aws.rows import Rows
from troth.checkers.lookback import longest
from troth.model import Failure

Point = dict[str, Any]
Row = Mapping[str, Any]
#: A listing, its rows that belong to the store, and how such a row becomes a point.
Source = tuple[Rows | None, Iterable[Row], Callable[[Row], Point]]

_STATES = {
    "COMPLETED": "completed",
    "AVAILABLE": "completed",
    "CREATING": "running",
    "PARTIAL": "suspect",
    "STOPPED": "failed",
    # Still there until AWS has removed it.
    "EXPIRED": "completed",
    "DELETING": "completed",
}


def vaulted(row: Row) -> Point:
    """Return the point that a row of ListRecoveryPointsByBackupVault describes."""
    status = str(demand(row, "Status"))
    if status not in _STATES:
        raise ObservationFailed(
            Reason.MALFORMED_RESPONSE, f"unknown state {status[:40]} of a point"
        )
    arn = str(row["RecoveryPointArn"])
    made_by = row.get("CreatedBy") or {}
    point = point_of(
        arn,
        # When the backup job began; the creation date is when AWS recorded the point.
        started=row.get("InitiationDate") or demand(row, "CreationDate"),
        completed=row.get("CompletionDate"),
        state=_STATES[status],
        trigger="automatic" if made_by.get("BackupPlanId") else "manual",
        place=str(row["Place"]),
        # A point with the ARN of a service is that service's own snapshot under a vault's rules.
        storage="vault" if ":backup:" in arn else "s3",
    )
    return point | _known(encrypted=row.get("IsEncrypted"), size_bytes=row.get("BackupSizeInBytes"))


def point_of(arn: str, *, started: Any, completed: Any, state: str, **more: Any) -> Point:
    """Return a point; ``None`` as completed means that AWS does not record the completion.

    A point that is done but whose completion is not recorded is given its start instead: it
    holds the data of that moment, so its age is never understated.
    """
    started_at = instant(started)
    ended = state in ("completed", "suspect")
    completed_at = instant(completed) if completed is not None else started_at
    return {
        "id": arn,
        "started_at": started_at,
        "completed_at": completed_at if ended else None,
        "state": state,
        **_known(**more),
    }


def _known(**facts: Any) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}


def points_facts(
    sources: Iterable[Source],
    raw: Mapping[str, Any] | None = None,
    failure: Failure | None = None,
) -> Facts:
    """Return the ``points`` facet from several listings.

    A later source replaces a point of the same id. Where a listing or a row failed the list is
    partial, with the first reason. Raises that reason when not one point could be read.
    """
    points: dict[str, Point] = {}
    for rows, chosen, make in sources:
        failure = failure or (rows.failure if rows else None)
        for row in chosen:
            try:
                point = make(row)
            except ObservationFailed as error:
                failure = failure or error.failure
            else:
                points[point["id"]] = points.get(point["id"], {}) | point
    if failure is None:
        return Facts({"recovery_points": complete(points.values())}, raw=raw or {})
    if not points:
        raise ObservationFailed(failure.reason, failure.message, failure.permission)
    return Facts(
        {"recovery_points": partial(points.values())},
        missing={"recovery_points": failure},
        raw=raw or {},
    )


def vault_sources(vaults: Rows, by_vault: Mapping[str, Rows], source: str) -> list[Source]:
    """Return what :func:`points_facts` takes, for the points of one store in all vaults."""
    found: list[Source] = [(vaults, (), vaulted)]
    for rows in by_vault.values():
        found.append((rows, rows.where("ResourceArn", source), vaulted))
    return found


def created_after(lookback: str) -> datetime | None:
    """Return the instant from which points are wanted, or None for all of them.

    A day is added to the longest that the duration can be, because the run is judged at the
    instant at which it began. Raises ``not-supported`` for other than a duration.
    """
    if lookback == "all":
        return None
    return datetime.now(UTC) - timedelta(days=1) - longest(lookback)
