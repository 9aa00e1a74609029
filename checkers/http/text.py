"""What a visitor reads on a page: its text, and the names in a list or a table of it.

What scripts write and style sheets hide is not known here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from troth.checkers.http.markup import Tag, Text, tokens

#: Elements that stand inside a line; all others begin a new one.
_INLINE = frozenset(
    {
        "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i",
        "ins", "kbd", "label", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "span",
        "strong", "sub", "sup", "time", "u", "var", "wbr",
    }
)  # fmt: skip
_CELLS = ("td", "th")


def collapsed(text: str) -> str:
    """Return text with every run of white space as one space, and none at its ends."""
    return " ".join(text.split())


def visible(page: str) -> str:
    """Return the text of an HTML page, white space collapsed."""
    return _joined(tokens(page))


def _joined(parts: Iterable[Text | Tag]) -> str:
    written = (
        part.text if isinstance(part, Text) else "" if part.name in _INLINE else " "
        for part in parts
    )
    return collapsed("".join(written))


def contains(text: str, wanted: str) -> bool:
    """Tell whether a text is there, whatever its case, white space and way of composing letters."""
    return _plain(wanted) in _plain(text)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", collapsed(text)).casefold()


def names(page: str, element: str) -> list[str] | None:
    """Return the items of the lists, or the first column of the tables, in an element.

    ``element`` is its id. A row of headings is no name, nor is an empty cell. None if there is no
    such element, or neither a list nor a table in it.
    """
    inside = list(_inside(page, element))
    found = {part.name for part in inside if isinstance(part, Tag)}
    if "li" in found:
        return [name for item in _items(inside) if (name := _joined(item))]
    if "tr" in found:
        return [name for row in _rows(inside) if (name := _first(row))]
    return None


def _inside(page: str, element: str) -> Iterator[Text | Tag]:
    """Yield what stands in the element; it ends where as many of its name ended as began."""
    name, depth = "", 0
    for part in tokens(page):
        if not depth:
            if isinstance(part, Tag) and not part.end and part.id == element:
                name, depth = part.name, 1
            continue
        if isinstance(part, Tag) and part.name == name:
            depth += -1 if part.end else 1
            if not depth:
                return
        yield part


def _items(parts: Iterable[Text | Tag]) -> Iterator[list[Text | Tag]]:
    """Yield what stands in each item, without the items inside it."""
    item: list[Text | Tag] | None = None
    for part in parts:
        if isinstance(part, Tag) and part.name in ("li", "ol", "ul"):
            if item is not None:
                yield item
            item = [] if part.name == "li" and not part.end else None
        elif item is not None:
            item.append(part)
    if item is not None:
        yield item


def _rows(parts: Iterable[Text | Tag]) -> Iterator[list[Text | Tag]]:
    row: list[Text | Tag] | None = None
    for part in parts:
        if isinstance(part, Tag) and part.name == "tr":
            if row:
                yield row
            row = None if part.end else []
        elif row is not None:
            row.append(part)
    if row:
        yield row


def _first(row: Iterable[Text | Tag]) -> str:
    """Return the text of a row's first cell; empty for a row of headings."""
    parts = list(row)
    starts = [
        at
        for at, part in enumerate(parts)
        if isinstance(part, Tag) and part.name in _CELLS and not part.end
    ]
    kinds = {part.name for part in parts if isinstance(part, Tag) and part.name in _CELLS}
    if not starts or kinds == {"th"}:
        return ""
    end = starts[1] if len(starts) > 1 else len(parts)
    return _joined(parts[starts[0] + 1 : end])
