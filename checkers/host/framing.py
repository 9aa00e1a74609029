"""The collector's answer cut into records: pure functions of bytes that a machine sent.

A record is a line that begins with the mark of this batch, 128 random bits, and what follows up to
the next such line. Nothing that lies on the machine can hold the mark, so nothing there can end a
record or make one. A record counts only if another follows it, and an answer is whole only if it
ends with the end mark: what was cut off is missing, never empty.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

#: The first line of an answer, before the mark and the packing; the number is that of its form.
GREETING = b"troth-collector 1 "
#: Most bytes of an answer when it is unpacked.
LARGEST = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """A line of the collector (``word`` and ``rest``) and the bytes up to the next one."""

    word: str
    rest: str
    body: bytes


def unpacked(sent: bytes, mark: bytes) -> bytes | None:
    """Return the records of an answer as far as they came; None where it did not even begin.

    A login may print something before. What is packed and then cut off or damaged is unpacked up
    to there.
    """
    _, greeting, rest = sent.partition(GREETING + mark + b" ")
    packing, line, body = rest.partition(b"\n")
    if not greeting or not line:
        return None
    return _gunzipped(body) if packing == b"gzip" else body


def is_whole(body: bytes, mark: bytes) -> bool:
    """Tell whether an answer came to its end."""
    return body.endswith(b"\n" + mark + b" end\n")


def records(body: bytes, mark: bytes) -> Iterator[Record]:
    """Yield every record that was sent to its end."""
    pieces = body.split(b"\n" + mark + b" ")
    for piece in pieces[1:-1]:
        line, _, rest = piece.partition(b"\n")
        word, _, words = line.decode("utf-8", "surrogateescape").partition(" ")
        yield Record(word, words, rest)


def _gunzipped(packed: bytes) -> bytes:
    unpacker, found = zlib.decompressobj(wbits=31), bytearray()
    try:
        while packed and len(found) < LARGEST and not unpacker.eof:
            found += unpacker.decompress(packed, 1 << 20)
            packed = unpacker.unconsumed_tail
    except zlib.error:
        pass
    # Without the sum at its end an answer is not whole, whatever its last line says.
    return bytes(found if unpacker.eof else found[:-1])
