"""What Google's REST services say when they will not answer, as failures.

Source: the error format of the Cloud Storage JSON API (``error.code``, ``error.errors[].reason``)
and of the newer services (``error.code``, ``error.status``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from troth.checker import Call, Failure, ObservationFailed, Reason

#: Reasons that mean "too many requests" although the status is 403.
_RATE = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RESOURCE_EXHAUSTED"})

#: Exceptions of requests and google-auth by class name: both are imported only for a call. The
#: first match along the exception's bases decides.
_BY_CLASS: Mapping[str, tuple[Reason, str]] = {
    "JSONDecodeError": (Reason.MALFORMED_RESPONSE, "the answer is not JSON"),
    "ChunkedEncodingError": (Reason.MALFORMED_RESPONSE, "the answer was cut off"),
    "ContentDecodingError": (Reason.MALFORMED_RESPONSE, "the answer cannot be decoded"),
    "Timeout": (Reason.TIMEOUT, "no answer in time"),
    "ConnectionError": (Reason.UNREACHABLE, "the service cannot be reached"),
    "RequestException": (Reason.UNREACHABLE, "the request could not be made"),
    "TransportError": (Reason.UNREACHABLE, "the sign-in service cannot be reached"),
    "GoogleAuthError": (Reason.EXPIRED_CREDENTIALS, "no usable credentials; sign in again"),
}


class Refused(Exception):
    """An answer with a status other than 200.

    ``status`` is the HTTP status, ``code`` Google's word for it (``forbidden``), or empty.
    """

    def __init__(self, status: int, code: str) -> None:
        """Keep both; the service's sentence is left out, it may name people."""
        super().__init__(f"HTTP {status} {code}".rstrip())
        self.status = status
        self.code = code

    @property
    def throttled(self) -> bool:
        """Tell whether the service asks for fewer requests."""
        return self.status == 429 or self.code in _RATE

    @property
    def passing(self) -> bool:
        """Tell whether asking again may help."""
        return self.throttled or self.status in (408, 500, 502, 503, 504)


def checked(status: int, body: bytes) -> Mapping[str, Any]:
    """Return the JSON object of an answer.

    Raises :class:`Refused` for any status but 200, and ``malformed-response`` for a body that is
    no JSON object.
    """
    if status != 200:
        raise Refused(status, _code(body))
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise ObservationFailed(
            Reason.MALFORMED_RESPONSE, "the answer is not JSON; it may be truncated"
        ) from None
    if not isinstance(value, dict):
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "the answer is JSON but no object")
    return value


def failure_of(error: BaseException, declared: Call) -> Failure | None:
    """Return why a call failed, or None for an exception that is not of this family."""
    if isinstance(error, Refused):
        return _refusal(error, declared)
    for base in type(error).__mro__:
        known = _BY_CLASS.get(base.__name__)
        if known and base.__module__.startswith(("requests.", "google.auth.")):
            return Failure(known[0], f"{declared.operation}: {known[1]} ({type(error).__name__})")
    return None


def _refusal(error: Refused, declared: Call) -> Failure:
    permission = declared.actions[0]
    said = f"{declared.operation} answered {error}"
    if error.throttled:
        return Failure(Reason.THROTTLED, f"{said}: too many requests")
    if error.status == 401:
        return Failure(Reason.EXPIRED_CREDENTIALS, f"{said}: sign in again")
    if error.status == 403:
        return Failure(Reason.PERMISSION_DENIED, f"{said}; grant {permission}", permission)
    if error.status in (408, 504):
        return Failure(Reason.TIMEOUT, f"{said}: no answer in time")
    if error.status >= 500:
        return Failure(Reason.UNREACHABLE, f"{said}: the service is failing")
    if error.status == 404:
        return Failure(Reason.NO_DATA, f"{said}: it is not there, or no longer")
    return Failure(Reason.NOT_SUPPORTED, said)


def _code(body: bytes) -> str:
    try:
        error = json.loads(body)["error"]
        return str(error["errors"][0]["reason"] if "errors" in error else error["status"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
