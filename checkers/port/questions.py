"""Harmless questions that a service without access control answers to anybody; no sockets.

None of them changes or reads what the service keeps: a sign of life, a version, the names of
databases. Each has a reader that takes what has come so far and says what follows from it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

ACCEPTED, REFUSED, UNSAID = "accepted", "refused", "unsaid"
#: Returned by a reader that needs more bytes.
MORE = ""


@dataclass(frozen=True)
class Question:
    """What is sent, and what the bytes that came mean."""

    text: bytes
    read: Callable[[bytes], str]


def redis(data: bytes) -> str:
    """Read the answer to PING (https://redis.io/docs/latest/develop/reference/protocol-spec/)."""
    return _line(data, (b"+PONG",), (b"-NOAUTH", b"-DENIED", b"-NOPERM"))


def memcached(data: bytes) -> str:
    """Read the answer to ``version`` (memcached's doc/protocol.txt)."""
    return _line(data, (b"VERSION ",), (b"CLIENT_ERROR unauthenticated",))


def elasticsearch(data: bytes) -> str:
    """Read the status of the answer to GET /."""
    accepted = (b"HTTP/1.0 200", b"HTTP/1.1 200")
    refused = tuple(b"HTTP/1.%d %d" % (minor, code) for minor in (0, 1) for code in (401, 403))
    return _line(data, accepted, refused)


def _line(data: bytes, accepted: tuple[bytes, ...], refused: tuple[bytes, ...]) -> str:
    line, end, _ = data.partition(b"\n")
    if not end:
        return MORE
    if line.startswith(refused):
        return REFUSED
    return ACCEPTED if line.startswith(accepted) else UNSAID


#: OP_MSG of MongoDB's wire protocol, and the codes Unauthorized and AuthenticationFailed.
_OP_MSG, _REQUEST = 2013, 1
_DENIED = (13, 18)
_LONGEST = 65_536


def mongodb(data: bytes) -> str:
    """Read the reply to listDatabases (MongoDB wire protocol, OP_MSG; bsonspec.org)."""
    if len(data) < 16:
        return MORE
    length, _, answers, operation = struct.unpack("<4i", data[:16])
    if operation != _OP_MSG or answers != _REQUEST or not 26 <= length <= _LONGEST:
        return UNSAID
    if len(data) < length:
        return MORE
    try:
        fields = dict(_elements(data[21:length])) if data[20] == 0 else {}
    except (struct.error, ValueError, KeyError):
        return UNSAID
    if fields.get("code") in _DENIED:
        return REFUSED
    return ACCEPTED if fields.get("ok") == 1 else UNSAID


#: The sizes of BSON values of a fixed size, by type.
_SIZES = {0x01: 8, 0x07: 12, 0x08: 1, 0x09: 8, 0x0A: 0, 0x10: 4, 0x11: 8, 0x12: 8, 0x13: 16}
_NUMBERS = {0x01: "<d", 0x10: "<i", 0x12: "<q"}


def _elements(document: bytes) -> Iterator[tuple[str, float]]:
    """Yield the numbers at the top of a BSON document; raises for what is none."""
    at = 4
    while document[at : at + 1] not in (b"\0", b""):
        kind, end = document[at], document.index(b"\0", at + 1)
        name, start = document[at + 1 : end].decode("latin-1"), end + 1
        at = start + _size(kind, document, start)
        if kind in _NUMBERS:
            yield name, struct.unpack(_NUMBERS[kind], document[start:at])[0]


def _size(kind: int, document: bytes, start: int) -> int:
    if kind in _SIZES:
        return _SIZES[kind]
    (length,) = struct.unpack("<i", document[start : start + 4])
    # Strings, documents, arrays and bytes; the length of the second and third counts itself.
    size: int = length + {0x02: 4, 0x03: 0, 0x04: 0, 0x05: 5}[kind]
    if size < 1:
        raise ValueError("a length below one")
    return size


def _list_databases() -> bytes:
    def text(name: bytes, value: bytes) -> bytes:
        return b"\x02" + name + b"\0" + struct.pack("<i", len(value) + 1) + value + b"\0"

    fields = b"\x10listDatabases\0\x01\0\0\0" + b"\x08nameOnly\0\x01" + text(b"$db", b"admin")
    document = struct.pack("<i", len(fields) + 5) + fields + b"\0"
    body = struct.pack("<i", 0) + b"\0" + document
    return struct.pack("<4i", 16 + len(body), _REQUEST, 0, _OP_MSG) + body


_GET = b"GET / HTTP/1.1\r\nHost: troth.invalid\r\nUser-Agent: troth\r\nConnection: close\r\n\r\n"

#: The question for a port, where there is one.
QUESTIONS: Mapping[int, Question] = {
    6379: Question(b"PING\r\n", redis),
    9200: Question(_GET, elasticsearch),
    11211: Question(b"version\r\n", memcached),
    27017: Question(_list_databases(), mongodb),
}
