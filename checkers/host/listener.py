"""What a machine listens on, as it sees itself."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from troth.checker import (
    Facts,
    Failure,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    call,
    demand,
    facet,
)
from troth.checkers.host import sockets
from troth.checkers.host.collector import HostChecker

_TABLES = ("tcp", "tcp6", "udp", "udp6")


class Listeners(HostChecker):
    """One resource per protocol and port that something waits at, whatever filters stand before."""

    id = "host.listener"
    kind = "listener"
    options: ClassVar[Mapping[str, Any]] = {
        **HostChecker.options,
        "allowed_ports": {
            "type": "array",
            "items": {"type": "string", "pattern": r"^[0-9]{1,5}(/(tcp|udp))?$"},
            "description": 'ports that may be listened on, "443" or "123/udp"; tcp if not said',
        },
    }
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "tables": ("listeners",),
        "named": ("listeners",),
    }
    lists = ("machine_name", "tables")

    @call("file:/proc/net/tcp, udp", actions=["read /proc/net/tcp and udp"], per="partition")
    def tables(self) -> dict[str, Any]:
        """Return the ports that are listened on, and which are for outgoing questions."""
        tree = self.tree
        read = {}
        for name in _TABLES:
            if name in ("tcp", "udp") or tree.exists(f"/proc/net/{name}"):
                read[name] = tree.text(f"/proc/net/{name}")
        found = sockets.ports(read)
        if found is None:
            words = "/proc/net holds something else than the kernel's tables"
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, words)
        outgoing = sockets.outgoing(self._range())
        return {
            f"{one.protocol}/{one.number}": {
                "protocol": one.protocol,
                "number": one.number,
                "addresses": list(one.addresses),
                "loopback": one.loopback,
                "outgoing": one.protocol == "udp" and one.number in outgoing,
            }
            for one in found
        }

    @call(
        "exec:ss",
        actions=["run ss -H -lntup (root for programs of others)"],
        per="partition",
        absent_on=["not-installed", "not-live"],
    )
    def named(self) -> dict[str, str]:
        """Return the program on each port, as far as it is shown."""
        try:
            found = sockets.programs(self.run("ss", "-H", "-lntup").out)
        except subprocess.TimeoutExpired:
            return {}  # no rule reads it
        return {f"{protocol}/{number}": name for (protocol, number), name in found.items()}

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every port that is listened on."""
        for name in self.read("tables"):
            yield Resource(self.own_id(f"listener:{name}"), name, self.partition.name)

    @facet("socket", uses=["tables", "named"])
    def socket(self, port: Resource, tables: Mapping[str, Any], named: Any) -> Facts:
        """Return where it waits and whether the target lists it.

        A UDP port among those for outgoing questions may be a question under way: whether it
        serves anybody is then not known.
        """
        row = demand(tables, port.name)
        facts: dict[str, Any] = {
            "protocol": row["protocol"],
            "number": row["number"],
            "reach": "loopback" if row["loopback"] else "network",
            "serves": True,
        }
        missing = {}
        if row["outgoing"]:
            del facts["serves"]
            words = "it may be an answer that is waited for; list it in allowed_ports if it serves"
            missing["serves"] = Failure(Reason.UNPROVEN, words)
        if "allowed_ports" in self.target:
            facts["allowed"] = port.name in self._allowed()
        else:
            words = "the target does not say what may be listened on; set allowed_ports"
            missing["allowed"] = Failure(Reason.NO_DATA, words)
        raw = {"addresses": row["addresses"], "program": (named or {}).get(port.name, "")}
        return Facts(facts, missing, raw)

    def _allowed(self) -> set[str]:
        listed = set()
        for text in self.target["allowed_ports"]:
            number, _, protocol = re.sub(r"^0+(?=\d)", "", text).partition("/")
            listed.add(f"{protocol or 'tcp'}/{number}")
        return listed

    def _range(self) -> str:
        try:
            return self.tree.text("/proc/sys/net/ipv4/ip_local_port_range")
        except FileNotFoundError:
            return ""
