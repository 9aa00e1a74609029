"""RDS databases as data stores: instances that stand alone, and clusters.

An instance that belongs to a cluster keeps no data of its own, so the cluster is the store and its
members only tell whether it can be reached. The same API lists Neptune and DocumentDB.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import (
    Facts,
    Listed,
    Reason,
    Resource,
    call,
    complete,
    demand,
    facet,
    partial,
)
from troth.checkers.aws.facts import encryption_of, instant, tags_of
from troth.checkers.aws.family import AwsRegionChecker, Rows
from troth.checkers.aws.rds_transport import Group, plaintext_of
from troth.model import Failure

_PAGE = 100
_PUBLIC = "an address in the internet"


class RdsRegion(AwsRegionChecker):
    """The listing of instances, shared by all that looks at RDS."""

    lists: ClassVar[Sequence[str]] = ("identity", "instances")

    @call("rds:DescribeDBInstances", actions=["rds:DescribeDBInstances"], per="partition")
    def instances(self) -> Rows:
        """Return the region's database instances."""
        return self.pages(
            "rds:DescribeDBInstances",
            "DBInstances",
            require=["DBInstanceIdentifier", "DBInstanceArn"],
            page_size=_PAGE,
        )

    def instance(self, row: Mapping[str, Any]) -> Resource:
        """Return the resource of a row of DescribeDBInstances."""
        arn, name = str(row["DBInstanceArn"]), str(row["DBInstanceIdentifier"])
        return Resource(arn, name, self.partition.name)


class ClusterRegion(RdsRegion):
    """The listing of clusters."""

    lists: ClassVar[Sequence[str]] = ("identity", "instances", "clusters")

    @call("rds:DescribeDBClusters", actions=["rds:DescribeDBClusters"], per="partition")
    def clusters(self) -> Rows:
        """Return the region's database clusters."""
        return self.pages(
            "rds:DescribeDBClusters",
            "DBClusters",
            require=["DBClusterIdentifier", "DBClusterArn"],
            page_size=_PAGE,
        )

    def cluster(self, row: Mapping[str, Any]) -> Resource:
        """Return the resource of a row of DescribeDBClusters."""
        arn, name = str(row["DBClusterArn"]), str(row["DBClusterIdentifier"])
        return Resource(arn, name, self.partition.name)


def alone(instances: Rows) -> Rows:
    """Return the instances that are in no cluster."""
    rows = tuple(row for row in instances.items if not row.get("DBClusterIdentifier"))
    return Rows(rows, instances.failure)


def created_nature(row: Mapping[str, Any], key: str) -> Facts:
    """Return form and creation; a database has no creation time until it was created."""
    if key in row:
        return Facts({"form": "database", "created_at": instant(row[key])})
    pending = Failure(Reason.NO_DATA, "the database is still being created")
    return Facts({"form": "database"}, missing={"created_at": pending})


class Instances(RdsRegion):
    """RDS database instances outside clusters."""

    id = "aws.rds"
    kind = "data-store"

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every instance that is in no cluster."""
        yield from self.listed(alone(self.read("instances")), self.instance)

    @call("rds:DescribeDBParameters", actions=["rds:DescribeDBParameters"], per="key")
    def parameters(self, group: str) -> Rows:
        """Return the parameters of one parameter group, once for all that use it."""
        return self.pages(
            "rds:DescribeDBParameters",
            "Parameters",
            require=["ParameterName"],
            page_size=_PAGE,
            DBParameterGroupName=group,
        )

    def parameter_groups(self, database: Resource) -> Iterator[str]:
        """Yield the name of the instance's parameter group."""
        row = self.read("instances").one("DBInstanceIdentifier", database.name)
        for group in demand(row, "DBParameterGroups"):
            yield str(demand(group, "DBParameterGroupName"))

    @facet("encryption", uses=["instances"])
    def encryption(self, database: Resource, instances: Rows) -> Mapping[str, Any] | Facts:
        """Return whether RDS encrypts the storage, which it does with AES-256 only."""
        row = instances.one("DBInstanceIdentifier", database.name)
        return encryption_of(demand(row, "StorageEncrypted"), row.get("KmsKeyId"))

    @facet("exposure", uses=["instances"])
    def exposure(self, database: Resource, instances: Rows) -> Mapping[str, Any]:
        """Return whether the instance has a public address."""
        row = instances.one("DBInstanceIdentifier", database.name)
        ways = [_PUBLIC] if demand(row, "PubliclyAccessible") else []
        return {"public": bool(ways), "ways": complete(ways)}

    @facet("location", uses=["instances"])
    def location(self, database: Resource, instances: Rows) -> Mapping[str, Any]:
        """Return the region."""
        instances.one("DBInstanceIdentifier", database.name)
        return {"places": complete([f"aws:{self.region}"])}

    @facet("transport", uses=["instances", "parameters"], keys="parameter_groups")
    def transport(
        self, database: Resource, instances: Rows, parameters: Mapping[str, Rows]
    ) -> Mapping[str, Any]:
        """Return whether the server insists on TLS, by the parameters that are in effect."""
        row = instances.one("DBInstanceIdentifier", database.name)
        groups = [
            Group(
                demand(group, "ParameterApplyStatus") == "in-sync",
                parameters[demand(group, "DBParameterGroupName")],
            )
            for group in demand(row, "DBParameterGroups")
        ]
        return {"plaintext": plaintext_of(str(demand(row, "Engine")), groups)}

    @facet("nature", uses=["instances"])
    def nature(self, database: Resource, instances: Rows) -> Facts:
        """Return when the instance was created."""
        row = instances.one("DBInstanceIdentifier", database.name)
        return created_nature(row, "InstanceCreateTime")

    @facet("tags", uses=["instances"])
    def tags(self, database: Resource, instances: Rows) -> Mapping[str, str]:
        """Return the tags."""
        row = instances.one("DBInstanceIdentifier", database.name)
        return tags_of(demand(row, "TagList"))


