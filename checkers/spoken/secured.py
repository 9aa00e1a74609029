"""A stream inside TLS that the local OpenSSL speaks, for what is only said there.

Nothing is verified and any version is taken that can be: this proves what the server says inside
TLS, not that the TLS is good. Where the local library fails, nothing is known about the peer.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import TypeVar

from troth.checker import ObservationFailed, Reason
from troth.checkers.network.stream import Stream

_Result = TypeVar("_Result")
_CHUNK = 16_384
#: Bytes that a peer may send, the handshake included; tickets and key updates show no data.
_MOST_BYTES = 524_288


class Secured:
    """Sends and receives like a :class:`Stream`, with the same clock."""

    def __init__(self, stream: Stream, server_name: str) -> None:
        """Prepare; ``server_name`` is the DNS name asked for, or empty.

        Raises :class:`~troth.checker.ObservationFailed` (unproven) if OpenSSL will not.
        """
        self._stream = stream
        self._received = 0
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        try:
            self._tls = _context().wrap_bio(
                self._incoming, self._outgoing, server_hostname=server_name or None
            )
        except (ssl.SSLError, ValueError) as error:
            raise _unproven(error) from error

    async def handshake(self) -> None:
        """Finish the handshake; raises as :meth:`receive` does."""
        await self._step(self._tls.do_handshake)
        await self._flush()

    async def send(self, data: bytes) -> None:
        """Send all of it; raises as :meth:`receive` does."""
        await self._step(lambda: self._tls.write(data))
        await self._flush()

    async def receive(self, limit: int = _CHUNK) -> bytes:
        """Return what has come, empty at the end of the stream.

        Raises TimeoutError and OSError as the stream does, and
        :class:`~troth.checker.ObservationFailed` (unproven) where OpenSSL gives up.
        """
        try:
            return await self._step(lambda: self._tls.read(limit))
        except EOFError:
            return b""

    async def _step(self, act: Callable[[], _Result]) -> _Result:
        while True:
            try:
                return act()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError) as error:
                raise EOFError from error
            except ssl.SSLError as error:
                raise _unproven(error) from error

    async def _fill(self) -> None:
        data = await self._stream.receive(_CHUNK)
        self._received += len(data)
        if self._received > _MOST_BYTES:
            text = f"more than {_MOST_BYTES} bytes inside TLS"
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, text)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await self._stream.send(self._outgoing.read())


async def secured(stream: Stream, server_name: str) -> Secured:
    """Return the stream inside TLS, its handshake finished.

    Raises :class:`~troth.checker.ObservationFailed` (unproven) where that cannot be, for whatever
    reason but the clock: the local library may be what is at fault.
    """
    made = Secured(stream, server_name)
    try:
        await made.handshake()
    except (EOFError, ConnectionError) as error:
        text = "the peer hung up in the TLS handshake of the local OpenSSL"
        raise ObservationFailed(Reason.UNPROVEN, text) from error
    return made


def _context() -> ssl.SSLContext:
    """Return a context that takes what it can, whatever OPENSSL_CONF says."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    # Old servers without RFC 5746; nothing is ever renegotiated here.
    context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)
    return context


def _unproven(error: Exception) -> ObservationFailed:
    reason = getattr(error, "reason", None) or type(error).__name__
    return ObservationFailed(Reason.UNPROVEN, f"no TLS with the local OpenSSL: {reason}")
