"""The one module that knows httpx: one request over one connection, within one clock.

The transport is used without httpx's client, which would follow redirects, keep cookies, decompress
without bound and take proxies and credentials from the environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from troth import __version__
from troth.checker import Failure, ObservationFailed, Reason
from troth.checkers.http import urls
from troth.checkers.http.body import Body
from troth.checkers.http.exchange import Exchange, Kind
from troth.checkers.http.urls import Url
from troth.checkers.network.clock import Clock

if TYPE_CHECKING:
    import httpx

USER_AGENT = f"troth/{__version__} (+compliance probe)"

#: What a firewall or a router answers instead of the host's own refusal.
_REFUSALS = (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH)
#: A connection that was taken and dropped before this side could look at it.
_RESETS = (errno.ECONNRESET, errno.ECONNABORTED, errno.ENOTCONN, errno.EPIPE)


@dataclass(frozen=True)
class Request:
    """What is asked; ``whole`` says that the body of the answer is wanted too."""

    url: Url
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    whole: bool = True


@functools.cache
def lenient() -> ssl.SSLContext:
    """Return TLS settings that take any certificate, version and strength.

    Trust is judged elsewhere; what a site answers is to be known whatever the local OpenSSL is
    configured to refuse.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    _accept_old(context)
    return context


@functools.cache
def verifying(trust_store: str) -> ssl.SSLContext:
    """Return TLS settings that verify; an empty path means this machine's store.

    Raises OSError, of which SSLError is one, when the store cannot be read.
    """
    context = ssl.create_default_context(cafile=trust_store or None)
    _accept_old(context)
    return context


def _accept_old(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)


@dataclass
class _Trail:
    """How far a request came; what is known when it breaks off."""

    stream: Any = None
    sent_at: float = 0.0
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    ended_at: float = 0.0

    @property
    def connected(self) -> bool:
        """Tell whether there was a connection."""
        return self.stream is not None

    async def note(self, event: str, told: Any) -> None:
        """Take an event of httpcore's ``trace`` extension."""
        if event == "connection.connect_tcp.complete":
            self.stream = told["return_value"]
        elif event == "http11.send_request_headers.started":
            self.sent_at = time.monotonic()

    async def hang_up(self) -> None:
        """Close the connection: httpcore leaves one open whose TLS handshake ran out of time."""
        if self.stream is not None:
            with contextlib.suppress(OSError):
                await self.stream.aclose()


async def exchange(
    request: Request, address: str, clock: Clock, context: ssl.SSLContext
) -> Exchange:
    """Put a request to an IP address and return what came of it; raises nothing for a peer's sake.

    The Host header and the name in the TLS hello are those of the request's URL.
    """
    import httpx

    trail = _Trail()
    broken: tuple[Kind, str] | Failure | None = None
    try:
        async with asyncio.timeout(clock.left):
            await _talk(request, address, trail, context)
    except TimeoutError:
        broken = (Kind.TIMEOUT if trail.connected else Kind.SILENT), ""
    except ObservationFailed as error:
        broken = error.failure
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        broken = _told(error, trail)
    finally:
        await trail.hang_up()
    trail.ended_at = trail.ended_at or time.monotonic()
    return _made(request, address, trail, broken)


async def _talk(request: Request, address: str, trail: _Trail, context: ssl.SSLContext) -> None:
    import httpx

    async with httpx.AsyncHTTPTransport(verify=context, trust_env=False) as transport:
        response = await transport.handle_async_request(_prepared(request, address, trail))
        trail.status = response.status_code
        trail.headers = [
            (_text(name).lower(), _text(value)) for name, value in response.headers.raw
        ]
        try:
            if request.whole:
                trail.body = await _read(response)
                trail.ended_at = time.monotonic()
        finally:
            await response.aclose()


def _prepared(request: Request, address: str, trail: _Trail) -> httpx.Request:
    import httpx

    url = request.url
    headers = [
        ("Host", url.host_header),
        ("User-Agent", USER_AGENT),
        ("Accept", "*/*"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
        *request.headers,
    ]
    if request.method == "POST":
        headers += [("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", "0")]
    return httpx.Request(
        request.method,
        f"{url.scheme}://{urls.authority(address, url.port)}{url.target}",
        headers=headers,
        content=b"" if request.method == "POST" else None,
        extensions={"sni_hostname": url.host, "trace": trail.note},
    )


async def _read(response: httpx.Response) -> bytes:
    body = Body(
        value for name, value in response.headers.multi_items() if name == "content-encoding"
    )
    async for piece in response.aiter_raw():
        body.take(piece)
    return body.end()


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what stands behind it; httpx wraps what httpcore and anyio wrapped."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _told(error: BaseException, trail: _Trail) -> tuple[Kind, str]:
    """Return what an error says about the peer."""
    import httpx

    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Kind.UNTRUSTED, cause.verify_message
        if isinstance(cause, ssl.SSLError):
            return Kind.NO_TLS, cause.reason or "broken off"
    if not trail.connected:
        return _unconnected(causes)
    protocol = isinstance(error, httpx.RemoteProtocolError | httpx.LocalProtocolError)
    if protocol and "without sending a response" not in str(error):
        # What stands behind the colon are the peer's own words, a cookie among them perhaps.
        return Kind.MALFORMED, str(error).partition(":")[0]
    return Kind.CLOSED, ""


def _unconnected(causes: list[BaseException]) -> tuple[Kind, str]:
    numbers = [cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno]
    if numbers and numbers[-1] in _REFUSALS:
        return Kind.REFUSED, errno.errorcode[numbers[-1]]
    if numbers and numbers[-1] in _RESETS:
        return Kind.CLOSED, errno.errorcode[numbers[-1]]
    if numbers and numbers[-1] == errno.ETIMEDOUT:
        return Kind.SILENT, "ETIMEDOUT"
    return Kind.UNREACHABLE, errno.errorcode.get(numbers[-1], "") if numbers else ""


def _made(
    request: Request, address: str, trail: _Trail, broken: tuple[Kind, str] | Failure | None
) -> Exchange:
    milliseconds = round((trail.ended_at - (trail.sent_at or trail.ended_at)) * 1000)
    if not 200 <= trail.status <= 599:
        kind, note = broken if isinstance(broken, tuple) else (Kind.MALFORMED, "no usual status")
        return Exchange(request.url, kind, note=note, milliseconds=milliseconds, tried=(address,))
    return Exchange(
        request.url,
        Kind.ANSWERED,
        trail.status,
        tuple(trail.headers),
        trail.body,
        _cut(broken),
        milliseconds,
        tried=(address,),
    )


def _cut(broken: tuple[Kind, str] | Failure | None) -> Failure | None:
    """Return why the body of an answer is not whole."""
    if broken is None or isinstance(broken, Failure):
        return broken
    if broken[0] is Kind.TIMEOUT:
        return Failure(Reason.TIMEOUT, "the body did not end in time")
    return Failure(Reason.MALFORMED_RESPONSE, "the body was cut off or breaks the protocol")
