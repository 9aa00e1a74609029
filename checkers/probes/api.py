"""The HTTP API of Prometheus: one GET, answered whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from troth import __version__
from troth.checker import Failure, ObservationFailed, Reason, demand

#: Seconds that connecting and each piece of an answer may take.
PATIENCE = 30.0
#: Longest answer that is read, in bytes.
LIMIT = 64 * 1024 * 1024

OPTIONS: Mapping[str, Any] = {
    "url": {
        "type": "string",
        "pattern": "^https?://[^@?#]+$",
        "description": "address of the server, such as https://prometheus.example/",
    },
    "token": {
        "type": "string",
        "pattern": "^[A-Z][A-Z0-9_]*$",
        "description": "environment variable with the bearer token, if the server wants one",
    },
    "ca_file": {
        "type": "string",
        "minLength": 1,
        "description": "certificates to trust instead of this machine's, relative to troth.yaml",
    },
}


def place(url: str) -> str:
    """Return ``host:port`` of the server."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def get(target: Mapping[str, Any], path: str, asked: Mapping[str, Any]) -> Any:
    """Return the JSON of an answer that says success; raises ObservationFailed and httpx errors.

    An answer with warnings is not whole (a remote store that did not answer), so it is refused.
    """
    import httpx
    import orjson

    url = str(target["url"]).rstrip("/") + path
    trust = target.get("ca_file")
    verify = str(Path(target["base_dir"], trust)) if trust else True
    with (
        httpx.Client(verify=verify, timeout=PATIENCE, trust_env=False) as client,
        client.stream("GET", url, params=dict(asked), headers=_headers(target)) as answer,
    ):
        body = _body(answer)
        if answer.status_code not in (200, 400, 422, 503):
            raise _refused(answer.status_code)
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        text = f"{path} answered {answer.status_code} without JSON"
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, text) from error
    return _whole(found, path)


def rows(answer: Any) -> list[Any]:
    """Return the list that an answer holds; raises ``malformed-response``."""
    found = demand(answer, "data")
    if not isinstance(found, list):
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "data of the answer is no list")
    return found


def failure_of(error: BaseException) -> Failure | None:
    """Return what an error of httpx means, None if it is none of its."""
    import httpx

    if isinstance(error, httpx.TimeoutException):
        return Failure(Reason.TIMEOUT, "Prometheus did not answer in time; ask for less, or again")
    if isinstance(error, httpx.HTTPError):
        return Failure(Reason.UNREACHABLE, f"Prometheus cannot be asked: {error}")
    return None


def _headers(target: Mapping[str, Any]) -> dict[str, str]:
    headers = {"User-Agent": f"troth/{__version__} (+compliance probe)"}
    if "token" in target:
        token = os.environ.get(str(target["token"]), "")
        if not token:
            text = f"the environment variable {target['token']} is empty; put the token there"
            raise ObservationFailed(Reason.EXPIRED_CREDENTIALS, text)
        headers["Authorization"] = f"Bearer {token}"
    return headers


def _body(answer: Any) -> bytes:
    found = bytearray()
    for piece in answer.iter_bytes():
        found += piece
        if len(found) > LIMIT:
            text = f"an answer is longer than {LIMIT} bytes; give the scrape interval that is used"
            raise ObservationFailed(Reason.NOT_SUPPORTED, text)
    return bytes(found)


def _refused(status: int) -> ObservationFailed:
    if status in (401, 403):
        text = f"Prometheus answered {status}; name a token that may query it"
        return ObservationFailed(Reason.PERMISSION_DENIED, text, "query Prometheus")
    if status == 429:
        return ObservationFailed(Reason.THROTTLED, "Prometheus answered 429; ask later")
    return ObservationFailed(Reason.UNREACHABLE, f"Prometheus answered {status}; look at its log")


def _whole(found: Any, path: str) -> Any:
    if demand(found, "status") != "success":
        words = str(found.get("error", "no reason given"))[:200]
        text = f"Prometheus refused {path} ({found.get('errorType', 'error')}): {words}"
        raise ObservationFailed(Reason.NOT_SUPPORTED, text)
    if found.get("warnings"):
        text = f"Prometheus answered {path} with a warning: {str(found['warnings'][0])[:200]}"
        raise ObservationFailed(Reason.LISTING_INCOMPLETE, text)
    return found
