"""Jobs of the machine that copy data: what scheduled commands, scripts and tools' files name."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from troth.checker import Facts, Failure, Listed, Reason, Resource, call, facet
from troth.checkers.host import blockdev, copy_lines
from troth.checkers.host.blockdev import Mount
from troth.checkers.host.collector import HostChecker, NotLive
from troth.checkers.host.copy_lines import Job, Line

_NETWORK = ("nfs", "cifs", "smb", "fuse.sshfs")
_REMOVABLE = ("/media/", "/run/media/")
_ACTION = "read crontabs, units, /usr/local/bin and the files of backup tools (root)"


class CopyJobs(HostChecker):
    """One resource for each destination that a job of the machine names.

    Its id holds the destination as it is written, so that it stays when lines move.
    """

    id = "host.copy-job"
    kind = "copy-job"
    lists = ("machine_name", "job_lines")
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "job_lines": ("copy_jobs",),
        "copy_mounts": ("copy_mounts",),
    }
    options: ClassVar[Mapping[str, Any]] = {
        **HostChecker.options,
        "not_backups": {
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "description": "patterns on the places that copies go to which hold no backups",
        },
    }

    @call("exec:grep", actions=[_ACTION], per="partition")
    def job_lines(self) -> dict[str, Any]:
        """Return the lines that may name a destination, and the first file that was refused."""
        try:
            ran = self.run("grep", "-rnE", copy_lines.PATTERN, *copy_lines.FOLDERS)
        except NotLive:
            return {"lines": self._lines_of_tree(), "refused": ""}
        refused = [row for row in ran.err.splitlines() if row.endswith("ermission denied")]
        path = refused[0].split(": ")[1] if refused and refused[0].count(": ") > 1 else ""
        return {"lines": copy_lines.grepped(ran.out), "refused": path or "".join(refused[:1])[:80]}

    @call("file:mounts", actions=["read /proc/self/mountinfo"], per="partition")
    def copy_mounts(self) -> list[Mount]:
        """Return what is mounted, or in a file tree what its fstab mounts."""
        if self.tree.exists("/proc/self/mountinfo"):
            return blockdev.mounts(self.tree.text("/proc/self/mountinfo"))
        if self.tree.exists("/etc/fstab"):
            return _fstab(self.tree.text("/etc/fstab"))
        return []

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield each destination once; what was refused leaves the list open."""
        read = self.read("job_lines")
        name = self.read("machine_name")
        seen = {_key(job) for job in copy_lines.jobs(read["lines"], name)}
        for key in sorted(seen):
            yield Resource(self.own_id(f"copy:{key}"), key, self.partition.name)
        if read["refused"]:
            why = f"may not read {read['refused']}"
            yield Listed(Failure(Reason.PERMISSION_DENIED, why, _ACTION))

    @facet("destination", uses=["machine_name", "job_lines", "copy_mounts"])
    def destination(
        self, job: Resource, name: str, read: Mapping[str, Any], mounts: list[Mount]
    ) -> Facts:
        """Return where the copies go; what a variable from elsewhere decides cannot be told."""
        mine = [one for one in copy_lines.jobs(read["lines"], name) if _key(one) == job.name]
        first = mine[0]
        raw = {"named_in": sorted({one.line.path for one in mine})}
        facts: dict[str, Any] = {"tool": first.tool, "purpose": self._purpose(mine)}
        if first.where is None:
            at = f"{first.line.path}:{first.line.number}"
            words = f"{at} does not say itself where {first.tool} copies to; write the place there"
            why = Failure(Reason.UNPROVEN, words)
            return Facts(facts, dict.fromkeys(("place", "storage", "leaves"), why), raw)
        place, storage = first.where
        here = f"host:{name}:"
        if place.startswith(f"{here}/"):
            place, leaves = _local(place.removeprefix(here), here, mounts)
        else:
            leaves = True
        return Facts(facts | {"place": place, "storage": storage, "leaves": leaves}, raw=raw)

    def _purpose(self, mine: list[Job]) -> str:
        places = [one.where.place for one in mine if one.where]
        patterns = self.target.get("not_backups", ())
        if any(fnmatchcase(place, pattern) for place in places for pattern in patterns):
            return "other"
        return "backup" if any(one.backup for one in mine) else "unknown"

    def _lines_of_tree(self) -> list[Line]:
        found: list[Line] = []
        for top in copy_lines.FOLDERS:
            for depth in range(4):
                for path in self.tree.glob(top + "/*" * depth):
                    if not stat.S_ISREG(self.tree.stat(path).st_mode):
                        continue
                    text = self.tree.read(path, 65536).decode("utf-8", "replace")
                    found += copy_lines.matching(path, text)
        return found


def _key(job: Job) -> str:
    """Return tool and destination as written: the same wherever it stands."""
    return f"{job.tool}:{job.named[:200]}"


def _local(path: str, here: str, mounts: list[Mount]) -> tuple[str, bool]:
    """Return the place of a local path, and whether what lies there is off the machine's disks."""
    mount = blockdev.holder(path, mounts)
    if mount and mount.form.startswith(_NETWORK):
        server, _, share = mount.source.lstrip("/").replace("/", ":/", 1).partition(":")
        share = mount.source.partition(":")[2] or share
        return f"host:{server}:{share}{path.removeprefix(mount.point.rstrip('/'))}", True
    if f"{path}/".startswith(_REMOVABLE):
        return f"removable:{here.split(':')[1]}:{path}", True
    return f"{here}{path}", False


def _fstab(text: str) -> list[Mount]:
    rows = (line.split() for line in text.splitlines() if not line.lstrip().startswith("#"))
    return [Mount("", row[1], row[2], row[0]) for row in rows if len(row) >= 3]
