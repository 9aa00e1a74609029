"""Texts as every database takes them."""

from __future__ import annotations

#: PostgreSQL has no text with a zero byte; a scanned system may give one.
_ZERO = "\x00"
_SHOWN = "\u2400"


def storable(text: str) -> str:
    """Return a text without zero characters, which stand as the sign for them (U+2400)."""
    return text.replace(_ZERO, _SHOWN)
