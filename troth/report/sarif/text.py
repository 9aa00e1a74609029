"""Plain text in SARIF: what its message syntax would read as a place-holder or a link."""

from __future__ import annotations

import re

from troth.report.words import harmless

_LINK = re.compile(r"(\\*)\]\(")


def literal(text: str) -> str:
    r"""Return a message string that shows the text as it is; its lines stay lines.

    Braces are doubled (SARIF 2.1.0, section 3.11.5) and the ``](`` without which there is no link
    is taken apart by a backslash (section 3.11.6); backslashes before it are doubled, so that it
    is not one of them that is escaped.
    """
    shown = "\n".join(harmless(line) for line in text.split("\n"))
    return _LINK.sub(lambda found: found[1] * 2 + r"\](", doubled(shown))


def doubled(text: str) -> str:
    """Return text with its braces doubled, as both plain text and Markdown need it."""
    return text.replace("{", "{{").replace("}", "}}")
