"""The fault table: what goes wrong on the wire never becomes a pass or a fail.

Everything goes through real HTTP: boto3 talks to a server that breaks moto's answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.checkers.aws.peer import (
    Fault,
    Peer,
    denied,
    ec2_error,
    json_error,
    s3_error,
)
from tests.run.conftest import Check

Aws = Callable[..., Any]
Target = dict[str, Any]
ARN = "arn:aws:s3:::"
LOGS = "arn:aws:logs:ap-northeast-1:123456789012:log-group:"
PRIVATE = {"CreateBucketConfiguration": {"LocationConstraint": "ap-northeast-1"}}
ENCRYPTION = {
    "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}],
}


def bucket(aws: Aws, name: str, *, encrypted: bool = True) -> None:
    client = aws("s3")
    client.create_bucket(Bucket=name, **PRIVATE)
    if encrypted:
        client.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=ENCRYPTION)


def only(target: Mapping[str, Any], *checkers: str) -> Target:
    return {**target, "checkers": list(checkers)}


def test_sound_estate_passes_and_exits_0(aws: Aws, doubtful: Target, check: Check) -> None:
    bucket(aws, "one")
    seen = check(only(doubtful, "aws.s3"), "1")
    assert seen.told() == {f"{ARN}one": ("pass", None)}
    assert seen.code == 0


def test_one_broken_bucket_fails_and_exits_1(aws: Aws, doubtful: Target, check: Check) -> None:
    bucket(aws, "one")
    bucket(aws, "two", encrypted=False)
    seen = check(only(doubtful, "aws.s3"), "1")
    assert seen.told() == {f"{ARN}one": ("pass", None), f"{ARN}two": ("fail", None)}
    assert seen.code == 1


def test_everything_denied_names_every_permission_and_exits_3(
    aws: Aws, peer: Peer, doubtful: Target, check: Check
) -> None:
    bucket(aws, "one")
    aws("logs").create_log_group(logGroupName="/app")
    peer.fault("s3:", s3_error("AccessDenied"))
    peer.fault("sts:", denied())
    peer.fault("rds:", denied())
    peer.fault("ec2:", ec2_error("UnauthorizedOperation"))
    for service in ("dynamodb:", "logs:"):
        peer.fault(service, json_error("AccessDeniedException"))
    checkers = ("aws.s3", "aws.ebs", "aws.rds", "aws.rds-cluster", "aws.dynamodb", "aws.logs.group")
    seen = check(only(doubtful, *checkers), "*")
    assert {row["verdict"] for row in seen.findings} == {"unknown"}
    assert {row["reason"] for row in seen.findings} == {"permission-denied"}
    permissions = {row["resource"].split()[1]: row["permission"] for row in seen.findings}
    assert permissions == {
        "aws.s3": "s3:ListAllMyBuckets",
        "aws.ebs": "ec2:DescribeVolumes",
        "aws.rds": "rds:DescribeDBInstances",
        "aws.rds-cluster": "rds:DescribeDBClusters",
        "aws.dynamodb": "dynamodb:ListTables",
        "aws.logs.group": "logs:DescribeLogGroups",
    }
    assert seen.code == 3


def test_listed_but_denied_names_the_permission_of_the_read(
    aws: Aws, peer: Peer, doubtful: Target, check: Check
) -> None:
    bucket(aws, "one")
    peer.fault("s3:GET /one?encryption", s3_error("AccessDenied"))
    seen = check(only(doubtful, "aws.s3"), "1")
    assert seen.told() == {f"{ARN}one": ("unknown", "permission-denied")}
    assert seen.findings[0]["permission"] == "s3:GetEncryptionConfiguration"
    assert seen.code == 3


def test_throttled_call_recovers_and_is_counted(
    aws: Aws, peer: Peer, doubtful: Target, check: Check
) -> None:
    bucket(aws, "one")
    slow = s3_error("SlowDown", 503)
    peer.fault("s3:GET /one?encryption", slow, slow, None)
    seen = check(only({**doubtful, "max_attempts": 4}, "aws.s3"), "1")
    assert seen.told() == {f"{ARN}one": ("pass", None)}
    assert seen.envelope["counters"]["throttled"] == 2
    assert seen.code == 0


def test_throttling_that_does_not_end_is_unknown(
    aws: Aws, peer: Peer, doubtful: Target, check: Check
) -> None:
    bucket(aws, "one")
    peer.fault("s3:GET /one?encryption", s3_error("SlowDown", 503))
    seen = check(only(doubtful, "aws.s3"), "1")
    assert seen.told() == {f"{ARN}one": ("unknown", "throttled")}
    assert seen.code == 3


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(cut=25), id="truncated body with its own length"),
        pytest.param(Fault(short=25), id="body shorter than its Content-Length"),
        pytest.param(Fault(200, b"<html>gateway</html>"), id="not JSON"),
        pytest.param(Fault(200, b"{}"), id="JSON without its list"),
        pytest.param(Fault(200, b""), id="empty body"),
    ],
)
def test_unreadable_listing_is_malformed_never_empty(
    aws: Aws, peer: Peer, doubtful: Target, check: Check, fault: Fault
) -> None:
    aws("logs").create_log_group(logGroupName="/app")
    peer.fault("logs:DescribeLogGroups", fault)
    seen = check(only(doubtful, "aws.logs.group"), "2")
    assert seen.told() == {
        "listing aws.logs.group ap-northeast-1": ("unknown", "malformed-response")
    }
    assert seen.code == 3


def test_unreadable_answer_costs_only_its_resource(
    aws: Aws, peer: Peer, doubtful: Target, check: Check
) -> None:
    """500 buckets, one of them malformed: one unknown, 499 right."""
    client = aws("s3")
    names = [f"bucket-{number:03}" for number in range(500)]
    for name in names:
        client.create_bucket(Bucket=name, **PRIVATE)
        client.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=ENCRYPTION)
    peer.fault("s3:GET /bucket-250?encryption", Fault(200, b"<ServerSideEncryption"))
    seen = check(only(doubtful, "aws.s3"), "1")
    told = seen.told()
    assert told.pop(f"{ARN}bucket-250") == ("unknown", "malformed-response")
    assert told == {f"{ARN}{name}": ("pass", None) for name in names if name != "bucket-250"}
    assert seen.code == 3


def test_denied_second_page_leaves_the_first_and_says_incomplete(
    aws: Aws, peer: Peer, doubtful: Target, check: Check
) -> None:
    client = aws("logs")
    for number in range(60):
        client.create_log_group(logGroupName=f"/app/{number:02}")
    peer.fault("logs:DescribeLogGroups", None, json_error("AccessDeniedException"))
    seen = check(only(doubtful, "aws.logs.group"), "2")
    told = seen.told()
    assert told.pop("listing aws.logs.group ap-northeast-1") == ("unknown", "listing-incomplete")
    assert len(told) == 50
    assert set(told.values()) == {("pass", None)}
    incomplete = next(row for row in seen.findings if row.get("reason") == "listing-incomplete")
    assert incomplete["permission"] == "logs:DescribeLogGroups"
    assert seen.code == 3


def test_counter_example_on_the_first_page_still_breaks_the_promise(
    aws: Aws, peer: Peer, doubtful: Target, check: Check
) -> None:
    client = aws("logs")
    for number in range(60):
        client.create_log_group(logGroupName=f"/app/{number:02}")
    client.put_retention_policy(logGroupName="/app/00", retentionInDays=14)
    peer.fault("logs:DescribeLogGroups", None, json_error("AccessDeniedException"))
    seen = check(only(doubtful, "aws.logs.group"), "2")
    told = seen.told()
    assert told[f"{LOGS}/app/00"] == ("fail", None)
    assert told["listing aws.logs.group ap-northeast-1"] == ("unknown", "listing-incomplete")
    assert seen.code == 1


def test_hanging_call_is_a_timeout(aws: Aws, peer: Peer, doubtful: Target, check: Check) -> None:
    bucket(aws, "one")
    bucket(aws, "two")
    peer.fault("s3:GET /one?encryption", Fault(hang=True))
    seen = check(only({**doubtful, "timeout_seconds": 1}, "aws.s3"), "1")
    assert seen.told() == {f"{ARN}one": ("unknown", "timeout"), f"{ARN}two": ("pass", None)}
    assert seen.code == 3


def test_hanging_listing_is_a_timeout(peer: Peer, doubtful: Target, check: Check) -> None:
    peer.fault("s3:GET /", Fault(hang=True))
    seen = check(only({**doubtful, "timeout_seconds": 1}, "aws.s3"), "1")
    assert seen.told() == {"listing aws.s3 prod": ("unknown", "timeout")}
    assert seen.code == 3


def test_unreachable_endpoint(target: Target, check: Check) -> None:
    dead = {**target, "endpoint_url": "http://127.0.0.1:1", "max_attempts": 1}
    seen = check(only(dead, "aws.s3"), "1")
    assert seen.told() == {"listing aws.s3 prod": ("unknown", "unreachable")}
    assert seen.code == 3


def test_empty_account_is_nothing_found_not_a_pass(target: Target, check: Check) -> None:
    seen = check(only(target, "aws.s3"), "1")
    assert seen.told() == {"population": ("unknown", "nothing-found")}
    assert seen.code == 3


def test_expired_token(aws: Aws, peer: Peer, doubtful: Target, check: Check) -> None:
    bucket(aws, "one")
    peer.fault("s3:", s3_error("ExpiredToken", 400))
    seen = check(only(doubtful, "aws.s3"), "1")
    assert seen.told() == {"listing aws.s3 prod": ("unknown", "expired-credentials")}
    assert seen.code == 3


def test_kind_without_a_target_is_unknown(target: Target, check: Check) -> None:
    seen = check(only(target, "aws.s3"), "2")
    assert seen.told() == {"population": ("unknown", "no-target")}
    assert seen.code == 3
