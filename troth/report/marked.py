"""Text that Markdown shows as it is, whatever it holds.

Backslashes do not do it: GitHub looks for addresses, ``@names``, ``#numbers`` and ``:emoji:`` after
it has taken them away. Inside of code it looks for nothing. So what could mean anything at all is
set as code (CommonMark 0.31, section 6.1), and only ordinary words stand free. None of this may
stand first in a line, where ``1.`` begins a list, nor in a table, where a bar ends a cell.
"""

from __future__ import annotations

import itertools
import re

from troth.report.words import harmless

# Markdown's signs are all ASCII, so letters of other scripts mean nothing to it. Seven or more
# hexadecimal digits could be a commit.
_WORD = r"(?![0-9A-Fa-f]{7})[A-Za-z\x80-\U0010ffff]+(?:['-][A-Za-z\x80-\U0010ffff]+)*"
_NUMBER = r"[0-9]{1,6}(?:[.,][0-9]{1,6})?%?"
_ORDINARY = re.compile(rf"[(\"']?(?:{_WORD}|{_NUMBER})[.,:;!?)\"']*")


def code(text: str) -> str:
    """Return text as code: literally, with a fence that no backtick in it can close."""
    shown = harmless(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    # One blank at both ends is taken off again, unless there is nothing else.
    pad = " " if shown.strip(" ") and {shown[0], shown[-1]} & {"`", " "} else ""
    return f"{fence}{pad}{shown}{pad}{fence}" if shown else ""


def words(text: str) -> str:
    """Return a sentence: ordinary words as they are, each stretch of anything else as code."""
    pieces = []
    for ordinary, stretch in itertools.groupby(harmless(text).split(), key=_is_ordinary):
        piece = " ".join(stretch)
        pieces.append(piece if ordinary else _set(piece))
    return " ".join(pieces)


def _set(piece: str) -> str:
    """Return a stretch as code, with the punctuation of the sentence after it."""
    stem = piece.rstrip(".,:;!?")
    return code(stem) + piece[len(stem) :] if stem else code(piece)


def _is_ordinary(word: str) -> bool:
    return _ORDINARY.fullmatch(word) is not None
