"""Facts of how a volume is encrypted, by what encrypts it; pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from troth.checker import Facts, Failure, ObservationFailed, Reason
from troth.checkers.host import file_crypto
from troth.checkers.host.blockdev import Layer, Mount


def own_layer(mount: Mount, zfs: Any, fscrypt: Mapping[str, str]) -> Layer | None:
    """Return what the file system itself encrypts with; None if it does not."""
    if mount.form != "zfs":
        return file_crypto.weakest(file_crypto.fscrypt(said) for said in fscrypt.values())
    value = file_crypto.zfs(str(zfs or ""), mount.source)
    if value is None:
        words = f"zfs get does not tell whether {mount.source} is encrypted; run it by hand"
        raise ObservationFailed(Reason.NOT_SUPPORTED, words)
    layer = file_crypto.zfs_layer(value)
    if layer is None and value not in ("off", "-"):
        words = f"{mount.source} is encrypted with {value[:40]}, which is not known here"
        raise ObservationFailed(Reason.NOT_SUPPORTED, words)
    return layer


def by_file_system(layer: Layer) -> Facts:
    """Return what a file system does by itself; 0 bits say that it is not told how."""
    facts = {"state": "encrypted", "layer": "file", "key_owner": "customer"}
    if layer.key_bits:
        return Facts(facts | {"algorithm": layer.algorithm, "key_bits": layer.key_bits})
    why = Failure(Reason.NOT_SUPPORTED, "fscrypt does not say in words known here how it encrypts")
    return Facts(facts, {"algorithm": why, "key_bits": why})


def by_crypt(layer: Layer) -> dict[str, Any]:
    """Return what a crypt layer does; one of 0 bits does nothing."""
    state = "encrypted" if layer.key_bits else "unencrypted"
    return {
        "state": state,
        "algorithm": layer.algorithm if layer.key_bits else "none",
        "key_bits": layer.key_bits,
        "layer": "volume" if layer.key_bits else "none",
        "key_owner": "customer" if layer.key_bits else "none",
    }


def as_said(said: Any, raw: Mapping[str, Any]) -> Facts:
    """Return the provider's encryption as the target says it."""
    facts = {"state": "encrypted", "layer": "provider", "key_owner": "provider"}
    noted = dict(raw) | {"asserted": True}
    if isinstance(said, Mapping):
        return Facts(facts | {n: said[n] for n in ("algorithm", "key_bits")}, raw=noted)
    why = Failure(
        Reason.NOT_SUPPORTED,
        "provider_encrypted does not say how; write {algorithm: AES, key_bits: 256}",
    )
    return Facts(facts, {"algorithm": why, "key_bits": why}, noted)


def strength(layer: Layer) -> tuple[int, int]:
    """Return what layers are sorted by, the weakest first."""
    return (layer.algorithm == "AES", layer.key_bits) if layer.key_bits else (-1, 0)
