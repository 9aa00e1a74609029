"""What the STARTTLS state machines have in common: bytes in, and bytes out or an outcome.

No sockets. A machine holds no more than a peer may send before TLS begins, and what a peer said
comes out shortened and in plain ASCII, because it ends in messages.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Generator
from dataclasses import dataclass

#: Bytes that a peer may send before TLS begins, greeting included.
LARGEST_PREAMBLE = 16_384
_LONGEST_LINE = 2_048
_LONGEST_WORDS = 120


class State(enum.Enum):
    """How far the preamble is."""

    #: More bytes are needed.
    WAIT = "wait"
    #: The next byte that the client sends is TLS.
    BEGIN = "begin"
    #: The peer says that there is no TLS here.
    REFUSED = "refused"
    #: The peer says that there is none now.
    BUSY = "busy"
    #: What came is not the protocol.
    MALFORMED = "malformed"


@dataclass(frozen=True)
class Step:
    """What follows from the bytes so far; ``send`` is to be sent first."""

    state: State = State.WAIT
    send: bytes = b""
    text: str = ""


class Unreadable(Exception):
    """What the peer sent is not the protocol; the message says what is wrong."""


#: A conversation: yields what to send, empty for nothing, and how many bytes it wants next (0 for
#: a line); returns how it ended.
Talk = Generator[tuple[bytes, int], bytes, Step]


class Machine:
    """Runs one conversation over whatever chunks come."""

    def __init__(self, talk: Callable[[], Talk]) -> None:
        """Start; :meth:`feed` with nothing gives what the client says first."""
        self._talk = talk()
        self._pending, self._received = b"", 0
        send, self._wanted = next(self._talk)
        self._unsent = send

    def feed(self, data: bytes) -> Step:
        """Take bytes of the peer and return what follows; an outcome is the last step."""
        self._pending += data
        self._received += len(data)
        if self._received > LARGEST_PREAMBLE:
            return Step(State.MALFORMED, text=f"over {LARGEST_PREAMBLE} bytes before TLS")
        send, self._unsent = self._unsent, b""
        try:
            while (part := self._part()) is not None:
                more, self._wanted = self._talk.send(part)
                if more and self._pending:
                    raise Unreadable("the peer answers before it was asked")
                send += more
        except StopIteration as stop:
            return self._ended(stop.value, send)
        except Unreadable as error:
            return Step(State.MALFORMED, text=str(error))
        return Step(send=send)

    @property
    def held(self) -> int:
        """Return how many bytes wait for more to come."""
        return len(self._pending)

    def _part(self) -> bytes | None:
        """Return the next part that the conversation wants, None until all of it is there."""
        if self._wanted:
            if len(self._pending) < self._wanted:
                return None
            end = self._wanted
        else:
            end = self._pending.find(b"\n") + 1
            if not end and len(self._pending) <= _LONGEST_LINE:
                return None
            if not 0 < end <= _LONGEST_LINE:
                raise Unreadable(f"a line of more than {_LONGEST_LINE} bytes")
        part, self._pending = self._pending[:end], self._pending[end:]
        return part

    def _ended(self, step: Step, send: bytes) -> Step:
        if step.state is State.BEGIN and self._pending:
            # What stands before the hello would be taken for an answer to it.
            return Step(State.MALFORMED, text="the peer went on talking after TLS was agreed")
        return Step(step.state, send + step.send, step.text)


def words(data: bytes) -> str:
    """Return what a peer said, in printable ASCII and short."""
    text = "".join(chr(byte) if 32 <= byte < 127 else "?" for byte in data.rstrip(b"\r\n"))
    return text if len(text) <= _LONGEST_WORDS else text[:_LONGEST_WORDS] + "..."


def refused(data: bytes) -> Step:
    """Return that there is no TLS, in the peer's words."""
    return Step(State.REFUSED, text=f"the peer offers no TLS: {words(data)}")


def busy(data: bytes) -> Step:
    """Return that there is none now, in the peer's words."""
    return Step(State.BUSY, text=f"the peer puts TLS off: {words(data)}")
