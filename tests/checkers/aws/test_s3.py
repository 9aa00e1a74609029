"""S3 buckets: moto over HTTP, faults by a server in front of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.checkers.aws.peer import Fault, Peer, answer, s3_error
from tests.checkers.aws.seeing import Sight, see
from tests.checkers.driver import Seen
from troth.checkers.aws.s3 import Buckets
from troth.model import Reason

REGION = "ap-northeast-1"
ARN = "arn:aws:s3:::bucket-one"
BLOCK = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
EVERYONE = "http://acs.amazonaws.com/groups/global/AllUsers"
OPEN = dict.fromkeys(BLOCK, False)
PUBLIC = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{ARN}/*"}
TLS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": [ARN, f"{ARN}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


@pytest.fixture
def s3(aws: Callable[..., Any]) -> Any:
    """Return a client; there is one bucket."""
    client = aws("s3")
    client.create_bucket(
        Bucket="bucket-one", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    return client


def set_policy(s3: Any, *statements: dict[str, Any]) -> None:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    s3.put_bucket_policy(Bucket="bucket-one", Policy=json.dumps(policy))


def enforce_owner(s3: Any) -> None:
    s3.put_bucket_ownership_controls(
        Bucket="bucket-one",
        OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    )


@pytest.mark.parametrize(
    ("rule", "owner"),
    [
        ({"SSEAlgorithm": "AES256"}, "provider"),
        ({"SSEAlgorithm": "aws:kms"}, "provider"),
        ({"SSEAlgorithm": "aws:kms:dsse"}, "provider"),
        ({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/aws/s3"}, "provider"),
        ({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:x:1:key/2"}, None),
    ],
)
def test_encryption(
    s3: Any, target: dict[str, Any], rule: dict[str, str], owner: str | None
) -> None:
    s3.put_bucket_encryption(
        Bucket="bucket-one",
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]},
    )
    facts = see(Buckets, target).facts(ARN, "encryption")
    known = {"state": "encrypted", "algorithm": "AES", "key_bits": 256, "layer": "provider"}
    assert facts == (known | {"key_owner": owner} if owner else known)
    assert list(facts.missing) == ([] if owner else ["key_owner"])


def test_no_encryption_configured(s3: Any, target: dict[str, Any]) -> None:
    assert see(Buckets, target).facts(ARN, "encryption") == {
        "state": "unencrypted",
        "algorithm": "none",
        "key_bits": 0,
        "layer": "none",
        "key_owner": "none",
    }


def test_an_algorithm_nobody_knows(s3: Any, peer: Peer, doubtful: dict[str, Any]) -> None:
    body = (
        b"<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
        b"<SSEAlgorithm>rot13</SSEAlgorithm>"
        b"</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
    )
    peer.fault("s3:GET /bucket-one?encryption", Fault(body=body))
    failure = see(Buckets, doubtful).failure(ARN, "encryption")
    assert failure.reason is Reason.NOT_SUPPORTED


def exposure(s3: Any, target: dict[str, Any]) -> Seen:
    return see(Buckets, target).facts(ARN, "exposure")


def test_closed_bucket(s3: Any, target: dict[str, Any]) -> None:
    enforce_owner(s3)
    assert exposure(s3, target) == {"public": False, "ways": {"items": [], "complete": True}}


def test_public_policy(s3: Any, target: dict[str, Any]) -> None:
    enforce_owner(s3)
    set_policy(s3, PUBLIC)
    assert exposure(s3, target) == {
        "public": True,
        "ways": {"items": ["bucket policy"], "complete": True},
    }


def test_public_policy_behind_the_bucket_block(s3: Any, target: dict[str, Any]) -> None:
    set_policy(s3, PUBLIC)
    s3.put_public_access_block(Bucket="bucket-one", PublicAccessBlockConfiguration=BLOCK)
    assert exposure(s3, target)["public"] is False


def test_public_policy_behind_the_account_block(
    s3: Any, target: dict[str, Any], aws: Callable[..., Any], peer: Peer, doubtful: dict[str, Any]
) -> None:
    set_policy(s3, PUBLIC)
    s3.put_public_access_block(Bucket="bucket-one", PublicAccessBlockConfiguration=OPEN)
    block = answer("s3control", "GetPublicAccessBlock", {"PublicAccessBlockConfiguration": BLOCK})
    peer.fault("s3:GET /v20180820/configuration/publicAccessBlock", block)
    assert see(Buckets, doubtful).facts(ARN, "exposure") == {
        "public": False,
        "ways": {"items": [], "complete": True},
    }
    assert exposure(s3, target)["public"] is True


def test_a_block_that_only_stops_new_policies_is_none(s3: Any, target: dict[str, Any]) -> None:
    enforce_owner(s3)
    set_policy(s3, PUBLIC)
    half = OPEN | {"BlockPublicAcls": True, "BlockPublicPolicy": True}
    s3.put_public_access_block(Bucket="bucket-one", PublicAccessBlockConfiguration=half)
    assert exposure(s3, target)["public"] is True


@pytest.mark.parametrize(
    ("grant", "ways"),
    [
        ({"ACL": "public-read"}, ["access control list: READ for everyone"]),
        (
            {"GrantWrite": f'uri="{EVERYONE}"'},
            ["access control list: WRITE for everyone"],
        ),
        (
            {"GrantWriteACP": f'uri="{EVERYONE}"'},
            ["access control list: WRITE_ACP for everyone"],
        ),
        ({"ACL": "authenticated-read"}, ["access control list: READ for every AWS account"]),
    ],
)
def test_public_list(
    s3: Any, target: dict[str, Any], grant: dict[str, str], ways: list[str]
) -> None:
    s3.put_public_access_block(Bucket="bucket-one", PublicAccessBlockConfiguration=OPEN)
    s3.put_bucket_acl(Bucket="bucket-one", **grant)
    facts = exposure(s3, target)
    assert facts == {"public": True, "ways": {"items": ways}}
    assert facts.missing["ways"].reason is Reason.UNPROVEN
    s3.put_public_access_block(Bucket="bucket-one", PublicAccessBlockConfiguration=BLOCK)
    assert exposure(s3, target) == {"public": False, "ways": {"items": [], "complete": True}}


def test_lists_of_objects_leave_it_open(s3: Any, target: dict[str, Any]) -> None:
    facts = exposure(s3, target)
    assert facts == {"ways": {"items": []}}
    assert facts.missing["public"].reason is Reason.UNPROVEN


@pytest.mark.parametrize(
    ("query", "permission"),
    [
        ("?publicAccessBlock", "s3:GetBucketPublicAccessBlock"),
        ("?policyStatus", "s3:GetBucketPolicyStatus"),
        ("?acl", "s3:GetBucketAcl"),
        ("?ownershipControls", "s3:GetBucketOwnershipControls"),
    ],
)
def test_exposure_needs_every_answer(
    s3: Any, peer: Peer, doubtful: dict[str, Any], query: str, permission: str
) -> None:
    peer.fault(f"s3:GET /bucket-one{query}", s3_error("AccessDenied"))
    sight = see(Buckets, doubtful)
    failure = sight.failure(ARN, "exposure")
    assert (failure.reason, failure.permission) == (Reason.PERMISSION_DENIED, permission)
    assert sight.facts(ARN, "transport") == {"plaintext": "accepted"}


def test_account_block_denied(s3: Any, peer: Peer, doubtful: dict[str, Any]) -> None:
    peer.fault("s3:GET /v20180820", s3_error("AccessDenied"))
    failure = see(Buckets, doubtful).failure(ARN, "exposure")
    assert failure.permission == "s3:GetAccountPublicAccessBlock"


@pytest.mark.parametrize(
    ("statements", "plaintext"),
    [
        ([], "accepted"),
        ([TLS_ONLY], "refused"),
        ([PUBLIC, TLS_ONLY], "refused"),
        ([TLS_ONLY | {"Principal": {"AWS": ["*"]}}], "refused"),
        ([TLS_ONLY | {"Action": ["s3:*"], "Resource": "arn:aws:s3:::bucket-*"}], "refused"),
        ([TLS_ONLY | {"Condition": {"Bool": {"AWS:securetransport": [False]}}}], "refused"),
        ([TLS_ONLY | {"Resource": ARN}, TLS_ONLY | {"Resource": f"{ARN}/*"}], "refused"),
        ([TLS_ONLY | {"Resource": f"{ARN}/*"}], "accepted"),
        ([TLS_ONLY | {"Resource": [ARN, f"{ARN}/logs/*"]}], "accepted"),
        ([TLS_ONLY | {"Action": "s3:GetObject"}], "accepted"),
        ([TLS_ONLY | {"Effect": "Allow"}], "accepted"),
        ([TLS_ONLY | {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}], "accepted"),
        ([TLS_ONLY | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}], "accepted"),
        (
            [
                TLS_ONLY
                | {
                    "Condition": {
                        "Bool": {"aws:SecureTransport": "false"},
                        "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
                    }
                }
            ],
            "accepted",
        ),
        ([{k: v for k, v in TLS_ONLY.items() if k != "Condition"}], "accepted"),
    ],
)
def test_transport(
    s3: Any, target: dict[str, Any], statements: list[dict[str, Any]], plaintext: str
) -> None:
    if statements:
        set_policy(s3, *statements)
    assert see(Buckets, target).facts(ARN, "transport") == {"plaintext": plaintext}


@pytest.mark.parametrize("policy", [b"{", b"[]", b'{"Statement": ["x"]}', b'{"Version": "1"}'])
def test_a_policy_that_is_none(
    s3: Any, peer: Peer, doubtful: dict[str, Any], policy: bytes
) -> None:
    peer.fault("s3:GET /bucket-one?policy", Fault(body=policy))
    peer.fault("s3:GET /bucket-one?policyStatus", s3_error("NoSuchBucketPolicy", 404))
    failure = see(Buckets, doubtful).failure(ARN, "transport")
    assert failure.reason is Reason.MALFORMED_RESPONSE


@pytest.mark.parametrize(
    ("constraint", "place"),
    [
        (b"<LocationConstraint/>", "aws:us-east-1"),
        (b"<LocationConstraint>EU</LocationConstraint>", "aws:eu-west-1"),
        (b"<LocationConstraint>sa-east-1</LocationConstraint>", "aws:sa-east-1"),
    ],
)
def test_location(
    s3: Any, peer: Peer, doubtful: dict[str, Any], constraint: bytes, place: str
) -> None:
    peer.fault("s3:GET /bucket-one?location", Fault(body=constraint))
    facts = see(Buckets, doubtful).facts(ARN, "location")
    assert facts == {"places": {"items": [place], "complete": True}}


def test_tags_and_nature(s3: Any, target: dict[str, Any]) -> None:
    assert see(Buckets, target).facts(ARN, "tags") == {}
    tagging = {"TagSet": [{"Key": "tier", "Value": "critical"}]}
    s3.put_bucket_tagging(Bucket="bucket-one", Tagging=tagging)
    sight = see(Buckets, target)
    assert sight.facts(ARN, "tags") == {"tier": "critical"}
    created = s3.list_buckets()["Buckets"][0]["CreationDate"].isoformat()
    assert sight.facts(ARN, "nature") == {"form": "bucket", "created_at": created}


def test_tags_denied_is_not_untagged(s3: Any, peer: Peer, doubtful: dict[str, Any]) -> None:
    peer.fault("s3:GET /bucket-one?tagging", s3_error("AccessDenied"))
    failure = see(Buckets, doubtful).failure(ARN, "tags")
    assert failure.permission == "s3:GetBucketTagging"


def test_each_bucket_is_read_in_its_region(s3: Any, peer: Peer, doubtful: dict[str, Any]) -> None:
    listing = (
        b"<ListAllMyBucketsResult><Buckets><Bucket><Name>bucket-one</Name>"
        b"<CreationDate>2024-03-01T09:00:00Z</CreationDate>"
        b"<BucketRegion>eu-west-1</BucketRegion></Bucket></Buckets></ListAllMyBucketsResult>"
    )
    peer.fault("s3:GET /?", Fault(body=listing))
    sight: Sight = see(Buckets, doubtful)
    assert sight.facts(ARN, "nature")["created_at"] == "2024-03-01T09:00:00+00:00"
    assert peer.regions["s3:GET /bucket-one?policy"] == "eu-west-1"
    [listed] = [name for name in peer.asked if name.startswith("s3:GET /?")]
    assert peer.regions[listed] == REGION


def test_one_denied_bucket_does_not_hide_another(
    s3: Any, peer: Peer, doubtful: dict[str, Any]
) -> None:
    s3.create_bucket(Bucket="bucket-two", CreateBucketConfiguration={"LocationConstraint": REGION})
    peer.fault("s3:GET /bucket-one?", s3_error("AccessDenied"))
    sight = see(Buckets, doubtful)
    assert sight.incomplete == []
    assert sight.failure(ARN, "encryption").permission == "s3:GetEncryptionConfiguration"
    assert sight.facts("arn:aws:s3:::bucket-two", "encryption")["state"] == "unencrypted"
