"""Strict-Transport-Security, read as a browser must read it (RFC 6797 section 6.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

#: The largest number that JSON carries everywhere; a browser caps a larger max-age as well.
_MOST = 2**53 - 1
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110's word, not a secret
_DIRECTIVE = re.compile(rf'({_TOKEN})(?:[ \t]*=[ \t]*({_TOKEN}|"[^"\\]*"))?', re.ASCII)


def facts(values: Sequence[str], *, secure: bool) -> dict[str, Any]:
    """Return the facts of the facet from the header fields of one response.

    The first field counts (section 8.1), and none over plain http. A field that cannot be parsed,
    lacks max-age or says 0 is void: the last makes browsers forget the host.
    """
    if not values or not secure:
        return {"mode": "absent", "seconds": 0, "subdomains": False}
    directives = _directives(values[0])
    seconds = _seconds(directives)
    if not seconds:
        return {"mode": "void", "seconds": 0, "subdomains": False}
    return {"mode": "set", "seconds": seconds, "subdomains": "includesubdomains" in directives}


def _directives(field: str) -> dict[str, str | None]:
    """Return the directives of a field by name in lower case; nothing if one is no directive."""
    found: dict[str, str | None] = {}
    for part in _parts(field):
        directive = _DIRECTIVE.fullmatch(part.strip(" \t"))
        if directive is None or directive[1].lower() in found:
            return {}
        value = directive[2]
        found[directive[1].lower()] = value.strip('"') if value else None
    if found.get("includesubdomains") is not None:
        return {}
    return found


def _parts(field: str) -> list[str]:
    """Return what stands between semicolons outside quotes, empty ones left out."""
    parts = re.findall(r'(?:"[^"]*"|[^;"]|")+', field)
    return [part for part in parts if part.strip(" \t")]


def _seconds(directives: dict[str, str | None]) -> int:
    """Return max-age in seconds; 0 where it is missing, no number, or 0."""
    digits = directives.get("max-age") or ""
    if not re.fullmatch("[0-9]+", digits, re.ASCII):
        return 0
    significant = digits.lstrip("0")
    return _MOST if len(significant) > 15 else int(significant or 0)
