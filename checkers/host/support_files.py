"""Folders on the machine in which files lie that customers sent to support."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from troth.checker import (
    Facts,
    Failure,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    call,
    complete,
    facet,
    partial,
)
from troth.checkers.host.collector import HostChecker

#: How many folders deep files are looked for.
DEPTH = 4


class SupportFiles(HostChecker):
    """One resource for each folder of ``support_folders``."""

    id = "host.support-files"
    kind = "support-files"
    lists = ("machine_name",)
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {"attachments": ("support_files",)}
    options: ClassVar[Mapping[str, Any]] = {
        **HostChecker.options,
        "support_folders": {
            "type": "array",
            "items": {"type": "string", "pattern": "^/"},
            "description": "folders of files that customers sent to support",
        },
    }

    @classmethod
    def script_lists(cls, target: Mapping[str, Any]) -> dict[str, list[tuple[str, ...]]]:
        """Return the folders."""
        folders = target.get("support_folders", ())
        return super().script_lists(target) | {"support_folders": [(one,) for one in folders]}

    @call("file:support folder", actions=["list the support folders"], per="key")
    def attachments(self, folder: str) -> dict[str, Any]:
        """Return the files below a folder with the time of their last write, and what lacks."""
        top = folder.rstrip("/")
        found: list[dict[str, Any]] = []
        try:
            for path, status in self.tree.walk(top, DEPTH):
                if stat.S_ISREG(status.st_mode):
                    found.append(_file(path.removeprefix(f"{top}/"), status.st_mtime))
                elif stat.S_ISDIR(status.st_mode) and _is_unseen(path, top, status.unread):
                    return {"files": found, "left_out": path}
        except ObservationFailed as error:
            if error.failure.reason != Reason.LISTING_INCOMPLETE:
                raise
            return {"files": found, "left_out": error.failure.message}
        return {"files": found, "left_out": ""}

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield each folder."""
        for folder in self.target.get("support_folders", ()):
            yield Resource(self.own_id(folder), folder, self.partition.name)

    def own_path(self, place: Resource) -> Iterable[str]:
        """Return the folder of a resource."""
        return [place.name]

    @facet("files", uses=["attachments"], keys="own_path")
    def files(self, place: Resource, read: Mapping[str, Any]) -> Facts:
        """Return the files; folders that are too deep or closed leave the list open."""
        seen = read[place.name]
        if not seen["left_out"]:
            return Facts({"kept": complete(seen["files"])})
        why = Failure(Reason.LISTING_INCOMPLETE, f"not looked at: {seen['left_out']}")
        return Facts({"kept": partial(seen["files"])}, {"kept": why})


def _is_unseen(path: str, top: str, unread: bool) -> bool:
    return unread or path.removeprefix(f"{top}/").count("/") >= DEPTH - 1


def _file(key: str, written: int) -> dict[str, Any]:
    try:
        at = datetime.fromtimestamp(written, UTC)
    except (OverflowError, ValueError, OSError):
        words = f"{key} has a time outside of the calendar"
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, words) from None
    return {"key": key, "modified_at": at.isoformat()}
