"""A message through apprise, which speaks to mail servers, Slack, Teams and many more.

The URL is a secret, and apprise logs what it does: it and what it is built on are silenced for good
as soon as it is imported here, and of what it says only HTTP statuses are taken. It keeps no files,
reads no configuration, follows no redirects and attaches nothing.
"""

from __future__ import annotations

import logging
import re
import threading
import warnings
from functools import cache
from typing import TYPE_CHECKING

from troth.history.changes import NEWLY_BROKEN, Change, Digest
from troth.notify.message import BODY, TITLE, message

if TYPE_CHECKING:
    import apprise
    from apprise.plugins.base import NotifyBase

#: Seconds for the whole delivery. Each service has shorter ones of its own for its connections.
SECONDS = 60.0
MISSING = "apprise is not installed; pip install 'troth[notify]'"
_UNUSABLE = "it is no URL that apprise can use; see docs/notify.md for some"
#: Characters of a body that the title may take, where a service has no place for titles.
_WITH_TITLE = TITLE + 10
#: Who may log an address: requests and urllib3 name the path of each request.
_TALKERS = (
    "urllib3",
    "requests",
    "requests_oauthlib",
    "oauthlib",
    "charset_normalizer",
    "MARKDOWN",
)
_STATUS = re.compile(r"\berror=([1-5]\d\d)\b")


def problem(url: str) -> str:
    """Return what is wrong with a URL, or nothing; nothing is sent."""
    try:
        return "" if _service(url) is not None else _UNUSABLE
    except ImportError:
        return MISSING


def send(url: str, digest: Digest, *, seconds: float = SECONDS) -> str:
    """Send a digest and return what went wrong, or nothing. Never raises for the outside.

    What is returned has nothing of the URL.
    """
    try:
        service = _service(url)
    except ImportError:
        return MISSING
    if service is None:
        return _UNUSABLE
    done: list[str] = []
    # A thread of our own, for a peer that sends a byte a minute; as a daemon it keeps nobody from
    # ending, which the workers of apprise's own time limit do.
    thread = threading.Thread(
        target=lambda: done.append(_delivered(service, digest)), name="apprise", daemon=True
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they name the host
        thread.start()
        thread.join(seconds)
    return done[0] if done else f"it was not delivered within {seconds:g} s"


@cache
def _asset() -> apprise.AppriseAsset:
    """Return how apprise is to behave."""
    import apprise

    return apprise.AppriseAsset(
        storage_mode=apprise.PersistentStoreMode.MEMORY,
        app_id="troth",
        app_desc="troth",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        image_path_mask="",
        pgp_autogen=False,
        pem_autogen=False,
        http_redirects=False,
    )


def _service(url: str) -> NotifyBase | None:
    """Return the service that a URL names, or None; raises ``ImportError`` without apprise."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _listening()  # before the import, which logs too
        import apprise

        try:
            return apprise.Apprise.instantiate(url, asset=_asset())
        except Exception:
            return None


def _delivered(service: NotifyBase, digest: Digest) -> str:
    """Deliver, and return what went wrong, or nothing; runs in a thread of its own."""
    listening = _listening()
    listening.statuses.clear()
    try:
        if _deliver(service, digest):
            return ""
    except Exception as error:  # also of plug-ins that are not apprise's own
        return f"apprise failed with {type(error).__name__}"
    status = f" (HTTP status {listening.statuses[-1]})" if listening.statuses else ""
    return f"apprise could not deliver it{status}"


def _deliver(service: NotifyBase, digest: Digest) -> bool:
    import apprise

    # Where the URL does not ask to split, a service's limit is kept by counting what is left out.
    keeps = service.overflow_mode == apprise.OverflowMode.UPSTREAM and service.body_maxlen > 0
    made = message(digest, min(BODY, service.body_maxlen - _WITH_TITLE) if keeps else BODY)
    marked = service.resolve_format() == apprise.NotifyFormat.MARKDOWN
    return service.notify(
        title=made.title,
        body=made.markdown if marked else made.text,
        body_format=apprise.NotifyFormat.MARKDOWN if marked else apprise.NotifyFormat.TEXT,
        notify_type=_urgency(digest),
    )


def _urgency(digest: Digest) -> apprise.NotifyType:
    """Return which colour a chat gives the message: red, yellow, green or blue."""
    import apprise

    changes = {event.change for event in digest.events}
    if changes & NEWLY_BROKEN:
        return apprise.NotifyType.FAILURE
    if changes & {Change.COVERAGE_LOST, Change.STILL} or digest.state == "partial":
        return apprise.NotifyType.WARNING
    return apprise.NotifyType.SUCCESS if changes == {Change.FIXED} else apprise.NotifyType.INFO


class _Listener(logging.Handler):
    """Keeps the HTTP statuses of what is logged, and nothing else of it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.statuses: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take the status out of a warning."""
        self.statuses += _STATUS.findall(record.getMessage())


@cache
def _listening() -> _Listener:
    """Silence everybody who could log an address, and return who listens instead."""
    for name in _TALKERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    logger, listener = logging.getLogger("apprise"), _Listener()
    logger.handlers[:] = [listener]
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    return listener
