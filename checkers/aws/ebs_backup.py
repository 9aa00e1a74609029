"""The recovery points of EBS volumes: snapshots, and what AWS Backup keeps in vaults.

A copied snapshot names ``vol-ffffffff`` as its volume: AWS does not say what it is a copy of.
Such copies form one backup-set under that id. Snapshots in the recycle bin are listed by another
operation and are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from troth.checker import Facts, Listed, ObservationFailed, Reason, Resource, call, demand, facet
from troth.checkers.aws.backup import BackupChecker
from troth.checkers.aws.ebs import EbsRegion
from troth.checkers.aws.facts import instant, tags_of
from troth.checkers.aws.family import Rows
from troth.checkers.aws.points import Point, point_of, points_facts, vault_sources

_STATES = {
    "completed": "completed",
    "pending": "running",
    "error": "failed",
    "recoverable": "completed",
    "recovering": "running",
}
#: Tags that the services put on what their schedules make.
_SCHEDULED = "aws:dlm:lifecycle-policy-id"
_PAGE = 1000
#: What AWS names as the volume of every copied snapshot.
_COPIED = "vol-ffffffff"


class VolumeBackups(BackupChecker, EbsRegion):
    """The snapshots of each volume, also of volumes that are gone."""

    id = "aws.ebs-backup"
    kind = "backup-set"
    source_service, source_prefix = "ec2", "volume/"
    lists = ("identity", "volumes", "snapshots", "vaults")

    @call("ec2:DescribeSnapshots", actions=["ec2:DescribeSnapshots"], per="partition")
    def snapshots(self) -> Rows:
        """Return every snapshot that the account owns in the region, once for all volumes."""
        return self.pages(
            "ec2:DescribeSnapshots",
            "Snapshots",
            require=["SnapshotId", "VolumeId"],
            page_size=_PAGE,
            OwnerIds=["self"],
        )

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield a set for each volume, and for each volume that only recovery points remember."""
        volumes: Rows = self.read("volumes")
        yield from self.listed(volumes, self.volume)
        live = {self.volume_arn(str(row["VolumeId"])) for row in volumes.items}
        yield from self.gone_sets(live, self._snapshot_sources)

    def _snapshot_sources(self) -> Rows:
        rows: Rows = self.read("snapshots")
        arns = ({"ResourceArn": self.volume_arn(str(row["VolumeId"]))} for row in rows.items)
        return Rows(tuple(arns), rows.failure)

    @facet("subject", uses=["volumes"])
    def subject(self, volume: Resource, volumes: Rows) -> Mapping[str, Any] | Facts:
        """Return what the volume is and which instance it belongs to."""
        found = _living(volume, volumes)
        if not found:
            return self.unlisted_subject("volume", volume, volumes)
        row = found[0]
        instances = sorted(str(a["InstanceId"]) for a in _attached(row) if "InstanceId" in a)
        return {
            "form": "volume",
            "state": "present",
            "created_at": instant(demand(row, "CreateTime")),
            "system": instances[0] if instances else "",
        }

    def state_by_id(self, store: Resource) -> str:
        """Return ``copy`` also for the set of the snapshots that were copied to here."""
        return "copy" if store.name == _COPIED else super().state_by_id(store)

    @facet("points", uses=["snapshots", "vaults", "vault_points"], keys="vault_keys")
    def points(
        self, volume: Resource, snapshots: Rows, vaults: Rows, by_vault: Mapping[str, Rows]
    ) -> Facts:
        """Return the snapshots of the volume, native ones first, those in vaults over them."""
        own = () if "@" in volume.id else snapshots.where("VolumeId", volume.name)
        sources = vault_sources(vaults, by_vault, volume.id.partition("@")[0])
        return points_facts([(snapshots, own, partial(self._point, volume)), *sources])

    @facet("tags", uses=["volumes"])
    def tags(self, volume: Resource, volumes: Rows) -> Mapping[str, str]:
        """Return the volume's tags."""
        return self.tags_from(volumes, _living(volume, volumes))

    def _point(self, volume: Resource, row: Mapping[str, Any]) -> Point:
        state = _STATES.get(str(demand(row, "State")))
        if state is None:
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, "a snapshot in an unknown state")
        scheduled = _SCHEDULED in tags_of(row.get("Tags", []))
        return point_of(
            # As AWS Backup writes it: a snapshot's ARN names no account.
            ":".join([*volume.id.split(":")[:4], "", f"snapshot/{row['SnapshotId']}"]),
            started=demand(row, "StartTime"),
            completed=row.get("CompletionTime"),
            state=state,
            trigger="automatic" if scheduled else "unknown",
            encrypted=row.get("Encrypted"),
            place=f"aws:{self.region}",
            storage="s3",
            size_bytes=row.get("FullSnapshotSizeInBytes"),
        )


def _living(volume: Resource, volumes: Rows) -> Sequence[Mapping[str, Any]]:
    """Return the volume's row; a set of copies from elsewhere has none, whatever its name."""
    return () if "@" in volume.id else volumes.where("VolumeId", volume.name)


def _attached(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the attachments; EC2 leaves the element out of a volume that is attached nowhere."""
    return list(row.get("Attachments", []))
