"""A register's file before anything is known about its kind: head, columns, rows, positions."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from troth import yamlfile
from troth.checkers.register.cells import Cell, records
from troth.errors import Place, Problem

#: What every register says about itself, and what to write where it does not.
HEAD = {
    "register": "add it, with the name of the file",
    "exported_at": "add it, like 2026-11-20T18:00:00+09:00",
    "source": "add it, with the system that the rows come from",
}

_COMMENT = re.compile(r"#([^\r\n]*)(?:\r\n|\n|\r|\Z)")
_ENTRY = re.compile(r"\s*([A-Za-z_ -]*[A-Za-z_-])\s*:\s*(.*)")


@dataclass(frozen=True)
class RawRow:
    """One row: its cells by column, where a cell stands, and why it is not a row if it is not.

    Places are asked for only where something is wrong: looking them all up takes most of the time.
    """

    place: Place
    cells: Mapping[str, Any]
    place_of: Callable[[str], Place]
    fault: Problem | None = None


@dataclass
class Sheet:
    """A register as it stands in its file; ``problems`` are those of the file as a whole."""

    path: str
    head: dict[str, tuple[Any, Place]] = field(default_factory=dict)
    rows: list[RawRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_csv(text: str, path: str, wanted: Sequence[str]) -> Sheet:
    """Return the sheet in CSV text whose columns should be ``wanted``.

    Raises :class:`~troth.errors.InputError` where quotes make the rows unreadable.
    """
    sheet = Sheet(path)
    position, line = _comments(text, sheet)
    found = list(records(text[position:], path, line))
    if not found:
        sheet.problems.append(
            Problem(Place(path, line, 1), f"no header row; write {','.join(wanted)}")
        )
        return sheet
    header, *rows = found
    names = _header(header, wanted, sheet)
    sheet.rows.extend(_csv_row(row, names, path) for row in rows)
    return sheet


def read_yaml(text: str, path: str, wanted: Sequence[str]) -> Sheet:
    """Return the sheet in YAML text; raises :class:`~troth.errors.InputError` if it is not YAML."""
    document = yamlfile.parse(text, path)
    sheet = Sheet(path)
    if not isinstance(document.data, dict):
        sheet.problems.append(document.error([], "not a mapping; see the format's example"))
        return sheet
    known = {"schema": "write schema: 1", **HEAD, "rows": "add it"}
    places = {name: document.place([name], key=True) for name in document.data}
    sheet.problems += name_problems("key", places, known, document.place())
    if document.data.get("schema", 1) is True or document.data.get("schema", 1) != 1:
        sheet.problems.append(document.error(["schema"], "the only schema is 1; write schema: 1"))
    for name in HEAD:
        if name in places:
            sheet.head[name] = (document.data[name], document.place([name]))
    _yaml_rows(document, sheet, wanted)
    return sheet


def name_problems(
    what: str, given: Mapping[str, Place], wanted: Mapping[str, str], start: Place
) -> list[Problem]:
    """Return a problem for every name that is unknown or missing; a misspelt one gives just one.

    ``wanted`` maps names to what to do where they are missing, which is told at ``start``.
    """
    problems = []
    missing = [name for name in wanted if name not in given]
    for name, place in given.items():
        if name in wanted:
            continue
        near = difflib.get_close_matches(name, missing, n=1)
        advice = f"did you mean '{near[0]}'?" if near else f"remove it, or use {', '.join(wanted)}"
        problems.append(Problem(place, f"unknown {what} '{name}'; {advice}"))
        missing = [one for one in missing if one not in near]
    return problems + [
        Problem(start, f"{what} '{name}' is missing; {wanted[name]}") for name in missing
    ]


def _comments(text: str, sheet: Sheet) -> tuple[int, int]:
    """Read the leading comment lines; return where the header starts: offset and line."""
    position, line = 0, 1
    places: dict[str, Place] = {}
    while found := _COMMENT.match(text, position):
        # A spreadsheet that saves the file pads every line with commas.
        entry = _ENTRY.fullmatch(found.group(1).rstrip(", \t"))
        if entry:
            name, value = entry.groups()
            place = Place(sheet.path, line, entry.start(2) + 2)
            if name in places:
                sheet.problems.append(Problem(place, f"'{name}' is said twice; keep one"))
            places[name] = Place(sheet.path, line, entry.start(1) + 2)
            sheet.head[name] = (value, place)
        position, line = found.end(), line + 1
    sheet.problems += name_problems("comment", places, HEAD, Place(sheet.path, 1, 1))
    return position, line


def _header(header: Sequence[Cell], wanted: Sequence[str], sheet: Sheet) -> list[str]:
    places: dict[str, Place] = {}
    for cell in header:
        place = Place(sheet.path, cell.line, cell.column)
        if cell.text in places:
            sheet.problems.append(Problem(place, f"column '{cell.text}' stands twice; keep one"))
        places.setdefault(cell.text, place)
    start = Place(sheet.path, header[0].line, header[0].column)
    if len(header) == 1 and any(mark in header[0].text for mark in ";\t"):
        sheet.problems.append(Problem(start, "the columns are not separated by commas; use commas"))
        return []
    sheet.problems += name_problems("column", places, dict.fromkeys(wanted, "add it"), start)
    return [cell.text for cell in header]


def _csv_row(row: Sequence[Cell], names: Sequence[str], path: str) -> RawRow:
    place = Place(path, row[0].line, row[0].column)
    named = dict(zip(names, row, strict=False))
    cells = {name: cell.text for name, cell in named.items()}

    def place_of(name: str) -> Place:
        return Place(path, named[name].line, named[name].column)

    if len(row) == len(names):
        return RawRow(place, cells, place_of)
    last = Place(path, row[-1].line, row[-1].column)
    text = f"the row has {len(row)} cells, the header {len(names)}; correct the commas or quotes"
    return RawRow(place, cells, place_of, Problem(last, text))


def _yaml_rows(document: yamlfile.Document, sheet: Sheet, wanted: Sequence[str]) -> None:
    rows = document.data.get("rows", [])
    if not isinstance(rows, list):
        sheet.problems.append(document.error(["rows"], "not a list; write one item per row"))
        return
    advice = dict.fromkeys(wanted, "add it")
    for number, row in enumerate(rows):
        here = document.place(["rows", number])
        if not isinstance(row, dict):
            sheet.problems.append(Problem(here, "not a mapping of columns to values; write one"))
            continue
        if row.keys() != advice.keys():
            places = {name: document.place(["rows", number, name], key=True) for name in row}
            sheet.problems += name_problems("column", places, advice, here)
        sheet.rows.append(RawRow(here, row, partial(_yaml_place, document, number)))


def _yaml_place(document: yamlfile.Document, row: int, name: str) -> Place:
    return document.place(["rows", row, name])
