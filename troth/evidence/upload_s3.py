"""Store a bundle in S3 under Object Lock (COMPLIANCE), never over another object."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from troth.errors import UsageError
from troth.evidence.parcel import Parcel

_READ_LOCK = ("s3:GetBucketObjectLockConfiguration",)
_PUT = ("s3:PutObject", "s3:PutObjectRetention")
_HEAD = ("s3:GetObject", "s3:GetObjectRetention")
_DENIED = frozenset({"AccessDenied", "403", "AllAccessDisabled", "UnauthorizedAccess"})
_NO_LOCK = "ObjectLockConfigurationNotFoundError"
_MAKE = (
    "Object Lock is not on in this bucket; make one with: "
    "aws s3api create-bucket --object-lock-enabled-for-bucket"
)


def store(parcel: Parcel) -> None:
    """Store a parcel; raises :class:`~troth.errors.UsageError` if it is not there and locked."""
    client = _client(parcel)
    try:
        _require_lock(client, parcel)
        digest = _sha256(parcel)
        with parcel.archive.open("rb") as body:
            stored = _made(
                parcel, _PUT, client.put_object,
                Bucket=parcel.bucket, Key=parcel.key, Body=body, IfNoneMatch="*",
                ChecksumAlgorithm="SHA256", ChecksumSHA256=digest, ContentType="application/gzip",
                ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=parcel.until,
            )  # fmt: skip
        _require_locked(client, parcel, digest, stored)
    finally:
        client.close()


def _client(parcel: Parcel) -> Any:
    try:
        import botocore.session  # type: ignore[import-untyped]
    except ImportError:
        raise parcel.refused("boto3 is not installed; pip install 'troth[aws]'") from None
    from botocore.config import Config  # type: ignore[import-untyped]

    config = Config(connect_timeout=5, read_timeout=60, retries={"total_max_attempts": 4})
    return botocore.session.Session().create_client("s3", config=config)


def _sha256(parcel: Parcel) -> str:
    with parcel.archive.open("rb") as file:
        return base64.b64encode(hashlib.file_digest(file, "sha256").digest()).decode()


def _require_lock(client: Any, parcel: Parcel) -> None:
    answer = _made(parcel, _READ_LOCK, client.get_object_lock_configuration, Bucket=parcel.bucket)
    if answer.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") != "Enabled":
        raise parcel.refused(_MAKE)


def _require_locked(client: Any, parcel: Parcel, digest: str, stored: Mapping[str, Any]) -> None:
    """Read back what was stored: a server that ignores a header would not have said so."""
    version = {"VersionId": stored["VersionId"]} if "VersionId" in stored else {}
    seen = _made(
        parcel, _HEAD, client.head_object,
        Bucket=parcel.bucket, Key=parcel.key, ChecksumMode="ENABLED", **version,
    )  # fmt: skip
    if seen.get("ObjectLockMode") != "COMPLIANCE":
        raise parcel.refused("it was stored, but it is not locked; look at the bucket's policy")
    if seen["ObjectLockRetainUntilDate"] < parcel.until:
        raise parcel.refused(f"it is locked only until {seen['ObjectLockRetainUntilDate']}")
    if seen.get("ChecksumSHA256", digest) != digest:
        raise parcel.refused("what was stored is not what was sent; upload it again elsewhere")


def _made(
    parcel: Parcel, permissions: tuple[str, ...], call: Callable[..., Any], **arguments: Any
) -> Mapping[str, Any]:
    """Make a call; what it raises says what lacks and what to do."""
    from botocore import exceptions

    try:
        answer: Mapping[str, Any] = call(**arguments)
    except exceptions.ClientError as error:
        raise _refusal(parcel, permissions, error.response.get("Error", {})) from None
    except exceptions.NoCredentialsError:
        said = "there are no AWS credentials; set a profile, or run where a role is given"
        raise parcel.refused(said) from None
    except exceptions.BotoCoreError as error:
        raise parcel.refused(f"S3 cannot be reached: {error}; try again") from None
    return answer


def _refusal(parcel: Parcel, permissions: tuple[str, ...], error: Mapping[str, Any]) -> UsageError:
    code = str(error.get("Code", ""))
    said = {
        _NO_LOCK: _MAKE,
        "NoSuchBucket": "there is no such bucket; make it with Object Lock, or correct the name",
        "PreconditionFailed": "there is an object already, which is never written over; "
        "choose another name",
        "InvalidRequest": f"{error.get('Message', code)}; {_MAKE}",
    }
    if code in _DENIED:
        return parcel.refused(f"access was denied; grant {' and '.join(permissions)}")
    told = f"S3 answered {code}: {error.get('Message', '')}; correct it and upload again"
    return parcel.refused(said.get(code, told))
