"""Text in OSCAL: one-line strings for properties, and Markdown that shows what it was given.

Titles and descriptions are Markdown. What a scanned system called itself must not become a link, a
tag or the insertion of a parameter there, so whatever Markdown would obey is escaped.
"""

from __future__ import annotations

import re
from typing import Any

from troth import canonical
from troth.report.oscal.ids import NAMESPACE
from troth.report.words import harmless

#: How many characters of a text are shown; whole ones stand in the properties.
SHOWN = 1000
_NOTHING = "(empty)"
# CommonMark 2.4: a backslash takes the meaning of any punctuation. An underscore inside a word has
# none, and names would be hard to read with it.
_MARKED = re.compile(r"[\\`*{}\[\]<>&~^]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
# What makes a heading, a rule or a list of a whole line (CommonMark 4.1, 4.2, 5.2).
_LEADING = re.compile(r"^([#+-]|\d{1,9}[.)](?=\s|$))")


def prose(text: str, shown: int = SHOWN) -> str:
    """Return Markdown that shows a text on one line; what is longer than ``shown`` is cut."""
    line = plain(text)
    if len(line) > shown:
        line = line[:shown].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
    return _LEADING.sub(_leading, _mark(line))


def _leading(found: re.Match[str]) -> str:
    return f"{found[0][:-1]}\\{found[0][-1]}"


def _mark(text: str) -> str:
    return _MARKED.sub(r"\\\g<0>", text)


def escaped(text: str) -> str:
    """Return Markdown that shows a piece of a line, blanks and all."""
    return _mark(harmless(text))


def plain(text: str) -> str:
    """Return a text as OSCAL's string: one line, not empty, no blank at its ends."""
    return harmless(text).strip() or _NOTHING


def prop(name: str, value: str, **more: str) -> dict[str, str]:
    """Return a property of ours; OSCAL's own have no name space."""
    return {"name": name, "ns": NAMESPACE, "value": plain(value), **more}


def props(**values: str | None) -> list[dict[str, str]]:
    """Return a property per value that is not empty; ``_`` in names become ``-``."""
    return [prop(name.replace("_", "-"), value) for name, value in values.items() if value]


def values(value: Any) -> list[str]:
    """Return a parameter's value as OSCAL's list of strings; none for what is empty."""
    if isinstance(value, list):
        return [text for inner in value for text in values(inner)]
    if value is None or value in ("", {}):
        return []
    return [plain(value if isinstance(value, str) else canonical.dumps(value).decode())]


def filled(**members: Any) -> dict[str, Any]:
    """Return an object without empty members, which OSCAL forbids; ``_`` in names become ``-``."""
    return {name.rstrip("_").replace("_", "-"): value for name, value in members.items() if value}
