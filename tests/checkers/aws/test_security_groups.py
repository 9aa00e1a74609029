"""Security groups: moto over HTTP; hand-written answers for faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.checkers.aws.scripted import Cut, Refused, Scripted, serve
from tests.checkers.aws.seeing import Sight, see
from troth.checkers.aws.security_groups import SecurityGroups
from troth.model import Reason

PREFIX = "arn:aws:ec2:ap-northeast-1:123456789012:security-group/"
LIST = "ec2:DescribeSecurityGroups"


@pytest.fixture
def server(moto: str) -> Iterator[Scripted]:
    with serve(moto) as scripted:
        yield scripted


def through(server: Scripted, target: Mapping[str, Any]) -> Sight:
    return see(SecurityGroups, {**target, "endpoint_url": server.address})


@pytest.fixture
def vpc(aws: Callable[..., Any]) -> str:
    return str(aws("ec2").create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"])


def make_group(aws: Callable[..., Any], vpc: str, *permissions: dict[str, Any]) -> str:
    ec2 = aws("ec2")
    made = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    if permissions:
        ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=list(permissions))
    return str(made)


def rules_of(seen: Sight, group: str) -> dict[str, dict[str, str]]:
    fact = seen.facts(PREFIX + group, "allows")["rules"]
    assert fact["complete"] is True
    return {rule["id"]: rule for rule in fact["items"]}


def test_a_group_without_rules_lets_nothing_in(
    target: dict[str, Any], aws: Callable[..., Any], vpc: str
) -> None:
    group = make_group(aws, vpc)
    aws("ec2").create_tags(Resources=[group], Tags=[{"Key": "tier", "Value": "web"}])
    seen = see(SecurityGroups, target)
    assert rules_of(seen, group) == {}, "the egress rule that AWS makes does not count"
    assert seen.facts(PREFIX + group, "default") == {"action": "deny", "pre_made": False}
    assert seen.facts(PREFIX + group, "tags") == {"tier": "web"}
    assert seen.made[LIST] == 1


def test_the_group_that_aws_makes_refers_to_itself(
    server: Scripted, target: dict[str, Any]
) -> None:
    # Hand-written: AWS puts a self-reference into default groups, moto leaves them empty.
    pair = {"GroupId": "sg-1", "UserId": "123456789012"}
    everything = {"IpProtocol": "-1", **EMPTY, "UserIdGroupPairs": [pair]}
    server.say(LIST, {"SecurityGroups": [group_row("sg-1", everything, name="default")]})
    seen = through(server, target)
    assert seen.facts(f"{PREFIX}sg-1", "default") == {"action": "deny", "pre_made": True}
    assert rules_of(seen, "sg-1") == {
        "all:all:sg-1": {
            "id": "all:all:sg-1",
            "sources": "sg-1",
            "protocol": "all",
            "ports": "all",
            "scope": "itself",
        }
    }


def test_the_premade_groups_are_told_from_others(
    target: dict[str, Any], aws: Callable[..., Any], vpc: str
) -> None:
    make_group(aws, vpc)
    rows = aws("ec2").describe_security_groups()["SecurityGroups"]
    seen = see(SecurityGroups, target)
    made = {row["GroupId"]: row["GroupName"] for row in rows}
    assert "default" in made.values()
    for group, name in made.items():
        assert seen.facts(PREFIX + group, "default")["pre_made"] is (name == "default")


def test_sources_and_ports(target: dict[str, Any], aws: Callable[..., Any], vpc: str) -> None:
    ec2 = aws("ec2")
    other = ec2.create_security_group(GroupName="lb", Description="lb", VpcId=vpc)["GroupId"]
    prefixes = ec2.create_managed_prefix_list(
        PrefixListName="office",
        MaxEntries=1,
        AddressFamily="IPv4",
        Entries=[{"Cidr": "198.51.100.0/24"}],
    )["PrefixList"]["PrefixListId"]
    group = make_group(
        aws,
        vpc,
        {
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 443,
            "IpRanges": [{"CidrIp": "0.0.0.0/0"}, {"CidrIp": "198.51.100.7/32"}],
            "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
        },
        {
            "IpProtocol": "udp",
            "FromPort": 5000,
            "ToPort": 5010,
            "UserIdGroupPairs": [{"GroupId": other}],
        },
        {
            "IpProtocol": "tcp",
            "FromPort": 0,
            "ToPort": 65535,
            "PrefixListIds": [{"PrefixListId": prefixes}],
        },
        {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
        {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
    )
    rules = rules_of(see(SecurityGroups, target), group)
    assert {(r["protocol"], r["ports"], r["sources"], r["scope"]) for r in rules.values()} == {
        ("tcp", "443", "0.0.0.0/0", "anywhere"),
        ("tcp", "443", "::/0", "anywhere"),
        ("tcp", "443", "198.51.100.7/32", "somewhere"),
        ("udp", "5000-5010", other, "somewhere"),
        ("tcp", "all", prefixes, "somewhere"),
        ("all", "all", "10.0.0.0/8", "somewhere"),
        ("icmp", "8", "0.0.0.0/0", "anywhere"),
    }


EMPTY: dict[str, list[Any]] = {
    "IpRanges": [],
    "Ipv6Ranges": [],
    "PrefixListIds": [],
    "UserIdGroupPairs": [],
}


def group_row(group: str, *permissions: dict[str, Any], name: str = "web") -> dict[str, Any]:
    return {
        "GroupId": group,
        "GroupName": name,
        "OwnerId": "123456789012",
        "IpPermissions": list(permissions),
    }


@pytest.mark.parametrize(
    ("answer", "reason", "permission"),
    [
        (Refused("UnauthorizedOperation", 403), Reason.PERMISSION_DENIED, LIST),
        (Refused("RequestExpired", 400), Reason.EXPIRED_CREDENTIALS, ""),
        (Cut(), Reason.MALFORMED_RESPONSE, ""),
        ({}, Reason.MALFORMED_RESPONSE, ""),
    ],
)
def test_a_listing_that_cannot_be_read_is_not_an_empty_one(
    server: Scripted,
    target: dict[str, Any],
    answer: Refused | Cut | dict[str, Any],
    reason: Reason,
    permission: str,
) -> None:
    server.say(LIST, answer)
    seen = through(server, target)
    assert seen.resources == {}
    (failure,) = seen.incomplete
    assert (failure.reason, failure.permission) == (reason, permission)


def test_a_refused_page_keeps_what_was_read(server: Scripted, target: dict[str, Any]) -> None:
    server.say(
        LIST,
        {"SecurityGroups": [group_row("sg-1")], "NextToken": "more"},
        Refused("UnauthorizedOperation", 403),
    )
    seen = through(server, target)
    assert rules_of(seen, "sg-1") == {}
    (failure,) = seen.incomplete
    assert (failure.reason, failure.permission) == (Reason.PERMISSION_DENIED, LIST)


def test_one_malformed_group_costs_itself(server: Scripted, target: dict[str, Any]) -> None:
    no_sources = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    nameless = {"GroupName": "web"}
    rows = [nameless, group_row("sg-1", no_sources), group_row("sg-2")]
    server.say(LIST, {"SecurityGroups": rows})
    seen = through(server, target)
    assert [failure.reason for failure in seen.incomplete] == [Reason.MALFORMED_RESPONSE]
    assert seen.failure(f"{PREFIX}sg-1", "allows").reason is Reason.MALFORMED_RESPONSE
    assert seen.facts(f"{PREFIX}sg-1", "default")["action"] == "deny"
    assert rules_of(seen, "sg-2") == {}


@pytest.mark.parametrize("lacking", sorted(EMPTY))
def test_a_rule_without_one_of_its_source_lists_is_malformed(
    server: Scripted, target: dict[str, Any], lacking: str
) -> None:
    rest = {name: rows for name, rows in EMPTY.items() if name != lacking}
    server.say(LIST, {"SecurityGroups": [group_row("sg-1", {"IpProtocol": "-1", **rest})]})
    seen = through(server, target)
    assert seen.failure(f"{PREFIX}sg-1", "allows").reason is Reason.MALFORMED_RESPONSE


def test_a_group_of_another_account_keeps_its_own_name(
    server: Scripted, target: dict[str, Any]
) -> None:
    arn = "arn:aws:ec2:ap-northeast-1:999999999999:security-group/sg-9"
    server.say(LIST, {"SecurityGroups": [{**group_row("sg-9"), "SecurityGroupArn": arn}]})
    assert list(through(server, target).resources) == [arn]