class Clusters(ClusterRegion):
    """RDS and Aurora clusters."""

    id = "aws.rds-cluster"
    kind = "data-store"

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every cluster."""
        yield from self.listed(self.read("clusters"), self.cluster)

    @call("rds:DescribeDBClusterParameters", actions=["rds:DescribeDBClusterParameters"], per="key")
    def parameters(self, group: str) -> Rows:
        """Return the parameters of one cluster parameter group."""
        return self.pages(
            "rds:DescribeDBClusterParameters",
            "Parameters",
            require=["ParameterName"],
            page_size=_PAGE,
            DBClusterParameterGroupName=group,
        )

    def parameter_groups(self, database: Resource) -> Iterator[str]:
        """Yield the name of the cluster's parameter group."""
        row = self.read("clusters").one("DBClusterIdentifier", database.name)
        yield str(demand(row, "DBClusterParameterGroup"))

    @facet("encryption", uses=["clusters"])
    def encryption(self, database: Resource, clusters: Rows) -> Mapping[str, Any] | Facts:
        """Return whether RDS encrypts the cluster's volume, which it does with AES-256 only."""
        row = clusters.one("DBClusterIdentifier", database.name)
        return encryption_of(demand(row, "StorageEncrypted"), row.get("KmsKeyId"))

    @facet("exposure", uses=["clusters", "instances"])
    def exposure(self, database: Resource, clusters: Rows, instances: Rows) -> Facts:
        """Return whether a member has a public address; with members unread, only that one has."""
        row = clusters.one("DBClusterIdentifier", database.name)
        members = instances.where("DBClusterIdentifier", database.name)
        named = {str(demand(each, "DBInstanceIdentifier")) for each in _members(row)}
        known = {str(each["DBInstanceIdentifier"]) for each in members}
        ways = sorted(
            f"{_PUBLIC}: {each['DBInstanceIdentifier']}"
            for each in members
            if demand(each, "PubliclyAccessible")
        )
        if row.get("PubliclyAccessible"):
            ways.append(_PUBLIC)
        if named <= known:
            return Facts({"public": bool(ways), "ways": complete(ways)})
        failure = instances.failure or Failure(Reason.NO_DATA, "a member is not listed")
        if ways:
            return Facts({"public": True, "ways": partial(ways)}, missing={"ways": failure})
        return Facts({"ways": partial(())}, missing={"public": failure, "ways": failure})

    @facet("location", uses=["clusters"])
    def location(self, database: Resource, clusters: Rows) -> Mapping[str, Any]:
        """Return the region."""
        clusters.one("DBClusterIdentifier", database.name)
        return {"places": complete([f"aws:{self.region}"])}

    @facet("transport", uses=["clusters", "parameters"], keys="parameter_groups")
    def transport(
        self, database: Resource, clusters: Rows, parameters: Mapping[str, Rows]
    ) -> Mapping[str, Any]:
        """Return whether the cluster's parameters insist on TLS on every member."""
        row = clusters.one("DBClusterIdentifier", database.name)
        states = {each.get("DBClusterParameterGroupStatus", "in-sync") for each in _members(row)}
        group = Group(states <= {"in-sync"}, parameters[demand(row, "DBClusterParameterGroup")])
        return {"plaintext": plaintext_of(str(demand(row, "Engine")), [group])}

    @facet("nature", uses=["clusters"])
    def nature(self, database: Resource, clusters: Rows) -> Facts:
        """Return when the cluster was created."""
        row = clusters.one("DBClusterIdentifier", database.name)
        return created_nature(row, "ClusterCreateTime")

    @facet("tags", uses=["clusters"])
    def tags(self, database: Resource, clusters: Rows) -> Mapping[str, str]:
        """Return the tags."""
        row = clusters.one("DBClusterIdentifier", database.name)
        return tags_of(demand(row, "TagList"))


def _members(row: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = demand(row, "DBClusterMembers")
    return found
