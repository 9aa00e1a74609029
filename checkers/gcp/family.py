"""What every Google Cloud checker shares: options, the storage client, and asking other services.

Buckets are read with google-cloud-storage. The organisation policies have no part in it, so they
are asked for over REST with google-auth's session: same credentials, same retries, same errors.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlsplit

from troth.checker import (
    Call,
    Checker,
    Failure,
    ObservationFailed,
    Partition,
    Reason,
    Request,
    Resource,
)
from troth.checkers.gcp import access, answers

STORAGE = "storage.googleapis.com"

#: Where the default chain may go for a token: key files and user logins, workload identity
#: federation and impersonation, the metadata server of a machine.
_TOKENS = (
    ("oauth2:Token", "", "oauth2.googleapis.com:443"),
    ("sts:Token", "", "sts.googleapis.com:443"),
    ("iamcredentials:GenerateAccessToken", "", "iamcredentials.googleapis.com:443"),
    ("metadata:Token", "", "metadata.google.internal:80"),
    ("metadata:Token", "", "169.254.169.254:80"),
)


class GcpChecker(Checker):
    """Base of the Google Cloud checkers: one partition for each project."""

    target_type = "gcp"
    client_library = ("google.cloud.storage", "troth[gcp]")
    options: ClassVar[Mapping[str, Any]] = {
        "project": {"type": "string", "minLength": 1, "description": "id of the project"},
        "endpoint_url": {
            "type": "string",
            "pattern": "^https?://",
            "description": "address of an emulator; it is asked without credentials",
        },
        "timeout_seconds": {
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 300,
            "description": "longest wait for a connection and for each part of an answer",
        },
    }
    required_options = ("project",)
    #: Host names that the calls of the class go to.
    hosts: ClassVar[Sequence[str]] = (STORAGE,)

    def __init__(
        self,
        target: Mapping[str, Any],
        partition: Partition,
        read: Any,
        requests: Mapping[str, Request],
    ) -> None:
        """Keep what the engine hands over; session and client are made at the first call."""
        super().__init__(target, partition, read, requests)
        self._lock = threading.RLock()
        self._session: Any = None
        self._client: Any = None

    @classmethod
    def partitions(cls, target: Mapping[str, Any]) -> Iterator[Partition]:
        """Yield the project."""
        yield Partition(str(target["project"]))

    @classmethod
    def egress(cls, target: Mapping[str, Any], partition: Partition) -> Sequence[str]:
        """Return the services of the class, or the emulator alone."""
        if "endpoint_url" not in target:
            return [f"{host}:443" for host in cls.hosts]
        parts = urlsplit(target["endpoint_url"])
        return [f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"]

    @classmethod
    def credential_reads(cls, target: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
        """Return every place where the default chain may ask for a token; none for emulators."""
        return () if "endpoint_url" in target else _TOKENS

    @classmethod
    def failure_of(cls, error: BaseException, declared: Call) -> Failure | None:
        """Return why a declared call failed; see :mod:`troth.checkers.gcp.answers`."""
        return answers.failure_of(error, declared)

    @classmethod
    def error_code(cls, error: BaseException) -> str:
        """Return Google's word for an error (``forbidden``), or an empty string."""
        return answers.word_of(error)

    @property
    def emulated(self) -> bool:
        """Tell whether the target is an emulator, which has no organisation above it."""
        return "endpoint_url" in self.target

    @property
    def client(self) -> Any:
        """Return the one storage client, made at its first use."""
        with self._lock:
            if self._client is None:
                project, endpoint = str(self.target["project"]), self._address(STORAGE)
                self._client = access.client_with(self._signed_in(), project, endpoint)
            return self._client

    @property
    def timeout(self) -> tuple[float, float]:
        """Return the longest waits in seconds: for a connection, and for each part of an answer."""
        seconds = float(self.target.get("timeout_seconds", 30))
        return seconds, seconds

    def tries(self) -> access.Tries:
        """Return the tries of a request, counted for the run's envelope."""
        return access.Tries(self.count)

    def ask(self, host: str, path: str) -> Mapping[str, Any]:
        """Return the JSON object at ``https://host/path``, for services without a client here.

        Raises what google.api_core, requests and google-auth raise, or ``malformed-response``.
        """
        with answers.understood():
            value = self.tries().retry()(self._once)(self._address(host) + path)
        if not isinstance(value, dict):
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, "the answer is JSON but no object")
        return value

    def _once(self, url: str) -> Any:
        from google.api_core.exceptions import from_http_response

        answer = self._signed_in().get(url, timeout=self.timeout)
        if answer.status_code != 200:
            raise from_http_response(answer)  # type: ignore[no-untyped-call]
        return answer.json()

    def _address(self, host: str) -> str:
        return str(self.target.get("endpoint_url", f"https://{host}")).rstrip("/")

    def _signed_in(self) -> Any:
        with self._lock:
            if self._session is None:
                credentials = access.credentials_for(emulated=self.emulated)
                self._session = access.session_with(credentials)
            return self._session


def bucket_id(name: str) -> str:
    """Return the full resource name of a bucket, as Cloud Asset Inventory writes it."""
    return f"//storage.googleapis.com/{name}"


def bucket_resource(name: str, partition: str) -> Resource:
    """Return the resource of a bucket; bucket names are unique in the world."""
    return Resource(id=bucket_id(name), name=name, partition=partition)
