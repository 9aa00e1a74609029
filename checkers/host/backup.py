"""Folders in which backup files pile up, as configured: the recovery points of their stores."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise
from statistics import median
from typing import Any

from troth.checker import Facts, Listed, Resource, call, complete, facet
from troth.checkers.host import dumps
from troth.checkers.host.collector import HostChecker

#: How many earlier files the usual size is taken from, and how many it takes to speak of one.
WINDOW, ENOUGH = 7, 3
_UNFINISHED = (".tmp", ".part", ".partial", ".incomplete", ".filepart")


class BackupFolders(HostChecker):
    """One resource for each store that an entry of ``backup_folders`` names."""

    id = "host.backup"
    kind = "backup-set"
    lists = ("machine_name",)

    @call("file:backup folder", actions=["read the backup folders and their files"], per="key")
    def files(self, number: str) -> list[dict[str, Any]]:
        """Return what can be told of each file of an entry without restoring it.

        A folder that is not there raises: its path may be wrong, or its disk not mounted.
        """
        entry = self.target["backup_folders"][int(number)]
        folder = entry["path"].rstrip("/")
        self.tree.names(folder)
        paths = self.tree.glob(f"{folder}/{entry.get('pattern', '*')}")
        found = [self._file(path) for path in paths if stat.S_ISREG(self.tree.stat(path).st_mode)]
        return sorted(found, key=lambda one: (str(one["modified"]), str(one["path"])))

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield each store once; its id is the one that the entry gives."""
        for store in sorted({entry["store"] for entry in self._entries()}):
            yield Resource(store, store, self.partition.name)

    def entries(self, store: Resource) -> Iterable[str]:
        """Return the numbers of the entries of a store."""
        rows = enumerate(self._entries())
        return [str(number) for number, entry in rows if entry["store"] == store.id]

    @facet("subject")
    def subject(self, store: Resource) -> dict[str, Any]:
        """Return what the entry says: the store exists; when it was made is not known here."""
        form = next(e.get("form", "files") for e in self._entries() if e["store"] == store.id)
        return {"form": form, "state": "present", "created_at": None, "system": ""}

    @facet("points", uses=["machine_name", "files"], keys="entries")
    def points(self, store: Resource, name: str, files: Mapping[str, Any]) -> Facts:
        """Return a point for each file.

        A file's last write is the only instant that a file system keeps: it stands for both the
        start and the end. Who started a backup cannot be seen.
        """
        points, doubles = [], []
        for number, rows in files.items():
            entry = self._entries()[int(number)]
            place = f"host:{name}:{entry['path'].rstrip('/')}"
            ratio = float(entry.get("min_ratio", 0.5))
            points += [_point(row, state(rows, i, ratio), place) for i, row in enumerate(rows)]
            doubles += same_as_before(rows)
        raw = {"same_as_the_one_before": doubles} if doubles else {}
        return Facts({"recovery_points": complete(points)}, raw=raw)

    def _entries(self) -> list[Mapping[str, Any]]:
        return list(self.target.get("backup_folders", []))

    def _file(self, path: str) -> dict[str, Any]:
        status = self.tree.stat(path)
        size = status.st_size
        head = self.tree.read(path, dumps.HEAD)
        tail = self.tree.read(path, dumps.TAIL, -dumps.TAIL)
        return {
            "path": path,
            "size": size,
            "modified": datetime.fromtimestamp(int(status.st_mtime), UTC).isoformat(),
            "encrypted": dumps.is_encrypted(head),
            "cut_off": self._cut_off(path, size, head, tail),
            "ends": sha256(head + tail).hexdigest(),
        }

    def _cut_off(self, path: str, size: int, head: bytes, tail: bytes) -> bool:
        def read(length: int, offset: int) -> bytes:
            return self.tree.read(path, length, offset)

        if head.startswith(b"\x1f\x8b"):
            return dumps.gzip_is_cut_off(read, size)
        if head.startswith(b"\x28\xb5\x2f\xfd"):
            return dumps.zstd_is_cut_off(read, size)
        return dumps.is_cut_off(head, tail)


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
    before = [one["size"] for one in rows[:index] if one["size"]][-WINDOW:]
    far_below = len(before) >= ENOUGH and row["size"] < min_ratio * median(before)
    return "suspect" if row["cut_off"] or far_below else "completed"


def same_as_before(rows: list[dict[str, Any]]) -> list[str]:
    """Return the files that look exactly like the one before: same size, same two ends."""
    pairs = pairwise(rows)
    return [
        b["path"]
        for a, b in pairs
        if b["size"] and (a["size"], a["ends"]) == (b["size"], b["ends"])
    ]


def _point(row: Mapping[str, Any], found: str, place: str) -> dict[str, Any]:
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
