"""When a file of sign-ins (wtmp, btmp) begins; pure functions of its bytes.

Source: utmp(5) and the layout of glibc: records of 384 bytes with the seconds in four bytes at
340; on 64-bit ARM and RISC-V 400 bytes with eight bytes at 344. Other systems are not read.
"""

from __future__ import annotations

import re
import struct

_NAMED = re.compile(r"/[wb]tmp(?:[.-][\d_.@-]+)?(?:\.gz)?")
#: Length of a record, offset of the seconds and their form.
_LAYOUTS = ((384, 340, "<i"), (400, 344, "<q"))
_FIRST, _LAST = 631_152_000, 32_503_680_000  # 1990 and 3000
_TYPES = range(10)


def is_named(path: str) -> bool:
    """Tell whether a path names such a file, or one of its rotated generations."""
    return _NAMED.fullmatch("/" + path.rpartition("/")[2]) is not None


def first_time(head: bytes) -> int | None:
    """Return the Unix time of the first record, None where ``head`` begins with no record.

    Two records are looked at, if there are two, to tell the layouts apart.
    """
    for length, offset, form in _LAYOUTS:
        starts = range(0, min(len(head), 2 * length), length)
        times = [_time(head[start : start + length], length, offset, form) for start in starts]
        if times and all(times):
            return times[0]
    return None


def _time(record: bytes, length: int, offset: int, form: str) -> int | None:
    if len(record) < length or struct.unpack_from("<h", record)[0] not in _TYPES:
        return None
    seconds: int = struct.unpack_from(form, record, offset)[0]
    return seconds if _FIRST <= seconds < _LAST else None
