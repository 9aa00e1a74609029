"""A TCP connection inside a clock: connect, send, receive; nothing waits longer than the clock.

Non-blocking sockets on the event loop's own calls, because asyncio's transports cost several
times the CPU for a conversation of two messages.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

from troth.checkers.network.clock import Clock
from troth.checkers.network.loop import shared

_CHUNK = 16_384


@dataclass(frozen=True)
class Place:
    """Where to connect: a host name or an IP address without brackets, and a port."""

    host: str
    port: int


@dataclass
class Stream:
    """An open connection; ``peer`` is the IP address that was reached."""

    peer: str
    _socket: socket.socket
    _clock: Clock

    @property
    def seconds(self) -> float:
        """Return the seconds that the probe was given."""
        return self._clock.seconds

    async def send(self, data: bytes) -> None:
        """Send all of it; raises TimeoutError when the clock is up, OSError as the system does."""
        async with _within(self._clock):
            await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def receive(self, limit: int = _CHUNK) -> bytes:
        """Return what has come, empty at the end of the stream; raises as :meth:`send` does."""
        async with _within(self._clock):
            return await asyncio.get_running_loop().sock_recv(self._socket, limit)


def _within(clock: Clock) -> asyncio.Timeout:
    """Return a block that ends with the clock; raises TimeoutError at once when it is up.

    A read that finds data never waits, so only this ends a peer that sends without a pause.
    """
    left = clock.left
    if not left:
        raise TimeoutError
    return asyncio.timeout(left)


@contextlib.asynccontextmanager
async def connected(place: Place, endpoint: Clock, seconds: float) -> AsyncIterator[Stream]:
    """Connect within the caps and yield the stream, whose clock is the probe's.

    The probe has ``seconds``, or what its endpoint has left; waiting for a turn is charged to
    neither, since it is our own doing and others' clocks bound it. Looking the name up is charged.
    Raises TimeoutError when the time is up and OSError when nothing can be reached.
    """
    async with contextlib.AsyncExitStack() as stack:
        with endpoint.excused():
            await stack.enter_async_context(shared().limits.slot(place.host, place.port))
        clock = endpoint.probe(seconds)
        stream = await _connect(place, clock)
        stack.callback(stream._socket.close)
        yield stream


async def _connect(place: Place, clock: Clock) -> Stream:
    """Connect to the first address that answers; the candidates share the time that is left."""
    async with _within(clock):
        found = await addresses(place)
    failure: OSError = OSError("the name has no address")
    for index, (family, address) in enumerate(found):
        peer = socket.socket(family, socket.SOCK_STREAM)
        try:
            peer.setblocking(False)
            async with asyncio.timeout(clock.left / (len(found) - index)):
                await asyncio.get_running_loop().sock_connect(peer, address)
        except OSError as error:  # TimeoutError is one
            peer.close()
            failure = error
        except BaseException:
            peer.close()
            raise
        else:
            return Stream(str(address[0]), peer, clock)
    raise failure


async def addresses(place: Place) -> list[tuple[int, tuple[str, int]]]:
    """Return address family and socket address of every address of a place, as resolved.

    An IP address is not looked up. The caller's clock bounds it. Raises
    :class:`socket.gaierror`, which is an OSError.
    """
    return await shared().resolver.addresses(place.host, place.port)
