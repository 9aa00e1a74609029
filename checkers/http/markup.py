"""HTML cut into tags and text, in linear time.

The standard library's parser takes quadratic time for some input, minutes for a page of a hundred
kilobytes, and a page is hostile input. This one follows the tokenizer of the HTML standard
(section 13.2.5) as far as text and elements go; where a construct has no end, the rest of the page
belongs to it, so that nothing is read twice.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

#: Elements whose content no visitor reads on the page.
_DROPPED = (
    "iframe", "noembed", "noframes", "noscript", "script", "style", "template", "title",
)  # fmt: skip
_ENDS = {name: re.compile(rf"</{name}(?=[\s/>])", re.ASCII | re.IGNORECASE) for name in _DROPPED}
_BEGIN = re.compile(r"<(?=[A-Za-z/!?])", re.ASCII)
_NAME = re.compile(r"(/?)([A-Za-z][^\s/>]*)", re.ASCII)
#: The rest of a tag: quotes count behind an equals sign only. Possessive, so that no character is
#: looked at again when there is no end.
_REST = re.compile(r"""(?>[^>"'=]++|=\s*+(?>"[^"]*"|'[^']*')|=(?!\s*+["'])|["'])*+>""")
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(?:\s*+=\s*+("[^"]*"|'[^']*'|[^\s"'>]++))?""")
#: Numbers that are no character; the standard library would make an integer of them.
_HUGE = re.compile(r"&#[xX]?[0-9a-fA-F]{9,};?")


class Text(NamedTuple):
    """Characters between two tags, references resolved."""

    text: str


class Tag(NamedTuple):
    """The start or the end of an element, its name in lower case."""

    name: str
    end: bool = False
    id: str = ""


def tokens(page: str) -> Iterator[Text | Tag]:
    """Yield the tags and texts of a page, without comments and what no visitor reads."""
    at = 0
    while at < len(page):
        found = _BEGIN.search(page, at)
        begin = found.start() if found else len(page)
        if begin != at:
            yield Text(_resolved(page[at:begin]))
        tag, at = _markup(page, begin)
        if tag and not tag.end and tag.name in _ENDS:
            end = _ENDS[tag.name].search(page, at)
            at = end.start() if end else len(page)
        elif tag:
            yield tag


def _markup(page: str, begin: int) -> tuple[Tag | None, int]:
    """Return the tag that begins at a ``<``, None for a comment, and where it ends."""
    if page.startswith("<!--", begin):
        end = page.find("-->", begin + 2)
        return None, end + 3 if end >= 0 else len(page)
    name = _NAME.match(page, begin + 1)
    if name is None:
        end = page.find(">", begin)
        return None, end + 1 if end >= 0 else len(page)
    rest = _REST.match(page, name.end())
    if rest is None:
        return None, len(page)
    return Tag(name[2].lower(), bool(name[1]), _id(rest[0])), rest.end()


def _id(attributes: str) -> str:
    if "id" not in attributes.lower():
        return ""
    for found in _ATTRIBUTE.finditer(attributes):
        if found[1].lower() == "id":
            value = found[2] or ""
            return _resolved(value[1:-1] if value[:1] in ('"', "'") else value)
    return ""


def _resolved(text: str) -> str:
    return html.unescape(_HUGE.sub("\ufffd", text))
