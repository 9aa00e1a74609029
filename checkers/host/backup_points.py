"""Recovery points made of files and of what backup tools list; pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from statistics import median
from typing import Any

from troth.checkers.host import destinations
from troth.checkers.host.repositories import Copy

#: How many earlier files the usual size is taken from, and how many it takes to speak of one.
WINDOW, ENOUGH = 7, 3
_UNFINISHED = (".tmp", ".part", ".partial", ".incomplete", ".filepart")


def state(rows: list[dict[str, Any]], index: int, min_ratio: float) -> str:
    """Return the state of one of the files, which are sorted from old to new.

    ``suspect`` is a file that was cut off, or is smaller than ``min_ratio`` times the median of up
    to seven non-empty files before it; the median of fewer than three means nothing.
    """
    row = rows[index]
    if row["path"].endswith(_UNFINISHED):
        return "running"
    if row["size"] == 0:
        return "failed"
    small = far_below([one["size"] for one in rows[:index]], row["size"], min_ratio)
    return "suspect" if row["cut_off"] or small else "completed"


def far_below(before: list[int], size: int, min_ratio: float) -> bool:
    """Tell whether a size is far below the median of the last ones that are not empty."""
    usual = [one for one in before if one][-WINDOW:]
    return len(usual) >= ENOUGH and size < min_ratio * median(usual)


def same_as_before(rows: list[dict[str, Any]]) -> list[str]:
    """Return the files that look exactly like the one before: same size, same two ends."""
    pairs = pairwise(rows)
    return [
        b["path"]
        for a, b in pairs
        if b["size"] and (a["size"], a["ends"]) == (b["size"], b["ends"])
    ]


def of_files(rows: list[dict[str, Any]], min_ratio: float, place: str) -> Iterator[dict[str, Any]]:
    """Yield a point for each file of a folder; files come from old to new."""
    for index, row in enumerate(rows):
        yield _of_file(row, state(rows, index, min_ratio), place)


def _of_file(row: Mapping[str, Any], found: str, place: str) -> dict[str, Any]:
    point = {
        "id": row["path"],
        "started_at": row["modified"],
        "completed_at": row["modified"] if found in ("completed", "suspect") else None,
        "state": found,
        "trigger": "unknown",
        "place": place,
        "storage": "disk",
        "size_bytes": row["size"],
    }
    return point if row["encrypted"] is None else point | {"encrypted": row["encrypted"]}


def of_copies(
    copies: list[Copy], entry: Mapping[str, Any], ratio: float, machine: str
) -> Iterator[dict[str, Any]]:
    """Yield a point for each copy of a repository; copies come from old to new."""
    for number, copy in enumerate(copies):
        point: dict[str, Any] = {
            "id": copy.id,
            "started_at": copy.started_at,
            "completed_at": copy.completed_at,
            "state": copy.state,
            "trigger": "unknown",
        }
        if copy.size is not None:
            point["size_bytes"] = copy.size
            alike = [c.size or 0 for c in copies[:number] if c.sort == copy.sort]
            if copy.state == "completed" and copy.size == 0:
                point |= {"state": "failed", "completed_at": None}
            elif copy.state == "completed" and far_below(alike, copy.size, ratio):
                point["state"] = "suspect"
        if copy.encrypted is not None:
            point["encrypted"] = copy.encrypted
        where = _where(entry, machine)
        yield point | ({"place": where.place, "storage": where.storage} if where else {})


def _where(entry: Mapping[str, Any], machine: str) -> destinations.Destination | None:
    """Return where a repository is; pgBackRest and Barman name it in files of their own."""
    if entry["tool"] in ("restic", "borg"):
        return destinations.of(entry["repository"], machine)
    return None
