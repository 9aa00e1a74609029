"""Where web servers and balancers pass requests on; pure functions of their configurations.

Source: nginx (ngx_http_proxy_module and its siblings, ngx_http_upstream_module,
ngx_stream_proxy_module), Apache httpd (mod_proxy, mod_proxy_balancer), HAProxy (section 5).
"""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from troth.checkers.host.nginx import Directive, every

#: Schemes under which nothing but TLS is spoken.
_SECURE = {"https", "grpcs", "suwsgi", "wss", "h2"}
_PASSES = {
    "proxy_pass": "http", "grpc_pass": "grpc", "fastcgi_pass": "fastcgi", "uwsgi_pass": "uwsgi",
    "scgi_pass": "scgi", "memcached_pass": "memcached",
}  # fmt: skip
_APACHE = re.compile(r"^\s*(ProxyPass|ProxyPassMatch|BalancerMember|SetHandler)\s+(.*)$", re.I)


@dataclass(frozen=True, order=True)
class Leg:
    """One place that requests go to: a host name, an address, ``unix`` or empty if unsaid."""

    place: str
    host: str
    secure: bool


def of_nginx(directives: list[Directive]) -> Iterator[Leg]:
    """Yield a leg for each address that a directive of nginx passes requests to."""
    groups = {
        one.words[0]: [
            inner.words[0] for inner in one.inner if inner.name == "server" and inner.words
        ]
        for _, one in every(directives)
        if one.name == "upstream" and one.words
    }
    for above, one in every(directives):
        if one.name not in _PASSES or not one.words:
            continue
        in_stream = any(block.name == "stream" for block in above)
        scheme, place = _scheme(one.words[0], _PASSES[one.name])
        secure = _proxies_by_tls(above) if in_stream else scheme in _SECURE
        for address in groups.get(place, [place]):
            yield _leg(f"{'tcp' if in_stream else scheme}://{address}", address, secure)


def of_apache(text: str) -> Iterator[Leg]:
    """Yield a leg for each address that a directive of Apache httpd passes requests to."""
    for line in text.replace("\\\n", " ").splitlines():
        found = _APACHE.match(line)
        if not found:
            continue
        for word in _words(found[2]):
            said = word.removeprefix("proxy:")
            if said.startswith("unix:"):
                yield _leg(said.partition("|")[0], "unix:", secure=False)
                break
            scheme, place = _scheme(said, "")
            if scheme and scheme != "balancer":
                yield _leg(f"{scheme}://{place}", place, scheme in _SECURE)
                break


def of_haproxy(text: str) -> Iterator[Leg]:
    """Yield a leg for each server of HAProxy; ``ssl`` is on its line or its section's default."""
    section, by_default, anywhere = "", False, False
    for line in text.splitlines():
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        if words[0] in (
            "global",
            "defaults",
            "frontend",
            "backend",
            "listen",
            "peers",
            "resolvers",
        ):
            anywhere = False if words[0] == "defaults" else anywhere
            section, by_default = words[0], anywhere and words[0] != "defaults"
        elif words[0] == "default-server":
            by_default = _secure(words[1:], by_default)
            anywhere = by_default if section == "defaults" else anywhere
        elif words[0] == "server" and len(words) > 2 and section in ("backend", "listen"):
            address = words[2].removeprefix("ipv4@").removeprefix("ipv6@").replace("unix@", "unix:")
            yield _leg(f"tcp://{address}", address, _secure(words[3:], by_default))


def reach(host: str, names: Mapping[str, str], own: frozenset[str]) -> str:
    """Return ``same-host``, ``network``, or an empty string where that is decided at run time.

    ``names`` is what /etc/hosts says, ``own`` the addresses of the machine.
    """
    if not host or "$" in host or "%" in host:
        return ""
    address = names.get(host.lower(), "127.0.0.1" if host.lower() == "localhost" else host)
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "same-host" if host == "unix" else "network"
    return "same-host" if parsed.is_loopback or str(parsed) in own else "network"


def hosts(text: str) -> dict[str, str]:
    """Return the address of each name in /etc/hosts; the first line of a name holds."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        words = line.split("#", 1)[0].split()
        for name in words[1:]:
            found.setdefault(name.lower(), words[0])
    return found


def local_addresses(trie: str) -> frozenset[str]:
    """Return the machine's own IPv4 addresses by /proc/net/fib_trie."""
    return frozenset(re.findall(r"\|-- (\d+\.\d+\.\d+\.\d+)\s+/32 host LOCAL", trie))


def local_addresses_6(table: str) -> frozenset[str]:
    """Return the machine's own IPv6 addresses by /proc/net/if_inet6."""
    numbers = re.findall(r"^([0-9a-f]{32}) ", table, re.MULTILINE)
    return frozenset(str(ipaddress.IPv6Address(int(number, 16))) for number in numbers)


def _leg(place: str, address: str, secure: bool) -> Leg:
    if address.startswith(("unix:", "/", "abns@")):
        return Leg(place, "unix", secure)
    bare = address.partition("/")[0].rpartition("@")[2]
    try:
        host = urlsplit(f"//{bare}").hostname or ""
    except ValueError:
        host = ""
    return Leg(place, host if "$" not in bare else "$", secure)


def _scheme(text: str, default: str) -> tuple[str, str]:
    scheme, mark, rest = text.partition("://")
    if mark:
        return scheme.lower(), rest if rest.startswith("unix:") else rest.partition("/")[0]
    return default, text


def _proxies_by_tls(above: tuple[Directive, ...]) -> bool:
    for block in reversed(above):
        for one in block.inner:
            if one.name == "proxy_ssl":
                return one.words == ("on",)
    return False


def _secure(words: list[str], before: bool) -> bool:
    if "no-ssl" in words:
        return False
    return before or "ssl" in words


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
