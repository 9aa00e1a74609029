"""Which endpoints a target names, and how each is called.

An endpoint is ``host:port``, ``[address]:port``, or a mapping ``{host, port, address,
server_name}``: ``address`` is connected to instead of the host, ``server_name`` asked for.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit


@dataclass(frozen=True)
class Endpoint:
    """A host and port that should speak TLS; ``address`` and ``server_name`` may be empty."""

    host: str
    port: int
    address: str = ""
    server_name: str = ""

    @property
    def authority(self) -> str:
        """Return ``host:port`` with brackets around an IPv6 address."""
        return _authority(self.host, self.port)

    @property
    def connects_to(self) -> str:
        """Return the ``host:port`` that is connected to."""
        return _authority(self.address or self.host, self.port)

    @property
    def expected_name(self) -> str:
        """Return the DNS name or IP address that the certificate must carry."""
        return self.server_name or self.host

    @property
    def sent_name(self) -> str:
        """Return the DNS name for the hello; empty for an IP address (RFC 6066 section 3)."""
        return "" if is_address(self.expected_name) else self.expected_name

    @property
    def id(self) -> str:
        """Return the resource id: ``tls://host:port``, and what differs from the usual."""
        given = {"server_name": self.server_name, "address": self.address}
        query = "&".join(f"{key}={quote(value, safe=':')}" for key, value in given.items() if value)
        return f"tls://{self.authority}" + (f"?{query}" if query else "")


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_address(host: str) -> bool:
    """Tell whether the host is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def read_endpoint(entry: str | Mapping[str, Any]) -> Endpoint:
    """Return the endpoint of one entry; raises ValueError with a sentence if it is none."""
    if isinstance(entry, str):
        return _made(*_split(entry))
    unknown = sorted(set(entry) - {"host", "port", "address", "server_name"})
    if unknown or "host" not in entry or "port" not in entry:
        raise ValueError(f"an endpoint is {{host, port, address, server_name}}, not {dict(entry)}")
    address = str(entry.get("address", ""))
    if address and not is_address(address):
        raise ValueError(f"{address!r} is not an IP address")
    name = str(entry.get("server_name", ""))
    return _made(str(entry["host"]), entry["port"], address, _host(name) if name else "")


def _split(text: str) -> tuple[str, Any]:
    host, separator, port = text.strip().rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not separator or not host or (":" in host and not bracketed):
        raise ValueError(f"{text!r} is not host:port or [address]:port")
    return (host[1:-1] if bracketed else host), port


def _made(host: str, port: Any, address: str = "", server_name: str = "") -> Endpoint:
    if not str(port).isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{port!r} is not a port from 1 to 65535")
    return Endpoint(_host(host), int(port), address, server_name)


def _host(text: str) -> str:
    """Return a host in lower case and in ASCII (IDNA); an address as it is usually written."""
    if is_address(text):
        return str(ipaddress.ip_address(text))
    try:
        host = text.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        host = ""
    allowed = host.replace("-", "").replace(".", "").replace("_", "")
    if not allowed.isalnum() or not 0 < len(host) < 254:
        raise ValueError(f"{text!r} is not a host name")
    return host


def endpoint_of(resource_id: str) -> Endpoint:
    """Return the endpoint that :attr:`Endpoint.id` names."""
    parts = urlsplit(resource_id)
    query = dict(parse_qsl(parts.query))
    return Endpoint(
        parts.hostname or "",
        parts.port or 0,
        query.get("address", ""),
        query.get("server_name", ""),
    )


def file_entries(text: str) -> list[str]:
    """Return the entries of an endpoints file: one a line, ``#`` starts a comment."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]
