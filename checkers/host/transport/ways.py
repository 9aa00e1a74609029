"""Which way leads to a target's machine, as its options say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from troth.checker import Partition
from troth.checkers.host.transport import places
from troth.checkers.host.transport.base import CONNECT, WHOLE, Transport
from troth.checkers.host.transport.fleet import Fleet
from troth.checkers.host.transport.local import Local
from troth.checkers.host.transport.openssh import OpenSSH
from troth.checkers.host.transport.places import Place


def of(target: Mapping[str, Any], partition: Partition) -> Transport:
    """Return the way to the machine of a partition."""
    sudo, whole = bool(target.get("sudo")), float(target.get("timeout_seconds", WHOLE))
    place = partition.values.get("place")
    if not isinstance(place, Place):
        return Local(sudo, whole)
    connect = float(target.get("connect_seconds", CONNECT))
    made = Fleet if places.client(target) == "asyncssh" else OpenSSH
    return made(
        place, _file(target, "known_hosts"), _file(target, "identity"), sudo, connect, whole
    )


def _file(target: Mapping[str, Any], key: str) -> str:
    """Return the path of a file that the target names, from its own folder, or nothing."""
    named = target.get("ssh", {}).get(key)
    base = Path(target.get("base_dir", "."))
    return str(base / Path(named).expanduser()) if named else ""
