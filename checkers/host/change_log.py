"""What was changed on a machine: packages, files of the firewall, and the history of /etc."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from troth.checker import Facts, ObservationFailed, Reason, Resource, call, complete, demand, facet
from troth.checkers.host import apt, commands, etc_history
from troth.checkers.host.collector import HostChecker, NotLive
from troth.checkers.host.histories import histories, zone_of

_LOGS = ("packages", "firewall", "configuration")
_GIT = ("-C", "/etc", "log", "--no-color", "-n", "2000", "--name-only", "--format=%x01%ct%x02%an")


class ChangeLogs(HostChecker):
    """Three resources for each machine, one for each sort of change."""

    id = "host.change-log"
    kind = "change-log"
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {"log_of": ("patches", "firewall_files")}

    @call(
        "file:/var/log/apt, /etc",
        actions=["read /var/log/apt, look at files of firewalls, run git log in /etc (root)"],
        per="key",
    )
    def log_of(self, name: str) -> dict[str, Any]:
        """Return the changes of one sort, and since when all of them are there."""
        if name == "packages":
            return self._packages()
        commits = self._commits()
        if name == "firewall":
            files = self._firewall_files()
            if not files:
                words = "no file of a firewall is in the usual places of /etc"
                raise ObservationFailed(Reason.NOT_SUPPORTED, words)
            return etc_history.firewall(files, commits)
        if not commits:
            words = "nothing keeps the history of /etc; install etckeeper"
            raise ObservationFailed(Reason.NOT_SUPPORTED, words)
        made = [row for row in commits if row["what"] == name]
        return {"made": made, "complete_from": commits[0]["at"]}

    def resources(self) -> Iterator[Resource]:
        """Yield the three logs."""
        for name in _LOGS:
            yield Resource(self.own_id(f"changes:{name}"), name, self.partition.name)

    def keys_of(self, log: Resource) -> Iterator[str]:
        """Return the sort that a log is of."""
        yield log.name

    @facet("changes", uses=["machine_name", "log_of"], keys="keys_of")
    def changes(self, log: Resource, name: str, logs: Mapping[str, Any]) -> Facts:
        """Return the changes and since when they are all there."""
        row = logs[log.name]
        return Facts(
            {
                "system": name,
                "holds": complete([log.name]),
                "made": complete(demand(row, "made")),
                "complete_from": demand(row, "complete_from"),
            }
        )

    def _packages(self) -> dict[str, Any]:
        found = apt.changes(histories(self.tree), zone_of(self.tree))
        if not found:
            words = "there is no history of apt; other package managers do not tell it to everyone"
            raise ObservationFailed(Reason.NOT_SUPPORTED, words)
        rows = [{"at": at.isoformat(), "what": "packages", "by": by} for at, by in found]
        return {"made": rows, "complete_from": rows[0]["at"]}

    def _firewall_files(self) -> dict[str, str]:
        found = {}
        for path in (one for pattern in etc_history.FIREWALL for one in self.tree.glob(pattern)):
            moment = datetime.fromtimestamp(int(self.tree.stat(path).st_mtime), UTC)
            found[path] = moment.isoformat()
        return found

    def _commits(self) -> list[dict[str, str]]:
        try:
            ran = self.run("git", *_GIT)
        except (NotLive, commands.NotInstalled):
            return []
        if ran.status != 0 and "not a git repository" not in ran.err:
            raise PermissionError("git")
        return etc_history.commits(ran.out)
