"""What every AWS checker says when AWS says no, says nonsense, or says nothing."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.aws.peer import Fault, Peer, answer, denied, ec2_error, json_error, s3_error
from tests.checkers.aws.seeing import see
from tests.checkers.driver import Reader, observe
from troth.checker import Partition
from troth.checkers.aws.access import access_to
from troth.checkers.aws.dynamodb import Tables
from troth.checkers.aws.ebs import Volumes
from troth.checkers.aws.s3 import Buckets
from troth.errors import CheckerBug
from troth.model import Failure, Reason

REGION = "ap-northeast-1"
CREATED = datetime(2024, 3, 1, 9, tzinfo=UTC)
VOLUME = {"VolumeId": "vol-1", "Encrypted": True, "CreateTime": CREATED}


def only_failure(checker: Any, target: Mapping[str, Any]) -> Failure:
    """Return why nothing could be listed."""
    sight = see(checker, target)
    assert sight.resources == {}
    assert len(sight.incomplete) == 1
    return sight.incomplete[0]


def make_table(aws: Callable[..., Any], name: str) -> None:
    aws("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.mark.parametrize(
    ("fault", "reason", "permission"),
    [
        (ec2_error("UnauthorizedOperation"), Reason.PERMISSION_DENIED, "ec2:DescribeVolumes"),
        (ec2_error("SomethingElse", 403), Reason.PERMISSION_DENIED, "ec2:DescribeVolumes"),
        (ec2_error("RequestExpired", 400), Reason.EXPIRED_CREDENTIALS, ""),
        (ec2_error("AuthFailure", 401), Reason.EXPIRED_CREDENTIALS, ""),
        (ec2_error("RequestLimitExceeded", 503), Reason.THROTTLED, ""),
        (ec2_error("RequestTimeout", 400), Reason.TIMEOUT, ""),
        (ec2_error("InternalError", 500), Reason.UNREACHABLE, ""),
        (ec2_error("InvalidParameterValue", 400), Reason.NO_DATA, ""),
        (Fault(403, b"<html/>"), Reason.PERMISSION_DENIED, "ec2:DescribeVolumes"),
        (Fault(502, b"<html/>"), Reason.UNREACHABLE, ""),
        (Fault(429, b"<html/>"), Reason.THROTTLED, ""),
        (Fault(body=b"<DescribeVolumesResponse><volumeSet>"), Reason.MALFORMED_RESPONSE, ""),
        (Fault(body=b"<html/>"), Reason.MALFORMED_RESPONSE, ""),
        (Fault(body=b""), Reason.MALFORMED_RESPONSE, ""),
        (Fault(reset=True), Reason.UNREACHABLE, ""),
        (Fault(cut=120), Reason.MALFORMED_RESPONSE, ""),
        (Fault(short=120), Reason.MALFORMED_RESPONSE, ""),
    ],
)
def test_xml_failures(
    peer: Peer, doubtful: dict[str, Any], fault: Fault, reason: Reason, permission: str
) -> None:
    peer.fault("ec2:DescribeVolumes", fault)
    failure = only_failure(Volumes, doubtful)
    assert (failure.reason, failure.permission) == (reason, permission)


@pytest.mark.parametrize(
    ("fault", "reason", "permission"),
    [
        (json_error("AccessDeniedException"), Reason.PERMISSION_DENIED, "dynamodb:ListTables"),
        (json_error("ExpiredTokenException"), Reason.EXPIRED_CREDENTIALS, ""),
        (json_error("UnrecognizedClientException"), Reason.EXPIRED_CREDENTIALS, ""),
        (json_error("ThrottlingException"), Reason.THROTTLED, ""),
        (Fault(403, b"<html/>"), Reason.PERMISSION_DENIED, "dynamodb:ListTables"),
        (Fault(502, b"<html/>"), Reason.UNREACHABLE, ""),
        (Fault(502, b""), Reason.UNREACHABLE, ""),
        (Fault(body=b'{"TableNames": ["t1", "t'), Reason.MALFORMED_RESPONSE, ""),
        (Fault(body=b"<html>proxy says hello</html>"), Reason.MALFORMED_RESPONSE, ""),
        (Fault(body=b'["TableNames"]'), Reason.MALFORMED_RESPONSE, ""),
        (Fault(body=b"{}"), Reason.MALFORMED_RESPONSE, ""),
        (Fault(body=b'{"TableNames": "t1"}'), Reason.MALFORMED_RESPONSE, ""),
        (Fault(body=b'{"TableNames": {}}'), Reason.MALFORMED_RESPONSE, ""),
        (Fault(body=b'{"TableNames": ["t1", 2]}'), Reason.MALFORMED_RESPONSE, ""),
        (Fault(body=b'{"TableNames": null}'), Reason.MALFORMED_RESPONSE, ""),
        (Fault(body=b"null"), Reason.MALFORMED_RESPONSE, ""),
        (Fault(body=b'{"TableNames": []}', promised=99), Reason.MALFORMED_RESPONSE, ""),
        (Fault(body=b""), Reason.MALFORMED_RESPONSE, ""),
        (Fault(body=b"[" * 100_000), Reason.MALFORMED_RESPONSE, ""),
        (Fault(cut=10), Reason.MALFORMED_RESPONSE, ""),
        (Fault(short=10), Reason.MALFORMED_RESPONSE, ""),
    ],
)
def test_json_failures(
    peer: Peer, doubtful: dict[str, Any], fault: Fault, reason: Reason, permission: str
) -> None:
    peer.fault("dynamodb:ListTables", fault)
    failure = only_failure(Tables, doubtful)
    assert (failure.reason, failure.permission) == (reason, permission)


@pytest.mark.parametrize(
    ("fault", "reason", "permission"),
    [
        (s3_error("AccessDenied"), Reason.PERMISSION_DENIED, "s3:ListAllMyBuckets"),
        (s3_error("ExpiredToken", 400), Reason.EXPIRED_CREDENTIALS, ""),
        (s3_error("SlowDown", 503), Reason.THROTTLED, ""),
        (s3_error("InternalError", 500), Reason.UNREACHABLE, ""),
        (s3_error("InternalError", 200), Reason.UNREACHABLE, ""),
        (s3_error("SlowDown", 200), Reason.THROTTLED, ""),
        (Fault(500, b"<html><body>out of or"), Reason.UNREACHABLE, ""),
        (Fault(body=b"<ListAllMyBucketsResult><Buckets><Bucke"), Reason.MALFORMED_RESPONSE, ""),
        (Fault(body=b"proxy says hello"), Reason.MALFORMED_RESPONSE, ""),
        (Fault(body=b"<html/>"), Reason.MALFORMED_RESPONSE, ""),
        (Fault(body=b"<Error/>"), Reason.MALFORMED_RESPONSE, ""),
        (Fault(403, b"<html/>"), Reason.PERMISSION_DENIED, "s3:ListAllMyBuckets"),
        (Fault(502, b"<html/>"), Reason.UNREACHABLE, ""),
        (Fault(body=b""), Reason.MALFORMED_RESPONSE, ""),
        (Fault(short=120), Reason.MALFORMED_RESPONSE, ""),
    ],
)
def test_s3_failures(
    peer: Peer, doubtful: dict[str, Any], fault: Fault, reason: Reason, permission: str
) -> None:
    peer.fault("s3:GET /?", fault)
    failure = only_failure(Buckets, doubtful)
    assert (failure.reason, failure.permission) == (reason, permission)


def test_throttled_twice_then_answered(
    peer: Peer, doubtful: dict[str, Any], aws: Callable[..., Any]
) -> None:
    aws("ec2").create_volume(AvailabilityZone=f"{REGION}a", Size=1)
    slow = ec2_error("RequestLimitExceeded", 503)
    peer.fault("ec2:DescribeVolumes", slow, slow, None)
    reader = Reader(frozenset())
    [(_, listings, found)] = observe(Volumes, {**doubtful, "max_attempts": 3}, reader=reader)
    assert listings == []
    assert len(found) == 1
    assert reader.counts["throttled"] == 2


def test_a_bucket_list_that_is_cut_off_is_tried_again_and_not_for_ever(
    peer: Peer, doubtful: dict[str, Any], aws: Callable[..., Any]
) -> None:
    where = {"LocationConstraint": REGION}
    aws("s3").create_bucket(Bucket="bucket-one", CreateBucketConfiguration=where)
    cut = Fault(body=b"<ListAllMyBucketsResult><Buckets><Bucke")
    peer.fault("s3:GET /?", cut, cut, None)
    assert list(see(Buckets, {**doubtful, "max_attempts": 3}).resources) == [
        "arn:aws:s3:::bucket-one"
    ]
    peer.asked.clear()
    peer.fault("s3:GET /?", cut)
    failure = only_failure(Buckets, {**doubtful, "id": "two", "max_attempts": 2})
    assert failure.reason is Reason.MALFORMED_RESPONSE
    assert len([name for name in peer.asked if name.startswith("s3:GET /?")]) == 2


def test_second_page_denied_keeps_the_first(peer: Peer, doubtful: dict[str, Any]) -> None:
    page = {"TableNames": ["aaa", "bbb"], "LastEvaluatedTableName": "bbb"}
    peer.fault(
        "dynamodb:ListTables",
        answer("dynamodb", "ListTables", page),
        json_error("AccessDeniedException"),
    )
    sight = see(Tables, doubtful)
    prefix = f"arn:aws:dynamodb:{REGION}:123456789012:table/"
    assert sorted(sight.resources) == [f"{prefix}aaa", f"{prefix}bbb"]
    [failure] = sight.incomplete
    assert (failure.reason, failure.permission) == (
        Reason.PERMISSION_DENIED,
        "dynamodb:ListTables",
    )


def test_second_page_cut_off_keeps_the_first(peer: Peer, doubtful: dict[str, Any]) -> None:
    page = {"TableNames": ["aaa"], "LastEvaluatedTableName": "aaa"}
    cut = Fault(body=b'{"TableNames": ["b", "c')
    peer.fault("dynamodb:ListTables", answer("dynamodb", "ListTables", page), cut)
    sight = see(Tables, doubtful)
    assert [name.rpartition("/")[2] for name in sight.resources] == ["aaa"]
    assert [failure.reason for failure in sight.incomplete] == [Reason.MALFORMED_RESPONSE]


def test_a_page_that_repeats_itself_ends(peer: Peer, doubtful: dict[str, Any]) -> None:
    page = {"TableNames": ["aaa"], "LastEvaluatedTableName": "aaa"}
    again = {"TableNames": [], "LastEvaluatedTableName": "aaa"}
    peer.fault(
        "dynamodb:ListTables",
        answer("dynamodb", "ListTables", page),
        answer("dynamodb", "ListTables", again),
    )
    assert [failure.reason for failure in see(Tables, doubtful).incomplete] == [
        Reason.MALFORMED_RESPONSE
    ]


def test_one_bad_row_costs_only_itself(peer: Peer, doubtful: dict[str, Any]) -> None:
    nameless = {"Encrypted": True, "CreateTime": CREATED}
    vague = {"VolumeId": "vol-2", "CreateTime": CREATED}
    page = {"Volumes": [VOLUME, nameless, vague]}
    peer.fault("ec2:DescribeVolumes", answer("ec2", "DescribeVolumes", page))
    sight = see(Volumes, doubtful)
    prefix = f"arn:aws:ec2:{REGION}:123456789012:volume/"
    assert sorted(sight.resources) == [f"{prefix}vol-1", f"{prefix}vol-2"]
    assert sight.facts(f"{prefix}vol-1", "encryption")["state"] == "encrypted"
    assert sight.failure(f"{prefix}vol-2", "encryption").reason is Reason.MALFORMED_RESPONSE
    assert sight.facts(f"{prefix}vol-2", "nature")["created_at"] == "2024-03-01T09:00:00+00:00"
    assert [failure.reason for failure in sight.incomplete] == [Reason.MALFORMED_RESPONSE]


def test_no_answer_is_a_timeout(peer: Peer, doubtful: dict[str, Any]) -> None:
    peer.fault("ec2:DescribeVolumes", Fault(hang=True))
    assert only_failure(Volumes, {**doubtful, "timeout_seconds": 1}).reason is Reason.TIMEOUT


def test_nobody_listening_is_unreachable() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{bound.getsockname()[1]}"
        target = {"id": "x", "regions": [REGION], "endpoint_url": address, "max_attempts": 1}
        assert only_failure(Volumes, target).reason is Reason.UNREACHABLE


def test_without_credentials(target: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert only_failure(Volumes, target).reason is Reason.EXPIRED_CREDENTIALS


def test_unknown_profile(target: dict[str, Any]) -> None:
    named = {**target, "profile": "nobody"}
    assert only_failure(Volumes, named).reason is Reason.EXPIRED_CREDENTIALS


def test_assumed_role_decides_the_account(
    target: dict[str, Any], aws: Callable[..., Any], peer: Peer
) -> None:
    page = answer("ec2", "DescribeVolumes", {"Volumes": [VOLUME]})
    peer.fault("ec2:DescribeVolumes", page)
    role = "arn:aws:iam::210987654321:role/auditor"
    there = {**target, "endpoint_url": peer.address, "role_arn": role, "external_id": "e-1"}
    assert list(see(Volumes, there).resources) == [
        f"arn:aws:ec2:{REGION}:210987654321:volume/vol-1"
    ]
    [asked] = [body for name, body in peer.requests if name == "sts:AssumeRole"]
    assert "ExternalId=e-1" in asked
    assert "RoleSessionName=troth" in asked


def test_role_that_may_not_be_assumed(peer: Peer, doubtful: dict[str, Any]) -> None:
    peer.fault("sts:AssumeRole", denied())
    role = {**doubtful, "role_arn": "arn:aws:iam::210987654321:role/auditor"}
    failure = only_failure(Volumes, role)
    assert (failure.reason, failure.permission) == (Reason.PERMISSION_DENIED, "sts:AssumeRole")


def test_identity_is_asked_once_for_all_regions(
    peer: Peer, doubtful: dict[str, Any], aws: Callable[..., Any]
) -> None:
    for region in (REGION, "eu-west-1"):
        aws("ec2", region).create_volume(AvailabilityZone=f"{region}a", Size=1)
    sight = see(Volumes, {**doubtful, "regions": [REGION, "eu-west-1"]})
    assert sorted(arn.split(":")[3] for arn in sight.resources) == [REGION, "eu-west-1"]
    assert peer.asked.count("sts:GetCallerIdentity") == 1


def test_clients_are_made_once(target: dict[str, Any]) -> None:
    first = access_to(target).client("ec2", REGION)
    assert access_to(dict(target)).client("ec2", REGION) is first
    assert access_to(target).client("ec2", "eu-west-1") is not first
    assert access_to({**target, "id": "other"}).client("ec2", REGION) is not first


def test_partitions(target: dict[str, Any]) -> None:
    two = {**target, "regions": [REGION, "eu-west-1"]}
    assert [part.name for part in Volumes.partitions(two)] == [REGION, "eu-west-1"]
    assert [part.name for part in Buckets.partitions(two)] == ["prod"]


def test_egress_names_the_endpoints() -> None:
    target = {"id": "x", "regions": [REGION]}
    part = Partition(REGION, {"region": REGION})
    assert list(Volumes.egress(target, part)) == [
        f"ec2.{REGION}.amazonaws.com:443",
        f"sts.{REGION}.amazonaws.com:443",
    ]
    china = {"id": "x", "regions": ["cn-north-1"]}
    part = Partition("cn-north-1", {"region": "cn-north-1"})
    assert "ec2.cn-north-1.amazonaws.com.cn:443" in Volumes.egress(china, part)
    hosts = Buckets.egress(target, Partition("x", {"region": REGION}))
    assert {"s3.eu-west-1.amazonaws.com:443", f"*.s3-control.{REGION}.amazonaws.com:443"} <= set(
        hosts
    )


def test_egress_of_an_emulator_is_the_emulator(
    target: dict[str, Any], monkeypatch: pytest.MonkeyPatch, aws: Callable[..., Any]
) -> None:
    aws("s3").create_bucket(
        Bucket="bucket-one", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    opened: set[str] = set()
    real = socket.create_connection

    def watched(address: tuple[str, int], *more: Any, **named: Any) -> socket.socket:
        opened.add(f"{address[0]}:{address[1]}")
        return real(address, *more, **named)

    monkeypatch.setattr("urllib3.util.connection.socket.create_connection", watched)
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        opened.add(f"{address[0]}:{address[1]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    see(Buckets, target)
    [part] = Buckets.partitions(target)
    assert opened == set(Buckets.egress(target, part))


def test_the_host_does_not_depend_on_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCOUNT_ID", "123456789012")
    asked: list[str] = []

    def stop(request: Any, **_: Any) -> None:
        asked.append(request.url)
        raise InterruptedError

    client = access_to({"id": "x", "regions": [REGION]}).client("dynamodb", REGION)
    client.meta.events.register("before-send", stop)
    with pytest.raises(InterruptedError):
        client.list_tables()
    assert asked == [f"https://dynamodb.{REGION}.amazonaws.com/"]


def test_credential_reads_name_every_host_of_the_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = {"id": "x", "regions": [REGION]}
    made = Volumes.credential_reads(plain)
    sts = f"sts.{REGION}.amazonaws.com:443"
    assert [(permission, host) for _, permission, host in made] == [
        ("", ""),
        ("", "169.254.170.2:80"),
        ("", "169.254.170.23:80"),
        ("", "169.254.169.254:80"),
        ("sts:AssumeRoleWithWebIdentity", sts),
    ]
    assert all(operation.startswith("credentials: ") for operation, _, _ in made)
    assert "files of the profile" in made[0][0]
    assert "AWS_EC2_METADATA_DISABLED" in made[3][0]
    role = {**plain, "role_arn": "arn:aws:iam::210987654321:role/auditor"}
    assert Volumes.credential_reads(role) == (*made, ("sts:AssumeRole", "sts:AssumeRole", sts))
    monkeypatch.setenv("AWS_PROFILE", "other")
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    assert Volumes.credential_reads(plain) == made, "the same on every machine"


def test_the_role_of_an_emulator_is_asked_for_there(target: dict[str, Any]) -> None:
    role = {**target, "role_arn": "arn:aws:iam::210987654321:role/auditor"}
    host = target["endpoint_url"].removeprefix("http://")
    assert Volumes.credential_reads(role)[-1] == ("sts:AssumeRole", "sts:AssumeRole", host)


@pytest.mark.parametrize(
    ("variables", "host"),
    [
        ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2"}, "169.254.170.2:80"),
        (
            {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1"},
            "169.254.170.23:80",
        ),
        ({"AWS_EC2_METADATA_DISABLED": "false"}, "169.254.169.254:80"),
        (
            {
                "AWS_WEB_IDENTITY_TOKEN_FILE": "token",
                "AWS_ROLE_ARN": "arn:aws:iam::210987654321:role/auditor",
            },
            f"sts.{REGION}.amazonaws.com:443",
        ),
    ],
)
def test_what_the_chain_asks_is_planned(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str], host: str
) -> None:
    """The sockets that the SDK's own chain opens, stopped before they leave this machine."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    (tmp_path / "token").write_text("a.signed.token")
    monkeypatch.setattr("botocore.utils.ContainerMetadataFetcher.SLEEP_TIME", 0)
    monkeypatch.chdir(tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    opened: set[str] = set()

    def stop(address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        opened.add(f"{address[0]}:{address[1]}")
        raise OSError("stopped")

    monkeypatch.setattr("urllib3.util.connection.create_connection", stop)
    here = {"id": "chain", "regions": [REGION], "max_attempts": 1}
    only_failure(Volumes, here)
    assert opened == {host}
    assert opened <= {place for _, _, place in Volumes.credential_reads(here)}


def test_an_undeclared_operation_is_a_bug(target: dict[str, Any]) -> None:
    [part] = Volumes.partitions(target)
    checker = Volumes(target, part, Reader(frozenset()), {})
    with pytest.raises(CheckerBug, match="ec2:DescribeInstances is not declared"):
        checker.ask("ec2:DescribeInstances")


def test_importing_the_checkers_does_not_import_the_sdk() -> None:
    modules = "ebs, ebs_backup, rds, rds_backup, s3, s3_backup, dynamodb, dynamodb_backup"
    code = f"import sys; from troth.checkers.aws import {modules}; print('botocore' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
