"""Web addresses in one spelling, so that they can be compared with what the target names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import quote, urljoin, urlsplit

from troth.checkers.network import places

_PORTS = {"http": 80, "https": 443}
_LONGEST = 4096
#: What RFC 3986 lets stand in a path or query, and the sign of what is written by number already.
_KEPT = "%/:?@!$&'()*+,;=~-._[]"


@dataclass(frozen=True)
class Url:
    """An http or https address; ``target`` is its path and query as they are sent."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Return ``host:port``, always with the port; brackets around an IPv6 address."""
        return authority(self.host, self.port)

    @property
    def host_header(self) -> str:
        """Return the value of the Host header (RFC 9110 section 7.2): without a usual port."""
        bare = self.authority.rpartition(":")[0]
        return bare if self.port == _PORTS[self.scheme] else self.authority

    @property
    def path(self) -> str:
        """Return the path without the query."""
        return self.target.partition("?")[0]

    @property
    def named(self) -> str:
        """Return the address for messages, without what a query may tell."""
        return f"{replace(self, target=self.path)}" + ("?…" if "?" in self.target else "")

    def __str__(self) -> str:
        """Return the address as it is usually written, without a fragment."""
        return f"{self.scheme}://{self.host_header}{self.target}"


def authority(host: str, port: int) -> str:
    """Return ``host:port`` with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def read(text: str) -> Url:
    """Return the address that a text names; raises ValueError with a sentence if it names none."""
    if len(text) > _LONGEST:
        raise ValueError(f"an address of {len(text)} characters is too long")
    parts = urlsplit(text)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"{text[:200]!r} is not an http or https address")
    if "@" in parts.netloc:
        raise ValueError(f"the address of {parts.hostname} holds credentials; none are ever sent")
    port = _PORTS[parts.scheme] if parts.port is None else parts.port
    endpoint = places.read_endpoint({"host": parts.hostname, "port": port})
    query = f"?{quote(parts.query, safe=_KEPT)}" if parts.query else ""
    path = quote(parts.path or "/", safe=_KEPT)
    return Url(parts.scheme, endpoint.host, endpoint.port, path + query)


def join(base: Url, reference: str) -> Url:
    """Return what a reference on a page leads to (RFC 3986 section 5); raises as :func:`read`."""
    return read(urljoin(str(base), reference.strip(" \t\r\n")))
