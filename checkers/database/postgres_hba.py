"""What pg_hba.conf lets in: the first line that fits a connection decides it, and no other.

Source: the chapter on the file in the manual, versions 10 to 18. A pure reading of the rows of
``pg_hba_file_rules``; nothing is asked here.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from troth.checker import demand

#: How a connection may come, by the first word of a line.
_CARRIERS = {
    "local": {"socket"},
    "host": {"tls", "gss", "plain"},
    "hostssl": {"tls"},
    "hostnossl": {"gss", "plain"},
    "hostgssenc": {"gss"},
    "hostnogssenc": {"tls", "plain"},
}
_PROOFS = {
    "trust": "none",
    "password": "password",
    "md5": "password",
    "scram-sha-256": "password",
    "cert": "certificate",
    "peer": "machine",
}
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Line:
    """One line: ``origin`` as it is written, ``networks`` what it is in addresses, if known."""

    where: str
    carriers: frozenset[str]
    databases: tuple[str, ...]
    accounts: tuple[str, ...]
    origin: str
    networks: tuple[Network, ...]
    method: str
    options: tuple[str, ...]

    def takes(self, other: Line, network: Network | None) -> bool:
        """Tell whether every connection fits that fits another line and comes from a network."""
        return (
            _within(other.databases, self.databases, special=("replication",))
            and _within(other.accounts, self.accounts, special=())
            and (self.origin == other.origin or self._surrounds(network))
        )

    def _surrounds(self, network: Network | None) -> bool:
        if network is None:
            return self.origin == "all"
        return any(
            network.version == own.version and network.subnet_of(own)  # type: ignore[arg-type]
            for own in self.networks
        )


def lines(rows: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Read the rows of the view; one with an error must not be among them."""
    return [_line(row) for row in rows]


def ways(read: Sequence[Line], *, tls: bool) -> Iterator[dict[str, str]]:
    """Yield every line that lets somebody in, with what earlier lines leave of it.

    ``tls`` tells whether the server offers TLS at all: without it, lines for TLS fit nothing.
    """
    for index, line in enumerate(read):
        left: set[str] = set()
        for network in line.networks or (None,):
            taken = [each.carriers for each in read[:index] if each.takes(line, network)]
            left |= line.carriers.difference(*taken, () if tls else ("tls",))
        if left and line.method != "reject":
            yield {
                "rule": line.where,
                "accounts": ", ".join(line.accounts),
                "databases": ", ".join(line.databases),
                "reach": _reach(line),
                "origin": line.origin,
                "transport": _transport(left),
                "proof": _proof(line),
            }


def _line(row: Mapping[str, Any]) -> Line:
    kind = str(demand(row, "type"))
    address, mask = demand(row, "address"), row.get("netmask")
    origin, networks = _origin(kind, address, mask)
    file = str(row.get("file_name") or "pg_hba.conf").rpartition("/")[2]
    return Line(
        where=f"{file}:{demand(row, 'line_number')}",
        carriers=frozenset(_CARRIERS[kind]),
        databases=tuple(map(str, demand(row, "database") or ())),
        accounts=tuple(map(str, demand(row, "user_name") or ())),
        origin=origin,
        networks=networks,
        method=str(demand(row, "auth_method")),
        options=tuple(map(str, row.get("options") or ())),
    )


def _origin(kind: str, address: Any, mask: Any) -> tuple[str, tuple[Network, ...]]:
    if kind == "local":
        return "", ()
    text = str(address)
    if text == "all":
        return text, (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
    if not mask:
        return text, ()
    bits = bin(int(ipaddress.ip_address(str(mask)))).count("1")
    network = ipaddress.ip_network(f"{text}/{bits}", strict=False)
    return str(network), (network,)


def _reach(line: Line) -> str:
    if not line.origin:
        return "socket"
    if any(network.prefixlen == 0 for network in line.networks):
        return "any"
    if line.origin == "samehost" or any(network.is_loopback for network in line.networks):
        return "loopback"
    if line.networks:
        return "host" if line.networks[0].num_addresses == 1 else "hosts"
    return "hosts" if line.origin == "samenet" or line.origin.startswith(".") else "host"


def _transport(left: set[str]) -> str:
    if "socket" in left:
        return "socket"
    if "plain" not in left:
        return "tls"
    return "either" if "tls" in left else "plaintext"


def _proof(line: Line) -> str:
    """Return what has to be shown; ident takes another machine's word for who its user is."""
    if line.method == "ident":
        near = not line.origin or _reach(line) == "loopback"
        return "machine" if near else "none"
    asked = _PROOFS.get(line.method, "external")
    certificate = any(option.startswith("clientcert=verify-") for option in line.options)
    return "certificate" if asked == "none" and certificate else asked


def _within(inner: Sequence[str], outer: Sequence[str], special: Sequence[str]) -> bool:
    """Tell whether names are all among others; ``all`` does not hold the special ones."""
    return all(name in outer or ("all" in outer and name not in special) for name in inner)
