"""RDS instances and clusters: moto over HTTP, hand-written answers where moto has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.checkers.aws.peer import Peer, answer, denied
from tests.checkers.aws.seeing import see
from troth.checkers.aws.rds import Clusters, Instances
from troth.model import Failure, Reason

REGION = "ap-northeast-1"
DB = f"arn:aws:rds:{REGION}:123456789012:db:orders"
CLUSTER = f"arn:aws:rds:{REGION}:123456789012:cluster:ledger"


def make(aws: Callable[..., Any], **more: Any) -> Any:
    client = aws("rds")
    given = {
        "DBInstanceIdentifier": "orders",
        "Engine": "postgres",
        "DBInstanceClass": "db.t3.micro",
        "AllocatedStorage": 20,
        "MasterUsername": "admin1",
        "MasterUserPassword": "not-secret",
        "PubliclyAccessible": False,
    }
    client.create_db_instance(**(given | more))
    return client


def test_closed_and_encrypted(aws: Callable[..., Any], target: dict[str, Any]) -> None:
    rds = make(aws, StorageEncrypted=True, Tags=[{"Key": "tier", "Value": "critical"}])
    sight = see(Instances, target)
    assert sight.facts(DB, "encryption")["state"] == "encrypted"
    assert sight.facts(DB, "encryption")["key_bits"] == 256
    assert sight.facts(DB, "exposure") == {"public": False, "ways": {"items": [], "complete": True}}
    assert sight.facts(DB, "location")["places"]["items"] == [f"aws:{REGION}"]
    assert sight.facts(DB, "tags") == {"tier": "critical"}
    [row] = rds.describe_db_instances()["DBInstances"]
    created = row["InstanceCreateTime"].isoformat()
    assert sight.facts(DB, "nature") == {"form": "database", "created_at": created}


def test_open_and_plain(aws: Callable[..., Any], target: dict[str, Any]) -> None:
    make(aws, StorageEncrypted=False, PubliclyAccessible=True)
    sight = see(Instances, target)
    assert sight.facts(DB, "encryption")["state"] == "unencrypted"
    assert sight.facts(DB, "exposure") == {
        "public": True,
        "ways": {"items": ["an address in the internet"], "complete": True},
    }


def parameters(*rows: dict[str, str]) -> Any:
    return answer("rds", "DescribeDBParameters", {"Parameters": list(rows)})


@pytest.mark.parametrize(
    ("engine", "rows", "plaintext"),
    [
        ("postgres", [{"ParameterName": "rds.force_ssl", "ParameterValue": "1"}], "refused"),
        ("postgres", [{"ParameterName": "rds.force_ssl", "ParameterValue": "0"}], "accepted"),
        (
            "mysql",
            [{"ParameterName": "require_secure_transport", "ParameterValue": "ON"}],
            "refused",
        ),
        ("mysql", [{"ParameterName": "require_secure_transport"}], "accepted"),
        ("mysql", [{"ParameterName": "autocommit"}], "accepted"),
        ("sqlserver-ex", [{"ParameterName": "rds.force_ssl", "ParameterValue": "1"}], "refused"),
    ],
)
def test_transport(
    aws: Callable[..., Any],
    peer: Peer,
    doubtful: dict[str, Any],
    engine: str,
    rows: list[dict[str, str]],
    plaintext: str,
) -> None:
    make(aws, Engine=engine)
    peer.fault("rds:DescribeDBParameters", parameters(*rows))
    assert see(Instances, doubtful).facts(DB, "transport") == {"plaintext": plaintext}


def transport_failure(sight: Any) -> Failure:
    failure: Failure = sight.failure(DB, "transport")
    return failure


def test_transport_of_a_default_that_nobody_tells(
    aws: Callable[..., Any], peer: Peer, doubtful: dict[str, Any]
) -> None:
    make(aws)
    peer.fault("rds:DescribeDBParameters", parameters({"ParameterName": "rds.force_ssl"}))
    assert transport_failure(see(Instances, doubtful)).reason is Reason.UNPROVEN


def test_transport_of_oracle(aws: Callable[..., Any], target: dict[str, Any]) -> None:
    make(aws, Engine="oracle-ee")
    assert transport_failure(see(Instances, target)).reason is Reason.NOT_SUPPORTED


def test_parameters_denied(aws: Callable[..., Any], peer: Peer, doubtful: dict[str, Any]) -> None:
    make(aws)
    peer.fault("rds:DescribeDBParameters", denied())
    sight = see(Instances, doubtful)
    assert transport_failure(sight).permission == "rds:DescribeDBParameters"
    assert sight.facts(DB, "encryption")["state"] == "unencrypted"


def test_second_page_of_parameters_denied(
    aws: Callable[..., Any], peer: Peer, doubtful: dict[str, Any]
) -> None:
    make(aws)
    page = {"Parameters": [{"ParameterName": "autocommit"}], "Marker": "more"}
    peer.fault("rds:DescribeDBParameters", answer("rds", "DescribeDBParameters", page), denied())
    assert transport_failure(see(Instances, doubtful)).reason is Reason.PERMISSION_DENIED


def row(**more: Any) -> dict[str, Any]:
    return {
        "DBInstanceIdentifier": "orders",
        "DBInstanceArn": DB,
        "Engine": "postgres",
        "PubliclyAccessible": False,
        "StorageEncrypted": True,
        "TagList": [],
        "DBParameterGroups": [
            {"DBParameterGroupName": "strict", "ParameterApplyStatus": "in-sync"}
        ],
    } | more


def test_parameter_that_waits_for_a_restart(peer: Peer, doubtful: dict[str, Any]) -> None:
    waiting = [{"DBParameterGroupName": "strict", "ParameterApplyStatus": "pending-reboot"}]
    page = {"DBInstances": [row(DBParameterGroups=waiting)]}
    peer.fault("rds:DescribeDBInstances", answer("rds", "DescribeDBInstances", page))
    strict = {"ParameterName": "rds.force_ssl", "ParameterValue": "1"}
    peer.fault("rds:DescribeDBParameters", parameters(strict))
    assert transport_failure(see(Instances, doubtful)).reason is Reason.UNPROVEN


def test_database_that_is_being_created(peer: Peer, doubtful: dict[str, Any]) -> None:
    page = {"DBInstances": [row(DBInstanceStatus="creating")]}
    peer.fault("rds:DescribeDBInstances", answer("rds", "DescribeDBInstances", page))
    facts = see(Instances, doubtful).facts(DB, "nature")
    assert facts == {"form": "database"}
    assert facts.missing["created_at"].reason is Reason.NO_DATA


def make_cluster(aws: Callable[..., Any], **more: Any) -> Any:
    client = aws("rds")
    client.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="strict",
        DBParameterGroupFamily="aurora-postgresql16",
        Description="strict",
    )
    given = {
        "DBClusterIdentifier": "ledger",
        "Engine": "aurora-postgresql",
        "MasterUsername": "admin1",
        "MasterUserPassword": "not-secret",
        "DBClusterParameterGroupName": "strict",
    }
    client.create_db_cluster(**(given | more))
    return client


def test_cluster_is_the_store_and_not_its_member(
    aws: Callable[..., Any], target: dict[str, Any]
) -> None:
    make_cluster(aws, StorageEncrypted=True)
    make(aws, DBClusterIdentifier="ledger", Engine="aurora-postgresql", PubliclyAccessible=True)
    assert see(Instances, target).resources == {}
    sight = see(Clusters, target)
    assert list(sight.resources) == [CLUSTER]
    assert sight.facts(CLUSTER, "encryption")["state"] == "encrypted"
    assert sight.facts(CLUSTER, "exposure") == {
        "public": True,
        "ways": {"items": ["an address in the internet: orders"], "complete": True},
    }


def test_cluster_whose_member_is_not_listed(
    aws: Callable[..., Any], peer: Peer, doubtful: dict[str, Any]
) -> None:
    make_cluster(aws)
    make(aws, DBClusterIdentifier="ledger", Engine="aurora-postgresql")
    peer.fault("rds:DescribeDBInstances", answer("rds", "DescribeDBInstances", {"DBInstances": []}))
    facts = see(Clusters, doubtful).facts(CLUSTER, "exposure")
    assert facts == {"ways": {"items": []}}
    assert facts.missing["public"].reason is Reason.NO_DATA


@pytest.mark.parametrize(("value", "plaintext"), [("1", "refused"), ("0", "accepted")])
def test_cluster_transport(
    aws: Callable[..., Any], peer: Peer, doubtful: dict[str, Any], value: str, plaintext: str
) -> None:
    make_cluster(aws)
    page = {"Parameters": [{"ParameterName": "rds.force_ssl", "ParameterValue": value}]}
    peer.fault(
        "rds:DescribeDBClusterParameters", answer("rds", "DescribeDBClusterParameters", page)
    )
    assert see(Clusters, doubtful).facts(CLUSTER, "transport") == {"plaintext": plaintext}
