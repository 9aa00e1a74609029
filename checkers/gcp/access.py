"""How Google is reached: one session, one storage client, finite waits and finite tries."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from troth.checker import ObservationFailed, Reason
from troth.checkers.gcp import answers

#: Google decides by IAM what the token may do; getIamPolicy has no narrower scope than this one.
SCOPE = "https://www.googleapis.com/auth/cloud-platform"

#: How often one request is made, and the longest pause between two tries in seconds.
TRIES = 4
LONGEST_PAUSE = 4.0

#: Seconds after which no request is made again, however many tries are left.
LONGEST_READ = 600.0


class Tries:
    """Tells whether a failed request is made again: what may pass, :data:`TRIES` times in all.

    ``count`` is told of every throttled answer and of every retry. One of these serves one
    request, or many one after the other with :meth:`start_over` between them.
    """

    def __init__(self, count: Callable[[str], None]) -> None:
        """Begin with all tries."""
        self._count = count
        self._left = TRIES - 1

    def start_over(self) -> None:
        """Give the next request all tries again."""
        self._left = TRIES - 1

    def retry(self) -> Any:
        """Return the retry of google.api_core; by itself it would end by time only."""
        from google.api_core.retry import Retry

        return Retry(
            predicate=self._again,
            initial=min(0.5, LONGEST_PAUSE),
            maximum=LONGEST_PAUSE,
            multiplier=2,
            timeout=LONGEST_READ,
        )

    def _again(self, error: BaseException) -> bool:
        if answers.throttled(error):
            self._count("throttled")
        if self._left == 0 or not answers.passing(error):
            return False
        self._left -= 1
        self._count("retries")
        return True


def credentials_for(*, emulated: bool) -> Any:
    """Return no credentials for an emulator, else those of Google's default chain."""
    import google.auth
    from google.auth.credentials import AnonymousCredentials

    if emulated:
        return AnonymousCredentials()  # type: ignore[no-untyped-call]
    return google.auth.default(scopes=[SCOPE])[0]


def session_with(credentials: Any) -> Any:
    """Return a session that signs its requests and goes nowhere but where it is sent."""
    from google.auth.transport.requests import AuthorizedSession

    session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
    session.max_redirects = 0
    return session


def client_with(session: Any, project: str, endpoint: str) -> Any:
    """Return a storage client that uses ``session`` and speaks to ``endpoint`` alone.

    The session is handed over, and the endpoint always stated, because the plan promises which
    hosts are asked: the client's own session follows redirects, and without an endpoint the
    environment may choose another one. Raises ``not-supported`` where it would all the same.
    """
    from google.cloud import storage  # type: ignore[import-untyped]

    if os.environ.get("GOOGLE_API_USE_MTLS_ENDPOINT") == "always":
        words = "GOOGLE_API_USE_MTLS_ENDPOINT=always sends requests to a host that is not planned"
        raise ObservationFailed(Reason.NOT_SUPPORTED, words)
    credentials = session.credentials
    if credentials.universe_domain != "googleapis.com":
        words = f"the credentials are for {credentials.universe_domain}, not for googleapis.com"
        raise ObservationFailed(Reason.NOT_SUPPORTED, words)
    # Without this the library gets every bucket once more in a thread of its own, for traces of
    # OpenTelemetry: a read that no plan names, with its own waits and tries.
    os.environ["DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA"] = "true"
    return storage.Client(
        project=project,
        credentials=credentials,
        client_options={"api_endpoint": endpoint},
        _http=session,
    )
