"""The identification string that opens a connection (RFC 4253 section 4.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from troth.checkers.ssh.wire import Malformed, shown

#: What a client of troth says about itself.
OURS = b"SSH-2.0-troth"
#: More bytes than this before the identification are no greeting; the RFC names no limit.
LONGEST_PREFACE = 16_384
#: Longest identification with its line end (RFC 4253 section 4.2).
LONGEST_LINE = 255
#: What servers write instead of a greeting when they want no more connections just now.
_CROWDED = (b"MaxStartups", b"Not allowed at this time", b"oo many connections")

_FORM = re.compile(rb"SSH-([0-9]{1,3}\.[0-9]{1,3})-([^\x00]*)")


@dataclass(frozen=True)
class Identification:
    """Who the server says it is.

    ``line`` holds the exact bytes, which the exchange hash covers, without the line end.
    ``protocol`` is the version, ``software`` the rest, made harmless and at most 200 characters.
    """

    line: bytes
    protocol: str
    software: str

    @property
    def modern(self) -> bool:
        """Tell whether the server speaks SSH 2 (RFC 4253 sections 4.2 and 5.1)."""
        return self.protocol in ("2.0", "1.99")


class Greeting:
    """Collects a server's first lines until its identification is there."""

    def __init__(self) -> None:
        """Start with nothing received."""
        self._pending = b""
        self._preface = b""
        self.rest = b""

    def feed(self, data: bytes) -> Identification | None:
        """Take bytes and return the identification once its line is complete.

        What follows it is then in :attr:`rest`. Lines before it are skipped, as the RFC wants;
        raises :class:`Malformed` when there are too many, or when the line breaks the rules.
        """
        self._pending += data
        while b"\n" in self._pending:
            line, _, self._pending = self._pending.partition(b"\n")
            if line.startswith(b"SSH-"):
                self.rest = self._pending
                return read(line)
            self._skip(line + b"\n")
        self._check_length()
        return None

    @property
    def preface(self) -> str:
        """Return what came instead of or before the identification, harmless and cut."""
        return shown((self._preface + self._pending).strip())

    @property
    def crowded(self) -> bool:
        """Tell whether the server said that it has too many connections."""
        return any(word in self._preface + self._pending for word in _CROWDED)

    @property
    def silent(self) -> bool:
        """Tell whether not a single byte came."""
        return not self._preface and not self._pending

    def _skip(self, line: bytes) -> None:
        self._preface += line
        if len(self._preface) > LONGEST_PREFACE:
            raise Malformed(f"over {LONGEST_PREFACE} bytes before the identification")

    def _check_length(self) -> None:
        if self._pending.startswith(b"SSH-") and len(self._pending) > LONGEST_LINE:
            raise Malformed(f"an identification of over {LONGEST_LINE} bytes")
        if len(self._preface) + len(self._pending) > LONGEST_PREFACE:
            raise Malformed(f"over {LONGEST_PREFACE} bytes before the identification")


def read(line: bytes) -> Identification:
    """Return what a line says that begins with ``SSH-``; raises :class:`Malformed`.

    Some servers end it with a line feed alone; a carriage return is no part of it.
    """
    if len(line) + 1 > LONGEST_LINE:
        raise Malformed(f"an identification of over {LONGEST_LINE} bytes")
    line = line.removesuffix(b"\r")
    found = _FORM.fullmatch(line)
    if found is None:
        raise Malformed(f"{shown(line)!r} is no identification")
    return Identification(line, found[1].decode("ascii"), shown(found[2]))
