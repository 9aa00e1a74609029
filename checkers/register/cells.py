"""Split CSV text (RFC 4180) into cells that know where they stand.

The standard library's reader forgets columns and accepts stray quotes; a stray quote may swallow
the rows after it, so here it is an error that points at it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from troth.errors import InputError, Place

_CELL = re.compile(r'(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r\n|\n|\r|\Z)')
_QUOTED = re.compile(r'"[^"]*(?:""[^"]*)*"')
_NEWLINE = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Cell:
    """The text of one cell, without its quotes; ``line`` and ``column`` (from 1) of its start."""

    text: str
    line: int
    column: int


def records(text: str, path: str, line: int = 1) -> Iterator[list[Cell]]:
    """Yield the records of ``text``, whose first line is line ``line`` of the file ``path``.

    Lines with nothing on them are passed over. Raises :class:`~troth.errors.InputError` at a
    quote that is not closed or stands inside a cell.
    """
    position, start = 0, 0
    while position < len(text):
        record: list[Cell] = []
        delimiter = ","
        while delimiter == ",":
            found = _CELL.match(text, position)
            if found is None:
                raise _error(text, position, path, Cell("", line, position - start + 1))
            quoted, plain, delimiter = found.groups()
            value = plain if quoted is None else quoted.replace('""', '"')
            record.append(Cell(value, line, position - start + 1))
            breaks = list(_NEWLINE.finditer(found.group()))
            line += len(breaks)
            start = position + breaks[-1].end() if breaks else start
            position = found.end()
        if len(record) > 1 or record[0].text:
            yield record


def _error(text: str, position: int, path: str, cell: Cell) -> InputError:
    """Return the error for the cell at ``position``, which cannot be read."""
    closed = _QUOTED.match(text, position)
    place = Place(path, cell.line, cell.column)
    if closed is None and text[position] == '"':
        return InputError.at(place, "a quote is opened and never closed; close it")
    if closed is None:
        offset = text.index('"', position) - position
        advice = "a quote inside a cell; put the cell in quotes and double the quote"
        return InputError.at(Place(path, cell.line, cell.column + offset), advice)
    inside = _NEWLINE.split(closed.group())
    column = len(inside[-1]) + 1 + (0 if len(inside) > 1 else cell.column - 1)
    advice = "text after a closing quote; double the quotes that belong to the cell"
    return InputError.at(Place(path, cell.line + len(inside) - 1, column), advice)
