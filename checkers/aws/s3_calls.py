"""The reads of S3 that say how a bucket is set up, each made in the bucket's own region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import Partition, Resource, call, demand
from troth.checkers.aws.access import Door, host_of, regions_of
from troth.checkers.aws.family import AwsAccountChecker, Rows

_NO_BLOCK = "NoSuchPublicAccessBlockConfiguration"
_PAGE = 1000


class S3Account(AwsAccountChecker):
    """The listing of buckets, shared by what looks at buckets and at their backups."""

    lists: ClassVar[Sequence[str]] = ("identity", "buckets")

    @call("s3:ListBuckets", actions=["s3:ListAllMyBuckets"], per="partition")
    def buckets(self) -> Rows:
        """Return the account's buckets; asking by pages makes S3 name each bucket's region."""
        return self.pages("s3:ListBuckets", "Buckets", require=["Name"], page_size=_PAGE)

    def bucket_arn(self, name: str) -> str:
        """Return a bucket's ARN, which names neither region nor account."""
        parts = self.arn("s3", name, region="").split(":")
        return ":".join([*parts[:3], "", "", name])

    def __init__(self, *given: Any) -> None:
        """Start without any bucket's region; the listing tells them."""
        super().__init__(*given)
        self._regions: dict[str, str] = {}

    @classmethod
    def egress(cls, target: Mapping[str, Any], partition: Partition) -> Sequence[str]:
        """Add S3 in every region: a bucket can lie in any."""
        door = Door.of(target)
        hosts = {host_of(door, "s3", region) for region in regions_of("s3", door.home)}
        return sorted({*super().egress(target, partition), *hosts})

    def bucket(self, row: Mapping[str, Any]) -> Resource:
        """Return the resource of a row of ListBuckets, and keep its region for later calls."""
        name = str(row["Name"])
        if row.get("BucketRegion"):
            self._regions[name] = str(row["BucketRegion"])
        return Resource(self.bucket_arn(name), name, self.partition.name)

    def _ask(self, operation: str, keys: Sequence[str], bucket: Resource) -> dict[str, Any]:
        # Without a known region the SDK follows S3's redirect from the home region.
        region = self._regions.get(bucket.name)
        return self.ask(operation, keys, region=region, Bucket=bucket.name)

    @call(
        "s3:GetBucketTagging",
        actions=["s3:GetBucketTagging"],
        per="resource",
        absent_on=["NoSuchTagSet", "NoSuchBucket"],
    )
    def tagging_response(self, bucket: Resource) -> Any:
        """Return the bucket's tags; a bucket that is gone has none."""
        return self._ask("s3:GetBucketTagging", ["TagSet"], bucket)


class BucketReads(S3Account):
    """Every read of one bucket that its facets as a data store need."""

    @classmethod
    def egress(cls, target: Mapping[str, Any], partition: Partition) -> Sequence[str]:
        """Return S3 Control under the host name that begins with the account's id."""
        hosts = super().egress(target, partition)
        return sorted(f"*.{host}" if host.startswith("s3-control.") else host for host in hosts)

    @call(
        "s3:GetBucketEncryption",
        actions=["s3:GetEncryptionConfiguration"],
        per="resource",
        absent_on=["ServerSideEncryptionConfigurationNotFoundError"],
    )
    def encryption_response(self, bucket: Resource) -> Any:
        """Return the default encryption of new objects."""
        return self._ask("s3:GetBucketEncryption", ["ServerSideEncryptionConfiguration"], bucket)

    @call(
        "s3:GetPublicAccessBlock",
        actions=["s3:GetBucketPublicAccessBlock"],
        per="resource",
        absent_on=[_NO_BLOCK],
    )
    def block_response(self, bucket: Resource) -> Any:
        """Return the bucket's public access block."""
        return self._ask("s3:GetPublicAccessBlock", ["PublicAccessBlockConfiguration"], bucket)

    @call(
        "s3control:GetPublicAccessBlock",
        actions=["s3:GetAccountPublicAccessBlock"],
        per="partition",
        absent_on=[_NO_BLOCK],
    )
    def account_block(self) -> Any:
        """Return the account's public access block, which binds every bucket."""
        return self.ask(
            "s3control:GetPublicAccessBlock",
            ["PublicAccessBlockConfiguration"],
            AccountId=str(demand(self.identity(), "Account")),
        )

    @call(
        "s3:GetBucketPolicyStatus",
        actions=["s3:GetBucketPolicyStatus"],
        per="resource",
        absent_on=["NoSuchBucketPolicy"],
    )
    def policy_status(self, bucket: Resource) -> Any:
        """Return whether S3 calls the bucket's policy public."""
        return self._ask("s3:GetBucketPolicyStatus", ["PolicyStatus"], bucket)

    @call("s3:GetBucketAcl", actions=["s3:GetBucketAcl"], per="resource")
    def acl_response(self, bucket: Resource) -> Any:
        """Return the bucket's access control list."""
        return self._ask("s3:GetBucketAcl", ["Grants"], bucket)

    @call(
        "s3:GetBucketOwnershipControls",
        actions=["s3:GetBucketOwnershipControls"],
        per="resource",
        absent_on=["OwnershipControlsNotFoundError"],
    )
    def ownership_response(self, bucket: Resource) -> Any:
        """Return whether access control lists are switched off."""
        return self._ask("s3:GetBucketOwnershipControls", ["OwnershipControls"], bucket)

    @call(
        "s3:GetBucketPolicy",
        actions=["s3:GetBucketPolicy"],
        per="resource",
        absent_on=["NoSuchBucketPolicy"],
    )
    def policy_response(self, bucket: Resource) -> Any:
        """Return the bucket's policy."""
        return self._ask("s3:GetBucketPolicy", ["Policy"], bucket)

    @call("s3:GetBucketLocation", actions=["s3:GetBucketLocation"], per="resource")
    def location_response(self, bucket: Resource) -> Any:
        """Return the region constraint."""
        return self._ask("s3:GetBucketLocation", ["LocationConstraint"], bucket)
