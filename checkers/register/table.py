"""A register read against its kind: facts per row, and everything that is wrong with the file.

Two classes of fault. The file as a whole cannot be trusted (head, columns, quotes, two rows of
one key): an input problem, nothing is evaluated. One row holds a value that its column does not
allow: that row is unknown, its neighbours stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from troth.checkers.register.columns import BadValueError, Column, columns_of, instant
from troth.checkers.register.sheet import HEAD, RawRow, Sheet, read_csv, read_yaml
from troth.errors import InputError, Place, Problem
from troth.kinds import Kind

#: What the id of every register's kind starts with; the rest is the name of its file.
PREFIX = "register."
SUFFIXES = (".csv", ".yaml")


@dataclass(frozen=True)
class Row:
    """One row: its resource id, its place, and its facts or what is wrong with its cells."""

    id: str
    place: Place
    facts: Mapping[str, Any] | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Table:
    """A whole register; ``exported_at`` is the instant in UTC that its rows speak for."""

    path: str
    register: str
    exported_at: str
    source: str
    rows: tuple[Row, ...]


def find(folder: Path, register: str, shown: str = "") -> Path | None:
    """Return the file of a register in a folder, or None; two files, or a .yml, are an error.

    ``shown`` is what messages call the folder. Raises :class:`~troth.errors.InputError`.
    """
    base = Path(shown or str(folder))
    paths = [folder / f"{register}{suffix}" for suffix in SUFFIXES]
    found = [path for path in paths if path.exists()]
    if len(found) > 1:
        first, second = (str(base / path.name) for path in found)
        raise InputError.at(Place(first), f"the register is also in {second}; keep one of them")
    if (folder / f"{register}.yml").exists():
        raise InputError.at(Place(str(base / f"{register}.yml")), f"call it {register}.yaml")
    return found[0] if found else None


def read(path: Path, kind: Kind, shown: str = "") -> Table:
    """Return the register in a file; ``shown`` is what messages call it, by default its path.

    Raises :class:`~troth.errors.InputError` with every problem of the file as a whole; malformed
    rows are in the table. OSError passes through.
    """
    return build(path.read_bytes(), kind, shown or str(path))


def build(body: bytes, kind: Kind, path: str) -> Table:
    """Return the register in the bytes of the file called ``path``; see :func:`read`."""
    columns = columns_of(kind)
    text = _text(body, path)
    is_csv = path.endswith(".csv")
    sheet = (read_csv if is_csv else read_yaml)(text, path, list(columns))
    register = kind.id.removeprefix(PREFIX)
    exported_at, source = _head(sheet, register)
    if sheet.problems:
        raise InputError(sheet.problems)
    rows = [_row(raw, register, kind.key, columns, is_csv) for raw in sheet.rows]
    twice = list(_duplicates(rows, kind.key))
    if twice:
        raise InputError(twice)
    return Table(path, register, exported_at, source, tuple(rows))


def _text(body: bytes, path: str) -> str:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        advice = "save the file as UTF-8 (in a spreadsheet: CSV UTF-8)"
        raise InputError.at(Place(path, line, 1), f"not UTF-8 in this line; {advice}") from None
    return text


def _head(sheet: Sheet, register: str) -> tuple[str, str]:
    """Check what the file says about itself; return its instant and its source."""
    start = Place(sheet.path, 1, 1)
    for name in HEAD:
        value, place = sheet.head.get(name, (name, start))
        if not isinstance(value, str) or not value.strip():
            sheet.problems.append(Problem(place, f"'{name}' is not text, or empty; write it"))
    named, place = sheet.head.get("register", (register, start))
    if named != register:
        text = f"the register is {named!r:.60}, the file's name says '{register}'; correct one"
        sheet.problems.append(Problem(place, text))
    exported_at, place = sheet.head.get("exported_at", ("", start))
    if isinstance(exported_at, str) and exported_at:
        try:
            exported_at = instant(exported_at)
        except BadValueError as error:
            sheet.problems.append(Problem(place, f"exported_at: {error}"))
    return str(exported_at), str(sheet.head.get("source", ("", start))[0])


def _row(
    raw: RawRow, register: str, key: tuple[str, ...], columns: Mapping[str, Column], is_csv: bool
) -> Row:
    facts: dict[str, Any] = {}
    problems = [] if raw.fault is None else [raw.fault]
    for name, column in columns.items():
        if name not in raw.cells:
            continue
        value = raw.cells[name]
        try:
            facts[name] = column.from_cell(value) if is_csv else column.from_json(value)
        except BadValueError as error:
            problems.append(Problem(raw.place_of(name), f"{name}: {error}"))
    named = raw.fault is None and all(facts.get(name) is not None for name in key)
    # A row whose own key is malformed still has to be somebody: the line names it.
    own = _key([facts[name] for name in key]) if named else f"(line {raw.place.line})"
    identity = f"{register}/{own}"
    if problems:
        return Row(identity, raw.place, None, tuple(problems))
    return Row(identity, raw.place, facts)


def _key(values: list[Any]) -> str:
    """Join key values with ``/``; inside one of several values it is written ``%2F``."""
    texts = [str(value) for value in values]
    if len(texts) > 1:
        texts = [text.replace("%", "%25").replace("/", "%2F") for text in texts]
    return "/".join(texts)


def _duplicates(rows: list[Row], key: tuple[str, ...]) -> Iterator[Problem]:
    first: dict[str, Row] = {}
    for row in rows:
        known = first.setdefault(row.id, row)
        if known is not row:
            own = row.id.partition("/")[2]
            columns = ", ".join(key)
            text = f"{columns} {own!r} stands already in line {known.place.line}; keep one row"
            yield Problem(row.place, text)
