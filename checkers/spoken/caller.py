"""Conversations with one endpoint, each on a connection of its own, inside the endpoint's clock."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from troth.checker import Failure, ObservationFailed, Reason
from troth.checkers.network.clock import Clock
from troth.checkers.network.stream import Place, Stream, connected
from troth.checkers.spoken.secured import secured
from troth.checkers.spoken.talk import Talk
from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.hail import hail

#: How often a close is asked again before it may count as a refusal.
REPEATS = 2
#: How a TLS record with an alert begins (RFC 8446 section 5.1; the version's first byte is 3).
_ALERT = b"\x15\x03"
#: How a server that expects TLS may say that it did not understand.
_NOT_UNDERSTOOD = b"500"


@dataclass(frozen=True)
class Caller:
    """How to reach one endpoint.

    ``server_name`` goes into the TLS hello, empty for an address. ``seconds`` is the time of one
    conversation, ``clock`` that of all. ``every_line`` as in :class:`Replies`.
    """

    place: Place
    server_name: str
    clock: Clock
    seconds: float
    every_line: bool

    def at(self, peer: str) -> Caller:
        """Return the caller of the one address that was reached before."""
        return replace(self, place=Place(peer, self.place.port))

    @contextlib.asynccontextmanager
    async def stream(self) -> AsyncIterator[Stream]:
        """Connect; raises :class:`~troth.checker.ObservationFailed` where that cannot be."""
        try:
            async with connected(self.place, self.clock, self.seconds) as stream:
                yield stream
        except TimeoutError as error:
            raise ObservationFailed(Reason.TIMEOUT, "the time was up") from error
        except OSError as error:
            text = f"no connection: {error.strerror or type(error).__name__}"
            raise ObservationFailed(Reason.UNREACHABLE, text) from error

    @contextlib.asynccontextmanager
    async def talk(self, *, implicit: bool = False) -> AsyncIterator[Talk]:
        """Begin a conversation, inside TLS at once if ``implicit``, and leave at the end."""
        async with self.stream() as stream:
            talk = await self.shielded(stream) if implicit else self.plain(stream)
            yield talk
            await talk.leave()

    def plain(self, stream: Stream) -> Talk:
        """Return the conversation over a stream as it is."""
        return Talk(stream, every_line=self.every_line)

    async def shielded(self, stream: Stream) -> Talk:
        """Return the conversation inside TLS, after whatever was said on the stream."""
        return Talk(await secured(stream, self.server_name), every_line=self.every_line)

    async def takes_tls(self) -> bool:
        """Tell whether a hello is accepted as the first thing that is said."""
        async with self.stream() as stream:
            return (await hail(stream, self.server_name)).yes

    async def deaf(self, words: str) -> str:
        """Return why plain words in place of TLS are proven to be refused; empty if they are not.

        A TLS alert refuses, and so does the code 500. So does hanging up every time. Each counts
        only if a hello is accepted on the next connection. Other words, and silence, do not.
        """
        for _ in range(1 + REPEATS):
            answer = await self._answer_to(words)
            if answer:
                break
        if answer and not answer.startswith((_ALERT, _NOT_UNDERSTOOD)):
            return ""
        if not await self.takes_tls():
            return ""
        return "they were answered with a refusal" if answer else "the peer hung up every time"

    async def _answer_to(self, words: str) -> bytes:
        """Return the first bytes that come back for plain words, empty for a close."""
        async with self.stream() as stream:
            with contextlib.suppress(ConnectionError):
                await stream.send(f"{words}\r\n".encode("ascii"))
                head = await stream.receive()
                while len(head) < len(_NOT_UNDERSTOOD) and (more := await stream.receive()):
                    head += more
                return head
        return b""


def no_tls(hello: Answer | None) -> Failure:
    """Return why a hello that was not accepted proves nothing about what is spoken."""
    reasons = {
        Kind.TIMEOUT: Reason.TIMEOUT,
        Kind.MALFORMED: Reason.MALFORMED_RESPONSE,
        Kind.OVERSIZE: Reason.MALFORMED_RESPONSE,
        Kind.TRUNCATED: Reason.MALFORMED_RESPONSE,
    }
    if hello is None:
        return Failure(Reason.UNPROVEN, "TLS was to begin, but no hello was said")
    reason = reasons.get(hello.kind, Reason.UNPROVEN)
    return Failure(reason, f"TLS was to begin, but no hello was accepted: {hello}")
