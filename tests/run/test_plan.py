"""The plan tells everything that a check does: no socket, no process, no operation outside it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checkers.aws.peer import Peer
from tests.run.test_faults import bucket
from troth.cli import main

Target = dict[str, Any]
HERE = Path(__file__).parent

#: What the path and query of S3's REST calls mean (Amazon S3 API Reference).
S3 = {
    "s3:GET /?max-buckets": "s3:ListBuckets",
    "?encryption": "s3:GetBucketEncryption",
    "?publicAccessBlock": "s3:GetPublicAccessBlock",
    "?policyStatus": "s3:GetBucketPolicyStatus",
    "?policy": "s3:GetBucketPolicy",
    "?acl": "s3:GetBucketAcl",
    "?ownershipControls": "s3:GetBucketOwnershipControls",
    "?location": "s3:GetBucketLocation",
    "?tagging": "s3:GetBucketTagging",
    "/v20180820/configuration/publicAccessBlock": "s3control:GetPublicAccessBlock",
    "/backup-vaults/": "backup:ListBackupVaults",
}


@pytest.fixture
def config(aws: Callable[..., Any], doubtful: Target, tmp_path: Path) -> Path:
    """Write a troth.yaml that looks at an account, an endpoint, registers and this machine."""
    bucket(aws, "one")
    aws("logs").create_log_group(logGroupName="/app")
    aws("iam").create_user(UserName="alice")
    aws("dynamodb").create_table(
        TableName="t", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
    )  # fmt: skip
    (tmp_path / "registers").mkdir()
    policies = ("servicechannel", "icp-operator", "purecloud", "smart-receico", "conholdate")
    body = {
        "schema": 1,
        "policies": [{"policy": name} for name in policies],
        "targets": [
            doubtful,
            {"id": "web", "type": "tls", "endpoints": ["127.0.0.1:1"], "timeout_seconds": 1},
            {"id": "books", "type": "register", "folder": "registers"},
            {"id": "here", "type": "host"},
        ],
    }
    path = tmp_path / "troth.yaml"
    path.write_text(yaml.safe_dump(body))
    return path


def planned(config: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert main(["plan", "-c", str(config), "--format", "json"]) == 0
    reads: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["reads"]
    return reads


def audited(config: Path, *leak: str) -> dict[str, list[str]]:
    out = config.with_name("audit.json")
    command = [sys.executable, "-m", "tests.run.audited", str(out), *leak, "--", "check", "-q",
               "-c", str(config)]  # fmt: skip
    done = subprocess.run(command, cwd=HERE.parents[1], capture_output=True, text=True, timeout=300)
    assert done.returncode in (1, 3), done.stderr
    seen: dict[str, list[str]] = json.loads(out.read_text())
    return seen


def outside(seen: dict[str, list[str]], reads: list[dict[str, Any]]) -> list[str]:
    """Return what was done that the plan does not name."""
    hosts = {host for read in reads for host in read["egress"]}
    names = {host.rpartition(":")[0] for host in hosts}
    programs = {
        read["operation"].removeprefix("exec:").split()[0]
        for read in reads if read["operation"].startswith("exec:")
    }  # fmt: skip
    strange = [f"connect {place}" for place in seen["connect"] if place not in hosts]
    strange += [f"resolve {name}" for name in seen["resolve"] if name not in names]
    strange += [f"process {name}" for name in seen["process"] if name not in programs]
    return strange


def test_nothing_happens_outside_the_plan(
    config: Path, peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    reads = planned(config, capsys)
    assert peer.asked == [], "the plan itself asked somebody"
    seen = audited(config)
    assert outside(seen, reads) == []
    assert seen["connect"], "nothing was looked at"
    operations = {read["operation"] for read in reads}
    assert {operation_of(asked) for asked in peer.asked} <= operations
    # Once a run: a listing that two partitions need (an account and its region) is one in each.
    places = Counter(
        operation for operation, _ in {(read["operation"], read["partition"]) for read in reads}
    )
    for (asked, body), times in Counter(peer.requests).items():
        assert times <= places[operation_of(asked)], f"{asked} {body} was asked {times} times"


def test_the_hook_sees_what_the_plan_does_not_name(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = yaml.safe_load(config.read_text())
    body["targets"] = [row for row in body["targets"] if row["type"] == "register"]
    config.write_text(yaml.safe_dump(body))
    seen = audited(config, "--leak", "127.0.0.1:9")
    assert outside(seen, planned(config, capsys)) == ["connect 127.0.0.1:9", "resolve 127.0.0.1"]


def operation_of(asked: str) -> str:
    """Return the operation that came in at the server, by its name in the SDK."""
    service, _, rest = asked.partition(":")
    if not rest.startswith("GET "):
        return asked
    for mark, operation in S3.items():
        if asked.startswith(mark) or rest.partition("&")[0].endswith(mark):
            return operation
    raise AssertionError(f"{service}: what is {rest}?")


def test_every_read_names_target_permission_and_scope(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reads = planned(config, capsys)
    cloud = [read for read in reads if read["target"] == "prod"]
    listing = next(read for read in cloud if read["operation"] == "s3:ListBuckets")
    assert listing["permissions"] == ["s3:ListAllMyBuckets"]
    assert listing["per"] == "partition"
    encryption = next(read for read in cloud if read["operation"] == "s3:GetBucketEncryption")
    assert encryption["permissions"] == ["s3:GetEncryptionConfiguration"]
    assert encryption["per"] == "resource"
    groups = next(read for read in cloud if read["operation"] == "logs:DescribeLogGroups")
    assert groups["partition"] == "ap-northeast-1"
    assert all(read["permissions"] for read in cloud if read["checker"] != "credentials")
    assert all(read["effect"] in ("read", "data-read", "job") for read in reads)


def test_credential_calls_are_planned(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = yaml.safe_load(config.read_text())
    body["targets"][0]["role_arn"] = "arn:aws:iam::123456789012:role/troth"
    config.write_text(yaml.safe_dump(body))
    calls = [read for read in planned(config, capsys) if read["checker"] == "credentials"]
    assert ("sts:AssumeRole", ["sts:AssumeRole"]) in [
        (read["operation"], read["permissions"]) for read in calls
    ]
