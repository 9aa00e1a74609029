"""Cells that are filled and say nothing: placeholders such as n/a and tbd."""

from __future__ import annotations

_PLACEHOLDERS = frozenset({"n/a", "na", "n.a", "n.a.", "tba", "tbc", "tbd", "todo", "xxx"})


def says_nothing(text: str | None) -> bool:
    """Tell whether a cell is empty, a placeholder, or has neither a letter nor a digit."""
    words = (text or "").strip().casefold()
    return words in _PLACEHOLDERS or not any(sign.isalnum() for sign in words)
