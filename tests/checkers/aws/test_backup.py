"""Recovery points: native ones from moto; those of AWS Backup hand-written, since moto has none.

The answers of AWS Backup here were written by hand and only their shape is checked, against the
SDK's model; they were not recorded from AWS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.checkers.aws.peer import Fault, Peer, answer, denied, ec2_error, json_error, s3_error
from tests.checkers.aws.seeing import Sight, see
from tests.checkers.driver import Seen, observe
from troth.checkers.aws.dynamodb_backup import TableBackups
from troth.checkers.aws.ebs_backup import VolumeBackups
from troth.checkers.aws.points import created_after
from troth.checkers.aws.rds_backup import ClusterBackups, InstanceBackups
from troth.checkers.aws.s3_backup import BucketBackups
from troth.model import Reason

REGION = "ap-northeast-1"
ACCOUNT = "123456789012"
VOLUME = f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-1"
SNAPSHOT = f"arn:aws:ec2:{REGION}::snapshot/snap-1"
DB = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders"
START = datetime(2026, 11, 20, 19, tzinfo=UTC)
END = datetime(2026, 11, 20, 19, 12, tzinfo=UTC)
BORN = datetime(2024, 3, 1, 9, tzinfo=UTC)


def vaulted(source: str, arn: str, **more: Any) -> dict[str, Any]:
    return {
        "RecoveryPointArn": arn,
        "ResourceArn": source,
        "ResourceType": "EBS",
        "Status": "COMPLETED",
        "CreationDate": START + timedelta(minutes=5),
        "InitiationDate": START,
        "CompletionDate": END,
        "IsEncrypted": True,
        "BackupSizeInBytes": 1024,
        "CreatedBy": {"BackupPlanId": "nightly"},
    } | more


def vault(peer: Peer, *rows: dict[str, Any], name: str = "main") -> None:
    """Let AWS Backup have one vault with these points."""
    vaults = {"BackupVaultList": [{"BackupVaultName": name}]}
    peer.fault("backup:GET /backup-vaults", answer("backup", "ListBackupVaults", vaults))
    points = {"RecoveryPoints": list(rows)}
    peer.fault(
        f"backup:GET /backup-vaults/{name}/recovery-points",
        answer("backup", "ListRecoveryPointsByBackupVault", points),
    )


def volumes(peer: Peer, *rows: dict[str, Any]) -> None:
    page = {"Volumes": [{"VolumeId": "vol-1", "CreateTime": BORN} | row for row in rows]}
    peer.fault("ec2:DescribeVolumes", answer("ec2", "DescribeVolumes", page))


def snapshot(**more: Any) -> dict[str, Any]:
    return {
        "SnapshotId": "snap-1",
        "VolumeId": "vol-1",
        "State": "completed",
        "StartTime": START,
        "CompletionTime": END,
        "Encrypted": True,
    } | more


def snapshots(peer: Peer, *rows: dict[str, Any]) -> None:
    page = {"Snapshots": list(rows)}
    peer.fault("ec2:DescribeSnapshots", answer("ec2", "DescribeSnapshots", page))


def points(sight: Sight, arn: str) -> Any:
    return sight.facts(arn, "points")["recovery_points"]


def test_snapshot(peer: Peer, doubtful: dict[str, Any]) -> None:
    volumes(peer, {"Attachments": [{"InstanceId": "i-0abc"}]})
    snapshots(peer, snapshot(FullSnapshotSizeInBytes=1073741824))
    sight = see(VolumeBackups, doubtful)
    assert sight.incomplete == []
    assert sight.facts(VOLUME, "subject") == {
        "form": "volume",
        "state": "present",
        "created_at": "2024-03-01T09:00:00+00:00",
        "system": "i-0abc",
    }
    assert points(sight, VOLUME) == {
        "items": [
            {
                "id": SNAPSHOT,
                "started_at": "2026-11-20T19:00:00+00:00",
                "completed_at": "2026-11-20T19:12:00+00:00",
                "state": "completed",
                "trigger": "unknown",
                "encrypted": True,
                "place": f"aws:{REGION}",
                "storage": "s3",
                "size_bytes": 1073741824,
            }
        ],
        "complete": True,
    }


def test_real_snapshots_of_moto(aws: Callable[..., Any], target: dict[str, Any]) -> None:
    ec2 = aws("ec2")
    made = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=1, Encrypted=False)["VolumeId"]
    bare = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=1)["VolumeId"]
    taken = ec2.create_snapshot(VolumeId=made)["SnapshotId"]
    sight = see(VolumeBackups, target)
    prefix = f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/"
    [point] = points(sight, f"{prefix}{made}")["items"]
    assert point["id"] == f"arn:aws:ec2:{REGION}::snapshot/{taken}"
    assert (point["state"], point["encrypted"]) == ("completed", False)
    assert points(sight, f"{prefix}{bare}") == {"items": [], "complete": True}
    assert sight.made["ec2:DescribeSnapshots"] == 1


@pytest.mark.parametrize(
    ("row", "state", "completed_at"),
    [
        ({"State": "pending", "CompletionTime": None}, "running", None),
        ({"State": "error"}, "failed", None),
        ({"State": "completed", "CompletionTime": None}, "completed", "2026-11-20T19:00:00+00:00"),
    ],
)
def test_states_of_a_snapshot(
    peer: Peer, doubtful: dict[str, Any], row: dict[str, Any], state: str, completed_at: str | None
) -> None:
    volumes(peer, {})
    made = snapshot(**row)
    snapshots(peer, {key: value for key, value in made.items() if value is not None})
    [point] = points(see(VolumeBackups, doubtful), VOLUME)["items"]
    assert (point["state"], point["completed_at"]) == (state, completed_at)


def test_scheduled_snapshot(peer: Peer, doubtful: dict[str, Any]) -> None:
    volumes(peer, {})
    tags = [{"Key": "aws:dlm:lifecycle-policy-id", "Value": "policy-1"}]
    snapshots(peer, snapshot(Tags=tags))
    [point] = points(see(VolumeBackups, doubtful), VOLUME)["items"]
    assert point["trigger"] == "automatic"


def test_vaulted_snapshot_is_reported_once(peer: Peer, doubtful: dict[str, Any]) -> None:
    volumes(peer, {})
    snapshots(peer, snapshot(Encrypted=False))
    vault(peer, vaulted(VOLUME, SNAPSHOT))
    sight = see(VolumeBackups, doubtful)
    [point] = points(sight, VOLUME)["items"]
    assert point["place"] == f"aws:{REGION}:main"
    assert point["storage"] == "s3"
    assert point["trigger"] == "automatic"
    assert list(sight.resources) == [VOLUME]


@pytest.mark.parametrize(
    ("status", "state", "completed_at"),
    [
        ("COMPLETED", "completed", "2026-11-20T19:12:00+00:00"),
        ("AVAILABLE", "completed", "2026-11-20T19:12:00+00:00"),
        ("PARTIAL", "suspect", "2026-11-20T19:12:00+00:00"),
        ("EXPIRED", "completed", "2026-11-20T19:12:00+00:00"),
        ("DELETING", "completed", "2026-11-20T19:12:00+00:00"),
        ("CREATING", "running", None),
        ("STOPPED", "failed", None),
    ],
)
def test_states_of_a_vaulted_point(
    peer: Peer, doubtful: dict[str, Any], status: str, state: str, completed_at: str | None
) -> None:
    volumes(peer, {})
    snapshots(peer)
    own = f"arn:aws:backup:{REGION}:{ACCOUNT}:recovery-point:1"
    vault(peer, vaulted(VOLUME, own, Status=status, CreatedBy={}))
    [point] = points(see(VolumeBackups, doubtful), VOLUME)["items"]
    assert point == {
        "id": own,
        "started_at": "2026-11-20T19:00:00+00:00",
        "completed_at": completed_at,
        "state": state,
        "trigger": "manual",
        "encrypted": True,
        "place": f"aws:{REGION}:main",
        "storage": "vault",
        "size_bytes": 1024,
    }


def test_point_of_which_encryption_is_not_told(peer: Peer, doubtful: dict[str, Any]) -> None:
    volumes(peer, {})
    snapshots(peer)
    row = vaulted(VOLUME, f"arn:aws:backup:{REGION}:{ACCOUNT}:recovery-point:1")
    del row["IsEncrypted"]
    vault(peer, row)
    [point] = points(see(VolumeBackups, doubtful), VOLUME)["items"]
    assert "encrypted" not in point


def test_store_that_is_gone(peer: Peer, doubtful: dict[str, Any]) -> None:
    volumes(peer)
    snapshots(peer, snapshot())
    sight = see(VolumeBackups, doubtful)
    facts = sight.facts(VOLUME, "subject")
    assert facts == {"form": "volume", "state": "gone", "created_at": None, "system": ""}
    assert [point["id"] for point in points(sight, VOLUME)["items"]] == [SNAPSHOT]
    assert sight.facts(VOLUME, "tags") == {}


def test_store_that_may_be_gone(peer: Peer, doubtful: dict[str, Any]) -> None:
    first = {"Volumes": [{"VolumeId": "vol-2", "CreateTime": BORN}], "NextToken": "more"}
    peer.fault(
        "ec2:DescribeVolumes",
        answer("ec2", "DescribeVolumes", first),
        ec2_error("UnauthorizedOperation"),
    )
    snapshots(peer, snapshot())
    sight = see(VolumeBackups, doubtful)
    facts = sight.facts(VOLUME, "subject")
    assert facts == {"form": "volume"}
    assert set(facts.missing) == {"state", "created_at", "system"}
    for failure in facts.missing.values():
        assert (failure.reason, failure.permission) == (
            Reason.PERMISSION_DENIED,
            "ec2:DescribeVolumes",
        )
    assert sight.failure(VOLUME, "tags").reason is Reason.PERMISSION_DENIED


def test_copy_from_another_region_is_a_set_of_its_own(peer: Peer, doubtful: dict[str, Any]) -> None:
    volumes(peer, {})
    snapshots(peer)
    there = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/vol-1"
    elsewhere = f"arn:aws:ec2:{REGION}:999999999999:volume/vol-1"
    copy = f"arn:aws:ec2:{REGION}::snapshot/snap-9"
    vault(peer, vaulted(there, copy), vaulted(elsewhere, f"{copy}8"))
    sight = see(VolumeBackups, doubtful)
    assert points(sight, VOLUME) == {"items": [], "complete": True}
    [point] = points(sight, f"{there}@{REGION}")["items"]
    assert (point["id"], point["place"]) == (copy, f"aws:{REGION}:main")
    assert sight.facts(f"{there}@{REGION}", "subject") == COPY
    [point] = points(sight, f"{elsewhere}@{REGION}")["items"]
    assert point["id"] == f"{copy}8"


COPY = {"form": "volume", "state": "copy", "created_at": None, "system": ""}


def test_copy_is_told_by_its_id_also_when_the_stores_are_not_all_listed(
    peer: Peer, doubtful: dict[str, Any]
) -> None:
    """AWS gives vol-ffffffff as the volume of a copied snapshot."""
    first = {"Volumes": [{"VolumeId": "vol-1", "CreateTime": BORN}], "NextToken": "more"}
    peer.fault(
        "ec2:DescribeVolumes",
        answer("ec2", "DescribeVolumes", first),
        ec2_error("UnauthorizedOperation"),
    )
    snapshots(peer, snapshot(VolumeId="vol-ffffffff"))
    there = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/vol-1"
    vault(peer, vaulted(there, f"arn:aws:ec2:{REGION}::snapshot/snap-9"))
    sight = see(VolumeBackups, doubtful)
    assert sight.facts(VOLUME, "subject")["state"] == "present"
    assert sight.facts(VOLUME.replace("vol-1", "vol-ffffffff"), "subject") == COPY
    assert sight.facts(f"{there}@{REGION}", "subject") == COPY


def test_points_of_other_stores_are_not_ours(peer: Peer, doubtful: dict[str, Any]) -> None:
    volumes(peer, {})
    snapshots(peer)
    vault(peer, vaulted(DB, f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:awsbackup:job-1"))
    assert list(see(VolumeBackups, doubtful).resources) == [VOLUME]


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("backup:GET /backup-vaults", "backup:ListBackupVaults"),
        (
            "backup:GET /backup-vaults/main/recovery-points",
            "backup:ListRecoveryPointsByBackupVault",
        ),
    ],
)
def test_vaults_denied_leaves_what_was_seen(
    peer: Peer, doubtful: dict[str, Any], path: str, permission: str
) -> None:
    volumes(peer, {}, {"VolumeId": "vol-2"})
    snapshots(peer, snapshot())
    vault(peer)
    peer.fault(path, json_error("AccessDeniedException", 403))
    sight = see(VolumeBackups, doubtful)
    facts = sight.facts(VOLUME, "points")
    assert [point["id"] for point in facts["recovery_points"]["items"]] == [SNAPSHOT]
    assert "complete" not in facts["recovery_points"]
    assert facts.missing["recovery_points"].permission == permission
    assert sight.failure(VOLUME.replace("vol-1", "vol-2"), "points").permission == permission
    assert [failure.permission for failure in sight.incomplete] == [permission]


@pytest.mark.parametrize(
    "body", [b"{}", b'{"RecoveryPoints": [{"Recov', b'{"RecoveryPoints": {}}', b""]
)
def test_broken_answer_of_a_vault(peer: Peer, doubtful: dict[str, Any], body: bytes) -> None:
    volumes(peer, {})
    snapshots(peer, snapshot())
    vault(peer)
    peer.fault("backup:GET /backup-vaults/main/recovery-points", Fault(body=body))
    facts = see(VolumeBackups, doubtful).facts(VOLUME, "points")
    assert "complete" not in facts["recovery_points"]
    assert facts.missing["recovery_points"].reason is Reason.MALFORMED_RESPONSE


def test_one_bad_point_costs_the_claim_to_be_complete(peer: Peer, doubtful: dict[str, Any]) -> None:
    volumes(peer, {})
    snapshots(peer, snapshot(), {"SnapshotId": "snap-2", "VolumeId": "vol-1", "State": "completed"})
    facts = see(VolumeBackups, doubtful).facts(VOLUME, "points")
    assert [point["id"] for point in facts["recovery_points"]["items"]] == [SNAPSHOT]
    assert facts.missing["recovery_points"].reason is Reason.MALFORMED_RESPONSE


def test_snapshots_denied(peer: Peer, doubtful: dict[str, Any]) -> None:
    volumes(peer, {})
    peer.fault("ec2:DescribeSnapshots", ec2_error("UnauthorizedOperation"))
    sight = see(VolumeBackups, doubtful)
    assert sight.failure(VOLUME, "points").permission == "ec2:DescribeSnapshots"
    assert sight.facts(VOLUME, "subject")["form"] == "volume"
    assert [failure.permission for failure in sight.incomplete] == ["ec2:DescribeSnapshots"]


def test_lookback_narrows_the_vaults_and_no_further(peer: Peer, doubtful: dict[str, Any]) -> None:
    volumes(peer, {})
    snapshots(peer, snapshot())
    vault(peer)
    before = datetime.now(UTC)
    [(_, _, found)] = observe(VolumeBackups, doubtful, {"points": {"lookback": "P31D"}})
    assert isinstance(found[VOLUME]["points"], Seen)
    [path] = [name for name in peer.asked if "recovery-points" in name]
    [since] = parse_qs(urlsplit(path).query)["createdAfter"]
    asked = datetime.fromisoformat(since)
    assert before - timedelta(days=33) < asked <= before - timedelta(days=31)


def test_without_lookback_everything_is_asked(peer: Peer, doubtful: dict[str, Any]) -> None:
    volumes(peer, {})
    snapshots(peer)
    vault(peer)
    see(VolumeBackups, doubtful)
    [path] = [name for name in peer.asked if "recovery-points" in name]
    assert "createdAfter" not in path


@pytest.mark.parametrize(
    ("lookback", "days"),
    [("P31D", 31), ("P1M", 31), ("P1Y", 366), ("P2W", 14), ("PT26H", 1.1), ("P1DT12H", 1.5)],
)
def test_lookback_is_never_shorter(lookback: str, days: float) -> None:
    before = datetime.now(UTC)
    since = created_after(lookback)
    assert since is not None
    assert since < before - timedelta(days=days)


@pytest.mark.parametrize("lookback", ["", "P", "PT", "31", "1D", "P-1D"])
def test_lookback_that_is_none(peer: Peer, doubtful: dict[str, Any], lookback: str) -> None:
    volumes(peer, {})
    snapshots(peer)
    vault(peer)
    [(_, _, found)] = observe(VolumeBackups, doubtful, {"points": {"lookback": lookback}})
    failure = found[VOLUME]["points"]
    assert getattr(failure, "reason", None) is Reason.NOT_SUPPORTED


def make_database(aws: Callable[..., Any]) -> Any:
    rds = aws("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="orders",
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        MasterUsername="admin1",
        MasterUserPassword="not-secret",
        StorageEncrypted=True,
    )
    return rds


def by_id(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {point["id"]: point for point in facts["items"]}


def test_instance_snapshots_of_moto(aws: Callable[..., Any], target: dict[str, Any]) -> None:
    rds = make_database(aws)
    rds.create_db_snapshot(DBSnapshotIdentifier="by-hand", DBInstanceIdentifier="orders")
    sight = see(InstanceBackups, target)
    assert sight.incomplete == []
    found = by_id(points(sight, DB))
    by_hand = found.pop(f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:by-hand")
    [automated] = found.values()
    assert (by_hand["trigger"], automated["trigger"]) == ("manual", "automatic")
    assert by_hand["encrypted"] is True
    [row] = rds.describe_db_snapshots(DBSnapshotIdentifier="by-hand")["DBSnapshots"]
    assert by_hand["started_at"] == row["SnapshotCreateTime"].isoformat()
    assert by_hand["completed_at"] == by_hand["started_at"]
    assert sight.made["rds:DescribeDBSnapshots"] == 1


def test_manual_snapshot_outlives_its_instance(
    aws: Callable[..., Any], target: dict[str, Any]
) -> None:
    rds = make_database(aws)
    rds.create_db_snapshot(DBSnapshotIdentifier="by-hand", DBInstanceIdentifier="orders")
    rds.delete_db_instance(DBInstanceIdentifier="orders", SkipFinalSnapshot=True)
    sight = see(InstanceBackups, target)
    assert f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:by-hand" in by_id(points(sight, DB))
    assert sight.facts(DB, "subject")["created_at"] is None
    assert sight.facts(DB, "subject")["state"] == "gone"


def test_new_database_under_an_old_name(peer: Peer, doubtful: dict[str, Any]) -> None:
    live = {
        "DBInstanceIdentifier": "orders",
        "DBInstanceArn": DB,
        "DbiResourceId": "db-NEW",
        "InstanceCreateTime": BORN,
        "TagList": [],
    }
    peer.fault(
        "rds:DescribeDBInstances", answer("rds", "DescribeDBInstances", {"DBInstances": [live]})
    )
    old = {
        "DBSnapshotArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:old",
        "DBInstanceIdentifier": "orders",
        "DbiResourceId": "db-OLD",
        "SnapshotCreateTime": START,
        "OriginalSnapshotCreateTime": BORN,
        "SnapshotType": "manual",
        "Status": "available",
        "Encrypted": False,
    }
    peer.fault(
        "rds:DescribeDBSnapshots", answer("rds", "DescribeDBSnapshots", {"DBSnapshots": [old]})
    )
    kept = {
        "DBInstanceIdentifier": "orders",
        "DBInstanceArn": DB.replace(REGION, "eu-west-1"),
        "DBInstanceAutomatedBackupsArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:auto-backup:ab-1",
        "DbiResourceId": "db-FAR",
        "Status": "active",
        "RestoreWindow": {"EarliestTime": BORN, "LatestTime": END},
        "Encrypted": True,
    }
    page = {"DBInstanceAutomatedBackups": [kept]}
    peer.fault(
        "rds:DescribeDBInstanceAutomatedBackups",
        answer("rds", "DescribeDBInstanceAutomatedBackups", page),
    )
    sight = see(InstanceBackups, doubtful)
    far = f"{kept['DBInstanceArn']}@{REGION}"
    assert set(sight.resources) == {DB, f"{DB}#db-OLD", far}
    states = {name: sight.facts(name, "subject")["state"] for name in sight.resources}
    assert states == {DB: "present", f"{DB}#db-OLD": "gone", far: "copy"}
    assert points(sight, DB) == {"items": [], "complete": True}
    [point] = points(sight, f"{DB}#db-OLD")["items"]
    assert point["started_at"] == "2024-03-01T09:00:00+00:00"
    assert point["encrypted"] is False
    [point] = points(sight, far)["items"]
    assert (point["id"], point["place"]) == (kept["DBInstanceAutomatedBackupsArn"], f"aws:{REGION}")
    assert point["started_at"] == "2024-03-01T09:00:00+00:00"


def test_snapshot_that_has_not_begun(peer: Peer, doubtful: dict[str, Any]) -> None:
    live = {"DBInstanceIdentifier": "orders", "DBInstanceArn": DB, "TagList": []}
    peer.fault(
        "rds:DescribeDBInstances", answer("rds", "DescribeDBInstances", {"DBInstances": [live]})
    )
    begun = {
        "DBSnapshotArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:new",
        "DBInstanceIdentifier": "orders",
        "SnapshotType": "manual",
        "Status": "creating",
    }
    peer.fault(
        "rds:DescribeDBSnapshots", answer("rds", "DescribeDBSnapshots", {"DBSnapshots": [begun]})
    )
    assert points(see(InstanceBackups, doubtful), DB) == {"items": [], "complete": True}


def test_automated_backups_denied_is_partial(
    aws: Callable[..., Any], peer: Peer, doubtful: dict[str, Any]
) -> None:
    make_database(aws)
    peer.fault("rds:DescribeDBInstanceAutomatedBackups", denied())
    facts = see(InstanceBackups, doubtful).facts(DB, "points")
    assert len(facts["recovery_points"]["items"]) == 1
    permission = "rds:DescribeDBInstanceAutomatedBackups"
    assert facts.missing["recovery_points"].permission == permission


def test_cluster_snapshots(aws: Callable[..., Any], peer: Peer, doubtful: dict[str, Any]) -> None:
    rds = aws("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="ledger",
        Engine="aurora-postgresql",
        MasterUsername="admin1",
        MasterUserPassword="not-secret",
        StorageEncrypted=True,
    )
    rds.create_db_cluster_snapshot(
        DBClusterIdentifier="ledger", DBClusterSnapshotIdentifier="by-hand"
    )
    none = answer("rds", "DescribeDBClusterAutomatedBackups", {"DBClusterAutomatedBackups": []})
    peer.fault("rds:DescribeDBClusterAutomatedBackups", none)
    sight = see(ClusterBackups, doubtful)
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:ledger"
    assert list(sight.resources) == [arn]
    facts = points(sight, arn)
    assert facts["complete"] is True
    by_hand = by_id(facts)[f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster-snapshot:by-hand"]
    assert (by_hand["trigger"], by_hand["encrypted"]) == ("manual", True)


def make_table(aws: Callable[..., Any]) -> Any:
    client = aws("dynamodb")
    client.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders"


def test_table_backups(aws: Callable[..., Any], target: dict[str, Any]) -> None:
    dynamodb = make_table(aws)
    made = dynamodb.create_backup(TableName="orders", BackupName="by-hand")["BackupDetails"]
    dynamodb.update_continuous_backups(
        TableName="orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    facts = see(TableBackups, target).facts(TABLE, "points")
    [point] = facts["recovery_points"]["items"]
    assert point["id"] == made["BackupArn"]
    assert (point["trigger"], point["encrypted"], point["state"]) == ("manual", True, "completed")
    assert facts.raw == {"point_in_time_recovery": "ENABLED"}


def test_backup_outlives_its_table(aws: Callable[..., Any], target: dict[str, Any]) -> None:
    dynamodb = make_table(aws)
    dynamodb.create_backup(TableName="orders", BackupName="by-hand")
    dynamodb.delete_table(TableName="orders")
    sight = see(TableBackups, target)
    assert len(points(sight, TABLE)["items"]) == 1
    assert sight.facts(TABLE, "subject")["created_at"] is None
    assert sight.facts(TABLE, "subject")["state"] == "gone"
    assert sight.facts(TABLE, "tags") == {}


def test_copied_backup_of_a_table_in_another_region(
    aws: Callable[..., Any], peer: Peer, doubtful: dict[str, Any]
) -> None:
    make_table(aws)
    there = TABLE.replace(REGION, "eu-west-1")
    vault(peer, vaulted(there, f"arn:aws:backup:{REGION}:{ACCOUNT}:recovery-point:1"))
    sight = see(TableBackups, doubtful)
    assert points(sight, TABLE) == {"items": [], "complete": True}
    assert len(points(sight, f"{there}@{REGION}")["items"]) == 1
    assert sight.facts(f"{there}@{REGION}", "subject")["state"] == "copy"
    assert sight.facts(TABLE, "subject")["state"] == "present"
    assert sight.facts(f"{there}@{REGION}", "tags") == {}


def test_recovery_setting_denied_costs_nothing(
    aws: Callable[..., Any], peer: Peer, doubtful: dict[str, Any]
) -> None:
    make_table(aws)
    peer.fault("dynamodb:DescribeContinuousBackups", json_error("AccessDeniedException"))
    facts = see(TableBackups, doubtful).facts(TABLE, "points")
    assert facts["recovery_points"] == {"items": [], "complete": True}
    assert facts.raw == {}


BUCKET = "arn:aws:s3:::bucket-one"


def make_bucket(aws: Callable[..., Any]) -> Any:
    s3 = aws("s3")
    s3.create_bucket(Bucket="bucket-one", CreateBucketConfiguration={"LocationConstraint": REGION})
    return s3


def test_versioning_is_no_backup(aws: Callable[..., Any], target: dict[str, Any]) -> None:
    s3 = make_bucket(aws)
    s3.put_bucket_versioning(Bucket="bucket-one", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="bucket-one", Key="dump.sql", Body=b"x")
    sight = see(BucketBackups, target)
    assert points(sight, BUCKET) == {"items": [], "complete": True}
    assert sight.facts(BUCKET, "subject")["form"] == "bucket"


def test_bucket_in_vaults_of_two_regions(
    aws: Callable[..., Any], peer: Peer, doubtful: dict[str, Any]
) -> None:
    make_bucket(aws)
    own = f"arn:aws:backup:{REGION}:{ACCOUNT}:recovery-point:1"
    gone = f"arn:aws:backup:{REGION}:{ACCOUNT}:recovery-point:2"
    vault(peer, vaulted(BUCKET, own), vaulted("arn:aws:s3:::bucket-old", gone))
    sight = see(BucketBackups, {**doubtful, "regions": [REGION, "eu-west-1"]})
    assert set(sight.resources) == {BUCKET, "arn:aws:s3:::bucket-old"}
    [point] = points(sight, BUCKET)["items"]
    assert (point["storage"], point["trigger"]) == ("vault", "automatic")
    assert sight.facts(BUCKET, "subject")["state"] == "present"
    assert sight.facts("arn:aws:s3:::bucket-old", "subject")["state"] == "gone"
    assert sum(name == "backup:ListBackupVaults" for name in sight.made) == 1
    asked = [name for name in peer.asked if name.startswith("backup:GET /backup-vaults")]
    assert len([name for name in asked if "recovery-points" not in name]) == 2


def test_bucket_in_a_region_that_is_not_looked_at(peer: Peer, doubtful: dict[str, Any]) -> None:
    listing = (
        b"<ListAllMyBucketsResult><Buckets><Bucket><Name>bucket-one</Name>"
        b"<CreationDate>2024-03-01T09:00:00Z</CreationDate>"
        b"<BucketRegion>sa-east-1</BucketRegion></Bucket></Buckets></ListAllMyBucketsResult>"
    )
    peer.fault("s3:GET /?", Fault(body=listing))
    peer.fault("s3:GET /bucket-one?tagging", s3_error("NoSuchTagSet", 404))
    failure = see(BucketBackups, doubtful).failure(BUCKET, "points")
    assert failure.reason is Reason.NOT_SUPPORTED
