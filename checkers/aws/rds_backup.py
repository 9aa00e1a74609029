"""The backup-set checkers of RDS: their listings, and what the API calls their fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from troth.checker import Facts, Listed, Resource, call, facet
from troth.checkers.aws.family import Rows
from troth.checkers.aws.rds import ClusterRegion, RdsRegion, alone
from troth.checkers.aws.rds_points import DatabaseBackups, Words


class InstanceBackups(DatabaseBackups, RdsRegion):
    """The snapshots of each instance outside clusters."""

    id = "aws.rds-backup"
    kind = "backup-set"
    source_prefix = "db:"
    lists = ("identity", "instances", "snapshots", "continuous", "vaults")
    words = Words(
        identifier="DBInstanceIdentifier",
        arn="DBInstanceArn",
        resource_id="DbiResourceId",
        created="InstanceCreateTime",
        snapshot_arn="DBSnapshotArn",
        encrypted="Encrypted",
        continuous_arn="DBInstanceAutomatedBackupsArn",
        continuous_encrypted="Encrypted",
    )

    @call("rds:DescribeDBSnapshots", actions=["rds:DescribeDBSnapshots"], per="partition")
    def snapshots(self) -> Rows:
        """Return every snapshot that the account owns in the region, once for all instances."""
        return self.pages(
            "rds:DescribeDBSnapshots",
            "DBSnapshots",
            require=["DBSnapshotArn", "DBInstanceIdentifier"],
            page_size=100,
        )

    @call(
        "rds:DescribeDBInstanceAutomatedBackups",
        actions=["rds:DescribeDBInstanceAutomatedBackups"],
        per="partition",
    )
    def continuous(self) -> Rows:
        """Return continuous backups: of deleted instances, and replicas from other regions."""
        return self.pages(
            "rds:DescribeDBInstanceAutomatedBackups",
            "DBInstanceAutomatedBackups",
            require=["DBInstanceIdentifier"],
            page_size=100,
            tolerant=True,
        )

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield a set for each instance, living or gone."""
        yield from self.sets(alone(self.read("instances")), "snapshots", "continuous")

    @facet("subject", uses=["instances"])
    def subject(self, database: Resource, instances: Rows) -> Mapping[str, Any] | Facts:
        """Return what the instance is."""
        return self.subject_of(database, instances)

    @facet(
        "points",
        uses=["instances", "snapshots", "continuous", "vaults", "vault_points"],
        keys="vault_keys",
    )
    def points(self, database: Resource, *answers: Any) -> Facts:
        """Return the recovery points."""
        return self.points_of(database, *answers)

    @facet("tags", uses=["instances"])
    def tags(self, database: Resource, instances: Rows) -> Mapping[str, str]:
        """Return the instance's tags."""
        found = instances.where("DBInstanceArn", database.id)
        return self.tags_from(instances, found, "TagList")


class ClusterBackups(DatabaseBackups, ClusterRegion):
    """The snapshots of each cluster."""

    id = "aws.rds-cluster-backup"
    kind = "backup-set"
    source_prefix = "cluster:"
    lists = ("identity", "clusters", "snapshots", "continuous", "vaults")
    words = Words(
        identifier="DBClusterIdentifier",
        arn="DBClusterArn",
        resource_id="DbClusterResourceId",
        created="ClusterCreateTime",
        snapshot_arn="DBClusterSnapshotArn",
        encrypted="StorageEncrypted",
        continuous_arn="DBClusterAutomatedBackupsArn",
        continuous_encrypted="StorageEncrypted",
    )

    @call(
        "rds:DescribeDBClusterSnapshots",
        actions=["rds:DescribeDBClusterSnapshots"],
        per="partition",
    )
    def snapshots(self) -> Rows:
        """Return every cluster snapshot that the account owns in the region."""
        return self.pages(
            "rds:DescribeDBClusterSnapshots",
            "DBClusterSnapshots",
            require=["DBClusterSnapshotArn", "DBClusterIdentifier"],
            page_size=100,
        )

    @call(
        "rds:DescribeDBClusterAutomatedBackups",
        actions=["rds:DescribeDBClusterAutomatedBackups"],
        per="partition",
    )
    def continuous(self) -> Rows:
        """Return continuous backups of deleted clusters."""
        return self.pages(
            "rds:DescribeDBClusterAutomatedBackups",
            "DBClusterAutomatedBackups",
            require=["DBClusterIdentifier"],
            page_size=100,
            tolerant=True,
        )

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield a set for each cluster, living or gone."""
        yield from self.sets(self.read("clusters"), "snapshots", "continuous")

    @facet("subject", uses=["clusters"])
    def subject(self, database: Resource, clusters: Rows) -> Mapping[str, Any] | Facts:
        """Return what the cluster is."""
        return self.subject_of(database, clusters)

    @facet(
        "points",
        uses=["clusters", "snapshots", "continuous", "vaults", "vault_points"],
        keys="vault_keys",
    )
    def points(self, database: Resource, *answers: Any) -> Facts:
        """Return the recovery points."""
        return self.points_of(database, *answers)

    @facet("tags", uses=["clusters"])
    def tags(self, database: Resource, clusters: Rows) -> Mapping[str, str]:
        """Return the cluster's tags."""
        found = clusters.where("DBClusterArn", database.id)
        return self.tags_from(clusters, found, "TagList")
