"""DynamoDB tables: moto over HTTP, hand-written answers where moto has none."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.checkers.aws.peer import Fault, Peer, answer, json_error
from tests.checkers.aws.seeing import see
from troth.checkers.aws.dynamodb import Tables
from troth.model import Reason

REGION = "ap-northeast-1"
ARN = f"arn:aws:dynamodb:{REGION}:123456789012:table/orders"


@pytest.fixture
def dynamodb(aws: Callable[..., Any]) -> Any:
    """Return a client; there is one table."""
    client = aws("dynamodb")
    client.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "tier", "Value": "critical"}],
    )
    return client


def described(peer: Peer, **more: Any) -> None:
    table = {
        "TableName": "orders",
        "TableArn": ARN,
        "CreationDateTime": datetime(2024, 3, 1, 9, tzinfo=UTC),
        **more,
    }
    peer.fault("dynamodb:DescribeTable", answer("dynamodb", "DescribeTable", {"Table": table}))


@pytest.mark.parametrize(
    ("described_as", "owner"),
    [
        (None, "provider"),
        ({"Status": "DISABLED"}, "provider"),
        ({"Status": "ENABLED", "SSEType": "KMS"}, "provider"),
        ({"Status": "UPDATING", "SSEType": "KMS", "KMSMasterKeyArn": "arn:aws:kms:k"}, None),
        ({"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": "arn:aws:kms:k"}, None),
    ],
)
def test_encryption(
    dynamodb: Any,
    peer: Peer,
    doubtful: dict[str, Any],
    described_as: Mapping[str, str] | None,
    owner: str | None,
) -> None:
    described(peer, **({"SSEDescription": described_as} if described_as else {}))
    facts = see(Tables, doubtful).facts(ARN, "encryption")
    known = {"state": "encrypted", "algorithm": "AES", "key_bits": 256, "layer": "provider"}
    assert facts == (known | {"key_owner": owner} if owner else known)


@pytest.mark.parametrize("body", [b'{"Table": {}}', b'{"Table": {"SSEDescri', b"{}"])
def test_a_cut_description_is_not_the_default_key(
    dynamodb: Any, peer: Peer, doubtful: dict[str, Any], body: bytes
) -> None:
    peer.fault("dynamodb:DescribeTable", Fault(body=body))
    assert see(Tables, doubtful).failure(ARN, "encryption").reason is Reason.MALFORMED_RESPONSE


def test_plain_table(dynamodb: Any, target: dict[str, Any]) -> None:
    sight = see(Tables, target)
    assert sight.facts(ARN, "encryption")["key_owner"] == "provider"
    assert sight.facts(ARN, "exposure")["public"] is False
    assert sight.facts(ARN, "location")["places"]["items"] == [f"aws:{REGION}"]
    assert sight.facts(ARN, "tags") == {"tier": "critical"}
    assert sight.facts(ARN, "nature")["form"] == "table"
    assert sight.failure(ARN, "transport").reason is Reason.UNPROVEN


def test_replicas_are_places(dynamodb: Any, peer: Peer, doubtful: dict[str, Any]) -> None:
    described(peer, Replicas=[{"RegionName": "us-east-1"}])
    places = see(Tables, doubtful).facts(ARN, "location")["places"]
    assert places == {"items": [f"aws:{REGION}", "aws:us-east-1"], "complete": True}


def test_policy_that_refuses_plaintext(dynamodb: Any, peer: Peer, doubtful: dict[str, Any]) -> None:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "dynamodb:*",
        "Resource": ARN,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = json.dumps({"Statement": [statement]})
    peer.fault(
        "dynamodb:GetResourcePolicy",
        answer("dynamodb", "GetResourcePolicy", {"Policy": policy}),
    )
    assert see(Tables, doubtful).facts(ARN, "transport") == {"plaintext": "refused"}


def test_table_that_is_deleted_meanwhile(
    dynamodb: Any, peer: Peer, doubtful: dict[str, Any]
) -> None:
    peer.fault("dynamodb:DescribeTable", json_error("ResourceNotFoundException"))
    assert see(Tables, doubtful).failure(ARN, "encryption").reason is Reason.NO_DATA


def test_tags_denied(dynamodb: Any, peer: Peer, doubtful: dict[str, Any]) -> None:
    peer.fault("dynamodb:ListTagsOfResource", json_error("AccessDeniedException"))
    sight = see(Tables, doubtful)
    assert sight.failure(ARN, "tags").permission == "dynamodb:ListTagsOfResource"
    assert sight.facts(ARN, "encryption")["state"] == "encrypted"
