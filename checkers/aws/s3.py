"""S3 buckets as data stores: encryption, exposure, place, transport, tags.

A bucket in a region that nobody looks at is the one that matters, so all of the account's are
read. Directory buckets (S3 Express) and buckets on Outposts are listed by other operations and
are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from troth.checker import (
    ABSENT,
    Facts,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    complete,
    demand,
    facet,
    partial,
)
from troth.checkers.aws.facts import UNENCRYPTED, encrypted_by_aws, instant, tags_of
from troth.checkers.aws.family import Rows
from troth.checkers.aws.policy import refuses_plaintext
from troth.checkers.aws.s3_calls import BucketReads
from troth.model import Failure

_GROUPS = {
    "http://acs.amazonaws.com/groups/global/AllUsers": "everyone",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers": "every AWS account",
}
#: READ_ACP shows who may do what, not the data; WRITE_ACP lets one grant oneself the rest.
_OPENING = ("READ", "WRITE", "WRITE_ACP", "FULL_CONTROL")
_ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")
_FLAGS = ("IgnorePublicAcls", "RestrictPublicBuckets")
_OBJECT_LISTS = Failure(
    Reason.UNPROVEN,
    "single objects can be public by their own access control list; enforce bucket ownership or "
    "ignore public lists",
)


class Buckets(BucketReads):
    """S3 buckets."""

    id = "aws.s3"
    kind = "data-store"

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every bucket of the account."""
        yield from self.listed(self.read("buckets"), self.bucket)

    @facet("encryption", uses=["encryption_response"])
    def encryption(self, bucket: Resource, response: Any) -> Any:
        """Return the default encryption.

        AWS encrypts every new object since 5 January 2023 and answers AES256 for buckets that
        never asked for it. So "not configured" comes from systems that speak S3 and store
        objects as they come: unencrypted is what is true there.
        """
        if response is ABSENT:
            return UNENCRYPTED
        rules = demand(response, "ServerSideEncryptionConfiguration", "Rules")
        if not rules:
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, "the bucket has no encryption rule")
        default = demand(rules[0], "ApplyServerSideEncryptionByDefault")
        algorithm = demand(default, "SSEAlgorithm")
        if algorithm not in _ALGORITHMS:
            raise ObservationFailed(
                Reason.NOT_SUPPORTED, f"unknown encryption algorithm {str(algorithm)[:40]}"
            )
        key = "" if algorithm == "AES256" else str(default.get("KMSMasterKeyID", "alias/aws/s3"))
        return encrypted_by_aws(key, raw={"sse_algorithm": algorithm})

    @facet(
        "exposure",
        uses=[
            "block_response",
            "account_block",
            "policy_status",
            "acl_response",
            "ownership_response",
        ],
    )
    def exposure(
        self, bucket: Resource, block: Any, account: Any, status: Any, acl: Any, ownership: Any
    ) -> Facts:
        """Return whether anyone can get in, after what the two public access blocks take back.

        Where lists still count, a single object can be public by its own list, which only
        reading every object would show: then there is no "not public".
        """
        blocks = [_flags(block), _flags(account)]
        policy_public = status is not ABSENT and demand(status, "PolicyStatus", "IsPublic")
        restricted = any(flags["RestrictPublicBuckets"] for flags in blocks)
        ways = ["bucket policy"] if policy_public and not restricted else []
        lists_count = not any(flags["IgnorePublicAcls"] for flags in blocks)
        if lists_count:
            ways += _public_grants(demand(acl, "Grants"))
        if not lists_count or _owner_enforced(ownership):
            return Facts({"public": bool(ways), "ways": complete(ways)})
        if ways:
            return Facts({"public": True, "ways": partial(ways)}, missing={"ways": _OBJECT_LISTS})
        return Facts(
            {"ways": partial(())}, missing={"public": _OBJECT_LISTS, "ways": _OBJECT_LISTS}
        )

    @facet("location", uses=["location_response"])
    def location(self, bucket: Resource, response: Any) -> Mapping[str, Any]:
        """Return the region; the oldest regions have no name or an old one in this answer."""
        constraint = demand(response, "LocationConstraint")
        region = {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}.get(constraint, constraint)
        return {"places": complete([f"aws:{region}"])}

    @facet("transport", uses=["policy_response"])
    def transport(self, bucket: Resource, response: Any) -> Mapping[str, Any]:
        """Return whether a policy refuses plain HTTP, which S3 serves otherwise."""
        refused = response is not ABSENT and refuses_plaintext(
            demand(response, "Policy"), "s3", [bucket.id, f"{bucket.id}/*"]
        )
        return {"plaintext": "refused" if refused else "accepted"}

    @facet("nature", uses=["buckets"])
    def nature(self, bucket: Resource, buckets: Rows) -> Mapping[str, Any]:
        """Return the creation date; some changes of the bucket's policy move it forward."""
        row = buckets.one("Name", bucket.name)
        return {"form": "bucket", "created_at": instant(demand(row, "CreationDate"))}

    @facet("tags", uses=["tagging_response"])
    def tags(self, bucket: Resource, response: Any) -> Mapping[str, str]:
        """Return the tags; none at all is an error code of S3."""
        return {} if response is ABSENT else tags_of(demand(response, "TagSet"))


def _flags(response: Any) -> Mapping[str, bool]:
    """Return the two flags that take effect on what is already there; no block has none."""
    if response is ABSENT:
        return dict.fromkeys(_FLAGS, False)
    return {name: demand(response, "PublicAccessBlockConfiguration", name) for name in _FLAGS}


def _public_grants(grants: Sequence[Mapping[str, Any]]) -> list[str]:
    ways = []
    for grant in grants:
        group = _GROUPS.get(demand(grant, "Grantee").get("URI", ""))
        permission = demand(grant, "Permission")
        if group and permission in _OPENING:
            ways.append(f"access control list: {permission} for {group}")
    return ways


def _owner_enforced(ownership: Any) -> bool:
    if ownership is ABSENT:
        return False
    rules = demand(ownership, "OwnershipControls", "Rules")
    return [demand(rule, "ObjectOwnership") for rule in rules] == ["BucketOwnerEnforced"]
