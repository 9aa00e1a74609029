"""EBS volumes: moto over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.checkers.aws.peer import Peer, answer, ec2_error
from tests.checkers.aws.seeing import see
from troth.checkers.aws.ebs import Volumes
from troth.model import Reason

REGION = "ap-northeast-1"
PREFIX = f"arn:aws:ec2:{REGION}:123456789012:volume/"


def make(aws: Callable[..., Any], **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = aws("ec2").create_volume(AvailabilityZone=f"{REGION}a", Size=1, **more)
    return made


def test_encrypted_volume(aws: Callable[..., Any], target: dict[str, Any]) -> None:
    made = make(aws, Encrypted=True)
    facts = see(Volumes, target).facts(f"{PREFIX}{made['VolumeId']}", "encryption")
    assert facts == {
        "state": "encrypted",
        "algorithm": "AES",
        "key_bits": 256,
        "layer": "provider",
    }
    assert facts.missing["key_owner"].reason is Reason.NO_DATA
    assert facts.raw["kms_key"].startswith("arn:aws:kms:")


def test_plain_volume(aws: Callable[..., Any], target: dict[str, Any]) -> None:
    made = make(aws, Encrypted=False)
    arn = f"{PREFIX}{made['VolumeId']}"
    sight = see(Volumes, target)
    assert sight.facts(arn, "encryption")["state"] == "unencrypted"
    assert sight.facts(arn, "exposure") == {
        "public": False,
        "ways": {"items": [], "complete": True},
    }
    assert sight.facts(arn, "location") == {
        "places": {"items": [f"aws:{REGION}"], "complete": True}
    }
    assert sight.facts(arn, "transport") == {"plaintext": "not-reachable"}
    created = made["CreateTime"].isoformat()
    assert sight.facts(arn, "nature") == {"form": "volume", "created_at": created}


def test_tags(aws: Callable[..., Any], target: dict[str, Any]) -> None:
    tagged = [{"ResourceType": "volume", "Tags": [{"Key": "tier", "Value": "critical"}]}]
    with_tags, without = make(aws, TagSpecifications=tagged), make(aws)
    sight = see(Volumes, target)
    assert sight.facts(f"{PREFIX}{with_tags['VolumeId']}", "tags") == {"tier": "critical"}
    assert sight.facts(f"{PREFIX}{without['VolumeId']}", "tags") == {}


def test_one_call_for_all_volumes(aws: Callable[..., Any], target: dict[str, Any]) -> None:
    for _ in range(3):
        make(aws)
    sight = see(Volumes, target)
    assert len(sight.resources) == 3
    assert sight.made == {"ec2:DescribeVolumes": 1, "sts:GetCallerIdentity": 1}


def test_no_volumes_is_a_complete_list(target: dict[str, Any]) -> None:
    sight = see(Volumes, target)
    assert (sight.resources, sight.incomplete) == ({}, [])


def test_region_that_refuses_does_not_hide_another(
    aws: Callable[..., Any], peer: Peer, doubtful: dict[str, Any]
) -> None:
    page = {"Volumes": [{"VolumeId": "vol-1", "Encrypted": True}]}
    peer.fault(
        "ec2:DescribeVolumes",
        ec2_error("UnauthorizedOperation"),
        answer("ec2", "DescribeVolumes", page),
    )
    sight = see(Volumes, {**doubtful, "regions": ["eu-west-1", REGION]})
    assert list(sight.resources) == [f"{PREFIX}vol-1"]
    assert [failure.reason for failure in sight.incomplete] == [Reason.PERMISSION_DENIED]


def test_volume_without_time(peer: Peer, doubtful: dict[str, Any]) -> None:
    page = {"Volumes": [{"VolumeId": "vol-1", "Encrypted": True}]}
    peer.fault("ec2:DescribeVolumes", answer("ec2", "DescribeVolumes", page))
    sight = see(Volumes, doubtful)
    assert sight.failure(f"{PREFIX}vol-1", "nature").reason is Reason.MALFORMED_RESPONSE
    assert sight.facts(f"{PREFIX}vol-1", "encryption")["state"] == "encrypted"
