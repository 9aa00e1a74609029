"""When a unit of systemd ran, by what the service manager wrote into the journal.

Source: journalctl(1) ``-o json``, systemd.journal-fields(7) and the identifiers of messages in
systemd's catalogue (sd-messages.h). Only messages of process 1 are asked for, which a service
cannot forge. Pure functions of text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from troth.checkers.host.generations import believable

STARTING = "7d4958e842da4a758f6c1cdc7b36dcc5"
STARTED = "39f53479d3a045ac8e11786248231fbf"
STOPPED = "9d1aaa27d60140bd96365438aad20286"
FAILED = "be02cf6855d2428ba40df7e9d022f03d"
SUCCESS = "7ad2d189f7e94e70a38c781354912448"
RESULT = "d9b373ed55a64feb8242e02dbe79a49c"
#: All of them, as journalctl is asked for them.
ASKED = (STARTING, STARTED, STOPPED, FAILED, SUCCESS, RESULT)
#: What ends a run that goes on.
_ENDS = {SUCCESS: "succeeded", RESULT: "failed", FAILED: "failed", STOPPED: "failed"}


class Malformed(ValueError):
    """A line is no entry of a journal, or its time cannot be."""


def runs(printed: str) -> list[dict[str, Any]]:
    """Return the runs of a unit, the oldest first; raises :class:`Malformed`.

    A run begins when the manager starts the unit, or has started it where that takes no time. One
    that was begun anew without an end is lost; the last may go on.
    """
    found: list[dict[str, Any]] = []
    begun: datetime | None = None
    for moment, kind, words in _entries(printed):
        if kind == STARTING or (kind == STARTED and begun is None and _starts(words)):
            if begun is not None:
                found.append(_run(begun, None, "lost"))
            begun = moment
        elif begun is not None and (kind in _ENDS or (kind == STARTED and not _starts(words))):
            found.append(_run(begun, moment, _ENDS.get(kind, "succeeded")))
            begun = None
    if begun is not None:
        found.append(_run(begun, None, "running"))
    return found


def first(printed: str) -> datetime:
    """Return the time of the first entry; raises :class:`Malformed`."""
    return next(_entries(printed))[0]


def _entries(printed: str) -> Iterator[tuple[datetime, str, str]]:
    for line in printed.splitlines():
        try:
            row = json.loads(line)
            moment = believable(int(row["__REALTIME_TIMESTAMP"]) // 1_000_000)
            kind, words = str(row["MESSAGE_ID"]), row.get("MESSAGE")
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise Malformed("an entry of the journal cannot be read") from error
        if moment is None:
            raise Malformed("an entry of the journal lies in the future; set the clock right")
        yield moment, kind, words if isinstance(words, str) else ""


def _starts(words: str) -> bool:
    """Tell a unit that was started from one of which the only command has finished."""
    return not words.startswith("Finished ")


def _run(begun: datetime, ended: datetime | None, outcome: str) -> dict[str, Any]:
    end = ended.isoformat() if ended else None
    return {"started_at": begun.isoformat(), "ended_at": end, "outcome": outcome}
