"""Encryption by a file system itself, ZFS and fscrypt, and where memory is swapped to.

Pure functions. Source: zfsprops(7), fscrypt(1) and the kernel's documentation of fscrypt,
proc_swaps(5); the texts in the tests were written from these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from troth.checkers.host.blockdev import Layer, chains_to

_ZFS = re.compile(r"aes-(128|192|256)-(?:ccm|gcm)")
_CONTENTS = re.compile(r"contents:([A-Za-z0-9_]+)")
_FSCRYPT = {
    "AES_256_XTS": Layer("AES", 256),
    "AES_128_CBC": Layer("AES", 128),
    "Adiantum": Layer("ChaCha20", 256),
}


def zfs(out: str, dataset: str) -> str | None:
    """Return the property ``encryption`` of a dataset, from ``zfs get -H -o name,value``."""
    rows = (line.split("\t") for line in out.splitlines())
    return next((row[1] for row in rows if len(row) == 2 and row[0] == dataset), None)


def zfs_layer(value: str) -> Layer | None:
    """Return the layer of a dataset's property; None where it has none, or one not known."""
    found = _ZFS.fullmatch(value)
    if found:
        return Layer("AES", int(found[1]))
    return Layer("AES", 256) if value == "on" else None


def pool_chains(lsblk: str) -> list[list[Mapping[str, Any]]]:
    """Return each chain of devices that ends in a member of a ZFS pool."""
    return chains_to(lsblk, lambda node: node.get("fstype") == "zfs_member")


def fscrypt(status: str) -> Layer | None:
    """Return what encrypts a folder's contents, from ``fscrypt status FOLDER``.

    None if it is not encrypted; a Layer of 0 bits if the options do not say how.
    """
    if "is encrypted with fscrypt" not in status:
        return None
    found = _CONTENTS.search(status)
    return _FSCRYPT.get(found[1] if found else "", Layer("other", 0))


def weakest(layers: Iterable[Layer | None]) -> Layer | None:
    """Return the weakest of the layers; None if one of them encrypts nothing, or there are none."""
    known = list(layers)
    if not known or None in known:
        return None
    return min(
        (one for one in known if one), key=lambda one: (one.algorithm == "AES", one.key_bits)
    )


def swaps(proc_swaps: str) -> list[str]:
    """Return the devices that memory is swapped to; compressed memory is none.

    A swap file is part of its file system, and that is looked at as such.
    """
    rows = (line.split() for line in proc_swaps.splitlines()[1:])
    found = {row[0] for row in rows if len(row) >= 2 and row[1] == "partition"}
    return sorted(one for one in found if not one.startswith("/dev/zram"))
