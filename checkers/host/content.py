"""What the text logs of a machine hold: whether card numbers stand in them."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import Listed, Resource, call, facet
from troth.checkers.contents import sample
from troth.checkers.host.collector import HostChecker

#: Which files are looked into, and how many bytes at the end of each.
_PATTERNS = ("/var/log/*.log", "/var/log/*/*.log", "/var/log/syslog", "/var/log/messages")
LOOKED_AT = 262_144


class Contents(HostChecker):
    """One resource for each text log that holds anything; packed ones are not looked into.

    Contents are read: the target has to allow ``data-read``.
    """

    id = "host.content"
    kind = "content"
    lists = ("machine_name", "log_files")
    sections: ClassVar[Mapping[str, Sequence[str]]] = {
        "log_files": ("log_names",),
        "log_cards": ("log_ends",),
    }

    @call("file:/var/log", actions=["list /var/log"], per="partition")
    def log_files(self) -> dict[str, int]:
        """Return the paths of the logs that hold anything, with their sizes in bytes."""
        found = {path for pattern in _PATTERNS for path in self.tree.glob(pattern)}
        states = {path: self.tree.stat(path) for path in sorted(found)}
        return {
            path: state.st_size
            for path, state in states.items()
            if stat.S_ISREG(state.st_mode) and state.st_size
        }

    @call(
        "file:log",
        actions=["read the log files (root or group adm)"],
        per="resource",
        effect="data-read",
    )
    def log_cards(self, log: Resource) -> dict[str, Any]:
        """Look for card numbers at the end of one log; only counts leave this method."""
        data = self.tree.read(log.name, LOOKED_AT, -LOOKED_AT)
        whole = self.read("log_files").get(log.name, 0) <= LOOKED_AT
        lines = data.decode("utf-8", "replace").splitlines()
        name = log.name.rpartition("/")[2]
        return sample.cards([name], ([line] for line in lines), whole=whole)

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every log that holds anything."""
        for path in self.read("log_files"):
            yield Resource(self.own_id(f"content:{path}"), path, self.partition.name)

    @facet("use", uses=[])
    def use(self, log: Resource) -> dict[str, Any]:
        """Return that it is a log, which has no other purpose."""
        return {"form": "log", "purposes": []}

    @facet("cards", uses=["log_cards"])
    def cards(self, log: Resource, counts: dict[str, Any]) -> dict[str, Any]:
        """Return how many card numbers stand there; a log has no columns."""
        return counts | {"named": {"items": [], "complete": True}}
