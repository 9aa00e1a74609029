"""Runs that are saved but not yet in the history: the store was away, or the machine went down.

A run is noted before it is recorded and struck out afterwards, so whatever happens in between, the
next check records it first. Whoever calls holds the lock of the runs' folder.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from troth import record

NAME = ".unrecorded"


class Owed(NamedTuple):
    """A run that waits to be recorded: its folder, and the exit code that it ended with."""

    folder: Path
    exit_code: int


def owed(runs: Path) -> list[Owed]:
    """Return the runs that wait, the oldest first; none where there is no note.

    Raises :class:`~troth.errors.IntegrityError` for a note that is not ours.
    """
    if not (runs / NAME).exists():
        return []
    return [Owed(runs / name, int(code)) for code, name in record.get_lines(runs / NAME)]


def note(runs: Path, folder: Path, exit_code: int) -> None:
    """Note that a run is to be recorded, once."""
    _write(runs, [*_without(runs, folder), Owed(folder, exit_code)])


def strike(runs: Path, folder: Path) -> None:
    """Take a run off the note."""
    left = _without(runs, folder)
    if left:
        _write(runs, left)
    else:
        (runs / NAME).unlink(missing_ok=True)


def _without(runs: Path, folder: Path) -> list[Owed]:
    return [one for one in owed(runs) if one.folder.absolute() != folder.absolute()]


def _write(runs: Path, all_: Sequence[Owed]) -> None:
    rows = [[one.exit_code, os.path.relpath(one.folder, runs)] for one in all_]
    record.put_lines(runs / NAME, rows)
