"""One question to a timestamp authority over HTTP (RFC 3161, 3.4)."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Generator
from urllib.parse import urlsplit

from troth.errors import UsageError

#: How long one authority gets for connecting, and then for its whole answer, in seconds.
SECONDS = 20.0
#: No answer is larger: a token with its certificates has a few kilobytes.
MAX_BYTES = 1 << 20


def check(url: str) -> None:
    """Raise :class:`~troth.errors.UsageError` unless ``url`` is one to ask."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise UsageError(f"'{url}' is not a timestamp authority; write http://HOST/PATH")


def post(url: str, question: bytes, seconds: float = SECONDS) -> bytes:
    """Return the authority's answer; raises ``OSError`` or ``ValueError`` in words.

    An answer that is not there after ``seconds``, or is larger than :data:`MAX_BYTES`, counts as
    none. Redirects are not followed.
    """
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    peer = kind(parts.hostname or "", parts.port, timeout=seconds)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        peer.connect()
        with _cut_off(peer.sock, seconds) as late:
            peer.request("POST", path, question, {"Content-Type": "application/timestamp-query"})
            body = _body(peer.getresponse())
        if late.is_set():
            raise ValueError(f"it took longer than {seconds:g} s")
        return body
    except http.client.HTTPException as error:
        raise ValueError(f"it gave no whole answer: {type(error).__name__}") from error
    finally:
        peer.close()


@contextlib.contextmanager
def _cut_off(sock: socket.socket, seconds: float) -> Generator[threading.Event]:
    """End the connection after that time: a socket's own timeout begins anew with every byte.

    Yields what tells whether it was ended; to its reader that looks like the end of an answer.
    """
    late = threading.Event()

    def cut() -> None:
        late.set()
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()


def _body(answer: http.client.HTTPResponse) -> bytes:
    if answer.status != http.client.OK:
        raise ValueError(f"it answered with HTTP status {answer.status}")
    body = answer.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise ValueError(f"its answer is larger than {MAX_BYTES} bytes")
    return body
