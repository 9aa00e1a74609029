"""What lies under a mounted file system: disks, volumes, crypt layers; pure functions of text.

Source: lsblk(8) ``-J``, the dm-crypt table of the kernel's device mapper documentation,
proc_pid_mountinfo(5). AES-XTS splits its key in two, so 256 bits of key are AES-128.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from troth.checker import ObservationFailed, Reason

_TABLE = re.compile(r"^(\S+): \d+ \d+ crypt (\S+) (\S+) ")
_KEYRING = re.compile(r"^:(\d+):")


@dataclass(frozen=True)
class Mount:
    """A line of /proc/self/mountinfo."""

    device: str
    point: str
    form: str
    source: str


@dataclass(frozen=True)
class Layer:
    """A crypt layer: its algorithm in the words of the kind, and its effective key bits."""

    algorithm: str
    key_bits: int


def mounts(mountinfo: str) -> list[Mount]:
    """Return what is mounted, the last mount of a place only: it hides the earlier ones."""
    return list(_mounts(mountinfo))


@lru_cache(maxsize=16)  # the same table is asked for each volume of a machine
def _mounts(mountinfo: str) -> tuple[Mount, ...]:
    found: dict[str, Mount] = {}
    for line in mountinfo.splitlines():
        left, dash, right = line.partition(" - ")
        fields, rest = left.split(), right.split()
        if dash and len(fields) >= 5 and len(rest) >= 2:
            point = _unescaped(fields[4])
            found[point] = Mount(fields[2], point, rest[0], _unescaped(rest[1]))
    return tuple(found.values())


def holder(path: str, mounted: list[Mount]) -> Mount | None:
    """Return the mount that a path lies in: the one with the longest matching place."""
    around = [m for m in mounted if m.point == "/" or f"{path}/".startswith(f"{m.point}/")]
    return max(around, key=lambda mount: len(mount.point), default=None)


def parents(lsblk: str, mount: Mount) -> list[list[Mapping[str, Any]]]:
    """Return each chain of devices from a disk to the one that is mounted; empty if not listed.

    A device on several others (RAID, a logical volume) has a chain through each.
    """

    def is_mounted(node: Mapping[str, Any]) -> bool:
        return (
            node["maj:min"] == mount.device
            or f"/dev/{node['kname']}" == mount.source
            or node.get("path") == mount.source
        )

    return chains_to(lsblk, is_mounted)


def chains_to(
    lsblk: str, wanted: Callable[[Mapping[str, Any]], bool]
) -> list[list[Mapping[str, Any]]]:
    """Return each chain of devices from a disk to one that is ``wanted``."""
    try:
        roots = json.loads(lsblk)["blockdevices"]
        return [chain for chain in _chains(roots, []) if wanted(chain[-1])]
    except (ValueError, LookupError, TypeError) as error:
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "lsblk's answer lacks parts") from error


def crypt_layers(dmsetup: str) -> dict[str, Layer]:
    """Return the crypt layers of ``dmsetup table`` by name; keys are zeros there or in a keyring.

    The key's length is all that is used of it.
    """
    found = {}
    for line in dmsetup.splitlines():
        parts = _TABLE.match(line)
        if parts:
            keyring = _KEYRING.match(parts[3])
            bits = int(keyring[1]) * 8 if keyring else len(parts[3]) * 4
            found[parts[1]] = _layer(parts[2], 0 if parts[3] == "-" else bits)
    return found


def _layer(cipher: str, bits: int) -> Layer:
    """Return the layer of a dm-crypt cipher, ``aes-xts-plain64`` or ``capi:xts(aes)-plain64``."""
    said = cipher.lower()
    effective = bits // 2 if "xts" in said else bits
    if re.match(r"aes-(xts|cbc|ecb|ctr|lrw)|capi:(xts|cbc|ecb|ctr)\((ecb\()?aes\b", said):
        return Layer("AES", effective)
    return Layer(
        "ChaCha20" if "chacha20" in said and "adiantum" not in said else "other", effective
    )


def _chains(
    nodes: list[Mapping[str, Any]], above: list[Mapping[str, Any]]
) -> Iterator[list[Mapping[str, Any]]]:
    for node in nodes:
        chain = [*above, node]
        yield chain
        yield from _chains(node.get("children", []), chain)


def _unescaped(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), field)
