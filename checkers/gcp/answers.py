"""What Google's services say when they will not answer, as failures.

Source: google.api_core.exceptions, google.auth.exceptions and requests.exceptions; the error
format of the Cloud Storage JSON API (``error.code``, ``error.errors[].reason``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from troth.checker import Call, Failure, ObservationFailed, Reason

#: Reasons that mean "too many requests" although the status is 403.
_RATE = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})

#: Statuses after which asking again may help.
_PASSING = frozenset({408, 429, 500, 502, 503, 504})


def failure_of(error: BaseException, declared: Call) -> Failure | None:
    """Return why a call failed, or None for an exception that is not of this family."""
    if isinstance(error, ImportError):
        return None
    from google.api_core import exceptions as api

    if isinstance(error, api.RetryError) and error.cause is not None:
        return failure_of(error.cause, declared)
    if isinstance(error, api.GoogleAPICallError):
        return _refusal(error, declared)
    for kinds, reason, words in _table():
        if isinstance(error, kinds):
            return Failure(reason, f"{declared.operation}: {words} ({type(error).__name__})")
    return None


def word_of(error: BaseException) -> str:
    """Return Google's word for a refusal (``forbidden``), or an empty string.

    The sentence beside it is left out of every failure: it may name people.
    """
    try:
        word = error.errors[0]["reason"]  # type: ignore[attr-defined]
    except (AttributeError, LookupError, TypeError):
        return ""
    return word if isinstance(word, str) and re.fullmatch(r"\w{1,60}", word) else ""


def throttled(error: BaseException) -> bool:
    """Tell whether the service asks for fewer requests."""
    return _status(error) == 429 or word_of(error) in _RATE


def passing(error: BaseException) -> bool:
    """Tell whether asking again may help."""
    import requests

    lost = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    return throttled(error) or _status(error) in _PASSING or isinstance(error, lost)


@contextmanager
def understood() -> Iterator[None]:
    """Turn what the library raises on an answer of the wrong shape into ``malformed-response``.

    It does not check shapes: a list where it expects an object ends in an AttributeError.
    """
    try:
        yield
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        # Some of the libraries' own exceptions are ValueErrors too.
        if any(isinstance(error, kinds) for kinds, _, _ in _table()):
            raise
        words = f"the answer is not of the expected shape ({type(error).__name__})"
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, words) from error


def _status(error: BaseException) -> int:
    """Return the HTTP status of a refusal, 0 for what is none."""
    code = getattr(error, "code", None)
    return int(code) if isinstance(code, int) else 0


def _refusal(error: BaseException, declared: Call) -> Failure:
    permission, status = declared.actions[0], _status(error)
    said = f"{declared.operation} answered HTTP {status} {word_of(error)}".rstrip()
    if throttled(error):
        return Failure(Reason.THROTTLED, f"{said}: too many requests")
    if status == 401:
        return Failure(Reason.EXPIRED_CREDENTIALS, f"{said}: sign in again")
    if status == 403:
        return Failure(Reason.PERMISSION_DENIED, f"{said}; grant {permission}", permission)
    if status in (408, 504):
        return Failure(Reason.TIMEOUT, f"{said}: no answer in time")
    if status >= 500:
        return Failure(Reason.UNREACHABLE, f"{said}: the service is failing")
    if status == 404:
        return Failure(Reason.NO_DATA, f"{said}: it is not there, or no longer")
    return Failure(Reason.NOT_SUPPORTED, said)


def _table() -> tuple[tuple[Any, Reason, str], ...]:
    """Return what each exception means; the first match counts, so bases come last."""
    import google.auth.exceptions as auth
    import requests.exceptions as http
    from google.api_core import exceptions as api

    spoiled = (http.InvalidJSONError, http.ChunkedEncodingError, http.ContentDecodingError)
    return (
        (spoiled, Reason.MALFORMED_RESPONSE, "the answer is no JSON or was cut off"),
        (http.TooManyRedirects, Reason.MALFORMED_RESPONSE, "redirects are not followed"),
        (http.Timeout, Reason.TIMEOUT, "no answer in time"),
        (http.ConnectionError, Reason.UNREACHABLE, "the service cannot be reached"),
        (http.RequestException, Reason.UNREACHABLE, "the request could not be made"),
        (auth.TransportError, Reason.UNREACHABLE, "the sign-in service cannot be reached"),
        (auth.GoogleAuthError, Reason.EXPIRED_CREDENTIALS, "no usable credentials; sign in again"),
        (api.RetryError, Reason.TIMEOUT, "no answer in time"),
    )
