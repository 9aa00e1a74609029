"""One HTTP request to an address that is itself a secret: a POST, and what came back.

Whoever knows the address of a chat's web hook can write there, so nothing that is raised or
returned here holds any part of it. An answer may repeat it in ways that nobody can foresee, so all
that is taken of one is the status and how long to wait. Redirects are not followed and proxies are
not asked: the message goes where the address says, or nowhere.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Generator, Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

import troth

#: Seconds for connecting to each address of a host, and then for the whole exchange.
CONNECT, EXCHANGE = 5.0, 10.0
_URL = re.compile(r"[!-~]+")


class Address(NamedTuple):
    """Where to send: ``path`` has the query too, ``authorization`` is a header or empty."""

    secure: bool
    host: str
    port: int | None
    path: str
    authorization: str


class Answer(NamedTuple):
    """What came back: HTTP status, and the header Retry-After or nothing."""

    status: int
    retry_after: str

    @property
    def taken(self) -> bool:
        """Tell whether the receiver has taken what was sent."""
        return 200 <= self.status < 300

    @property
    def passing(self) -> bool:
        """Tell whether the receiver may answer otherwise in a moment."""
        return self.status == http.client.TOO_MANY_REQUESTS or self.status >= 500

    def __str__(self) -> str:
        """Return ``it answered with HTTP status 404``."""
        if 300 <= self.status < 400:
            return f"it answered with a redirect ({self.status}), which is not followed"
        return f"it answered with HTTP status {self.status}"


def address(url: str) -> Address:
    """Return the parts of a URL; raises ``ValueError`` in words that hold nothing of it.

    Only https is taken, and http to this machine: what is sent names weak spots.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if not _URL.fullmatch(url) or not host or port == 0 or parts.scheme not in ("https", "http"):
        raise ValueError("it is no URL of https; write https://HOST/PATH")
    if parts.scheme == "http" and not _is_here(host):
        raise ValueError("it is a URL of plain http to another machine; use https")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    secure = parts.scheme == "https"
    return Address(secure, host, port, path, _basic(parts))


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _basic(parts: SplitResult) -> str:
    """Return the header for a user and password in a URL (RFC 7617)."""
    if parts.username is None:
        return ""
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def post(to: Address, body: bytes, headers: Mapping[str, str], seconds: float = EXCHANGE) -> Answer:
    """Send a body and return the answer.

    Raises ``OSError`` for what may pass (no connection, no whole answer within ``seconds``), and
    ``ValueError`` for a certificate that is not trusted; both in words without the address.
    """
    kind = http.client.HTTPSConnection if to.secure else http.client.HTTPConnection
    peer = kind(to.host, to.port)
    late = threading.Event()
    try:
        peer.sock = socket.create_connection((peer.host, peer.port), min(CONNECT, seconds))
        peer.sock.settimeout(seconds)
        if to.secure:
            peer.sock = _wrapped(peer.sock, to.host)
        with _cut_off(peer.sock, seconds, late):
            answer = _exchange(peer, to, body, headers)
        if late.is_set():  # a header that is cut off reads like a header
            raise TimeoutError
        return answer
    except ssl.SSLCertVerificationError as error:
        # What OpenSSL says of a name that does not match holds the name.
        why = error.verify_message.partition(",")[0].lower()
        raise ValueError(f"its certificate is not trusted ({why})") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise OSError(_words(error, late=late.is_set(), seconds=seconds)) from None
    finally:
        peer.close()


def _wrapped(plain: socket.socket, host: str) -> ssl.SSLSocket:
    """Return a socket that speaks TLS as soon as it is asked to, so that a timer can end that."""
    context = ssl.create_default_context()
    return context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)


def _exchange(
    peer: http.client.HTTPConnection, to: Address, body: bytes, headers: Mapping[str, str]
) -> Answer:
    if isinstance(peer.sock, ssl.SSLSocket):
        peer.sock.do_handshake()
    own = {"User-Agent": f"troth/{troth.__version__}", "Connection": "close", **headers}
    if to.authorization:
        own["Authorization"] = to.authorization
    peer.request("POST", to.path, body, own)
    with peer.getresponse() as answer:
        return Answer(answer.status, answer.headers.get("Retry-After", ""))


def _words(error: Exception, *, late: bool, seconds: float) -> str:
    """Return what went wrong, without what the error itself says: it may name the address."""
    if late or isinstance(error, TimeoutError):
        return f"it gave no whole answer within {seconds:g} s"
    if isinstance(error, socket.gaierror):
        return "its name cannot be resolved"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({error.reason or type(error).__name__})"
    if isinstance(error, http.client.HTTPException | ValueError):
        return f"it gave no whole answer ({type(error).__name__})"
    return f"the connection failed ({type(error).__name__})"


@contextlib.contextmanager
def _cut_off(sock: socket.socket, seconds: float, late: threading.Event) -> Generator[None]:
    """End the connection after that time: a socket's own timeout begins anew with every byte.

    ``late`` tells whether it was ended; to its reader that looks like the end of an answer.
    """

    def cut() -> None:
        late.set()
        with contextlib.suppress(OSError):
            # Of the connection below TLS: the session belongs to the thread that reads.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
