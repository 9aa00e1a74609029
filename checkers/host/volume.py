"""The file systems of the machine that hold data, and what encrypts them."""

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
    partial,
)
from troth.checkers.host import blockdev, file_crypto, volume_facts
from troth.checkers.host.blockdev import Mount
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.commands import NotInstalled
from troth.checkers.host.settings import lines

#: Makers of virtual machines whose disks the provider may encrypt where the machine cannot see it.
_CLOUDS = ("Amazon EC2", "Google", "Microsoft Corporation", "Alibaba Cloud", "DigitalOcean")
_NETWORK = ("nfs", "cifs", "smb", "ceph", "glusterfs", "9p", "afs")
_NO_STORES = ("/boot", "/efi", "/snap")


class Volumes(HostChecker):
    """One resource for each file system that a data path lies in, or for each one on a disk."""

    id = "host.volume"
    kind = "data-store"
    lists = ("machine_name", "mount_table", "swap_table")
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "mount_table": ("mounts",),
        "block_devices": ("disks",),
        "crypt_table": ("disks",),
        "maker": ("disks",),
        "shares": ("shares",),
        "swap_table": ("file_crypto",),
        "zfs_properties": ("file_crypto",),
        "fscrypt_states": ("file_crypto",),
    }

    @classmethod
    def script_lists(cls, target: Mapping[str, Any]) -> dict[str, list[tuple[str, ...]]]:
        """Return the paths that may be encrypted on their own."""
        paths: list[tuple[str, ...]] = [(path,) for path in target.get("data_paths", ())]
        return super().script_lists(target) | {"crypt_paths": paths}

    @call("file:/proc/self/mountinfo", actions=["read /proc/self/mountinfo"], per="partition")
    def mount_table(self) -> str:
        """Return what is mounted where."""
        return self.tree.text("/proc/self/mountinfo")

    @call("exec:lsblk", actions=["run lsblk"], per="partition")
    def block_devices(self) -> str:
        """Return the tree of block devices as JSON."""
        columns = "NAME,KNAME,PATH,TYPE,FSTYPE,MAJ:MIN"
        ran = self.run("lsblk", "-J", "-b", "-o", columns)
        if ran.status != 0:
            raise ObservationFailed(Reason.NO_DATA, "lsblk sees no block devices")
        return ran.out

    @call(
        "exec:dmsetup table",
        actions=["run dmsetup table (root)"],
        per="partition",
        absent_on=["not-installed"],
    )
    def crypt_table(self) -> dict[str, Any]:
        """Return what dmsetup says of crypt targets, without keys, or that it would not."""
        ran = self.run("dmsetup", "table", "--target", "crypt")
        return {"out": ran.out, "refused": ran.status != 0 and "ermission denied" in ran.err}

    @call(
        "file:/sys/class/dmi/id/sys_vendor",
        actions=["read /sys/class/dmi/id/sys_vendor"],
        per="partition",
        absent_on=["not-found"],
    )
    def maker(self) -> str:
        """Return who made the machine; a cloud's machines say so."""
        return self.tree.text("/sys/class/dmi/id/sys_vendor").strip()

    @call("file:/etc/exports", actions=["read /etc/exports"], per="partition")
    def shares(self) -> dict[str, Any]:
        """Return what the machine offers over NFS, and whether a Samba server is configured."""
        tree = self.tree
        main = tree.text("/etc/exports") if tree.exists("/etc/exports") else ""
        texts = [main, *tree.texts("/etc/exports.d", ".exports").values()]
        return {"exports": "\n".join(texts), "samba": tree.exists("/etc/samba/smb.conf")}

    @call(
        "file:/proc/swaps", actions=["read /proc/swaps"], per="partition", absent_on=["not-found"]
    )
    def swap_table(self) -> str:
        """Return where memory is swapped to."""
        return self.tree.text("/proc/swaps")

    @call("exec:zfs get", actions=["run zfs get"], per="partition", absent_on=["not-installed"])
    def zfs_properties(self) -> str:
        """Return the property ``encryption`` of every ZFS dataset; empty if zfs would not say."""
        ran = self.run("zfs", "get", "-H", "-t", "filesystem", "-o", "name,value", "encryption")
        return ran.out if ran.status == 0 else ""

    @call("exec:fscrypt status", actions=["run fscrypt status"], per="key")
    def fscrypt_states(self, path: str) -> str:
        """Return what fscrypt says of a data path; empty where it is not encrypted."""
        try:
            ran = self.run("fscrypt", "status", path)
        except NotInstalled:
            return ""
        return ran.out if ran.status == 0 else ""

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield each file system once, named by where it is mounted, and each swap device."""
        for mount in self._mounts(self.read("mount_table")):
            yield Resource(self.own_id(mount.point), mount.point, self.partition.name)
        for device in file_crypto.swaps(str(self.read("swap_table") or "")):
            yield Resource(self.own_id(device), device, self.partition.name)

    def paths_in(self, volume: Resource) -> Iterable[str]:
        """Return the data paths that lie in a volume."""
        mounted = blockdev.mounts(self.read("mount_table"))
        for path in self.target.get("data_paths", ()):
            around = blockdev.holder(path, mounted)
            if around is not None and around.point == volume.name:
                yield path

    @facet(
        "encryption",
        uses=[
            "mount_table",
            "block_devices",
            "crypt_table",
            "maker",
            "zfs_properties",
            "fscrypt_states",
        ],
        keys="paths_in",
    )
    def encryption(
        self,
        volume: Resource,
        table: str,
        lsblk: str,
        crypt: Any,
        maker: Any,
        zfs: Any,
        fscrypt: Mapping[str, str],
    ) -> Facts:
        """Return the weakest way from a disk to the data, or the provider's encryption as said.

        A file system that encrypts by itself needs no crypt device below.
        """
        mount = _mount(volume, table)
        own = volume_facts.own_layer(mount, zfs, fscrypt)
        if own is not None:
            return volume_facts.by_file_system(own)
        zfs_pool = mount.form == "zfs"
        chains = file_crypto.pool_chains(lsblk) if zfs_pool else blockdev.parents(lsblk, mount)
        if not chains or mount.form == "overlay":
            raise _unseen(mount)
        ways = [[node for node in chain if node.get("type") == "crypt"] for chain in chains]
        raw = {"devices": sorted({str(node["name"]) for chain in chains for node in chain})}
        if all(ways):
            return Facts(self._crypt(ways, crypt), raw=raw)
        if zfs_pool and any(ways):
            raise _unseen(mount)
        return self._by_provider(str(maker or ""), raw)

    @facet("exposure", uses=["mount_table", "shares"])
    def exposure(self, volume: Resource, table: str, shares: Mapping[str, Any]) -> Facts:
        """Return whether a file share opens it to anyone: a disk as such is not on the network."""
        point = _mount(volume, table).point
        ways = [way for way in _open_exports(shares["exports"]) if _touches(way, point)]
        words = [f"NFS export {path} to {client}" for path, client in ways]
        if not shares["samba"] or words:
            return Facts({"public": bool(words), "ways": complete(words)})
        why = Failure(Reason.NOT_SUPPORTED, "a Samba server is configured; its shares are not read")
        return Facts({"ways": partial(words)}, {"public": why})

    @facet("location", uses=["machine_name"])
    def location(self, volume: Resource, name: str) -> dict[str, Any]:
        """Return the machine."""
        return {"places": complete([f"host:{name}"])}

    @facet("transport", uses=["mount_table"])
    def transport(self, volume: Resource, table: str) -> dict[str, Any]:
        """Return that a local disk is not reachable; a network file system is not supported."""
        mount = _mount(volume, table)
        if mount.form.startswith(_NETWORK):
            raise _unseen(mount)
        return {"plaintext": "not-reachable"}

    @facet("nature")
    def nature(self, volume: Resource) -> dict[str, Any]:
        """Return a volume, or scratch space; Linux does not record when it was made."""
        form = "scratch" if volume.name.startswith("/dev/") else "volume"
        return {"form": form, "created_at": None}

    def _mounts(self, table: str) -> list[Mount]:
        mounted = blockdev.mounts(table)
        if "data_paths" in self.target:
            holders = [blockdev.holder(path, mounted) for path in self.target["data_paths"]]
            chosen = {mount.point: mount for mount in holders if mount}
        else:
            chosen = {m.point: m for m in mounted if _is_store(m)}
        return [chosen[point] for point in sorted(chosen)]

    @staticmethod
    def _crypt(ways: list[list[Mapping[str, Any]]], crypt: Any) -> dict[str, Any]:
        if crypt and crypt["refused"]:
            action = "run dmsetup table (root)"
            raise ObservationFailed(Reason.PERMISSION_DENIED, f"may not {action}", action)
        if not crypt:
            raise ObservationFailed(Reason.NOT_SUPPORTED, "dmsetup is not installed")
        known = blockdev.crypt_layers(crypt["out"])
        layers = [[known[n["name"]] for n in way if n["name"] in known] for way in ways]
        if not all(layers):
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, "dmsetup lacks a crypt device")
        return volume_facts.by_crypt(
            min((max(way, key=volume_facts.strength) for way in layers), key=volume_facts.strength)
        )

    def _by_provider(self, maker: str, raw: dict[str, Any]) -> Facts:
        said = self.target.get("provider_encrypted")
        if isinstance(said, Mapping) or said is True:
            return volume_facts.as_said(said, raw)
        if said is None and maker.startswith(_CLOUDS):
            words = f"a machine of {maker} cannot see whether the provider encrypts its disks; "
            words += "set provider_encrypted, or look at the cloud account as well"
            raise ObservationFailed(Reason.NOT_SUPPORTED, words)
        facts = {"state": "unencrypted", "algorithm": "none", "key_bits": 0, "layer": "none"}
        return Facts(facts | {"key_owner": "none"}, raw=raw)


def _mount(volume: Resource, table: str) -> Mount:
    if volume.name.startswith("/dev/"):
        return Mount("", volume.name, "swap", volume.name)
    for mount in blockdev.mounts(table):
        if mount.point == volume.name:
            return mount
    raise ObservationFailed(Reason.NO_DATA, f"nothing is mounted at {volume.name} any more")


def _is_store(mount: Mount) -> bool:
    """Tell whether it is a disk's file system, the root, or a network's, and not for starting."""
    if mount.point.startswith(_NO_STORES) or mount.form in ("squashfs", "iso9660", "tmpfs"):
        return False
    on_disk = mount.source.startswith("/dev/") or mount.form in ("zfs", "btrfs")
    return on_disk or mount.point == "/" or mount.form.startswith(_NETWORK)


def _unseen(mount: Mount) -> ObservationFailed:
    words = f"{mount.point} is {mount.form} on {mount.source}: no block device can be seen below it"
    return ObservationFailed(Reason.NOT_SUPPORTED, words)


def _open_exports(exports: str) -> Iterator[tuple[str, str]]:
    """Yield path and client of each NFS export that any address may mount (exports(5))."""
    for line in lines(exports.replace("\\\n", " ")):
        path, *clients = line.split()
        for client in clients or ["*"]:
            if client.split("(", 1)[0] in ("", "*", "0.0.0.0/0", "::/0"):
                yield path.strip('"'), client.split("(", 1)[0] or "*"


def _touches(way: tuple[str, str], point: str) -> bool:
    path, base = way[0].rstrip("/") + "/", point.rstrip("/") + "/"
    return path.startswith(base) or base.startswith(path)
