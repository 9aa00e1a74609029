"""The history of apt, with what was rotated away, and the zone that its times are in."""

from __future__ import annotations

import io
import zlib
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from troth.checkers.host.files import Files

_HISTORY = "/var/log/apt/history.log*"
#: Most bytes of one log, and of an unpacked one.
_LOG, _UNPACKED = 4 * 1024 * 1024, 16 * 1024 * 1024


def histories(tree: Files) -> list[str]:
    """Return the text of each history that there is; what cannot be unpacked is left out."""
    texts = []
    for path in tree.glob(_HISTORY):
        found = tree.read(path, _LOG)
        if path.endswith(".gz"):
            try:
                found = zlib.decompressobj(wbits=31).decompress(found, _UNPACKED)
            except zlib.error:
                continue
        texts.append(found.decode("utf-8", "replace"))
    return texts


def zone_of(tree: Files) -> tzinfo:
    """Return a machine's zone by /etc/localtime; without that file it is UTC."""
    try:
        return ZoneInfo.from_file(io.BytesIO(tree.read("/etc/localtime", 65536)))
    except (OSError, ValueError):
        return UTC
