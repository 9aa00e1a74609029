"""EC2 security groups: which connections each lets in. Rules for outgoing ones are not read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from troth.checker import Listed, Resource, call, complete, demand, facet
from troth.checkers.aws.family import AwsRegionChecker, Rows, tags_of

_ANYWHERE = frozenset({"0.0.0.0/0", "::/0"})


class SecurityGroups(AwsRegionChecker):
    """Security groups of one region, with their rules, from DescribeSecurityGroups alone."""

    id = "aws.ec2.security-group"
    kind = "ingress-ruleset"
    lists = ("identity", "groups")

    @call("ec2:DescribeSecurityGroups", actions=["ec2:DescribeSecurityGroups"], per="partition")
    def groups(self) -> Rows:
        """Return every security group with its rules, over all pages."""
        return self.pages(
            "ec2:DescribeSecurityGroups",
            "SecurityGroups",
            require=["GroupId", "GroupName"],
            page_size=1000,
        )

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every security group of the region."""
        yield from self.listed(self.read("groups"), self._group)

    def _group(self, row: Mapping[str, Any]) -> Resource:
        # A group that another account shares has that account's ARN; emulators give none at all.
        arn = row.get("SecurityGroupArn") or self.arn("ec2", f"security-group/{row['GroupId']}")
        return Resource(id=arn, name=row["GroupName"])

    @facet("default", uses=["groups"])
    def default(self, group: Resource, groups: Rows) -> dict[str, Any]:
        """Return that nothing comes in without a rule; AWS calls its own groups ``default``.

        Nobody else can use that name.
        """
        row = _row(groups, group)
        return {"action": "deny", "pre_made": row["GroupName"] == "default"}

    @facet("allows", uses=["groups"])
    def allows(self, group: Resource, groups: Rows) -> dict[str, Any]:
        """Return one rule for each protocol, port range and source in IpPermissions."""
        row = _row(groups, group)
        rules: list[dict[str, str]] = []
        for permission in demand(row, "IpPermissions"):
            protocol, ports = _traffic(permission)
            for source in _sources(permission):
                rules.append(
                    {
                        # AWS refuses a second rule with the same three, so they are the name.
                        "id": f"{protocol}:{ports}:{source}",
                        "sources": source,
                        "protocol": protocol,
                        "ports": ports,
                        "scope": _scope(source, row["GroupId"]),
                    }
                )
        return {"rules": complete(rules)}

    @facet("tags", uses=["groups"])
    def tags(self, group: Resource, groups: Rows) -> dict[str, str]:
        """Return the group's tags; EC2 leaves the member out where there are none."""
        return tags_of(_row(groups, group).get("Tags", ()))


def _row(groups: Rows, group: Resource) -> Mapping[str, Any]:
    return groups.one("GroupId", group.id.rpartition("/")[2])


def _traffic(permission: Mapping[str, Any]) -> tuple[str, str]:
    """Return protocol and ports; for ICMP the type stands where the port would."""
    protocol = demand(permission, "IpProtocol")
    if protocol == "-1":
        return "all", "all"
    low = permission.get("FromPort", -1)
    high = permission.get("ToPort", -1)
    if low == -1 or (low, high) == (0, 65535):
        return protocol, "all"
    if protocol.startswith("icmp") or low == high:
        return protocol, str(low)
    return protocol, f"{low}-{high}"


def _sources(permission: Mapping[str, Any]) -> Iterator[str]:
    for row in demand(permission, "IpRanges"):
        yield demand(row, "CidrIp")
    for row in demand(permission, "Ipv6Ranges"):
        yield demand(row, "CidrIpv6")
    for row in demand(permission, "PrefixListIds"):
        yield demand(row, "PrefixListId")
    for row in demand(permission, "UserIdGroupPairs"):
        yield demand(row, "GroupId")


def _scope(source: str, own: str) -> str:
    if source in _ANYWHERE:
        return "anywhere"
    return "itself" if source == own else "somewhere"
