"""The log files of the machine that logrotate turns over."""

from __future__ import annotations

import io
import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, tzinfo
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from troth.checker import (
    Facts,
    Listed,
    Resource,
    call,
    demand,
    facet,
)
from troth.checkers.host import generations, log_facts, logrotate
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.generations import Generation


class Logs(HostChecker):
    """One resource for each live file that a rule of logrotate matches."""

    id = "host.log"
    kind = "log-store"
    lists = ("machine_name", "rotation")
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "rotation": ("logrotate", "logs"),
        "generations": ("logs",),
    }

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
    def generations(self, key: str) -> list[Generation]:
        """Return the live file and its rotated ones: size, when modified, first time stamp.

        Only the stamp near the beginning leaves this method. The key is ``<path>::<folder of the
        old ones>``.
        """
        path, _, old = key.rpartition("::")
        return generations.generations(self.tree, path, old, self._zone())

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
        """Return which events are there, from the first one after which no file is lacking."""
        return generations.extent([one for rows in files.values() for one in rows])

    @facet("content")
    def content(self, log: Resource) -> Facts:
        """Return the kinds that the target gives to this log, or else those of its nature."""
        return log_facts.content(log.name, self.target)

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
