"""The recovery points of RDS instances and clusters: snapshots, and what AWS Backup keeps.

A snapshot names its database and, apart from that, the resource id of the database that it was
made of. A database that was made anew under an old name does not inherit the old one's snapshots:
those form a set of their own, with ``#`` and the old resource id behind the ARN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from troth.checker import Facts, Listed, ObservationFailed, Reason, Resource, demand
from troth.checkers.aws.backup import BackupChecker
from troth.checkers.aws.facts import instant
from troth.checkers.aws.family import AwsRegionChecker, Rows
from troth.checkers.aws.points import Point, Row, point_of, points_facts, vault_sources
from troth.model import Failure

_STATES = {
    "available": "completed",
    "deleting": "completed",
    "exporting": "completed",
    "modifying": "completed",
    "upgrading": "completed",
    "creating": "running",
    "copying": "running",
    "failed": "failed",
}
_TRIGGERS = {"automated": "automatic", "manual": "manual", "awsbackup": "unknown"}
_CONTINUOUS = {
    "active": "completed",
    "retained": "completed",
    "replicating": "completed",
    "creating": "running",
    "pending": "running",
}


@dataclass(frozen=True)
class Words:
    """What the API calls the same fields of instances and of clusters."""

    identifier: str
    arn: str
    resource_id: str
    created: str
    snapshot_arn: str
    encrypted: str
    continuous_arn: str
    continuous_encrypted: str


class DatabaseBackups(BackupChecker, AwsRegionChecker):
    """What instances and clusters have in common; the listings differ."""

    words: ClassVar[Words]
    source_service = "rds"

    def sets(self, stores: Rows, snapshots: str, continuous: str) -> Iterator[Resource | Listed]:
        """Yield a set for each database, and for each that only recovery points remember."""
        made = partial(_resource, self.words, self.partition.name)
        yield from self.listed(stores, made)
        live = {str(row[self.words.arn]) for row in stores.items}

        def sources(name: str, owner: Callable[[Words, Rows, Row], str]) -> Rows:
            rows: Rows = self.read(name)
            owners = ({"ResourceArn": owner(self.words, stores, row)} for row in rows.items)
            return Rows(tuple(owners), rows.failure)

        native = [partial(sources, snapshots, _snapshot_owner)]
        native.append(partial(sources, continuous, _continuous_owner))
        yield from self.gone_sets(live, *native)

    def subject_of(self, database: Resource, stores: Rows) -> Mapping[str, Any] | Facts:
        """Return what the database is; it stands alone."""
        found = stores.where(self.words.arn, database.id)
        if not found:
            return self.unlisted_subject("database", database, stores)
        facts = {"form": "database", "state": "present", "system": ""}
        if self.words.created not in found[0]:
            pending = Failure(Reason.NO_DATA, "the database is still being created")
            return Facts(facts, missing={"created_at": pending})
        return facts | {"created_at": instant(found[0][self.words.created])}

    def points_of(
        self,
        database: Resource,
        stores: Rows,
        snapshots: Rows,
        continuous: Rows,
        vaults: Rows,
        by_vault: Mapping[str, Rows],
    ) -> Facts:
        """Return snapshots and vaulted points; a continuous backup only where it is all there is.

        Where the database lives, its automated snapshots stand for its continuous backup.
        """
        own = self._owned(database, stores, snapshots, _snapshot_owner)
        kept = self._owned(database, stores, continuous, _continuous_owner)
        if stores.where(self.words.arn, database.id):
            kept = []
        place = f"aws:{self.region}"
        return points_facts(
            [
                (snapshots, filter(_has_begun, own), partial(_snapshot, self.words, place)),
                (continuous, kept, partial(_continuous, self.words, place)),
                *vault_sources(vaults, by_vault, database.id.partition("@")[0]),
            ]
        )

    def _owned(
        self,
        database: Resource,
        stores: Rows,
        rows: Rows,
        owner: Callable[[Words, Rows, Row], str],
    ) -> list[Row]:
        named = rows.where(self.words.identifier, database.name)
        return [r for r in named if self.set_of(owner(self.words, stores, r)) == database.id]

    def set_of(self, source: str) -> str:
        """Return the id of a source's set, marked if the source lies in another region."""
        return source if source.split(":")[3] == self.region else f"{source}@{self.region}"


def _resource(words: Words, partition: str, row: Row) -> Resource:
    return Resource(str(row[words.arn]), str(row[words.identifier]), partition)


def _snapshot_owner(words: Words, stores: Rows, row: Row) -> str:
    """Return the ARN of the database that a snapshot was made of, as it would be listed."""
    parts = str(row[words.snapshot_arn]).split(":")
    kind = "cluster" if parts[5] == "cluster-snapshot" else "db"
    return _told_apart(words, stores, row, ":".join([*parts[:5], kind, row[words.identifier]]))


def _continuous_owner(words: Words, stores: Rows, row: Row) -> str:
    """Return the ARN that the row gives, or that of the living database of its name."""
    live = stores.where(words.identifier, row[words.identifier])
    arn = live[0][words.arn] if live and words.arn not in row else demand(row, words.arn)
    return _told_apart(words, stores, row, str(arn))


def _told_apart(words: Words, stores: Rows, row: Row, arn: str) -> str:
    """Mark the ARN when a database of this name exists but is another one."""
    live = stores.where(words.arn, arn)
    theirs, ours = row.get(words.resource_id), live[0].get(words.resource_id) if live else None
    return f"{arn}#{theirs}" if theirs and ours and theirs != ours else arn


def _has_begun(row: Row) -> bool:
    """Tell whether a snapshot has data: one that is being created has not even a time."""
    return "SnapshotCreateTime" in row or row.get("Status") != "creating"


def _snapshot(words: Words, place: str, row: Row) -> Point:
    state = _STATES.get(str(demand(row, "Status")))
    trigger = _TRIGGERS.get(str(demand(row, "SnapshotType")))
    if state is None or trigger is None:
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "a snapshot of unknown state or type")
    return point_of(
        str(row[words.snapshot_arn]),
        # A copy gets a new creation time but holds the data of the original.
        started=row.get("OriginalSnapshotCreateTime") or demand(row, "SnapshotCreateTime"),
        completed=None,
        state=state,
        trigger=trigger,
        encrypted=row.get(words.encrypted),
        place=place,
        storage="s3",
        size_bytes=row.get("FullSnapshotSizeInBytes"),
    )


def _continuous(words: Words, place: str, row: Row) -> Point:
    """Return a retained or replicated continuous backup as a point from its earliest time on."""
    state = _CONTINUOUS.get(str(demand(row, "Status")))
    if state is None:
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "a continuous backup of unknown state")
    return point_of(
        # Only a replica has an ARN of its own.
        str(row.get(words.continuous_arn) or f"{demand(row, words.arn)}/continuous"),
        started=demand(row, "RestoreWindow", "EarliestTime"),
        completed=demand(row, "RestoreWindow").get("LatestTime"),
        state=state,
        trigger="automatic",
        encrypted=row.get(words.continuous_encrypted),
        place=place,
        storage="s3",
    )
