"""Cloud Storage buckets as stores that could be backed up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from troth.checker import Facts, Resource, complete, demand, facet
from troth.checkers.gcp.listing import BucketLister, instant, row_of


class BucketBackups(BucketLister):
    """Buckets as stores that could be backed up; Cloud Storage itself keeps no recovery points.

    Versioning and soft delete keep what was overwritten in the same bucket, under the same
    permissions: they are no backups. Copies made by other means are seen where they lie.
    """

    id = "gcp.storage.backup"
    kind = "backup-set"

    @facet("subject", uses=["bucket_list"])
    def subject(self, bucket: Resource, listing: Mapping[str, Any]) -> dict[str, Any]:
        """Return a bucket that stands alone."""
        made = instant(demand(row_of(listing, bucket), "timeCreated"))
        return {"form": "bucket", "state": "present", "created_at": made, "system": ""}

    @facet("points", uses=["bucket_list"])
    def points(self, bucket: Resource, listing: Mapping[str, Any]) -> Facts:
        """Return no points; what might be taken for some is kept as raw detail."""
        row = row_of(listing, bucket)
        raw = {name: row[name] for name in ("versioning", "softDeletePolicy") if name in row}
        return Facts({"recovery_points": complete([])}, raw=raw)
