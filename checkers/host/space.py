"""The file systems that customers fill, and the quotas on them."""

from __future__ import annotations

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
)
from troth.checkers.host import blockdev, quotas
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.commands import Ran


class Spaces(HostChecker):
    """One resource for each path of ``data_paths``; without these the one of ``/``."""

    id = "host.space"
    kind = "storage-space"
    lists = ("machine_name",)
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "filled": ("space",),
        "disks": ("space",),
        "space_mounts": ("space",),
        "limits": ("space",),
    }

    @classmethod
    def script_lists(cls, target: Mapping[str, Any]) -> dict[str, list[tuple[str, ...]]]:
        """Return the paths of the file systems."""
        return super().script_lists(target) | {
            "space_paths": [(path,) for path in _paths(target)],
            "space_reports": [(f"report -ubN {path}",) for path in _paths(target)],
        }

    @call("exec:df", actions=["run df"], per="key")
    def filled(self, path: str) -> quotas.Filled:
        """Return size and free space of the file system that a path lies in."""
        ran = self.run("df", "-kP", path)
        if ran.status != 0:
            raise ObservationFailed(Reason.NO_DATA, f"df finds no {path}; correct data_paths")
        return quotas.df(ran.out)

    @call("exec:lsblk", actions=["run lsblk"], per="partition", absent_on=["not-installed"])
    def disks(self) -> dict[str, int]:
        """Return the sizes of block devices by their numbers."""
        return quotas.sizes(self.run("lsblk", "-bnro", "MAJ:MIN,SIZE").out)

    @call("file:/proc/self/mountinfo", actions=["read /proc/self/mountinfo"], per="partition")
    def space_mounts(self) -> str:
        """Return what is mounted with which options."""
        return self.tree.text("/proc/self/mountinfo")

    @call("exec:repquota, xfs_quota", actions=["run repquota or xfs_quota (root)"], per="key")
    def limits(self, path: str) -> list[dict[str, Any]]:
        """Return the limits of the users of a file system; none where quotas are not in force."""
        point = quotas.df(self.run("df", "-kP", path).out).point
        table = self.tree.text("/proc/self/mountinfo")
        if not quotas.in_force(table, point):
            return []
        mount = blockdev.holder(point, blockdev.mounts(table))
        if mount is not None and mount.form == "xfs":
            ran = self.run("xfs_quota", "-x", "-c", f"report -ubN {path}")
            return quotas.xfs(_sound(ran, "xfs_quota"))
        return quotas.repquota(_sound(self.run("repquota", "-u", path), "repquota"))

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield each path."""
        for path in _paths(self.target):
            yield Resource(self.own_id(path), path, self.partition.name)

    def own_path(self, space: Resource) -> Iterable[str]:
        """Return the path of a resource."""
        return [space.name]

    @facet("space", uses=["filled", "disks", "space_mounts"], keys="own_path")
    def space(self, space: Resource, filled: Mapping[str, Any], disks: Any, table: str) -> Facts:
        """Return how much fits, and how large the disk beneath is if it can be seen."""
        seen: quotas.Filled = filled[space.name]
        facts = {"size_bytes": seen.size, "free_bytes": seen.free}
        mount = blockdev.holder(seen.point, blockdev.mounts(table))
        if mount is not None and disks and mount.device in disks:
            return Facts(facts | {"disk_bytes": disks[mount.device]})
        words = f"the disk below {seen.point} cannot be seen with lsblk"
        return Facts(facts, {"disk_bytes": Failure(Reason.NOT_SUPPORTED, words)})

    @facet("quotas", uses=["limits"], keys="own_path")
    def quotas(self, space: Resource, limits: Mapping[str, Any]) -> dict[str, Any]:
        """Return the limits."""
        return {"limits": complete(limits[space.name])}


def _paths(target: Mapping[str, Any]) -> list[str]:
    return sorted(set(target.get("data_paths") or ["/"]))


def _sound(ran: Ran, name: str) -> str:
    if ran.status == 0:
        return ran.out
    if "ermitted" in ran.err or "ermission" in ran.err:
        action = "run repquota or xfs_quota (root)"
        raise ObservationFailed(Reason.PERMISSION_DENIED, f"may not {action}", action)
    raise ObservationFailed(
        Reason.NO_DATA, f"{name} ended with status {ran.status}; run it by hand"
    )
