"""Who can act as root on the machine, or run something as somebody else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from troth.checker import Facts, Failure, Listed, Reason, Resource, call, complete, facet, partial
from troth.checkers.host import shadow, sudoers
from troth.checkers.host.collector import HostChecker

#: Groups whose members can become root: by sudo's or su's custom, or because the group lets them
#: write to disks or start what runs as root (docker: a container with the disk mounted).
ROOT_GROUPS = ("admin", "disk", "docker", "incus-admin", "libvirt", "lxd", "sudo", "wheel")
#: Groups that mean something only where sudoers or su's PAM stack says so.
_BY_CUSTOM = ("admin", "sudo", "wheel")
_DROP_INS = "/etc/sudoers.d"


class Privileges(HostChecker):
    """One resource: the machine's grants."""

    id = "host.privileges"
    kind = "privileges"
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "everyone": ("accounts",),
        "sudo_files": ("sudoers",),
    }

    @call("file:/etc/group", actions=["read /etc/passwd and /etc/group"], per="partition")
    def everyone(self) -> dict[str, str]:
        """Return the local accounts and groups, without what a password is checked against."""
        passwd = shadow.redacted(self.tree.text("/etc/passwd"))
        return {"passwd": passwd, "group": self.tree.text("/etc/group")}

    @call(
        f"file:{sudoers.MAIN}",
        actions=[f"read {sudoers.MAIN} and what it includes (root)"],
        per="partition",
        absent_on=["not-found"],
    )
    def sudo_files(self) -> dict[str, str]:
        """Return sudo's rules by path; ABSENT where there is no sudo."""
        found = {sudoers.MAIN: self.tree.text(sudoers.MAIN)}
        for name, text in self.tree.texts(_DROP_INS).items():
            found[f"{_DROP_INS}/{name}"] = text
        return found

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the machine's one list of grants."""
        name = self.read("machine_name")
        yield Resource(self.own_id("privileges"), name, self.partition.name)

    @facet("system")
    def system(self, resource: Resource) -> dict[str, Any]:
        """Return the machine as the staff register calls it."""
        return {"name": resource.id.removesuffix(":privileges")}

    @facet("grants", uses=["everyone", "sudo_files"])
    def grants(self, resource: Resource, known: Mapping[str, str], files: Any) -> Facts:
        """Return every grant of an account, by uid, by group and by sudoers.

        A rule for somebody who is no local account or group is of a directory: the list is then
        incomplete, for its members are not known here.
        """
        who = _Everyone(known["passwd"], known["group"])
        found = set(who.by_groups())
        why = ""
        try:
            for grant in sudoers.grants(files) if files else ():
                label = "admin" if _is_everything(grant) else _label(grant)
                logins = who.meant(grant.who)
                if logins is None:
                    why = why or f"{grant.path} names {grant.who}, which only a directory knows"
                found |= {(login, label, grant.path) for login in logins or ()}
        except sudoers.Unclear as unclear:
            why = str(unclear)
        found = {one for one in found if one[0] not in who.roots}
        rows = [dict(zip(("login", "grant", "by"), one, strict=True)) for one in sorted(found)]
        if not why:
            return Facts({"held": complete(rows)})
        failure = Failure(Reason.NOT_SUPPORTED, why)
        return Facts({"held": partial(rows)}, {"held": failure})


class _Everyone:
    """The machine's accounts and groups."""

    def __init__(self, passwd: str, group: str) -> None:
        self._logins = shadow.logins(passwd)
        self._group = group
        self._groups = {line.split(":", 1)[0] for line in group.splitlines() if ":" in line}
        #: The account that is root by name; another of uid 0 is a grant.
        self.roots = {"root"}

    def by_groups(self) -> Iterable[tuple[str, str, str]]:
        """Yield login, ``admin`` and why, of accounts that are root by their number or group."""
        for login in self._logins:
            if login.uid == 0:
                yield login.name, "admin", "uid 0"
        for name in ROOT_GROUPS:
            for one in self._members(name):
                yield one, "admin", f"group {name}"

    def meant(self, who: str) -> set[str] | None:
        """Return the logins that a rule's user list means; None: a directory knows them."""
        if who == "ALL":
            return {one.name for one in self._logins}
        if who.startswith("#") and who[1:].isdigit():
            return {one.name for one in self._logins if one.uid == int(who[1:])}
        if who.startswith("%") and not who.startswith(("%:", "%#")):
            name = who[1:].replace("\\", "")
            return self._members(name) if name in self._groups else self._gone(name)
        if who.startswith("%#") and who[2:].isdigit():
            return {one.name for one in self._logins if one.gid == int(who[2:])}
        name = who.replace("\\", "")
        known = {one.name for one in self._logins}
        return {name} if name in known else None

    def _gone(self, name: str) -> set[str] | None:
        """Return nobody for a group that sudo's own file names by custom, and is not there."""
        return set() if name in _BY_CUSTOM else None

    def _members(self, name: str) -> set[str]:
        names, gids = shadow.members(self._group, {name})
        known = {one.name for one in self._logins}
        return (names & known) | {one.name for one in self._logins if one.gid in gids}


def _is_everything(grant: sudoers.Grant) -> bool:
    return grant.command == "ALL" and grant.as_root


def _label(grant: sudoers.Grant) -> str:
    return f"{'' if grant.as_root else 'not root: '}{grant.command}"[:200]
