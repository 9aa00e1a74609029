"""EBS volumes as data stores. Instance-store disks are not listed by AWS and not looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import Facts, Listed, Resource, call, complete, demand, facet
from troth.checkers.aws.facts import encryption_of, instant, tags_of
from troth.checkers.aws.family import AwsRegionChecker, Rows

_PAGE = 500


class EbsRegion(AwsRegionChecker):
    """The listing of volumes, shared by what looks at volumes and at their backups."""

    lists: ClassVar[Sequence[str]] = ("identity", "volumes")

    @call("ec2:DescribeVolumes", actions=["ec2:DescribeVolumes"], per="partition")
    def volumes(self) -> Rows:
        """Return the region's volumes."""
        return self.pages("ec2:DescribeVolumes", "Volumes", require=["VolumeId"], page_size=_PAGE)

    def volume_arn(self, volume_id: str) -> str:
        """Return a volume's ARN."""
        return self.arn("ec2", f"volume/{volume_id}")

    def volume(self, row: Mapping[str, Any]) -> Resource:
        """Return the resource of a row of DescribeVolumes."""
        name = str(row["VolumeId"])
        return Resource(self.volume_arn(name), name, self.partition.name)


class Volumes(EbsRegion):
    """EBS volumes; what a volume can do is in the listing, so there is one call a page."""

    id = "aws.ebs"
    kind = "data-store"

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every volume of the region."""
        yield from self.listed(self.read("volumes"), self.volume)

    @facet("encryption", uses=["volumes"])
    def encryption(self, volume: Resource, volumes: Rows) -> Mapping[str, Any] | Facts:
        """Return whether EBS encrypts the volume, which it does with AES-256 only."""
        row = volumes.one("VolumeId", volume.name)
        return encryption_of(demand(row, "Encrypted"), row.get("KmsKeyId"))

    @facet("exposure", uses=["volumes"])
    def exposure(self, volume: Resource, volumes: Rows) -> Mapping[str, Any]:
        """Return that nothing but an attached instance reaches a volume."""
        volumes.one("VolumeId", volume.name)
        return {"public": False, "ways": complete(())}

    @facet("location", uses=["volumes"])
    def location(self, volume: Resource, volumes: Rows) -> Mapping[str, Any]:
        """Return the region."""
        volumes.one("VolumeId", volume.name)
        return {"places": complete([f"aws:{self.region}"])}

    @facet("transport", uses=["volumes"])
    def transport(self, volume: Resource, volumes: Rows) -> Mapping[str, Any]:
        """Return that a volume is no endpoint: its instance reads it inside the provider."""
        volumes.one("VolumeId", volume.name)
        return {"plaintext": "not-reachable"}

    @facet("nature", uses=["volumes"])
    def nature(self, volume: Resource, volumes: Rows) -> Mapping[str, Any]:
        """Return when the volume was created."""
        row = volumes.one("VolumeId", volume.name)
        return {"form": "volume", "created_at": instant(demand(row, "CreateTime"))}

    @facet("tags", uses=["volumes"])
    def tags(self, volume: Resource, volumes: Rows) -> Mapping[str, str]:
        """Return the tags; EC2 leaves the element out of a row that has none."""
        return tags_of(volumes.one("VolumeId", volume.name).get("Tags", []))
