"""Store a bundle in Google Cloud Storage under retention, never over another object."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from troth.evidence.parcel import Parcel

_T = TypeVar("_T")

_READ = ("storage.buckets.get",)
_WRITE = ("storage.objects.create", "storage.objects.setRetention")
_MAKE = (
    "this bucket locks nothing for that long; make one with object retention "
    "(gcloud storage buckets create --enable-per-object-retention), or lock a retention policy"
)


def store(parcel: Parcel) -> None:
    """Store a parcel; raises :class:`~troth.errors.UsageError` if it is not there and locked."""
    client = _client(parcel)
    try:
        bucket = _made(parcel, _READ, lambda: client.get_bucket(parcel.bucket))
        by_object = bucket.object_retention_mode == "Enabled"
        if not by_object and not _policy_lasts(bucket, parcel):
            raise parcel.refused(_MAKE)
        blob = bucket.blob(parcel.key)
        if by_object:
            blob.retention.mode = "Locked"
            blob.retention.retain_until_time = parcel.until
        _made(parcel, _WRITE, lambda: _send(blob, parcel))
        _require_locked(parcel, blob, by_object=by_object)
    finally:
        client.close()


def _send(blob: Any, parcel: Parcel) -> None:
    # Generation 0 means that there is no such object; the sum is compared by the server.
    blob.upload_from_filename(
        str(parcel.archive),
        content_type="application/gzip",
        if_generation_match=0,
        checksum="crc32c",
        timeout=60,
    )


def _client(parcel: Parcel) -> Any:
    try:
        from google.auth import default, exceptions
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import storage  # type: ignore[import-untyped]
    except ImportError:
        said = "google-cloud-storage is not installed; pip install 'troth[gcp]'"
        raise parcel.refused(said) from None
    if os.environ.get("STORAGE_EMULATOR_HOST"):
        anonymous = AnonymousCredentials()  # type: ignore[no-untyped-call]
        return storage.Client(project="none", credentials=anonymous)
    try:
        credentials, project = default()
    except exceptions.DefaultCredentialsError:
        said = "there are no Google credentials; run gcloud auth application-default login, or "
        raise parcel.refused(f"{said}where a service account is given") from None
    return storage.Client(project=project or "none", credentials=credentials)


def _policy_lasts(bucket: Any, parcel: Parcel) -> bool:
    """Tell whether a locked policy of the bucket keeps what comes now for long enough."""
    if not bucket.retention_policy_locked or not bucket.retention_period:
        return False
    needed = (parcel.until - datetime.now(UTC)).total_seconds()
    return bool(bucket.retention_period >= needed)


def _require_locked(parcel: Parcel, blob: Any, *, by_object: bool) -> None:
    """Read back until when it is kept: a server that ignores a field would not have said so."""
    _made(parcel, ("storage.objects.get",), blob.reload)
    if not by_object:
        return  # the bucket's policy was read, and cannot be taken back
    until = blob.retention.retain_until_time
    if blob.retention.mode != "Locked" or until is None or until < parcel.until:
        raise parcel.refused("it was stored, but it is not locked; look at the bucket's retention")


def _made(parcel: Parcel, permissions: tuple[str, ...], call: Callable[[], _T]) -> _T:
    """Make a call; what it raises says what lacks and what to do."""
    from google.api_core import exceptions
    from google.auth.exceptions import GoogleAuthError
    from requests.exceptions import RequestException

    try:
        return call()
    except exceptions.NotFound:
        why = "there is no such bucket; make it with object retention, or correct the name"
    except exceptions.Forbidden:
        why = f"access was denied; grant {' and '.join(permissions)}"
    except exceptions.PreconditionFailed:
        why = "there is an object already, which is never written over; choose another name"
    except exceptions.GoogleAPICallError as error:
        why = f"Cloud Storage answered {error.code}: {error.message}; correct it and upload again"
    except (RequestException, GoogleAuthError, exceptions.RetryError) as error:
        why = f"Cloud Storage cannot be reached: {type(error).__name__}; try again"
    raise parcel.refused(why)
