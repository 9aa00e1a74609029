"""The files of one rotated log: when each begins and ends, and whether one between them is lacking.

A number that is lacking between others (``x.log.1``, ``x.log.3``) tells that a file was taken away
by hand: rotation renames the whole row. What lies beyond such a hole is no longer a record without
interruption, so the oldest event is the first one after it.
"""

from __future__ import annotations

import re
import stat
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any, Protocol

from troth.checker import Facts, Failure, Reason
from troth.checkers.host import log_facts, wtmp
from troth.checkers.host.log_times import written_at

#: How much of a file of sign-ins is read: two records of the longer layout, in bytes.
HEAD = 800
#: How far ahead of this machine's clock a file may be; more is a clock that is wrong.
_AHEAD = timedelta(days=1)


class Reads(Protocol):
    """The part of a machine's file tree that is needed here."""

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder."""

    def stat(self, path: str) -> Any:
        """Return the status of what a path leads to."""

    def read(self, path: str, length: int, offset: int = 0) -> bytes:
        """Return up to ``length`` bytes of a regular file."""

    def first_line(self, path: str) -> str:
        """Return the first line of a file that is not blank, unpacked."""


@dataclass(frozen=True)
class Generation:
    """One file: ``first`` is its first time stamp, ``modified`` its last change, if believable.

    ``number`` is 0 for the live file and None for one whose name holds a date.
    """

    path: str
    number: int | None
    size: int
    first: datetime | None
    modified: datetime | None


def generations(tree: Reads, live: str, old: str, zone: tzinfo) -> list[Generation]:
    """Return the live file and its rotated ones in the folder ``old``, as they are named there.

    Stamps without an offset are in ``zone``. Raises OSError.
    """
    folder, _, name = live.rpartition("/")
    old = old or folder
    old = old if old.startswith("/") else f"{folder}/{old}"
    numbered: dict[str, int | None] = {live: 0}
    numbered |= {f"{old}/{one}": number for one, number in _rotated(tree, old, name)}
    return [_generation(tree, path, number, zone) for path, number in numbered.items()]


def extent(found: Sequence[Generation]) -> Facts:
    """Return the facet ``extent`` of a log-store.

    Without a hole, when the log was begun is not recorded; with one, it was there by the first
    event beyond it. Ends whose time is not known are missing: a file's own time is that of its
    last event alone.
    """
    full = [one for one in found if one.size]
    if not full:
        return log_facts.extent(None, None, {})
    kept, beyond = _parted(full, _hole(found))
    facts: dict[str, Any] = {"created_at": None, "has_events": True}
    missing: dict[str, Failure] = {}
    oldest = min(kept, key=_begin)
    raw: dict[str, Any] = {"oldest_file": oldest.path}
    if oldest.first:
        facts["oldest_event_at"] = oldest.first.isoformat()
    else:
        words = f"the first line of {oldest.path} has no time stamp that is known"
        missing["oldest_event_at"] = Failure(Reason.NO_DATA, words)
    if beyond:
        begun = min((one.first or one.modified for one in beyond), key=_known)
        facts["created_at"] = begun.isoformat() if begun else None
        raw["beyond_a_missing_file"] = sorted(one.path for one in beyond)
    if unbelievable := next((one.path for one in full if one.modified is None), ""):
        words = f"{unbelievable} was changed in the future; set the machine's clock right"
        missing["newest_event_at"] = Failure(Reason.NO_DATA, words)
    else:
        newest = max(one.modified for one in full if one.modified)
        facts["newest_event_at"] = newest.isoformat()
    return Facts(facts, missing, raw)


def believable(seconds: float) -> datetime | None:
    """Return the instant of a Unix time; None for one that lies in the future or in no calendar."""
    try:
        made = datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return made if made <= datetime.now(UTC) + _AHEAD else None


def _rotated(tree: Reads, folder: str, name: str) -> Iterable[tuple[str, int | None]]:
    stem = re.escape(name)
    short, dot, suffix = name.rpartition(".")
    dated = rf"|{re.escape(short)}-[\d_.@-]+\.{re.escape(suffix)}" if dot else ""
    shape = re.compile(rf"(?:{stem}(?:\.(\d{{1,6}})|[.-][\d_.@-]+){dated})(?:\.(?:gz|bz2|xz|zst))?")
    try:
        names = tree.names(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    for one in names:
        match = shape.fullmatch(one)
        if match and one != name and _is_file(tree, f"{folder}/{one}"):
            yield one, int(match[1]) if match[1] else None


def _generation(tree: Reads, path: str, number: int | None, zone: tzinfo) -> Generation:
    status = tree.stat(path)
    modified = believable(status.st_mtime)
    first = _first(tree, path, zone, modified) if status.st_size else None
    return Generation(path, number, status.st_size, first, modified)


def _first(tree: Reads, path: str, zone: tzinfo, modified: datetime | None) -> datetime | None:
    """Return the time stamp at the beginning of a file, None where it has none that is known."""
    if wtmp.is_named(path):
        seconds = wtmp.first_time(_records(tree.read(path, HEAD), path))
        return believable(seconds) if seconds else None
    stamp = written_at(tree.first_line(path), zone, modified or datetime.now(UTC))
    return stamp if stamp and stamp <= datetime.now(UTC) + _AHEAD else None


def _records(head: bytes, path: str) -> bytes:
    if not path.endswith(".gz"):
        return head
    try:
        return zlib.decompressobj(wbits=31).decompress(head, HEAD)
    except zlib.error:
        return b""


def _hole(found: Iterable[Generation]) -> int:
    """Return the first number that is lacking between rotated files, 0 if none is."""
    numbers = sorted({one.number for one in found if one.number})
    return next((low + 1 for low, high in pairwise(numbers) if high > low + 1), 0)


def _parted(full: Sequence[Generation], hole: int) -> tuple[list[Generation], list[Generation]]:
    """Return the files up to a hole and those beyond it; the former are never none."""
    beyond = [one for one in full if hole and one.number and one.number > hole]
    kept = [one for one in full if one not in beyond]
    return (kept, beyond) if kept else ([max(beyond, key=_begin)], beyond)


def _begin(one: Generation) -> tuple[datetime, str]:
    return _known(one.first or one.modified), one.path


def _known(moment: datetime | None) -> datetime:
    return moment or datetime.max.replace(tzinfo=UTC)


def _is_file(tree: Reads, path: str) -> bool:
    try:
        return stat.S_ISREG(tree.stat(path).st_mode)
    except FileNotFoundError:
        return False
