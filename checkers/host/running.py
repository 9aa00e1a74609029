"""What runs on a machine since when: its kernel, and its clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from troth.checker import Facts, ObservationFailed, Reason, Resource, call, demand, facet
from troth.checkers.host import kernels
from troth.checkers.host.collector import HostChecker

_MODULES = ("/lib/modules", "/usr/lib/modules")
_RESTART = ("/run/reboot-required", "/run/reboot-needed")


class Running(HostChecker):
    """Facets of a machine that tell which kernel runs, and what time it thinks it is."""

    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "kernel_files": ("kernel",),
        "uptime": ("kernel",),
        "machine_clock": ("clock",),
    }

    @call("file:/boot", actions=["list /boot and /lib/modules"], per="partition")
    def kernel_files(self) -> dict[str, Any]:
        """Return the running kernel, those installed, and when a restart was asked for."""
        running = self.run("uname", "-r").out.strip()
        tree = self.tree
        found: dict[str, float] = {}
        for path in tree.glob("/boot/vmlinuz-*"):
            found[path.removeprefix("/boot/vmlinuz-")] = tree.stat(path).st_mtime
        for folder in _MODULES:
            for name in tree.names(folder) if tree.exists(folder) else []:
                found.setdefault(name, tree.stat(f"{folder}/{name}").st_mtime)
        asked = [tree.stat(path).st_mtime for path in _RESTART if tree.exists(path)]
        return {"running": running, "installed": found, "asked": asked}

    @call("file:/proc/stat", actions=["read /proc/stat"], per="partition")
    def uptime(self) -> int:
        """Return the Unix time at which the machine was started."""
        found = re.search(r"^btime (\d{1,11})$", self.tree.text("/proc/stat"), re.MULTILINE)
        if found is None:
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, "/proc/stat has no time of start")
        return int(found[1])

    @call("exec:date", actions=["run date"], per="partition")
    def machine_clock(self) -> dict[str, int]:
        """Return the machine's time and ours, in Unix seconds."""
        found = re.fullmatch(r"\s*(\d{1,11})\s*", self.run("date", "-u", "+%s").out)
        if found is None:
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, "date did not print a time")
        return {"machine": int(found[1]), "ours": int(datetime.now(UTC).timestamp())}

    @facet("kernel", uses=["uptime", "kernel_files"])
    def kernel(self, host: Resource, started: int, files: Mapping[str, Any]) -> Facts:
        """Return whether the newest installed kernel runs, and since when a restart is due."""
        installed = demand(files, "installed")
        state = kernels.own(demand(files, "running"), sorted(installed))
        asked = list(files["asked"])
        if state == "older":
            asked.append(max(installed.values()))
        raw = {"running": files["running"], "installed": sorted(installed)}
        facts = {
            "own": state,
            "booted_at": _instant(started),
            "restart_asked_at": _instant(max(asked)) if asked else None,
        }
        return Facts(facts, raw=raw)

    @facet("clock", uses=["machine_clock"])
    def clock(self, host: Resource, times: Mapping[str, int]) -> dict[str, Any]:
        """Return the machine's time beside ours."""
        return {"machine_at": _instant(demand(times, "machine")), "our_at": _instant(times["ours"])}


def _instant(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(int(seconds), UTC).isoformat()
    except (OverflowError, OSError, ValueError) as error:
        words = "a time of this machine lies outside the calendar; see to its clock"
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, words) from error
