"""Bytes of the TLS record and handshake layers: reading with bounds, writing with lengths.

RFC 8446 sections 4 and 5, RFC 5246 sections 6 and 7, RFC 6101 for SSL 3.0. No sockets.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

ALERT, CHANGE_CIPHER, HANDSHAKE, APPLICATION = 21, 20, 22, 23

#: The longest record a peer may send: 2^14 octets and what encryption adds (RFC 5246 6.2.3).
LONGEST_RECORD = (1 << 14) + 2048


class Malformed(Exception):
    """The bytes are not the TLS that they should be; the message says what is wrong."""


class Reader:
    """A cursor over received bytes that never reads past their end."""

    def __init__(self, data: bytes) -> None:
        """Start at the first byte."""
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes; raises :class:`Malformed` if there are fewer."""
        if self._at + count > len(self._data):
            raise Malformed(f"{count} bytes announced, {len(self._data) - self._at} there")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, size: int) -> int:
        """Return the next ``size`` bytes as a big-endian number."""
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> Reader:
        """Return a reader of a vector whose length stands before it in ``size`` bytes."""
        return Reader(self.take(self.number(size)))

    def rest(self) -> bytes:
        """Return what is left."""
        return self.take(len(self._data) - self._at)

    def shorts(self) -> tuple[int, ...]:
        """Return what is left as numbers of two bytes each; raises :class:`Malformed`."""
        body = self.rest()
        if len(body) % 2:
            raise Malformed(f"{len(body)} bytes are no numbers of two bytes each")
        return struct.unpack(f">{len(body) // 2}H", body)

    @property
    def empty(self) -> bool:
        """Tell whether everything was read."""
        return self._at == len(self._data)


def vector(size: int, *parts: bytes) -> bytes:
    """Return the parts behind their common length, which is written in ``size`` bytes."""
    body = b"".join(parts)
    return len(body).to_bytes(size, "big") + body


def shorts(values: Iterable[int]) -> bytes:
    """Return numbers of two bytes each."""
    numbers = tuple(values)
    return struct.pack(f">{len(numbers)}H", *numbers)


def record(kind: int, version: int, body: bytes) -> bytes:
    """Return one plaintext record."""
    return bytes([kind]) + version.to_bytes(2, "big") + vector(2, body)


def handshake(kind: int, body: bytes) -> bytes:
    """Return one handshake message."""
    return bytes([kind]) + vector(3, body)


class Records:
    """Cuts a stream of bytes into records."""

    def __init__(self) -> None:
        """Start with nothing received."""
        self._pending = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
        """Yield ``(type, header, body)`` of every record that is complete now.

        Raises :class:`Malformed` on the first bytes that no TLS record starts with.
        """
        self._pending += data
        while self._pending:
            kind, header = self._pending[0], self._pending[:5]
            if not CHANGE_CIPHER <= kind <= APPLICATION or header[1:2] not in (b"", b"\x03"):
                raise Malformed("the peer does not answer with TLS records")
            length = int.from_bytes(header[3:5], "big")
            if length > LONGEST_RECORD:
                raise Malformed(f"a record of {length} bytes is longer than TLS allows")
            if len(self._pending) < 5 + length or len(header) < 5:
                return
            body, self._pending = self._pending[5 : 5 + length], self._pending[5 + length :]
            yield kind, header, body

    @property
    def held(self) -> int:
        """Return how many bytes of an unfinished record are waiting."""
        return len(self._pending)


class Messages:
    """Joins record bodies into handshake messages, which may span records or share one."""

    def __init__(self) -> None:
        """Start with nothing received."""
        self._pending = b""

    def feed(self, body: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield ``(type, body)`` of every handshake message that is complete now."""
        self._pending += body
        while len(self._pending) >= 4:
            length = int.from_bytes(self._pending[1:4], "big")
            if len(self._pending) < 4 + length:
                return
            kind, message = self._pending[0], self._pending[4 : 4 + length]
            self._pending = self._pending[4 + length :]
            yield kind, message

    @property
    def held(self) -> int:
        """Return how many bytes of an unfinished message are waiting."""
        return len(self._pending)
