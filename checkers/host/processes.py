"""What several checkers ask of the machine: its processes, and the zone of its local times."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import ClassVar
from zoneinfo import ZoneInfo

from troth.checker import Failure, ObservationFailed, Reason, call
from troth.checkers.host import agents
from troth.checkers.host.collector import HostChecker


class Processes(HostChecker):
    """The call that lists processes, for checkers that ask what runs."""

    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {"process_list": ("processes",)}

    @call(
        "exec:ps -e",
        actions=["see the processes of others (root, where /proc hides them)"],
        per="partition",
        absent_on=["not-installed", "not-live"],
    )
    def process_list(self) -> list[list[str]]:
        """Return user and command of every process."""
        return agents.processes(self.run("ps", "-eo", "pid=,user=,comm=").out)

    def local_zone(self) -> tzinfo:
        """Return the machine's zone by /etc/localtime; without that file it is UTC."""
        try:
            return ZoneInfo.from_file(io.BytesIO(self.tree.read("/etc/localtime", 65536)))
        except (FileNotFoundError, NotADirectoryError):
            return UTC
        except ValueError as error:
            words = "/etc/localtime is no time zone"
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, words) from error


def not_live(what: str) -> Failure:
    """Return why something that a process shows is not known."""
    return Failure(Reason.NOT_SUPPORTED, f"{what} is seen on the running machine alone, by ps")
