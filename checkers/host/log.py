"""The log files of the machine that logrotate turns over."""

from __future__ import annotations

import gzip
import io
import re
import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from troth.checker import (
    Facts,
    Failure,
    Listed,
    Reason,
    Resource,
    call,
    demand,
    facet,
)
from troth.checkers.host import log_facts, logrotate
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.log_times import written_at


class Logs(HostChecker):
    """One resource for each live file that a rule of logrotate matches."""

    id = "host.log"
    kind = "log-store"
    lists = ("machine_name", "rotation")

    @call(
        "file:/etc/logrotate.conf",
        actions=["read the configuration of logrotate and the folders of the logs"],
        per="partition",
        absent_on=["not-found"],
    )
    def rotation(self) -> dict[str, Any]:
        """Return the rule of each live log file; the last rule that matches a file holds."""
        tree = self.tree
        folder = "/etc/logrotate.d"
        texts = {f"{folder}/{name}": text for name, text in tree.texts(folder).items()}
        main = "/etc/logrotate.conf"
        text = tree.text(main) if tree.exists(main) else f"include {folder}"
        found: dict[str, Any] = {}
        for rule in logrotate.rules(text, texts):
            mode, days = rule.retention()
            body = {"mode": mode, "days": days, "old_folder": rule.old_folder}
            body["rule"] = f"{rule.interval or 'size'} {rule.rotate}"
            found |= {p: body for pattern in rule.patterns for p in tree.glob(pattern)}
        return {path: found[path] for path in found if self._is_file(path)}

    @call("file:log", actions=["read the log files (root or group adm)"], per="key")
    def generations(self, key: str) -> list[dict[str, Any]]:
        """Return the live file and its rotated ones: size, when modified, first time stamp.

        Only the stamp at the beginning of the first line leaves this method. ``first`` is empty
        where the line has none that is known. The key is ``<path>::<folder of the old ones>``.
        """
        zone, found = self._zone(), []
        path, _, old = key.rpartition("::")
        folder, _, name = path.rpartition("/")
        old = old or folder
        old = old if old.startswith("/") else f"{folder}/{old}"
        for one in [path, *self._rotated(old, name, path)]:
            status = self.tree.stat(one)
            modified = datetime.fromtimestamp(int(status.st_mtime), UTC)
            line = self._first_line(one) if status.st_size else ""
            stamp = written_at(line, zone, modified)
            first = stamp.isoformat() if stamp else ""
            found.append({"path": one, "size": status.st_size, "first": first})
            found[-1]["modified"] = modified.isoformat()
        return found

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every rotated file; a machine may have none."""
        for path in sorted(self.read("rotation") or {}):
            yield Resource(self.own_id(path), path, self.partition.name)

    def live_files(self, log: Resource) -> list[str]:
        """Return the key of the one live file."""
        return [f"{log.name}::{demand(self.read('rotation'), log.name, 'old_folder')}"]

    @facet("retention", uses=["rotation"])
    def retention(self, log: Resource, rotation: Mapping[str, Any]) -> Facts:
        """Return what the rule guarantees; a limit by size guarantees no time."""
        rule = demand(rotation, log.name)
        return Facts({"mode": rule["mode"], "days": rule["days"]}, raw={"rule": rule["rule"]})

    @facet("extent", uses=["generations"], keys="live_files")
    def extent(self, log: Resource, files: Mapping[str, Any]) -> Facts:
        """Return which events are there.

        The oldest event is the first line of the oldest file. Where that has no time stamp that is
        known, the oldest event is missing: the file's own time is that of its last event.
        """
        full = [one for rows in files.values() for one in rows if one["size"]]
        if not full:
            return log_facts.extent(None, None, {})
        oldest = min(full, key=lambda one: str(one["first"] or one["modified"]))
        newest = max(one["modified"] for one in full)
        if oldest["first"]:
            return log_facts.extent(oldest["first"], newest, {"oldest_file": oldest["path"]})
        facts = dict(log_facts.extent(newest, newest, {}).values)
        del facts["oldest_event_at"]
        words = f"the first line of {oldest['path']} has no time stamp that is known"
        raw = {"oldest_file": oldest["path"], "no_later_than": oldest["modified"]}
        return Facts(facts, {"oldest_event_at": Failure(Reason.NO_DATA, words)}, raw)

    @facet("content")
    def content(self, log: Resource) -> Facts:
        """Return the kinds that the target gives to this log, or else those of its nature."""
        return log_facts.content(log.name, self.target)

    def _rotated(self, folder: str, name: str, live: str) -> list[str]:
        stem = re.escape(name)
        short, dot, suffix = name.rpartition(".")
        dated = rf"|{re.escape(short)}-[\d_.@-]+\.{re.escape(suffix)}" if dot else ""
        shape = re.compile(rf"(?:{stem}[.-][\d_.@-]+{dated})(?:\.(?:gz|bz2|xz|zst))?")
        names = self.tree.names(folder) if self.tree.exists(folder) else []
        paths = [f"{folder}/{one}" for one in names if shape.fullmatch(one)]
        return [one for one in paths if one != live and self._is_file(one)]

    def _first_line(self, path: str) -> str:
        head = self.tree.read(path, 4096)
        if path.endswith(".gz"):
            try:
                head = gzip.GzipFile(fileobj=io.BytesIO(self.tree.read(path, 65536))).read1(4096)
            except (OSError, EOFError):
                return ""
        return head.split(b"\n", 1)[0].decode("utf-8", "replace")

    def _zone(self) -> tzinfo:
        """Return the machine's zone by /etc/localtime; without that file it is UTC."""
        try:
            data = self.tree.read("/etc/localtime", 65536)
            return ZoneInfo.from_file(io.BytesIO(data))
        except (OSError, ValueError):
            return UTC

    def _is_file(self, path: str) -> bool:
        try:
            return stat.S_ISREG(self.tree.stat(path).st_mode)
        except FileNotFoundError:
            return False
