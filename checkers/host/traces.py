"""What accounts still do on the machine: crontabs, jobs for later, processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from troth.checker import Listed, ObservationFailed, Reason, Resource, call, facet
from troth.checkers.host import shadow
from troth.checkers.host.collector import HostChecker

#: Where cron keeps a file for each login: Debian, the RHEL family, Alpine.
_CRONTABS = ("/var/spool/cron/crontabs", "/var/spool/cron", "/etc/crontabs")


class Traces(HostChecker):
    """One resource for each login that has something left on the machine."""

    id = "host.trace"
    kind = "account-trace"
    lists = ("machine_name", "people_names", "crontabs", "running")
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "people_names": ("accounts",),
        "crontabs": ("crontabs",),
        "running": ("processes",),
    }

    @call("file:/etc/passwd", actions=["read /etc/passwd"], per="partition")
    def people_names(self) -> dict[str, str]:
        """Return the login of each uid."""
        found = shadow.logins(shadow.redacted(self.tree.text("/etc/passwd")))
        return {str(one.uid): one.name for one in reversed(found)}

    @call(
        "file:/var/spool/cron",
        actions=["list /var/spool/cron and /etc/crontabs (root)"],
        per="partition",
    )
    def crontabs(self) -> list[str]:
        """Return the logins that have a crontab, whether they still exist or not."""
        found: list[str] = []
        for folder in _CRONTABS:
            if not self.tree.exists(folder):
                continue
            names = [name for name in self.tree.names(folder) if not name.startswith(".")]
            inner = {"crontabs", "atjobs", "atspool", "lastrun", "tabs", "cron.update"}
            found += [name for name in names if name not in inner]
        return sorted(found)

    @call(
        "exec:ps",
        actions=["run ps"],
        per="partition",
        absent_on=["not-live"],
    )
    def running(self) -> dict[str, int]:
        """Return how many processes each login or uid has; ABSENT where nothing runs."""
        ran = self.run("ps", "-eo", "pid=,user=,comm=")
        rows = [line.split(None, 2) for line in ran.out.splitlines() if line.strip()]
        if ran.status != 0 or not rows or any(len(row) < 2 for row in rows):
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, "ps does not list the processes")
        return dict(Counter(row[1] for row in rows))

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every login with a crontab or a process."""
        for login in sorted(self._found()):
            yield Resource(self.own_id(f"trace:{login}"), login, self.partition.name)

    @facet("trace", uses=["people_names", "crontabs", "running"])
    def trace(
        self, resource: Resource, names: Mapping[str, str], jobs: list[str], running: Any
    ) -> dict[str, Any]:
        """Return how many of each; a file tree has no processes."""
        counted = _by_login(names, running or {})
        return {
            "system": resource.id.split(":trace:", 1)[0],
            "login": resource.name,
            "jobs": jobs.count(resource.name),
            "processes": counted.get(resource.name, 0),
        }

    def _found(self) -> set[str]:
        running = _by_login(self.read("people_names"), self.read("running") or {})
        return set(self.read("crontabs")) | set(running)


def _by_login(names: Mapping[str, str], running: Mapping[str, int]) -> dict[str, int]:
    """Return processes by login: ps cuts a long name short (``name+``) or prints its number."""
    counted: Counter[str] = Counter()
    for shown, number in running.items():
        long = [one for one in names.values() if one.startswith(shown.removesuffix("+"))]
        cut = shown.endswith("+") and shown not in names.values()
        for login in long if cut else [names.get(shown, shown)]:
            counted[login] += number
    return dict(counted)
