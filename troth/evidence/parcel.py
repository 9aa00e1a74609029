"""What is to be stored where, and until when: checked before anybody is asked to take it."""

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
