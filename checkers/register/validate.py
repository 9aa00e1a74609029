"""Look at register files before anything is evaluated: every problem, with its position."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from troth.checkers.register import table
from troth.errors import InputError, Place, Problem
from troth.kinds import Kind


def problems(path: Path, kind: Kind | None = None, shown: str = "") -> list[Problem]:
    """Return what is wrong with a register's file as a whole; nothing may be evaluated then.

    ``kind`` is by default the shipped one that the file's name says; ``shown`` is what messages
    call the file. Malformed rows are not among them: see :func:`row_problems`.
    """
    return _problems(path, kind, shown)[0]


def row_problems(path: Path, kind: Kind | None = None, shown: str = "") -> list[Problem]:
    """Return what is wrong with single rows; each such row will be unknown, its neighbours not."""
    return _problems(path, kind, shown)[1]


def folder_problems(folder: Path, kinds: Iterable[Kind], shown: str = "") -> list[Problem]:
    """Return what is wrong with the files of a folder of registers, strangers included.

    A folder that is not there has no problems: its registers will be unknown.
    """
    by_name = {kind.id.removeprefix(table.PREFIX): kind for kind in kinds if _is_register(kind)}
    found: list[Problem] = []
    base = shown or str(folder)
    try:
        paths = sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        return [unreadable(error, Place(base))]
    for path in paths:
        called = str(Path(base) / path.name)
        if path.suffix not in (*table.SUFFIXES, ".yml"):
            continue
        if path.suffix == ".yml":
            found.append(Problem(Place(called), f"call it {path.stem}.yaml"))
        elif path.stem not in by_name:
            found.append(_stranger(path.stem, called, by_name))
        else:
            found += problems(path, by_name[path.stem], called)
    for name in by_name:
        try:
            table.find(folder, name, base)
        except InputError as error:
            found += error.problems
    return sorted(set(found))


def unreadable(error: OSError, place: Place) -> Problem:
    """Return the problem of a file or folder that cannot be read."""
    return Problem(place, f"cannot be read: {error.strerror}; check the path and its permissions")


def _problems(path: Path, kind: Kind | None, shown: str) -> tuple[list[Problem], list[Problem]]:
    called = shown or str(path)
    try:
        wanted = kind or _shipped().get(path.stem)
        if wanted is None:
            return [_stranger(path.stem, called, _shipped())], []
        read = table.read(path, wanted, called)
    except InputError as error:
        return list(error.problems), []
    except OSError as error:
        return [unreadable(error, Place(called))], []
    return [], [problem for row in read.rows for problem in row.problems]


def _stranger(name: str, called: str, known: Mapping[str, Kind]) -> Problem:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    advice = f"did you mean '{near[0]}'?" if near else f"use one of {', '.join(sorted(known))}"
    return Problem(Place(called), f"no kind describes a register '{name}'; {advice}")


def _is_register(kind: Kind) -> bool:
    return kind.id.startswith(table.PREFIX)


@cache
def _shipped() -> dict[str, Kind]:
    from troth.catalogue.kinds import kind_files, load_kind, shipped_folder

    names = [path.stem for path in kind_files(shipped_folder())]
    return {
        name.removeprefix(table.PREFIX): load_kind(name)
        for name in names
        if name.startswith(table.PREFIX)
    }
