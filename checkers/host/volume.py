"""The file systems of the machine that hold data, and what encrypts them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

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
from troth.checkers.host import blockdev
from troth.checkers.host.blockdev import Layer, Mount
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.settings import lines

#: Makers of virtual machines whose disks the provider may encrypt where the machine cannot see it.
_CLOUDS = ("Amazon EC2", "Google", "Microsoft Corporation", "Alibaba Cloud", "DigitalOcean")
_NETWORK = ("nfs", "cifs", "smb", "ceph", "glusterfs", "9p", "afs")
_NO_STORES = ("/boot", "/efi", "/snap")


class Volumes(HostChecker):
    """One resource for each file system that a data path lies in, or for each one on a disk."""

    id = "host.volume"
    kind = "data-store"
    lists = ("machine_name", "mount_table")

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

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield each file system once, named by where it is mounted."""
        for mount in self._mounts(self.read("mount_table")):
            yield Resource(self.own_id(mount.point), mount.point, self.partition.name)

    @facet("encryption", uses=["mount_table", "block_devices", "crypt_table", "maker"])
    def encryption(self, volume: Resource, table: str, lsblk: str, crypt: Any, maker: Any) -> Facts:
        """Return the weakest way from a disk to the data, or the provider's encryption as said."""
        mount = _mount(volume, table)
        chains = blockdev.parents(lsblk, mount)
        if not chains or mount.form == "overlay":
            raise _unseen(mount)
        ways = [[node for node in chain if node.get("type") == "crypt"] for chain in chains]
        raw = {"devices": sorted({str(node["name"]) for chain in chains for node in chain})}
        if all(ways):
            return Facts(self._crypt(ways, crypt), raw=raw)
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
        """Return a volume; Linux does not record when it was made."""
        return {"form": "volume", "created_at": None}

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
        return _encrypted(min((max(way, key=_strength) for way in layers), key=_strength))

    def _by_provider(self, maker: str, raw: dict[str, Any]) -> Facts:
        said = self.target.get("provider_encrypted")
        if isinstance(said, Mapping) or said is True:
            return _asserted(said, raw)
        if said is None and maker.startswith(_CLOUDS):
            words = f"a machine of {maker} cannot see whether the provider encrypts its disks; "
            words += "set provider_encrypted, or look at the cloud account as well"
            raise ObservationFailed(Reason.NOT_SUPPORTED, words)
        facts = {"state": "unencrypted", "algorithm": "none", "key_bits": 0, "layer": "none"}
        return Facts(facts | {"key_owner": "none"}, raw=raw)


def _encrypted(layer: Layer) -> dict[str, Any]:
    state = "encrypted" if layer.key_bits else "unencrypted"
    return {
        "state": state,
        "algorithm": layer.algorithm if layer.key_bits else "none",
        "key_bits": layer.key_bits,
        "layer": "volume" if layer.key_bits else "none",
        "key_owner": "customer" if layer.key_bits else "none",
    }


def _asserted(said: Any, raw: Mapping[str, Any]) -> Facts:
    facts = {"state": "encrypted", "layer": "provider", "key_owner": "provider"}
    noted = dict(raw) | {"asserted": True}
    if isinstance(said, Mapping):
        return Facts(facts | {n: said[n] for n in ("algorithm", "key_bits")}, raw=noted)
    why = Failure(
        Reason.NOT_SUPPORTED,
        "provider_encrypted does not say how; write {algorithm: AES, key_bits: 256}",
    )
    return Facts(facts, {"algorithm": why, "key_bits": why}, noted)


def _strength(layer: Layer) -> tuple[int, int]:
    return (layer.algorithm == "AES", layer.key_bits) if layer.key_bits else (-1, 0)


def _mount(volume: Resource, table: str) -> Mount:
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
