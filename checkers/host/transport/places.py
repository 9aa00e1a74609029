"""Which machines a target names, and how each is signed in to; nothing else is ever contacted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from troth.errors import Place as Where
from troth.errors import Problem

_HOST = "^[^-\\s@\\[\\]][^\\s@\\[\\]]*$"
_ENTRY = {
    "host": {"type": "string", "pattern": _HOST, "description": "name or address"},
    "port": {"type": "integer", "minimum": 1, "maximum": 65535},
    "user": {"type": "string", "pattern": "^[^-\\s@:][^\\s@:]*$"},
}

#: The keys of a target that say how its machines are reached (``Checker.options``).
OPTIONS: Mapping[str, Any] = {
    "ssh": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **_ENTRY,
            "client": {
                "enum": ["system", "asyncssh"],
                "description": "the ssh of this machine with your configuration, or asyncssh",
            },
            "known_hosts": {"type": "string", "description": "file of the machines' keys"},
            "identity": {"type": "string", "description": "file of the key to sign in with"},
        },
        "description": "look at a machine over SSH; with hosts: what all of them share",
    },
    "hosts": {
        "type": "array",
        "minItems": 1,
        "items": {
            "type": ["string", "object"],
            "pattern": _HOST,
            "additionalProperties": False,
            "required": ["host"],
            "properties": {
                **_ENTRY,
                "name": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$"},
            },
        },
        "description": "the machines of a fleet: a host each, or {host, port, user, name}",
    },
    "hosts_file": {
        "type": "string",
        "description": "more machines, a host or host:port a line, # starts a comment",
    },
    "sudo": {"type": "boolean", "description": "run the collector as root through sudo -n"},
    "timeout_seconds": {
        "type": "number",
        "exclusiveMinimum": 0,
        "description": "how long one machine may take in all; 120 if not given",
    },
    "connect_seconds": {
        "type": "number",
        "exclusiveMinimum": 0,
        "description": "how long a connection may take to come about; 10 if not given",
    },
}


@dataclass(frozen=True)
class Place:
    """A machine to sign in to; ``user`` empty is for the client to know."""

    name: str
    host: str
    port: int = 22
    user: str = ""

    @property
    def authority(self) -> str:
        """Return ``host:port`` with brackets around an IPv6 address."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def of(target: Mapping[str, Any]) -> list[Place]:
    """Return the machines of a target over SSH, each name once; none for other targets.

    Raises OSError and ValueError for a ``hosts_file`` that cannot be read.
    """
    shared = target.get("ssh", {})
    rows: list[Any] = list(target.get("hosts", ()))
    rows += _lines(target) if "hosts_file" in target else []
    if not rows and "host" in shared:
        rows = [{"host": shared["host"], "name": str(target["id"])}]
    found: dict[str, Place] = {}
    for row in rows:
        made = _place(row, shared)
        found.setdefault(made.name, made)
    return list(found.values())


def is_fleet(target: Mapping[str, Any]) -> bool:
    """Tell whether a target names several machines, each a partition."""
    return "hosts" in target or "hosts_file" in target


def client(target: Mapping[str, Any]) -> str:
    """Return ``asyncssh`` or ``system``, empty where nobody signs in."""
    if not is_fleet(target) and "host" not in target.get("ssh", {}):
        return ""
    usual = "asyncssh" if is_fleet(target) else "system"
    return str(target.get("ssh", {}).get("client", usual))


def problems(target: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with the keys of a target that say where its machines are."""
    where = Where(f"target {target['id']}")
    if client(target) == "asyncssh" and find_spec("asyncssh") is None:
        yield Problem(where, "asyncssh is not installed; install troth[ssh], or set client: system")
    ways = [key for key in ("root", "hosts", "hosts_file") if key in target]
    if "root" in target and ("ssh" in target or len(ways) > 1):
        yield Problem(where, "root is a file tree here; leave out either it, or ssh and hosts")
    if "ssh" in target and not is_fleet(target) and "host" not in target["ssh"]:
        yield Problem(where, "ssh names no host; write ssh: {host: …}, or add hosts")
    if is_fleet(target) and "host" in target.get("ssh", {}):
        yield Problem(where, "ssh names a host beside hosts; add it to hosts")
    if is_fleet(target) and "name" in target:
        yield Problem(where, "many machines cannot have one name; write {host, name} in hosts")
    try:
        rows = [*target.get("hosts", ()), *(_lines(target) if "hosts_file" in target else ())]
        names = [_place(row, target.get("ssh", {})).name for row in rows]
    except OSError as error:
        text = f"cannot be read: {error.strerror}; check the path and its permissions"
        yield Problem(Where(str(_file(target))), text)
        return
    except ValueError as error:
        yield Problem(Where(str(_file(target))), str(error))
        return
    for name in sorted({one for one in names if names.count(one) > 1}):
        yield Problem(where, f"two machines are called {name}; give one of them a name of its own")


def _place(row: Any, shared: Mapping[str, Any]) -> Place:
    entry = row if isinstance(row, Mapping) else _split(row)
    port, user = entry.get("port", shared.get("port", 22)), entry.get("user", shared.get("user"))
    usual = entry["host"] if "port" not in entry else f"{entry['host']}-{entry['port']}"
    return Place(str(entry.get("name", usual)), entry["host"], int(port), str(user or ""))


def _split(text: str) -> Mapping[str, Any]:
    """Read ``host`` or ``host:port``; an IPv6 address has no port here."""
    host, colon, port = text.rpartition(":")
    if not colon or ":" in host:
        return {"host": text}
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} is not host or host:port")
    return {"host": host, "port": int(port)}


def _file(target: Mapping[str, Any]) -> Path:
    return Path(target.get("base_dir", ".")) / str(target.get("hosts_file", ""))


def _lines(target: Mapping[str, Any]) -> list[str]:
    try:
        text = _file(target).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8; save it as UTF-8") from error
    found = [line.partition("#")[0].strip() for line in text.splitlines()]
    for line in found:
        if line.startswith("-") or "@" in line or len(line.split()) > 1:
            raise ValueError(f"{line!r} is not host or host:port")
    return [line for line in found if line]
