"""The recovery points of S3 buckets: only AWS Backup makes any. Versioning is no backup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from troth.checker import (
    ABSENT,
    Facts,
    Listed,
    Partition,
    Reason,
    Resource,
    call,
    demand,
    facet,
)
from troth.checkers.aws.access import Door, host_of
from troth.checkers.aws.backup import BackupChecker
from troth.checkers.aws.facts import instant, tags_of
from troth.checkers.aws.family import Rows
from troth.checkers.aws.points import points_facts, vault_sources
from troth.checkers.aws.s3_calls import S3Account
from troth.model import Failure


class BucketBackups(BackupChecker, S3Account):
    """The vaulted points of each bucket, in all regions of the target together."""

    id = "aws.s3-backup"
    kind = "backup-set"
    source_service = "s3"
    lists = ("identity", "buckets", "vaults")

    @classmethod
    def egress(cls, target: Mapping[str, Any], partition: Partition) -> Sequence[str]:
        """Add AWS Backup in every region of the target."""
        door = Door.of(target)
        hosts = {host_of(door, "backup", region) for region in target["regions"]}
        return sorted({*super().egress(target, partition), *hosts})

    @call("backup:ListBackupVaults", actions=["backup:ListBackupVaults"], per="partition")
    def vaults(self) -> Rows:
        """Return the vaults of all regions; not one region's answer, whatever the target's id."""
        return super().vaults()

    def vault_regions(self) -> Sequence[str]:
        """Return the target's regions: buckets are listed once for all of them."""
        return [str(region) for region in self.target["regions"]]

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield a set for each bucket, and for each bucket that only vaults remember."""
        buckets: Rows = self.read("buckets")
        yield from self.listed(buckets, self.bucket)
        yield from self.gone_sets({self.bucket(row).id for row in buckets.items})

    @facet("subject", uses=["buckets"])
    def subject(self, bucket: Resource, buckets: Rows) -> Mapping[str, Any] | Facts:
        """Return what the bucket is; a bucket stands alone."""
        found = buckets.where("Name", bucket.name)
        if not found:
            return self.unlisted_subject("bucket", bucket, buckets)
        created = instant(demand(found[0], "CreationDate"))
        return {"form": "bucket", "state": "present", "created_at": created, "system": ""}

    @facet("points", uses=["buckets", "vaults", "vault_points"], keys="vault_keys")
    def points(
        self, bucket: Resource, buckets: Rows, vaults: Rows, by_vault: Mapping[str, Rows]
    ) -> Facts:
        """Return the bucket's points; vaults are read only in the target's regions."""
        rows = buckets.where("Name", bucket.name)
        region = str(rows[0].get("BucketRegion", "")) if rows else ""
        unread = None
        if region and region not in self.target["regions"]:
            unread = Failure(
                Reason.NOT_SUPPORTED, f"the bucket is in {region}; add it to the target's regions"
            )
        return points_facts(vault_sources(vaults, by_vault, bucket.id), failure=unread)

    @facet("tags", uses=["tagging_response"])
    def tags(self, bucket: Resource, response: Any) -> Mapping[str, str]:
        """Return the bucket's tags; a bucket that is gone has none."""
        return {} if response is ABSENT else tags_of(demand(response, "TagSet"))
