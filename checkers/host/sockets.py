"""Sockets that a machine listens on, from /proc/net; pure functions of text."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass

#: State of a socket in /proc/net that waits: TCP_LISTEN, and for UDP one without a peer.
_WAITS = {"tcp": "0A", "udp": "07"}
_ROW = re.compile(
    r"\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) "
)
_SS = re.compile(r"(tcp|udp)\s+\S+\s+\d+\s+\d+\s+\S+:(\d{1,5})\s+\S+\s+users:\(\(\"([^\"]{1,64})\"")


@dataclass(frozen=True)
class Port:
    """A port that is listened on: at which addresses, in the forms that people write."""

    protocol: str
    number: int
    addresses: tuple[str, ...]

    @property
    def loopback(self) -> bool:
        """Tell whether only the machine itself gets there."""
        return all(ipaddress.ip_address(one).is_loopback for one in self.addresses)


def ports(tables: Mapping[str, str]) -> list[Port] | None:
    """Return every port that is listened on; ``tables`` maps ``tcp``, ``tcp6`` … to their text.

    None if a table is not one of the kernel's.
    """
    found: dict[tuple[str, int], set[str]] = {}
    for name, text in tables.items():
        head, *lines = text.split("\n")
        if "local_address" not in head:
            return None
        for line in filter(str.strip, lines):
            row = _ROW.match(line)
            if row is None:
                return None
            protocol = name.rstrip("6")
            number = int(row[2], 16)
            if row[3] == _WAITS[protocol] and number:
                found.setdefault((protocol, number), set()).add(address(row[1]))
    return [Port(*key, tuple(sorted(places))) for key, places in sorted(found.items())]


def address(words: str) -> str:
    """Return an address of /proc/net, which is written as little-endian words, as people write it.

    An IPv4 address inside an IPv6 one is written as IPv4.
    """
    raw = b"".join(bytes.fromhex(words[at : at + 8])[::-1] for at in range(0, len(words), 8))
    made = ipaddress.ip_address(raw)
    inner = made.ipv4_mapped if isinstance(made, ipaddress.IPv6Address) else None
    return str(inner or made)


def programs(listing: str) -> dict[tuple[str, int], str]:
    """Return the program on each port in ``ss -H -lntup``; those of others need root to be seen."""
    found = {}
    for line in listing.splitlines():
        row = _SS.match(line)
        if row:
            found[row[1], int(row[2])] = row[3]
    return found


def outgoing(text: str) -> range:
    """Return the ports that the kernel gives to whoever asks somebody else."""
    read = re.fullmatch(r"\s*(\d{1,5})\s+(\d{1,5})\s*", text)
    return range(int(read[1]), int(read[2]) + 1) if read else range(32768, 61000)
