"""Replies of a three-digit code and text, as FTP and SMTP servers give them; bounded, no I/O.

FTP (RFC 959 section 4.2): ``123-`` begins a reply of several lines, any text may follow, and the
first line that starts with ``123`` and a space ends it. SMTP (RFC 5321 section 4.2.1): every line
carries the code, all but the last with a hyphen. A line may end in a bare line feed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Bytes of one line; SMTP allows 512, FTP sets no limit.
LONGEST_LINE = 4_096
#: Bytes of one reply.
LONGEST_REPLY = 65_536
#: Lines of one reply.
MOST_LINES = 500
#: Characters of a line that are kept.
KEPT = 200

_CODED = re.compile(rb"([1-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)


class Malformed(Exception):
    """The bytes are no reply, or more than one may have."""


@dataclass(frozen=True)
class Reply:
    """One reply: the code, and the text of each line in printable ASCII, without the code."""

    code: int
    lines: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Tell whether the server did what it was asked (2yz)."""
        return self.code // 100 == 2

    @property
    def onward(self) -> bool:
        """Tell whether the server did it, or asks for more (2yz, 3yz)."""
        return self.code // 100 in (2, 3)

    @property
    def firm(self) -> bool:
        """Tell whether the server refuses for good (5yz)."""
        return self.code // 100 == 5

    def __str__(self) -> str:
        """Return the code and the first words, for messages."""
        return f"{self.code} {self.lines[0]}".rstrip()


def printable(raw: bytes) -> str:
    """Return bytes as at most :data:`KEPT` characters; all but printable ASCII is escaped."""
    text = "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in raw[:KEPT])
    return text[:KEPT]


class Replies:
    """Reads replies from a stream of bytes; ``every_line`` says that each line has the code."""

    def __init__(self, *, every_line: bool) -> None:
        """Start with nothing read."""
        self._every_line = every_line
        self._buffer = bytearray()
        self._code = b""
        self._lines: list[str] = []
        self._size = 0

    @property
    def pending(self) -> bool:
        """Tell whether there are bytes that no finished reply has used."""
        return bool(self._buffer or self._lines)

    def feed(self, data: bytes) -> None:
        """Take bytes as they came."""
        self._buffer += data

    def take(self) -> Reply | None:
        """Return the next whole reply, None until there is one; raises :class:`Malformed`."""
        while (end := self._buffer.find(b"\n", 0, LONGEST_LINE + 1)) >= 0:
            line = bytes(self._buffer[:end]).rstrip(b"\r")
            del self._buffer[: end + 1]
            self._size += end + 1
            if self._size > LONGEST_REPLY or len(self._lines) >= MOST_LINES:
                raise Malformed(f"a reply of {len(self._lines)} lines and {self._size} bytes")
            if self._ends_with(line):
                return self._whole()
        if len(self._buffer) > LONGEST_LINE:
            raise Malformed(f"a line of more than {LONGEST_LINE} bytes")
        return None

    def _ends_with(self, line: bytes) -> bool:
        """Keep a line's text and tell whether it is the last of its reply."""
        coded = _CODED.fullmatch(line)
        if coded is not None and self._code in (b"", coded[1]):
            self._code = coded[1]
            self._lines.append(printable((coded[3] or b"").strip()))
            return coded[2] != b"-"
        if not self._code or self._every_line:
            raise Malformed(f"not a reply: {printable(line)}")
        self._lines.append(printable(line.strip()))
        return False

    def _whole(self) -> Reply:
        made = Reply(int(self._code), tuple(self._lines))
        self._code, self._lines, self._size = b"", [], 0
        return made
