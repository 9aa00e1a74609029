"""Folders and repositories of backups on the machine: who can reach what is in them."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping
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
from troth.checkers.host import access, shadow
from troth.checkers.host.backup_tools import above, places
from troth.checkers.host.collector import HostChecker, NotLive
from troth.checkers.host.commands import NotInstalled
from troth.checkers.host.settings import lines
from troth.checkers.host.status import Status

#: Groups whose members act as root at will.
_ADMINS = {"sudo", "wheel", "admin", "root"}
#: Sources of nsswitch.conf(5) that are all in the machine's own files.
_OWN = {"files", "compat", "systemd", "db"}


class BackupPlaces(HostChecker):
    """One resource for each folder of ``backup_folders`` and each repository on the machine."""

    id = "host.backup-place"
    kind = "backup-store"
    lists = ("machine_name",)
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "place": ("backup_access",),
        "names": ("accounts",),
    }

    @classmethod
    def script_lists(cls, target: Mapping[str, Any]) -> dict[str, list[tuple[str, ...]]]:
        """Return the places, and the folders above them."""
        kept = places(target)
        higher = sorted({one for path in kept for one in above(path)})
        return super().script_lists(target) | {
            "backup_places": [(path,) for path in kept],
            "backup_above": [(path,) for path in higher],
        }

    @call("file:backup folder", actions=["look at the backup folders"], per="key")
    def place(self, path: str) -> dict[str, Any]:
        """Return the status of a folder and those above it, and its access control list.

        A group's bits are the most that a list can give, so without any it need not be read.
        """
        status = self.tree.stat(path)
        found = {"status": status, "above": [self.tree.stat(one) for one in above(path)]}
        if not status.st_mode & stat.S_IRWXG:
            return found | {"list": ""}
        try:
            ran = self.run("getfacl", "-pn", "--skip-base", path)
        except NotInstalled:
            return found | {"list": None, "why": "getfacl is not installed (package acl)"}
        except NotLive:
            return found | {"list": None, "why": "getfacl needs the running machine"}
        if ran.status != 0:
            return found | {"list": None, "why": f"getfacl ended with status {ran.status}"}
        return found | {"list": ran.out}

    @call("file:/etc/passwd, /etc/group", actions=["read /etc/passwd"], per="partition")
    def names(self) -> dict[str, str]:
        """Return accounts and groups, and where else the machine takes them from."""
        tree, sources = self.tree, ""
        if tree.exists("/etc/nsswitch.conf"):
            sources = tree.text("/etc/nsswitch.conf")
        passwd = shadow.redacted(tree.text("/etc/passwd"))
        return {"passwd": passwd, "group": tree.text("/etc/group"), "sources": sources}

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield each place."""
        for path in places(self.target):
            yield Resource(self.own_id(path), path, self.partition.name)

    def own_path(self, place: Resource) -> Iterable[str]:
        """Return the path of a place."""
        return [place.name]

    @facet("access", uses=["machine_name", "place", "names"], keys="own_path")
    def access(
        self, place: Resource, name: str, read: Mapping[str, Any], names: Mapping[str, str]
    ) -> Facts:
        """Return who may enter the folder, those who can become root among them."""
        seen = read[place.name]
        status: Status = seen["status"]
        if not stat.S_ISDIR(status.st_mode):
            raise ObservationFailed(Reason.NO_DATA, f"{place.name} is no folder; correct its path")
        ways = access.opens(place.name, status, seen["above"])
        logins = list(shadow.logins(names["passwd"]))
        who = access.enterers(status, access.entries(seen["list"] or ""), logins, names["group"])
        members, gids = shadow.members(names["group"], _ADMINS)
        who |= members | {one.name for one in logins if one.gid in gids and one.may_sign_in}
        people = {login.name for login in logins if login.uid >= self._least()}
        known = {login.name for login in logins}
        items = [
            {
                "account": f"host:{name}:{one}",
                "type": "person" if one in people or one not in known else "service",
            }
            for one in who
        ]
        facts = {"open": bool(ways), "ways": complete(ways), "outsiders": complete([])}
        why = seen.get("why") or _elsewhere(names["sources"])
        if not why:
            return Facts(facts | {"accounts": complete(items)})
        failure = Failure(Reason.NOT_SUPPORTED, f"not everybody who may enter is known: {why}")
        return Facts(facts | {"accounts": partial(items)}, {"accounts": failure})

    def _least(self) -> int:
        return int(self.target.get("human_uid_min", 1000))


def _elsewhere(sources: str) -> str:
    """Return that accounts or groups come from a directory too; empty if they do not."""
    for line in lines(sources):
        word, _, rest = line.partition(":")
        others = [one for one in rest.split() if one not in _OWN and one.isalnum()]
        if word.strip() in ("passwd", "group", "initgroups") and others:
            return f"accounts come from {others[0]} too; ask that directory"
    return ""
