"""What every Google Cloud checker shares: options, credentials, asking, and trying again.

The services are asked over plain REST with google-auth's session, not through their client
libraries: those turn a page that lacks its list into an empty one. One way in also means one
retry rule, one timeout and one translation of errors.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlsplit

from troth.checker import Call, Checker, Failure, Partition, Request, Resource
from troth.checkers.gcp import answers

#: Google decides by IAM what the token may do; getIamPolicy has no narrower scope than this one.
SCOPE = "https://www.googleapis.com/auth/cloud-platform"

#: How often one read is tried, and the longest pause between two tries in seconds.
TRIES = 4
LONGEST_PAUSE = 4.0

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
    hosts: ClassVar[Sequence[str]] = ("storage.googleapis.com",)

    def __init__(
        self,
        target: Mapping[str, Any],
        partition: Partition,
        read: Any,
        requests: Mapping[str, Request],
    ) -> None:
        """Keep what the engine hands over; the session is made at the first call."""
        super().__init__(target, partition, read, requests)
        self._lock = threading.Lock()
        self._session: Any = None
        self._pause = threading.Event()

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
        return error.code if isinstance(error, answers.Refused) else ""

    @property
    def emulated(self) -> bool:
        """Tell whether the target is an emulator, which has no organisation above it."""
        return "endpoint_url" in self.target

    def get(self, host: str, path: str, **query: str) -> Mapping[str, Any]:
        """Return the JSON object at ``https://host/path``, tried up to :data:`TRIES` times.

        Raises :class:`~troth.checkers.gcp.answers.Refused`, ``malformed-response``, or what
        requests and google-auth raise.
        """
        url = self.target.get("endpoint_url", f"https://{host}").rstrip("/") + path
        for attempt in range(1, TRIES + 1):
            try:
                return self._once(url, query)
            except Exception as error:
                if attempt == TRIES or not self._worth_another(error):
                    raise
                self.count("retries")
                self._pause.wait(min(LONGEST_PAUSE, 0.25 * 2**attempt))
        raise AssertionError("the last try returns or raises")

    def _once(self, url: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        seconds = float(self.target.get("timeout_seconds", 30))
        answer = self._signed_in().get(
            url,
            params=query,
            timeout=(seconds, seconds),
            max_allowed_time=TRIES * seconds,
            allow_redirects=False,
        )
        return answers.checked(answer.status_code, answer.content)

    def _worth_another(self, error: Exception) -> bool:
        if isinstance(error, answers.Refused):
            if error.throttled:
                self.count("throttled")
            return error.passing
        names = {
            base.__name__ for base in type(error).__mro__ if base.__module__[:9] == "requests."
        }
        return bool(names & {"ConnectionError", "Timeout", "ChunkedEncodingError"})

    def _signed_in(self) -> Any:
        with self._lock:
            if self._session is None:
                self._session = _session(self.emulated)
            return self._session


def _session(emulated: bool) -> Any:
    import google.auth
    from google.auth.credentials import AnonymousCredentials
    from google.auth.transport.requests import AuthorizedSession

    if emulated:
        return AuthorizedSession(AnonymousCredentials())  # type: ignore[no-untyped-call]
    credentials, _ = google.auth.default(scopes=[SCOPE])
    return AuthorizedSession(credentials)  # type: ignore[no-untyped-call]


def bucket_id(name: str) -> str:
    """Return the full resource name of a bucket, as Cloud Asset Inventory writes it."""
    return f"//storage.googleapis.com/{name}"


def bucket_resource(name: str, partition: str) -> Resource:
    """Return the resource of a bucket; bucket names are unique in the world."""
    return Resource(id=bucket_id(name), name=name, partition=partition)
