"""The bucket checkers against a real emulator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.checkers.driver import Seen, observe
from troth.catalogue.kinds import load_kind
from troth.checkers.gcp.backup import BucketBackups
from troth.checkers.gcp.storage import Buckets
from troth.model import Failure, Reason

ID = "//storage.googleapis.com/records"


@pytest.fixture
def bucket(emulator: str) -> Any:
    """Return a real client's bucket ``records`` on the emulator."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage  # type: ignore[import-untyped]

    client = storage.Client(
        project="acme",
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": emulator},
    )
    made = client.create_bucket("records")
    made.iam_configuration.uniform_bucket_level_access_enabled = True
    made.patch()
    return made


Look = Callable[[], dict[str, Any]]


@pytest.fixture
def look(emulator: str, bucket: Any) -> Look:
    """Return a function that observes the bucket ``records`` and checks facts against the kind."""

    def observed() -> dict[str, Any]:
        ((partition, listed, seen),) = observe(
            Buckets, {"id": "g", "project": "acme", "endpoint_url": emulator}
        )
        assert (partition.name, listed) == ("acme", [])
        kind = load_kind("data-store")
        for name, facts in seen[ID].items():
            if isinstance(facts, Seen):
                assert kind.validate(name, facts, facts.missing) == []
        return dict(seen[ID])

    return observed


def allow(bucket: Any, member: str, role: str, condition: dict[str, str] | None = None) -> None:
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.version = 3
    binding: dict[str, Any] = {"role": role, "members": {member}}
    policy.bindings.append(binding | ({"condition": condition} if condition else {}))
    bucket.set_iam_policy(policy)


def test_a_new_bucket_is_encrypted_by_google_and_closed(look: Look) -> None:
    seen = look()
    assert seen["encryption"] == {
        "state": "encrypted",
        "algorithm": "AES",
        "key_bits": 256,
        "layer": "provider",
        "key_owner": "provider",
    }
    assert seen["exposure"] == {"public": False, "ways": {"items": [], "complete": True}}
    assert seen["location"] == {"places": {"items": ["gcp:us"], "complete": True}}
    assert seen["tags"] == {}


def test_a_customers_key_is_the_customers(look: Look, bucket: Any) -> None:
    bucket.default_kms_key_name = "projects/p/locations/us/keyRings/r/cryptoKeys/k"
    bucket.patch()
    seen = look()["encryption"]
    assert seen["key_owner"] == "customer"
    assert seen.raw == {"defaultKmsKeyName": "projects/p/locations/us/keyRings/r/cryptoKeys/k"}


def test_labels_are_tags(look: Look, bucket: Any) -> None:
    bucket.labels = {"tier": "critical"}
    bucket.patch()
    assert look()["tags"] == {"tier": "critical"}


def test_nature_tells_when_the_bucket_was_made(look: Look, bucket: Any) -> None:
    seen = look()["nature"]
    assert seen["form"] == "bucket"
    made = datetime.fromisoformat(seen["created_at"])
    assert made == bucket.time_created
    assert made.utcoffset() == datetime.now(UTC).utcoffset()


@pytest.mark.parametrize("who", ["allUsers", "allAuthenticatedUsers"])
def test_anyone_and_anyone_with_an_account_are_both_the_public(
    look: Look, bucket: Any, who: str
) -> None:
    allow(bucket, who, "roles/storage.objectViewer")
    assert look()["exposure"] == {
        "public": True,
        "ways": {"items": [f"IAM {who} roles/storage.objectViewer"], "complete": True},
    }


def test_members_who_are_somebody_are_not_the_public(look: Look, bucket: Any) -> None:
    allow(bucket, "user:allUsers@example.com", "roles/storage.objectViewer")
    assert look()["exposure"]["public"] is False


def test_a_condition_on_the_public_leaves_it_open_whether_it_is(look: Look, bucket: Any) -> None:
    when = {"title": "until", "expression": 'request.time < timestamp("2020-01-01T00:00:00Z")'}
    allow(bucket, "allUsers", "roles/storage.objectViewer", when)
    seen = look()["exposure"]
    assert "public" not in seen
    assert seen.missing["public"].reason == Reason.NOT_SUPPORTED


def test_public_access_prevention_beats_a_public_binding(look: Look, bucket: Any) -> None:
    allow(bucket, "allUsers", "roles/storage.objectViewer")
    bucket.iam_configuration.public_access_prevention = "enforced"
    bucket.patch()
    assert look()["exposure"] == {"public": False, "ways": {"items": [], "complete": True}}


def test_legacy_acls_count_unless_access_is_uniform(look: Look, bucket: Any) -> None:
    bucket.iam_configuration.uniform_bucket_level_access_enabled = False
    bucket.patch()
    bucket._patch_property("defaultObjectAcl", [{"entity": "allUsers", "role": "READER"}])
    bucket.patch()
    seen = look()["exposure"]
    assert seen["public"] is True
    assert seen["ways"]["items"] == ["default object ACL allUsers READER"]
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.patch()
    assert look()["exposure"]["public"] is False


def test_with_acls_in_force_single_objects_may_be_public(look: Look, bucket: Any) -> None:
    bucket.iam_configuration.uniform_bucket_level_access_enabled = False
    bucket.patch()
    seen = look()["exposure"]
    assert "public" not in seen
    assert seen["ways"] == {"items": []}
    assert seen.missing["public"].reason == Reason.NOT_SUPPORTED


def test_an_emulator_cannot_tell_whether_plain_http_is_refused(look: Look) -> None:
    failure = look()["transport"]
    assert isinstance(failure, Failure)
    assert failure.reason == Reason.NOT_SUPPORTED


def test_a_bucket_is_a_store_without_recovery_points(emulator: str, bucket: Any) -> None:
    bucket.versioning_enabled = True
    bucket.patch()
    ((_, listed, seen),) = observe(
        BucketBackups, {"id": "g", "project": "acme", "endpoint_url": emulator}
    )
    assert listed == []
    points, subject = seen[ID]["points"], seen[ID]["subject"]
    assert points == {"recovery_points": {"items": [], "complete": True}}
    assert isinstance(points, Seen)
    assert isinstance(subject, Seen)
    assert points.raw["versioning"] == {"enabled": True}
    assert (subject["form"], subject["state"], subject["system"]) == ("bucket", "present", "")
    kind = load_kind("backup-set")
    assert kind.validate("points", points) == kind.validate("subject", subject) == []


def test_no_bucket_at_all_is_a_complete_list(emulator: str) -> None:
    ((_, listed, seen),) = observe(
        Buckets, {"id": "g", "project": "acme", "endpoint_url": emulator}
    )
    assert (listed, seen) == ([], {})
