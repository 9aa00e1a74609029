"""What the bytes of a backup file say: encrypted or plain, whole or cut off; pure functions.

Source: age's header line, RFC 9580 (OpenPGP packets), openssl-enc(1), LUKS on-disk format, RFC
1952 (gzip), RFC 8878 (zstd), PostgreSQL's and MySQL's dump programs.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable
from dataclasses import dataclass

#: Bytes that are needed from the beginning and from the end of a file.
HEAD, TAIL = 1024, 4096
#: Longest gzip file that is unpacked to see whether it ends, in bytes.
UNPACKED = 8 * 1024 * 1024

_ENCRYPTED = (
    b"age-encryption.org/v1",
    b"-----BEGIN AGE ENCRYPTED FILE-----",
    b"Salted__",
    b"LUKS\xba\xbe",
)
_PLAIN = (
    b"PGDMP",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"SQLite format 3\x00",
    b"\x04\x22\x4d\x18",
)
_GZIP, _ZSTD, _ZIP, _ARMOR = (
    b"\x1f\x8b\x08",
    b"\x28\xb5\x2f\xfd",
    b"PK\x03\x04",
    b"-----BEGIN PGP MESSAGE-----",
)
#: OpenPGP packets that begin an encrypted message: keys for it (1, 3) and the data (9, 18, 20).
_PGP_TAGS = {1, 3, 9, 18, 20}
_SQL = (
    b"--",
    b"/*",
    b"CREATE ",
    b"INSERT ",
    b"SET ",
    b"BEGIN",
    b"COPY ",
    b"USE ",
    b"DROP ",
    b"PRAGMA ",
)
#: What begins a dump, and what then must stand at its end.
_MARKERS = (
    (b"PostgreSQL database dump", b"database dump complete"),
    (b"PostgreSQL database cluster dump", b"database cluster dump complete"),
    (b"MySQL dump", b"-- Dump completed"),
    (b"MariaDB dump", b"-- Dump completed"),
)


@dataclass(frozen=True)
class Packed:
    """What a packed file says of its end.

    ``whole`` is None where it was not looked at: no packed file, too long, or no tool to do it.
    ``head`` and ``tail`` are the ends of what is in a whole gzip file.
    """

    whole: bool | None = None
    head: bytes = b""
    tail: bytes = b""

    @property
    def is_cut_off(self) -> bool:
        """Tell whether the file ends early, or the dump in it does."""
        return self.whole is False or is_cut_off(self.head, self.tail)


def is_packed(head: bytes) -> bool:
    """Tell by the first bytes whether a file is of a form that :func:`packed` looks at."""
    return head.startswith((_GZIP[:2], _ZSTD))


def packed(read: Callable[[int, int], bytes], size: int) -> Packed:
    """Look at a packed file; ``read(length, offset)`` gives its bytes."""
    head = read(4, 0)
    if head.startswith(_GZIP[:2]):
        return _gzip(read, size)
    if head == _ZSTD:
        return Packed(not zstd_is_cut_off(read, size))
    return Packed()


def is_encrypted(head: bytes) -> bool | None:
    """Tell by the first bytes whether a file is encrypted; None for a form that is not known.

    gzip around something encrypted counts as encrypted; everything else that is packed is plain.
    """
    if head.startswith(_ENCRYPTED):
        return True
    if head.startswith(_ARMOR):
        return _pgp_is_encrypted(_dearmored(head))
    if head.startswith(_GZIP):
        return is_encrypted(_unzipped(head)) is True
    if head.startswith(_ZIP):
        return bool(head[6] & 1) if len(head) > 6 else None
    if head.startswith(_PLAIN) or head[257:262] == b"ustar" or _is_sql(head):
        return False
    return True if _pgp_is_encrypted(head) else None


def is_cut_off(head: bytes, tail: bytes) -> bool:
    """Tell whether a plain dump lacks the line that its program writes last."""
    for begins, ends in _MARKERS:
        if begins in head:
            return ends not in tail
    return False


def _gzip(read: Callable[[int, int], bytes], size: int) -> Packed:
    """Unpack a gzip file that is not long."""
    if size > UNPACKED:
        return Packed()
    rest, head, tail = read(size, 0), b"", b""
    try:
        while rest:
            one = zlib.decompressobj(wbits=31)
            while not one.eof:
                more = one.decompress(rest, 1 << 20)
                rest = one.unconsumed_tail
                head, tail = (head + more)[:HEAD], (tail + more)[-TAIL:]
                if not more and not rest and not one.eof:
                    return Packed(False)
            rest = one.unused_data.lstrip(b"\x00")
    except zlib.error:
        return Packed(False)
    return Packed(True, head, tail)


def zstd_is_cut_off(read: Callable[[int, int], bytes], size: int) -> bool:
    """Tell whether a zstd file ends before its last block; only block headers are read."""
    position, blocks = 0, 0
    while position < size:
        start = read(18, position)
        if start[:4] != _ZSTD:
            return False
        length = _frame_header(start)
        position += length
        last = False
        while not last:
            header = int.from_bytes(read(3, position), "little")
            blocks += 1
            last, kind, block = bool(header & 1), header >> 1 & 3, header >> 3
            position += 3 + (1 if kind == 1 else block)
            if position > size:
                return True
            if blocks > 100_000:
                return False
        position += 4 if start[4] & 4 else 0
    return position > size


def _frame_header(start: bytes) -> int:
    flags = start[4]
    single = flags >> 5 & 1
    content = (1 if single else 0, 2, 4, 8)[flags >> 6]
    return 5 + (0 if single else 1) + (0, 1, 2, 4)[flags & 3] + content


def _pgp_is_encrypted(data: bytes) -> bool | None:
    if not data or not data[0] & 0x80:
        return None
    tag = data[0] & 0x3F if data[0] & 0x40 else data[0] >> 2 & 0x0F
    if tag not in _PGP_TAGS:
        return None
    version = data[2:7]
    return True if any(byte in (3, 4, 5, 6) for byte in version) or tag in (9, 18) else None


def _dearmored(head: bytes) -> bytes:
    lines = head.replace(b"\r", b"").split(b"\n\n", 1)
    text = lines[1].replace(b"\n", b"")[:64] if len(lines) > 1 else b""
    try:
        return base64.b64decode(text[: len(text) // 4 * 4], validate=True)
    except (binascii.Error, ValueError):
        return b""


def _unzipped(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head, HEAD)
    except zlib.error:
        return b""


def _is_sql(head: bytes) -> bool:
    said = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return said.upper().startswith(_SQL) and b"\x00" not in head
