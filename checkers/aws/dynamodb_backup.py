"""The recovery points of DynamoDB tables: on-demand backups, and what AWS Backup keeps in vaults.

Point-in-time recovery is a setting, not a recovery point; it is kept in ``raw``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from troth.checker import (
    ABSENT,
    Facts,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    call,
    demand,
    facet,
)
from troth.checkers.aws.backup import BackupChecker
from troth.checkers.aws.dynamodb import DynamoRegion, table_tags
from troth.checkers.aws.facts import instant
from troth.checkers.aws.family import Rows
from troth.checkers.aws.points import Point, point_of, points_facts, vault_sources

_STATES = {"AVAILABLE": "completed", "CREATING": "running"}
#: SYSTEM backups are what DynamoDB makes of a table with point-in-time recovery when it is deleted.
_TRIGGERS = {"USER": "manual", "SYSTEM": "automatic", "AWS_BACKUP": "unknown"}


class TableBackups(BackupChecker, DynamoRegion):
    """The backups of each table, also of tables that are gone."""

    id = "aws.dynamodb-backup"
    kind = "backup-set"
    source_service, source_prefix = "dynamodb", "table/"
    lists = ("identity", "tables", "backups", "vaults")

    @call("dynamodb:ListBackups", actions=["dynamodb:ListBackups"], per="partition")
    def backups(self) -> Rows:
        """Return every backup of the region, whoever made it, once for all tables."""
        return self.pages(
            "dynamodb:ListBackups",
            "BackupSummaries",
            require=["BackupArn", "TableArn", "TableName"],
            BackupType="ALL",
        )

    @call(
        "dynamodb:DescribeContinuousBackups",
        actions=["dynamodb:DescribeContinuousBackups"],
        per="resource",
        # Nothing is judged by it, so a refusal or a table that is gone must not cost the points.
        absent_on=["AccessDeniedException", "TableNotFoundException", "ResourceNotFoundException"],
    )
    def continuous_response(self, table: Resource) -> Any:
        """Return whether point-in-time recovery is on."""
        if "@" in table.id:
            return ABSENT
        return self.ask(
            "dynamodb:DescribeContinuousBackups",
            ["ContinuousBackupsDescription"],
            TableName=table.name,
        )

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield a set for each table, and for each table that only backups remember."""
        tables: Rows = self.read("tables")
        yield from self.listed(tables, self.table)
        live = {self.table(row).id for row in tables.items}
        yield from self.gone_sets(live, self._backup_sources)

    def _backup_sources(self) -> Rows:
        rows: Rows = self.read("backups")
        return Rows(tuple({"ResourceArn": row["TableArn"]} for row in rows.items), rows.failure)

    @facet("subject", uses=["tables", "table_response"])
    def subject(self, table: Resource, tables: Rows, response: Any) -> Mapping[str, Any] | Facts:
        """Return what the table is; a table stands alone."""
        if response is ABSENT:
            return self.unlisted_subject("table", table, tables)
        created = instant(demand(response, "Table", "CreationDateTime"))
        return {"form": "table", "state": "present", "created_at": created, "system": ""}

    @facet(
        "points",
        uses=["backups", "continuous_response", "vaults", "vault_points"],
        keys="vault_keys",
    )
    def points(
        self,
        table: Resource,
        backups: Rows,
        continuous: Any,
        vaults: Rows,
        by_vault: Mapping[str, Rows],
    ) -> Facts:
        """Return the backups of every table that had this name: their ids tell them apart."""
        own = () if "@" in table.id else backups.where("TableArn", table.id)
        sources = vault_sources(vaults, by_vault, table.id.partition("@")[0])
        native = (backups, own, partial(_point, f"aws:{self.region}"))
        return points_facts([native, *sources], raw=_continuous(continuous))

    @facet("tags", uses=["tags_response"])
    def tags(self, table: Resource, response: Any) -> Mapping[str, str]:
        """Return the table's tags; a table that is gone has none."""
        return table_tags(response)


def _point(place: str, row: Mapping[str, Any]) -> Point:
    state = _STATES.get(str(demand(row, "BackupStatus")))
    trigger = _TRIGGERS.get(str(demand(row, "BackupType")))
    if state is None or trigger is None:
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "a backup of an unknown state or type")
    return point_of(
        str(row["BackupArn"]),
        started=demand(row, "BackupCreationDateTime"),
        completed=None,
        state=state,
        trigger=trigger,
        encrypted=True,
        place=place,
        storage="other",
        size_bytes=row.get("BackupSizeBytes"),
    )


def _continuous(response: Any) -> Mapping[str, Any]:
    if response is ABSENT:
        return {}
    described = response["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    return {"point_in_time_recovery": str(described.get("PointInTimeRecoveryStatus", "unknown"))}
