"""The recovery points of stores: files in backup folders, and what backup tools keep.

Which folders and repositories there are is configured.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise
from typing import Any, ClassVar

from troth.checker import Facts, Failure, Listed, Reason, Resource, call, complete, facet, partial
from troth.checkers.host import backup_points, backup_tools, dumps, repositories
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.repositories import Listing


class BackupFolders(HostChecker):
    """One resource for each store that ``backup_folders`` or ``backup_repositories`` names.

    The keys of the calls are ``folder:`` or ``repository:`` and the number of the entry.
    """

    id = "host.backup"
    kind = "backup-set"
    lists = ("machine_name",)
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "files": ("backup",),
        "listings": ("backup_tools",),
    }
    options: ClassVar[Mapping[str, Any]] = {
        **HostChecker.options,
        "backup_repositories": backup_tools.OPTION,
    }

    @classmethod
    def script_lists(cls, target: Mapping[str, Any]) -> dict[str, list[tuple[str, ...]]]:
        """Return the folders, the patterns in them, and the commands of the repositories."""
        folders = target.get("backup_folders", ())
        where = [entry["path"].rstrip("/") for entry in folders]
        wanted = [entry.get("pattern", "*") for entry in folders]
        tools = target.get("backup_repositories", ())
        return super().script_lists(target) | {
            "backup_folders": [(path,) for path in where],
            "backup_patterns": [(f"{a}/{b}",) for a, b in zip(where, wanted, strict=True)],
            "backup_repositories": [tuple(backup_tools.command(entry)) for entry in tools],
        }

    @call("file:backup folder", actions=["read the backup folders and their files"], per="key")
    def files(self, key: str) -> list[dict[str, Any]]:
        """Return what can be told of each file of a folder without restoring it.

        A folder that is not there raises: its path may be wrong, or its disk not mounted.
        """
        if not key.startswith("folder:"):
            return []
        entry = self._entries()[key]
        folder = entry["path"].rstrip("/")
        self.tree.names(folder)
        paths = self.tree.glob(f"{folder}/{entry.get('pattern', '*')}")
        found = [self._file(path) for path in paths if stat.S_ISREG(self.tree.stat(path).st_mode)]
        return sorted(found, key=lambda one: (str(one["modified"]), str(one["path"])))

    @call(
        "exec:restic, borg, pgbackrest, barman",
        actions=["list the backups of each repository"],
        per="key",
    )
    def listings(self, key: str) -> Listing:
        """Return what the tool of a repository says that it keeps."""
        if not key.startswith("repository:"):
            return Listing(())
        entry = self._entries()[key]
        return backup_tools.listing(entry, self.run(*backup_tools.command(entry)))

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield each store once; its id is the one that the entry gives."""
        for store in sorted({entry["store"] for entry in self._entries().values()}):
            yield Resource(store, store, self.partition.name)

    def entries(self, store: Resource) -> Iterable[str]:
        """Return the keys of the entries of a store."""
        return [key for key, entry in self._entries().items() if entry["store"] == store.id]

    @facet("subject")
    def subject(self, store: Resource) -> dict[str, Any]:
        """Return what the entry says: the store exists; when it was made is not known here."""
        rows = self._entries().values()
        form = next(e.get("form", "files") for e in rows if e["store"] == store.id)
        return {"form": form, "state": "present", "created_at": None, "system": ""}

    @facet("points", uses=["machine_name", "files", "listings"], keys="entries")
    def points(
        self, store: Resource, name: str, files: Mapping[str, Any], listings: Mapping[str, Any]
    ) -> Facts:
        """Return a point for each file and for each backup that a tool keeps.

        A file's last write is the only instant that a file system keeps: it stands for both the
        start and the end. Who started a backup cannot be seen.
        """
        points: list[dict[str, Any]] = []
        doubles, left_out = [], []
        for key, entry in self._entries().items():
            ratio = float(entry.get("min_ratio", 0.5))
            if rows := files.get(key):
                place = f"host:{name}:{entry['path'].rstrip('/')}"
                points += backup_points.of_files(rows, ratio, place)
                doubles += backup_points.same_as_before(rows)
            elif key in listings:
                found = listings[key]
                kept = repositories.chosen(found.copies, entry.get("pattern", "*"))
                points += backup_points.of_copies(kept, entry, ratio, name)
                doubles += [b.id for a, b in pairwise(kept) if b.same and a.same == b.same]
                left_out += [found.left_out] if found.left_out else []
        raw = {"same_as_the_one_before": doubles} if doubles else {}
        if not left_out:
            return Facts({"recovery_points": complete(points)}, raw=raw)
        why = Failure(Reason.LISTING_INCOMPLETE, f"not all could be listed: {'; '.join(left_out)}")
        return Facts({"recovery_points": partial(points)}, {"recovery_points": why}, raw)

    def _entries(self) -> dict[str, Mapping[str, Any]]:
        """Return every entry by its key."""
        words = {"folder": "backup_folders", "repository": "backup_repositories"}
        return {
            f"{word}:{number}": entry
            for word, option in words.items()
            for number, entry in enumerate(self.target.get(option, ()))
        }

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
            "cut_off": self._cut_off(path, head, tail),
            "ends": sha256(head + tail).hexdigest(),
        }

    def _cut_off(self, path: str, head: bytes, tail: bytes) -> bool:
        if dumps.is_packed(head):
            return self.tree.packed(path).is_cut_off
        return dumps.is_cut_off(head, tail)
