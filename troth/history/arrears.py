"""Runs that are not yet in the history: the store was away, or the machine went down.

A run is noted before anything is looked at and struck out when it is recorded, so whatever happens
in between, the next check records it first. Whoever calls holds the lock of the runs' folder.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from troth import record
from troth.errors import IntegrityError

NAME = ".unrecorded"
_STEP = "take that file away, then record the runs since: troth history record RUN..."


class Owed(NamedTuple):
    """A run that waits to be recorded: its folder, and the exit code that it ended with.

    The code is None as long as it has not ended; whether it ever did, its folder tells.
    """

    folder: Path
    exit_code: int | None


def owed(runs: Path) -> list[Owed]:
    """Return the runs that wait, the oldest first; none where there is no note.

    Raises :class:`~troth.errors.IntegrityError` for a note that is not ours.
    """
    path = runs / NAME
    if not path.exists():
        return []
    try:
        rows = record.get_lines(path)
    except IntegrityError as error:
        why = str(error).removeprefix(f"{path}: ").partition(";")[0]
        raise IntegrityError(f"{path}: {why}; {_STEP}") from None
    for number, row in enumerate(rows, 1):
        if not _is_ours(row):
            text = f"{path}:{number} is not what a check notes of a run"
            raise IntegrityError(f"{text}; {_STEP}")
    return [Owed(runs / name, code) for code, name in rows]


def _is_ours(row: Any) -> bool:
    match row:
        case [None | int(), str(name)] if name and not isinstance(row[0], bool):
            return "\0" not in name
        case _:
            return False


def note(runs: Path, folder: Path, exit_code: int | None) -> None:
    """Note that a run is to be recorded, once.

    Raises :class:`~troth.errors.NotSaved`, and :class:`~troth.errors.IntegrityError` for a note
    that is not ours.
    """
    _write(runs, [*_without(runs, folder), Owed(folder, exit_code)])


def strike(runs: Path, folder: Path) -> None:
    """Take a run off the note, if it is there; raises as :func:`note`."""
    left = _without(runs, folder)
    if left:
        _write(runs, left)
    elif (runs / NAME).exists():
        record.discard(runs / NAME)


def _without(runs: Path, folder: Path) -> list[Owed]:
    return [one for one in owed(runs) if one.folder.resolve() != folder.resolve()]


def _write(runs: Path, all_: Sequence[Owed]) -> None:
    base = runs.resolve()
    rows = [[one.exit_code, os.path.relpath(one.folder.resolve(), base)] for one in all_]
    record.put_lines(runs / NAME, rows)
