"""The systemd journal as a place where logs are kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from troth.checker import (
    Facts,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    call,
    demand,
    facet,
)
from troth.checkers.host import log_facts
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.settings import drop_ins, equals_settings

_JOURNAL_FOLDERS = ("/usr/lib", "/run", "/etc")
_HINTS = ("insufficient permissions", "not seeing messages")


class Journal(HostChecker):
    """One resource, the journal; none on a machine without journald."""

    id = "host.journal"
    kind = "log-store"
    lists = ("machine_name", "journal_settings")
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "journal_settings": ("journal",),
        "journal_ends": ("journal_ends",),
    }

    @call(
        "file:/etc/systemd/journald.conf",
        actions=["read journald.conf"],
        per="partition",
        absent_on=["not-found"],
    )
    def journal_settings(self) -> dict[str, Any]:
        """Return the journal's settings, and whether it has a folder on disk."""
        tree = self.tree
        folders = [
            tree.texts(f"{base}/systemd/journald.conf.d", ".conf") for base in _JOURNAL_FOLDERS
        ]
        paths = [f"{base}/systemd/journald.conf" for base in reversed(_JOURNAL_FOLDERS)]
        main = next((path for path in paths if tree.exists(path)), "")
        if not main:
            raise FileNotFoundError("journald.conf")
        settings: dict[str, str] = {}
        for text in drop_ins(tree.text(main), *folders):
            settings |= equals_settings(text.replace(";", "#"))
        settings = {name: value for name, value in settings.items() if not name.startswith("[")}
        return {"settings": settings, "on_disk": tree.exists("/var/log/journal")}

    @call(
        "exec:journalctl", actions=["read the journal (root or systemd-journal)"], per="partition"
    )
    def journal_ends(self) -> dict[str, str]:
        """Return the time stamps of the first and the last entry, empty if there is none."""
        shared = ("--no-pager", "-o", "short-unix")
        last = self.run("journalctl", *shared, "-n", "1")
        first = self.first_line("journalctl", *shared)
        for ran in (last, first):
            if any(hint in ran.err for hint in _HINTS):
                raise PermissionError("journal")
            if ran.status != 0 and "No journal files" not in ran.err:
                words = f"journalctl ended with status {ran.status}"
                raise ObservationFailed(Reason.NO_DATA, words)
        return {"first": _unix_stamp(first.out), "last": _unix_stamp(last.out)}

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the journal, if journald is installed."""
        if self.read("journal_settings"):
            yield Resource(self.own_id("journald"), "journald", self.partition.name)

    @facet("retention", uses=["journal_settings"])
    def retention(self, log: Resource, journal: dict[str, Any]) -> Facts:
        """Return that a journal guarantees no time.

        It always has a size limit (journald.conf(5): a tenth of the file system, 4 GiB at most),
        whatever MaxRetentionSec allows. ``Storage`` auto without a folder on disk, volatile and
        none all lose everything at a restart.
        """
        settings = demand(journal, "settings")
        storage = settings.get("Storage", "auto")
        keeps = storage == "persistent" or (storage == "auto" and demand(journal, "on_disk"))
        raw = {k: v for k, v in settings.items() if k.startswith(("Storage", "Max", "System"))}
        return Facts({"mode": "size-limited" if keeps else "volatile", "days": 0}, raw=raw)

    @facet("extent", uses=["journal_ends"])
    def extent(self, log: Resource, ends: dict[str, str]) -> Facts:
        """Return the first and the last entry's time."""
        return log_facts.extent(demand(ends, "first") or None, demand(ends, "last") or None, {})

    @facet("content")
    def content(self, log: Resource) -> Facts:
        """Return the kinds that the target gives to the journal, or else those of its nature."""
        return log_facts.content("journald", self.target)


def _unix_stamp(line: str) -> str:
    """Return the instant at the start of a journalctl line, empty for ``-- No entries --``."""
    found = re.match(r"(\d{9,11})\.\d+ ", line)
    return datetime.fromtimestamp(int(found[1]), UTC).isoformat() if found else ""
