r"""JSON as text that nothing obeys: the values exactly, the bytes harmless.

A name may hold what steers a terminal or turns the reading direction. A program has to get it as it
is, so such characters are written as JSON's own escapes (RFC 8259, section 7): whoever parses sees
the name, whoever looks at the file sees ``\u202e``.
"""

from __future__ import annotations

from typing import Any

import orjson

from troth.report.words import harmless

_COMPACT = orjson.OPT_SORT_KEYS
_INDENTED = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2


def line(value: Any) -> str:
    """Return a JSON value as one line, keys sorted, without the line break."""
    return _escaped(orjson.dumps(value, option=_COMPACT).decode())


def indented(value: Any, by: int = 0) -> str:
    """Return a JSON value over several lines, keys sorted; all lines but the first ``by`` in."""
    text = _escaped(orjson.dumps(value, option=_INDENTED).decode())
    return text.replace("\n", "\n" + " " * by) if by else text


def _escaped(text: str) -> str:
    """Return JSON text without what cannot be seen.

    The writer has escaped everything below the blank. From DEL on such characters stand in
    strings only, where an escape means the same.
    """
    if text.isascii() and "\x7f" not in text:
        return text
    unseen = {sign for sign in set(text) if sign > "~" and harmless(sign) != sign}
    return text.translate({ord(sign): _escape(sign) for sign in unseen}) if unseen else text


def _escape(sign: str) -> str:
    r"""Return ``\uXXXX``, twice for a character outside the Basic Multilingual Plane."""
    units = sign.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
