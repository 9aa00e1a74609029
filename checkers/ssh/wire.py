"""The data types of SSH (RFC 4251 section 5): reading with bounds, writing with lengths."""

from __future__ import annotations

from collections.abc import Iterable

#: The longest piece of a peer's text that is kept, in characters.
LONGEST_TEXT = 200


class Malformed(Exception):
    """The bytes are not the SSH that they should be; the message says what is wrong."""


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

    def byte(self) -> int:
        """Return the next byte."""
        return self.take(1)[0]

    def number(self) -> int:
        """Return the next uint32."""
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        """Return the next string."""
        return self.take(self.number())

    def mpint(self) -> int:
        """Return the next integer of any size; none of those in use here may be negative."""
        data = self.string()
        if data and data[0] & 0x80:
            raise Malformed("a negative integer")
        return int.from_bytes(data, "big")

    def names(self) -> tuple[str, ...]:
        """Return the next name-list.

        Names are printable US-ASCII of 1 to 64 characters (RFC 4251 sections 5 and 6); whatever
        else stands there makes the list one that cannot be believed.
        """
        data = self.string()
        found = data.split(b",") if data else []
        for name in found:
            if not 0 < len(name) <= 64 or any(not 0x20 < byte < 0x7F for byte in name):
                raise Malformed(f"{shown(name)!r} is no name of an algorithm or method")
        return tuple(name.decode("ascii") for name in found)

    def rest(self) -> bytes:
        """Return what is left."""
        return self.take(len(self._data) - self._at)

    def since(self, start: int) -> bytes:
        """Return what was read from a position on; see :attr:`position`."""
        return self._data[start : self._at]

    @property
    def position(self) -> int:
        """Return how many bytes were read."""
        return self._at

    @property
    def empty(self) -> bool:
        """Tell whether everything was read."""
        return self._at == len(self._data)


def number(value: int) -> bytes:
    """Return a uint32."""
    return value.to_bytes(4, "big")


def string(data: bytes) -> bytes:
    """Return a string: its length and its bytes."""
    return number(len(data)) + data


def mpint(value: int) -> bytes:
    """Return a non-negative integer in the fewest bytes, with room for the sign."""
    return string(value.to_bytes(value.bit_length() // 8 + 1, "big") if value else b"")


def names(values: Iterable[str]) -> bytes:
    """Return a name-list."""
    return string(",".join(values).encode("ascii"))


def shown(data: bytes) -> str:
    """Return a peer's text with everything but printable US-ASCII escaped, cut if it is long."""
    text = "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte != 0x5C else f"\\x{byte:02x}"
        for byte in data[: LONGEST_TEXT + 1]
    )
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
