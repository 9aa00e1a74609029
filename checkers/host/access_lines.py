"""What the lines of an access log tell of clients; pure functions of text, of which amounts remain.

Known are the common and combined log formats (with or without the virtual host before them),
HAProxy's HTTP format, and one JSON object a line. Source: the manuals of nginx
(ngx_http_log_module), Apache httpd (mod_log_config) and HAProxy (section 8.2.3).
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Addresses of inner networks, of a provider's inner network and of the machine itself.
_PRIVATE = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16",
        "127.0.0.0/8", "::1/128", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip
#: What each line of an access log has a place for.
CARRIED = ("client_ip", "ip_address", "source", "usage")
_OF_CLIENT = ("client_ip", "ip_address", "source")
_COMMON = re.compile(
    r'(?P<client>[^\s"]{1,255}) [^\s"]{1,255} [^"]{0,255}?'
    r'\[[^\]"]{1,40}\] "(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}|-)'
)
_VIRTUAL_HOST = re.compile(r'[^\s"]{1,255}:\d{1,5} ')
_HAPROXY = re.compile(
    r"haproxy\[\d+\]: (?P<client>\S{1,255}):\d{1,5} \[[^\]]{1,40}\] \S+ \S+ \S+ "
    r'(?P<status>-?\d{1,3}) .* "(?P<request>[^"]*)"?$'
)
_JSON_CLIENT = ("client_ip", "remote_addr", "clientip", "remote_ip", "client_addr", "ClientHost")
_JSON_REQUEST = ("request", "request_uri", "uri", "path", "url", "RequestPath")
_JSON_STATUS = ("status", "response", "status_code", "DownstreamStatus")
_NOTHING = ("", "-")
#: Longest line that is looked at, in characters.
LONGEST = 65_536


@dataclass
class Look:
    """Amounts over all lines that were looked at."""

    records: int = 0
    known: int = 0
    lacking: dict[str, int] = field(default_factory=dict)
    private: int = 0
    addresses: set[Address] = field(default_factory=set)

    def lack(self, names: Iterable[str]) -> None:
        """Count one record without these fields."""
        for name in names:
            self.lacking[name] = self.lacking.get(name, 0) + 1

    def seen(self, address: Address) -> None:
        """Count one record with this address."""
        self.addresses.add(address)
        inner = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        self.private += any((inner or address) in network for network in _PRIVATE)


def look(lines: Iterable[str], proxies: Sequence[Network], *, shared: bool = False) -> Look:
    """Count what the lines tell; ``known`` of them have a form that is known.

    The address of one of ``proxies`` is none of a client. A line of no known form lacks all, unless
    the log is ``shared`` with lines that tell of no request. A request that is empty is what a
    client sent that asked for nothing, if it was refused.
    """
    told = Look()
    for line in lines:
        parts = _parts(line[:LONGEST])
        if parts is None and shared:
            continue
        told.records += 1
        if parts is None:
            told.lack(CARRIED)
            continue
        told.known += 1
        client, request, status = parts
        address = address_of(client)
        if address is not None:
            told.seen(address)
        if address is None or any(address in network for network in proxies):
            told.lack(_OF_CLIENT)
        if request in _NOTHING and not status.startswith("4"):
            told.lack(("usage",))
    return told


def address_of(text: str) -> Address | None:
    """Return an IP address, None for a host name or anything else."""
    try:
        return ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _parts(line: str) -> tuple[str, str, str] | None:
    """Return client, request and status of a line, None for a form that is not known."""
    if line.startswith("{"):
        return _json(line)
    found = _COMMON.match(line) or _HAPROXY.search(line)
    if found and address_of(found["client"]) is None and _VIRTUAL_HOST.match(line):
        after = _COMMON.match(line.partition(" ")[2])
        found = after if after and address_of(after["client"]) else found
    return (found["client"], found["request"], found["status"]) if found else None


def _json(line: str) -> tuple[str, str, str] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict):
        return None
    client, request = _first(row, _JSON_CLIENT), _first(row, _JSON_REQUEST)
    if client is None and request is None:
        return None
    return client or "", request or "", _first(row, _JSON_STATUS) or ""


def _first(row: dict[str, object], names: Sequence[str]) -> str | None:
    return next((str(row[name]) for name in names if name in row), None)
