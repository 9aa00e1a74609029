"""Stored runs that are to be recorded: when they were judged, and the exit code they ask for."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from troth import record, verdicts
from troth.errors import IntegrityError
from troth.report.account import Account


class Stored(NamedTuple):
    """A run in its folder: its id, and its judged time, aware."""

    folder: Path
    id: str
    judged: datetime

    @classmethod
    def of(cls, folder: Path) -> Stored:
        """Return a run by its envelope; raises :class:`~troth.errors.IntegrityError`."""
        envelope = record.get_envelope(folder)
        try:
            judged = datetime.fromisoformat(envelope["as_of"])
            named = envelope["id"]
        except (KeyError, TypeError, ValueError):
            judged, named = datetime.min, ""
        if judged.tzinfo is None or not isinstance(named, str) or not named:
            text = "its id or its as_of is not what a run writes; the run was changed"
            raise IntegrityError(f"{folder / record.ENVELOPE}: {text}")
        return cls(folder, named, judged)


def exit_code(account: Account) -> int:
    """Return the exit code that a run's results ask for, with the gate that check has by default.

    Which gate it was judged with, and whether it was interrupted, is no part of a run's results.
    """
    results = verdicts.Results(dict(account.summary), tuple(dict(row) for row in account.findings))
    return int(verdicts.exit_code(results, verdicts.Gate()))
