"""How values stand on the page: as plain words, harmless, and never longer than a reader reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from troth import canonical
from troth.report import words

#: Of a text longer than this many characters the beginning is shown, and its length.
LONGEST = 600
#: Of a list with more items than this the first are shown, and the number of the others.
MOST = 20

#: A finding's or clause's verdict in a class name and in words; ``waived`` is a waived fail.
LABELS: Mapping[str, str] = {
    "fail": "broken",
    "waived": "waived",
    "unknown": "unknown",
    "pass": "kept",
    "not-applicable": "not applicable",
    "informative": "informative",
}


def shown(value: Any) -> Any:
    """Return what the template may write of a value: every text of a run passes through here.

    Markup is the page's own. Everything else that is text is made harmless and cut.
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    if len(value) <= LONGEST:
        return words.harmless(value)
    return f"{words.harmless(value[:LONGEST])} … ({len(value):,} characters in all)"


def text(value: Any) -> str:
    """Return a JSON value in words: texts as they are, lists with commas, the rest as JSON."""
    if isinstance(value, str):
        return value or "(empty)"
    if isinstance(value, Mapping):
        return _members(value) or "none"
    if isinstance(value, Sequence):
        return _items(value)
    return "null" if value is None else canonical.dumps(value).decode()


def _members(value: Mapping[str, Any]) -> str:
    return " · ".join(f"{name}: {_inner(member)}" for name, member in value.items())


def _items(values: Sequence[Any]) -> str:
    separator = "; " if any(isinstance(value, Mapping) for value in values) else ", "
    said = separator.join(_inner(value) for value in values[:MOST])
    rest = len(values) - MOST
    return f"{said}{separator}and {rest:,} more" if rest > 0 else said or "none"


def _inner(value: Any) -> str:
    """Return a value inside another one; what has members of its own again is JSON there."""
    if isinstance(value, Mapping):
        return _members(value) if all(_flat(one) for one in value.values()) else _json(value)
    return text(value) if _flat(value) else _json(value)


def _flat(value: Any) -> bool:
    return isinstance(value, str) or not isinstance(value, (Mapping, Sequence))


def _json(value: Any) -> str:
    return canonical.dumps(value).decode()


def instant(moment: str) -> str:
    """Return an ISO 8601 instant as ``2026-11-22 04:11:28 UTC``; other zones keep their offset."""
    parsed = datetime.fromisoformat(moment)
    zone = "UTC" if parsed.utcoffset() == UTC.utcoffset(None) else f"{parsed:%z}"
    return f"{parsed:%Y-%m-%d %H:%M:%S} {zone}"


def listed(values: Iterable[str]) -> str:
    """Return ``a, b and c``."""
    *first, last = list(values) or ["nothing"]
    return f"{', '.join(first)} and {last}" if first else last
