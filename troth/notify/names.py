"""Names from scanned systems in a message: readable, and obeyed by nothing on the way.

A message passes mail clients, chats and web pages, each with signs of its own: ``<!channel>`` calls
everybody in Slack, ``<at>`` in Teams, ``@everyone`` in Discord, ``[text](address)`` makes a link
where Markdown is shown. Which of them shows a message is not known here, so nothing that any of
them obeys is left, and what is put in its place reads the same.
"""

from __future__ import annotations

import re

from troth.report.brief import cut
from troth.report.words import harmless

#: Angle brackets open tags and mentions, backticks end code; a scheme makes a link of an address.
_SIGNS = (
    ("<", "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}"),
    (">", "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"),
    ("`", "'"),
    ("](", "] ("),
    ("://", "[:]//"),
)
#: An ``@`` that could call somebody; those within e-mail addresses stay.
_CALLS = re.compile(r"(?<![A-Za-z0-9])@|@(?=(?:here|channel|everyone|all)\b)", re.IGNORECASE)
_FULL_WIDTH = "\N{FULLWIDTH COMMERCIAL AT}"


def shown(text: str, most: int) -> str:
    """Return at most ``most`` characters of a text, on one line; what is cut off is counted."""
    # Cut first: what is put in stands for one sign, and a name of 10 KB is not looked through.
    made = harmless(cut(text, most))
    for sign, instead in _SIGNS:
        made = made.replace(sign, instead)
    return _CALLS.sub(_FULL_WIDTH, made)
