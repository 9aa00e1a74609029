"""Bring a bundle to where nobody can change or delete it before its time, administrators included.

``s3://`` needs a bucket with S3 Object Lock; the object is locked in mode COMPLIANCE. ``gs://``
needs object retention, or a locked retention policy that lasts long enough. Nothing is ever
written over, what was stored is compared with what was sent, and the lock is read back: a bundle
that is not locked must not be taken for one that is.

Credentials come from the platforms' own chains (environment, profile, workload identity).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from troth.evidence import upload_gcs, upload_s3
from troth.evidence.parcel import parcel_of


def upload(archive: Path, url: str, retain_until: datetime) -> str:
    """Store ``archive`` at ``url`` (``s3://`` or ``gs://``) until ``retain_until`` (aware).

    A URL that ends in ``/`` or names only a bucket gets the archive's own name. Returns the URL of
    the object. Raises :class:`~troth.errors.UsageError` naming the permission that lacks, or what
    to do first; the archive stays where it is.
    """
    parcel = parcel_of(archive, url, retain_until)
    if url.startswith("s3://"):
        upload_s3.store(parcel)
    else:
        upload_gcs.store(parcel)
    return parcel.url
