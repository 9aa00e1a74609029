"""One conversation: a command, a reply, and nothing out of turn."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Awaitable
from typing import Protocol

from troth.checker import Failure, ObservationFailed, Reason
from troth.checkers.network.replies import Malformed, Replies, Reply

#: Bytes that a peer may send in one conversation.
MOST_BYTES = 262_144

_SENDABLE = re.compile("[ -~]{1,500}")


class Wire(Protocol):
    """What a conversation is held over."""

    async def send(self, data: bytes) -> None:
        """Send all of it."""

    async def receive(self, limit: int = ...) -> bytes:
        """Return what has come, empty at the end."""


class Mute(ObservationFailed):
    """The peer has not said a single byte: it waits, or hung up."""


class Talk:
    """The client's side of a conversation; ``every_line`` as in :class:`Replies`.

    All methods raise :class:`~troth.checker.ObservationFailed`: timeout, malformed-response for
    what is no reply, unproven for a peer that hangs up, unreachable for the network.
    """

    def __init__(self, wire: Wire, *, every_line: bool) -> None:
        """Say nothing yet."""
        self._wire = wire
        self._replies = Replies(every_line=every_line)
        self._received = 0

    async def reply(self) -> Reply:
        """Return the next reply that is not preliminary (1yz)."""
        while True:
            try:
                found = self._replies.take()
            except Malformed as error:
                raise _malformed(str(error)) from error
            if found is None:
                self._replies.feed(await self._more())
            elif found.code >= 200:
                return found

    async def welcome(self) -> Reply:
        """Return the greeting; one that is no 2yz is unproven, as nothing can be asked then."""
        greeting = await self.reply()
        if not greeting.good:
            raise ObservationFailed(Reason.UNPROVEN, f"the greeting was {greeting}")
        return greeting

    async def ask(self, command: str) -> Reply:
        """Send a command and return the reply to it."""
        if not _SENDABLE.fullmatch(command):
            raise ObservationFailed(Reason.UNPROVEN, f"{command!r} cannot be sent")
        self.quiet()
        # A peer that hangs up while being written to may have left its reason to read.
        with contextlib.suppress(ConnectionError):
            await self._guarded(self._wire.send(f"{command}\r\n".encode("ascii")))
        return await self.reply()

    def quiet(self) -> None:
        """Raise malformed-response if the peer said more than it was asked.

        Words behind the reply that opens TLS may be an attacker's: they are not inside it.
        """
        if self._replies.pending:
            raise _malformed("the peer spoke out of turn: more than one reply to a command")

    async def leave(self) -> None:
        """Say QUIT and do not wait for the answer."""
        with contextlib.suppress(OSError, EOFError, ObservationFailed):
            await self._wire.send(b"QUIT\r\n")

    async def _more(self) -> bytes:
        try:
            data = await self._guarded(self._wire.receive())
        except ConnectionError:
            data = b""
        if not data:
            raise self._failure(Reason.UNPROVEN, "the peer hung up instead of answering")
        self._received += len(data)
        if self._received > MOST_BYTES:
            raise _malformed(f"more than {MOST_BYTES} bytes in one conversation")
        return data

    async def _guarded(self, act: Awaitable[bytes | None]) -> bytes:
        try:
            return await act or b""
        except EOFError:
            return b""
        except TimeoutError as error:
            raise self._failure(Reason.TIMEOUT, "no whole reply in time") from error
        except ConnectionError:
            raise
        except OSError as error:
            text = f"the connection broke: {error.strerror or type(error).__name__}"
            raise ObservationFailed(Reason.UNREACHABLE, text) from error

    def _failure(self, reason: Reason, text: str) -> ObservationFailed:
        kind = ObservationFailed if self._received else Mute
        return kind(reason, text)


def _malformed(text: str) -> ObservationFailed:
    return ObservationFailed(Reason.MALFORMED_RESPONSE, text)


async def told(asked: Awaitable[Reply]) -> Reply | Failure:
    """Return the reply, or why there is none."""
    try:
        return await asked
    except ObservationFailed as error:
        return error.failure
