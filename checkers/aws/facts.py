"""How values in AWS's answers become facts of the kinds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from troth.checker import Facts, ObservationFailed, Reason, demand
from troth.model import Failure

#: The encryption facet of a store that keeps what it gets as it comes.
UNENCRYPTED: Mapping[str, Any] = {
    "state": "unencrypted",
    "algorithm": "none",
    "key_bits": 0,
    "layer": "none",
    "key_owner": "none",
}


def encrypted_by_aws(key: str, raw: Mapping[str, Any] | None = None) -> Facts:
    """Return the encryption facet of a store that an AWS service encrypts, always AES-256.

    ``key`` is the KMS key that the service names, empty when the service keeps its own. A key
    behind an ``alias/aws/`` belongs to AWS; whose any other is only KMS can tell, which is not
    asked.
    """
    facts = {"state": "encrypted", "algorithm": "AES", "key_bits": 256, "layer": "provider"}
    detail = {**(raw or {}), **({"kms_key": key} if key else {})}
    if not key or "alias/aws/" in key:
        return Facts(facts | {"key_owner": "provider"}, raw=detail)
    return Facts(facts, missing={"key_owner": _OWNER}, raw=detail)


_OWNER = Failure(Reason.NO_DATA, "the store names a key but not whose it is")


def encryption_of(state: Any, key: Any) -> Mapping[str, Any] | Facts:
    """Return the encryption facet of a store with a yes-or-no setting and a KMS key."""
    if not isinstance(state, bool):
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "the encryption state is no boolean")
    return encrypted_by_aws(str(key or "")) if state else UNENCRYPTED


def instant(value: Any) -> str:
    """Return a response's time as an ISO 8601 instant in UTC; ``malformed-response`` if none."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "the response has no proper time")
    return value.astimezone(UTC).isoformat()


def tags_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return tags given as ``[{Key, Value}]`` as a map of strings."""
    return {str(demand(row, "Key")): str(demand(row, "Value")) for row in rows}
