"""The machine itself: secrets that lie about, and how one signs in from afar."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
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
from troth.checkers.host import secrets, sshd
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.console import Console
from troth.checkers.host.devices import Devices
from troth.checkers.host.integrity import Integrity
from troth.checkers.host.malware import Malware
from troth.checkers.host.management import Management
from troth.checkers.host.patches import Patches
from troth.checkers.host.running import Running
from troth.checkers.host.status import Status

#: Where secrets of a machine usually lie; ``*`` is each home.
_PLACES = ("/etc/ssh", "/root", "/home/*", "/srv")
#: How deep folders are walked below these.
DEPTH = 3


class Machine(Devices, Integrity, Malware, Patches, Running, Console, Management):
    """One resource: the machine."""

    id = "host.machine"
    kind = "host"
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "open_secrets": ("secrets",),
        "sshd_settings": ("sshd_effective",),
        "sshd_files": ("sshd",),
        "sshd_there": ("sshd_there",),
    }

    @call(
        "file:/etc/ssh, /root, /home, /srv",
        actions=["list /etc/ssh, /root, /home and /srv (root)"],
        per="partition",
    )
    def open_secrets(self) -> dict[str, Any]:
        """Return the paths of secrets that every user can read, and why there may be more.

        Only modes, names and the first bytes of possible keys are looked at. A folder that others
        may not enter protects what is in it, so it is passed over.
        """
        walk = _Walk(self)
        for place in _PLACES:
            for path in self.tree.glob(place):
                if walk.is_reachable(path):
                    walk.folder(path)
        return {"found": sorted(walk.found), "left_out": walk.left_out}

    @call(
        "exec:sshd -T",
        actions=["run sshd -T (root)"],
        per="partition",
        absent_on=["not-installed", "not-live"],
    )
    def sshd_settings(self) -> dict[str, Any]:
        """Return what the server itself says is in force; empty if it would not say."""
        ran = self.run("sshd", "-T")
        return {"settings": sshd.effective(ran.out) if ran.status == 0 else {}}

    @call(
        "file:/etc/ssh/sshd_config",
        actions=["read /etc/ssh/sshd_config and what it includes"],
        per="partition",
        absent_on=["not-found"],
    )
    def sshd_files(self) -> dict[str, str]:
        """Return the server's configuration by path."""
        return self.sshd_texts()

    @call("file:/usr/sbin/sshd", actions=["look for /usr/sbin/sshd"], per="partition")
    def sshd_there(self) -> bool:
        """Return whether an OpenSSH server is installed."""
        return any(
            self.tree.exists(f"{folder}/sshd") for folder in ("/usr/sbin", "/usr/local/sbin")
        )

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the machine."""
        name = self.read("machine_name")
        yield Resource(f"host:{name}", name, self.partition.name)

    @facet("credentials_at_rest", uses=["open_secrets"])
    def credentials_at_rest(self, host: Resource, walked: dict[str, Any]) -> Facts:
        """Return the paths; a walk that was cut short leaves the list incomplete."""
        if not walked["left_out"]:
            return Facts({"readable_by_all": complete(walked["found"])})
        why = Failure(Reason.LISTING_INCOMPLETE, f"not looked at: {walked['left_out']}")
        return Facts({"readable_by_all": partial(walked["found"])}, {"readable_by_all": why})

    @facet("remote_login", uses=["sshd_there", "sshd_settings", "sshd_files"])
    def remote_login(self, host: Resource, there: bool, printed: Any, files: Any) -> Facts:
        """Return whether an SSH server is offered, and whether it takes a password from root.

        What the running server says goes before its files; Match blocks are only in the files.
        """
        if not there:
            return Facts({"offered": False, "root_by_password": False})
        server = sshd.parse(files or {})
        said = printed["settings"] if printed else {}
        server.everyone |= {name: said[name] for name in sshd.DEFAULTS if name in said}
        raw = {name: server.get(name) for name in ("permitrootlogin", "passwordauthentication")}
        answer = sshd.root_by_password(server)
        if answer is None:
            why = Failure(Reason.NOT_SUPPORTED, "a Match block of sshd decides it by connection")
            return Facts({"offered": True}, {"root_by_password": why}, raw)
        return Facts({"offered": True, "root_by_password": answer}, raw=raw)


class _Walk:
    """A walk through folders that every user may enter, no deeper than :data:`DEPTH`."""

    def __init__(self, host: HostChecker) -> None:
        self.host = host
        self.found: list[str] = []
        self.left_out = ""

    def is_reachable(self, path: str) -> bool:
        """Tell whether every user may enter all the folders above a path."""
        parts = path.strip("/").split("/")[:-1]
        above = ["/" + "/".join(parts[:end]) for end in range(1, len(parts) + 1)]
        return all(_enters(self.host.tree.stat(folder)) for folder in above)

    def folder(self, path: str) -> None:
        """Look at the files below a folder, but not in folders that are closed to others."""
        if not _enters(self.host.tree.stat(path)):
            return
        closed: list[str] = []
        try:
            for inner, status in self.host.tree.walk(path, DEPTH):
                if not inner.startswith(tuple(closed)):
                    self._entry(inner, status, closed)
        except (PermissionError, ObservationFailed):
            self.left_out = self.left_out or path

    def _entry(self, path: str, status: Status, closed: list[str]) -> None:
        if stat.S_ISDIR(status.st_mode):
            if not _enters(status):
                closed.append(f"{path}/")
            elif status.unread:
                self.left_out = self.left_out or path
        elif (
            stat.S_ISREG(status.st_mode) and status.st_mode & stat.S_IROTH and self._is_secret(path)
        ):
            self.found.append(path)

    def _is_secret(self, path: str) -> bool:
        if secrets.by_name(path):
            return True
        tree = self.host.tree
        return secrets.may_be_key(path) and secrets.is_private_key(tree.first_line(path))


def _enters(status: Status) -> bool:
    """Tell whether a path is a folder that every user may enter."""
    return stat.S_ISDIR(status.st_mode) and bool(status.st_mode & stat.S_IXOTH)
