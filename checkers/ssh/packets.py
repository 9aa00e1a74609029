"""Binary packets (RFC 4253 section 6): bytes of a stream in, payloads out, and back."""

from __future__ import annotations

from troth.checkers.ssh.codecs import Codec, Plain
from troth.checkers.ssh.wire import Malformed

#: The longest packet that must be understood (RFC 4253 section 6.1); none here is longer.
LONGEST = 35_000
#: More than this is received on no connection.
MOST_BYTES = 200_000


class Inbound:
    """Cuts what is received into packets and opens them."""

    def __init__(self) -> None:
        """Start in clear with packet 0."""
        self.codec: Codec = Plain()
        self._pending = b""
        self._received = 0
        self._sequence = 0
        self._size = 0

    def feed(self, data: bytes) -> None:
        """Take bytes; raises :class:`Malformed` when a peer never stops."""
        self._received += len(data)
        if self._received > MOST_BYTES:
            raise Malformed(f"over {MOST_BYTES} bytes on one connection")
        self._pending += data

    def next(self) -> bytes | None:
        """Return the payload of the next packet, or None until it is complete."""
        if not self._size:
            if len(self._pending) < self.codec.head:
                return None
            self._size = self._measured()
        if len(self._pending) < self._size:
            return None
        wire, self._pending = self._pending[: self._size], self._pending[self._size :]
        body = self.codec.open(wire, self._sequence)
        self._sequence, self._size = (self._sequence + 1) % (1 << 32), 0
        return _payload(body)

    def _measured(self) -> int:
        length = self.codec.length(self._pending[: self.codec.head], self._sequence)
        if not 5 < length <= LONGEST:
            raise Malformed(f"a packet of {length} bytes")
        return self.codec.size(length)


def _payload(body: bytes) -> bytes:
    padding = body[0]
    if padding < 4 or padding + 1 >= len(body):
        raise Malformed(f"{padding} bytes of padding in a packet of {len(body)}")
    return body[1 : len(body) - padding]


class Outbound:
    """Seals payloads and collects what is to be sent."""

    def __init__(self) -> None:
        """Start in clear with packet 0."""
        self.codec: Codec = Plain()
        self._pending = b""
        self._sequence = 0

    def line(self, data: bytes) -> None:
        """Send bytes that are no packet: the identification."""
        self._pending += data

    def packet(self, payload: bytes) -> None:
        """Send a packet."""
        self._pending += self.codec.seal(payload, self._sequence)
        self._sequence = (self._sequence + 1) % (1 << 32)

    def take(self) -> bytes:
        """Return what is to be sent, once."""
        taken, self._pending = self._pending, b""
        return taken
