"""Which endpoints a target names, and how each is called; nothing else is ever contacted.

An endpoint is ``host:port``, ``[address]:port``, or a mapping ``{host, port, address,
server_name, starttls}``: ``address`` is connected to instead of the host, ``server_name`` asked
for, ``starttls`` the protocol that is spoken until TLS begins.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from troth.checker import Failure, Listed, ObservationFailed, Reason, Resource

#: Protocols in which TLS begins after a few plain words.
STARTTLS = ("ftp", "imap", "ldap", "mysql", "pop3", "postgres", "smtp")

#: The keys of a target that name endpoints (``Checker.options``).
OPTIONS: Mapping[str, Any] = {
    "endpoints": {
        "type": "array",
        "items": {
            "type": ["string", "object"],
            "pattern": "^\\S+:[0-9]+$",
            "required": ["host", "port"],
            "additionalProperties": False,
            "properties": {
                "host": {"type": "string"},
                "port": {"type": "integer", "minimum": 1, "maximum": 65535},
                "address": {"type": "string"},
                "server_name": {"type": "string"},
                "starttls": {"enum": list(STARTTLS)},
            },
        },
        "description": "host:port, [address]:port, or {host, port, address, server_name, starttls}",
    },
    "endpoints_file": {
        "type": "string",
        "description": "more endpoints, one host:port a line, # starts a comment",
    },
}


@dataclass(frozen=True)
class Endpoint:
    """A host and port; what is not given otherwise is empty."""

    host: str
    port: int
    address: str = ""
    server_name: str = ""
    starttls: str = ""

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

    def id(self, scheme: str) -> str:
        """Return the resource id: ``scheme://host:port``, and what differs from the usual."""
        given = {
            "server_name": self.server_name,
            "address": self.address,
            "starttls": self.starttls,
        }
        query = "&".join(f"{key}={quote(value, safe=':')}" for key, value in given.items() if value)
        return f"{scheme}://{self.authority}" + (f"?{query}" if query else "")


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
    unknown = sorted(set(entry) - {"host", "port", "address", "server_name", "starttls"})
    if unknown or "host" not in entry or "port" not in entry:
        form = "{host, port, address, server_name, starttls}"
        raise ValueError(f"an endpoint is {form}, not {dict(entry)}")
    address = str(entry.get("address", ""))
    if address and not is_address(address):
        raise ValueError(f"{address!r} is not an IP address")
    name = str(entry.get("server_name", ""))
    starttls = str(entry.get("starttls", ""))
    if starttls and starttls not in STARTTLS:
        raise ValueError(f"{starttls!r} is not one of {', '.join(STARTTLS)}")
    host = str(entry["host"])
    return _made(host, entry["port"], address, _host(name) if name else "", starttls)


def _split(text: str) -> tuple[str, Any]:
    host, separator, port = text.strip().rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not separator or not host or (":" in host and not bracketed):
        raise ValueError(f"{text!r} is not host:port or [address]:port")
    return (host[1:-1] if bracketed else host), port


def _made(
    host: str, port: Any, address: str = "", server_name: str = "", starttls: str = ""
) -> Endpoint:
    if not str(port).isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{port!r} is not a port from 1 to 65535")
    return Endpoint(_host(host), int(port), address, server_name, starttls)


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
        query.get("starttls", ""),
    )


def file_entries(text: str) -> list[str]:
    """Return the entries of an endpoints file: one a line, ``#`` starts a comment."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def entries(
    target: Mapping[str, Any],
    key: str = "endpoints",
    lines: Callable[[str], list[str]] = file_entries,
) -> list[Any]:
    """Return what stands under a key of a target and in its ``<key>_file``, read by ``lines``.

    Raises :class:`~troth.checker.ObservationFailed` when there are none or the file is unreadable.
    """
    file = f"{key}_file"
    if key not in target and file not in target:
        article = "an" if key[0] in "aeiou" else "a"
        text = f"target {target['id']} names neither {key} nor {article} {file}"
        raise ObservationFailed(Reason.NO_DATA, text)
    found = list(target.get(key, ()))
    if file in target:
        path = Path(target.get("base_dir", ".")) / target[file]
        try:
            found += lines(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            text = f"{file} {path} cannot be read: {error}"
            raise ObservationFailed(Reason.NO_DATA, text) from error
    return found


def read(found: Iterable[Any]) -> Iterator[tuple[Endpoint | None, str]]:
    """Yield each endpoint, or None and what is wrong with its entry."""
    for entry in found:
        try:
            yield read_endpoint(entry), ""
        except ValueError as error:
            yield None, str(error)


def egress(target: Mapping[str, Any]) -> list[str]:
    """Return ``host:port`` of every endpoint; of an unreadable file none, as none is asked."""
    try:
        found = entries(target)
    except ObservationFailed:
        found = list(target.get("endpoints", ()))
    return sorted({endpoint.connects_to for endpoint, _ in read(found) if endpoint})


def resources(found: Iterable[Any], scheme: str, partition: str) -> Iterator[Resource | Listed]:
    """Yield every endpoint once; an entry that is none makes the list incomplete."""
    seen: set[str] = set()
    for endpoint, problem in read(found):
        if endpoint is None:
            yield Listed(failure=Failure(Reason.MALFORMED_RESPONSE, problem))
        elif endpoint.id(scheme) not in seen:
            seen.add(endpoint.id(scheme))
            yield Resource(endpoint.id(scheme), endpoint.authority, partition)
