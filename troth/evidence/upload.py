"""Bring a bundle to where nobody can change or delete it before its time, administrators included.

``s3://`` needs a bucket with S3 Object Lock; the object is locked in mode COMPLIANCE. ``gs://``
needs object retention, or a locked retention policy that lasts long enough. Nothing is ever
written over, what was stored is compared with what was sent, and the lock is read back: a bundle
that is not locked must not be taken for one that is.

Credentials come from the platforms' own chains (environment, profile, workload identity).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from troth.errors import UsageError

#: Bytes that S3 takes in one request (PutObject); a bundle is far smaller.
LARGEST = 5 * 1024**3


@dataclass(frozen=True)
class Parcel:
    """What goes where and stays there: ``until`` is an instant in UTC, to the second."""

    archive: Path
    bucket: str
    key: str
    url: str
    until: datetime

    def refused(self, why: str) -> UsageError:
        """Return the error that tells why it is not there, and that nothing is lost."""
        return UsageError(f"{self.url}: {why}; the bundle is still at {self.archive}")


def upload(archive: Path, url: str, retain_until: datetime) -> str:
    """Store ``archive`` at ``url`` (``s3://`` or ``gs://``) until ``retain_until`` (aware).

    A URL that ends in ``/`` or names only a bucket gets the archive's own name. Returns the URL of
    the object. Raises :class:`~troth.errors.UsageError` naming the permission that lacks, or what
    to do first; the archive stays where it is.
    """
    parcel = parcel_of(archive, url, retain_until)
    if url.startswith("s3://"):
        from troth.evidence import upload_s3

        upload_s3.store(parcel)
    else:
        from troth.evidence import upload_gcs

        upload_gcs.store(parcel)
    return parcel.url


def parcel_of(archive: Path, url: str, retain_until: datetime) -> Parcel:
    """Return the checked order; raises :class:`~troth.errors.UsageError`."""
    parts = urlsplit(url)
    if parts.scheme not in ("s3", "gs") or not parts.hostname or parts.query or parts.fragment:
        raise UsageError(f"'{url}' is no place for a bundle; write s3://BUCKET/ or gs://BUCKET/")
    if parts.username or parts.password:
        raise UsageError("a URL for --upload holds no credentials; let the environment give them")
    if not archive.is_file():
        raise UsageError(f"{archive} is not a file; pack the bundle as .tar.gz")
    if archive.stat().st_size > LARGEST:
        raise UsageError(f"{archive} is larger than 5 GiB; pack fewer targets into one bundle")
    until = retain_until.astimezone(UTC).replace(microsecond=0)
    if until <= datetime.now(UTC):
        raise UsageError(f"{until.isoformat()} has passed; choose a later end of retention")
    key = parts.path.removeprefix("/")
    key += archive.name if not key or key.endswith("/") else ""
    return Parcel(archive, parts.netloc, key, f"{parts.scheme}://{parts.netloc}/{key}", until)
