"""Look at register files before anything is evaluated: every problem, with its position."""

from __future__ import annotations

from pathlib import Path

from troth.checkers.register import table
from troth.errors import InputError, Place, Problem
from troth.kinds import Kind


def problems(path: Path, kind: Kind, shown: str = "") -> list[Problem]:
    """Return what is wrong with a register's file as a whole; nothing may be evaluated then.

    ``shown`` is what messages call the file. A malformed row is not among them: it will be
    unknown, its neighbours not.
    """
    called = shown or str(path)
    try:
        table.read(path, kind, called)
    except InputError as error:
        return list(error.problems)
    except OSError as error:
        return [unreadable(error, Place(called))]
    return []


def unreadable(error: OSError, place: Place) -> Problem:
    """Return the problem of a file or folder that cannot be read."""
    return Problem(place, f"cannot be read: {error.strerror}; check the path and its permissions")
