"""Security updates that a machine is offered, by the lists that its package manager has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from troth.checker import (
    Facts,
    Failure,
    ObservationFailed,
    Reason,
    Resource,
    call,
    complete,
    demand,
    facet,
)
from troth.checkers.host import advisories, apk, apt, releases
from troth.checkers.host.collector import HostChecker

_LISTS = "/var/lib/apt/lists"
_APK = "/var/cache/apk"
#: Most bytes of one packed index.
_INDEX = 4 * 1024 * 1024
_ASK = "bring the package lists (apt-get update, dnf makecache, zypper refresh, apk update)"


class Updates(HostChecker):
    """The facet of a machine that tells which security updates it lacks."""

    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "os_release": ("release",),
        "offered": ("release", "updates"),
    }

    @call("file:/etc/os-release", actions=["read /etc/os-release"], per="partition")
    def os_release(self) -> dict[str, str]:
        """Return the release's own settings."""
        return self.settings_of_release()

    def settings_of_release(self) -> dict[str, str]:
        """Return the settings of os-release, wherever it lies."""
        tree = self.tree
        paths = ("/etc/os-release", "/usr/lib/os-release")
        return releases.fields(tree.text(paths[0] if tree.exists(paths[0]) else paths[1]))

    @call(
        "exec:apt, dnf, zypper, apk",
        actions=["run apt, dnf, zypper or apk, which answer from the lists they have"],
        per="partition",
    )
    def offered(self) -> dict[str, Any]:
        """Return the security updates that are not installed, and the lists' own date.

        Nothing is fetched: the tools answer from the lists that the machine has.
        """
        whose = releases.family(self.settings_of_release())
        ways = {"debian": self._apt, "redhat": self._dnf, "suse": self._zypper, "alpine": self._apk}
        if whose not in ways:
            words = "updates are read from apt, dnf, zypper and apk; this release has none of these"
            raise ObservationFailed(Reason.NOT_SUPPORTED, words)
        pending, lists_at = ways[whose]()
        if pending is None:
            words = "the list of updates is cut off or in another form; run the tool by hand"
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, words)
        return {"pending": pending, "lists_at": lists_at.isoformat() if lists_at else ""}

    @facet("updates", uses=["offered"])
    def updates(self, host: Resource, offered: Mapping[str, Any]) -> Facts:
        """Return what is offered and not installed, and what the lists speak for."""
        pending = complete(demand(offered, "pending"))
        if offered["lists_at"]:
            return Facts({"pending": pending, "lists_at": offered["lists_at"]})
        words = f"no list of security updates with a date is there; name that archive and {_ASK}"
        return Facts({"pending": pending}, {"lists_at": Failure(Reason.NO_DATA, words)})

    def _apt(self) -> tuple[list[Any] | None, datetime | None]:
        ran = self.run("apt", "list", "--upgradable", "--all-versions")
        heads = {
            path: self.tree.read(path, 4096).decode("utf-8", "replace")
            for path in self.tree.glob(f"{_LISTS}/*Release")
        }
        return apt.upgradable(ran.out) if ran.status == 0 else None, apt.lists_at(heads)

    def _dnf(self) -> tuple[list[Any] | None, datetime | None]:
        ran = self.run("dnf", "-C", "-q", "updateinfo", "info", "--security", "--updates")
        found = self._repositories("/var/cache/dnf/*", "/var/cache/libdnf5/*")
        return advisories.of_dnf(ran.out) if ran.status == 0 else None, found

    def _zypper(self) -> tuple[list[Any] | None, datetime | None]:
        ran = self.run("zypper", "--non-interactive", "--no-refresh", "--xmlout", "list-patches")
        found = self._repositories("/var/cache/zypp/raw/*")
        return advisories.of_zypper(ran.out) if ran.status == 0 else None, found

    def _apk(self) -> tuple[list[Any] | None, datetime | None]:
        ran = self.run("apk", "--no-network", "version", "-l", "<")
        older = apk.older(ran.out) if ran.status == 0 else None
        times: dict[tuple[str, str], int] = {}
        newest = []
        for path in self.tree.glob(f"{_APK}/APKINDEX*.tar.gz"):
            try:
                built = apk.built(apk.unpacked(self.tree.read(path, _INDEX)))
            except ValueError:
                continue
            times |= built
            newest.append(max(built.values(), default=0))
        at = datetime.fromtimestamp(max(newest), UTC) if any(newest) else None
        return None if older is None else apk.pending(older, times), at

    def _repositories(self, *folders: str) -> datetime | None:
        paths = [
            one for folder in folders for one in self.tree.glob(f"{folder}/repodata/repomd.xml")
        ]
        return advisories.lists_at(self.tree.text(path) for path in paths)
