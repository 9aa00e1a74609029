"""Which ports of which hosts a target asks for, and which of them it says are meant to answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from troth.checker import Failure, Listed, Reason, Resource
from troth.checkers.network.places import Endpoint, read_endpoint

#: Services that should not be met from outside, and those beside which one is often met.
DEFAULT_PORTS = (
    *(21, 22, 23, 25, 80, 110, 143, 389, 443, 1433, 3306, 3389),
    *(5060, 5432, 5985, 6379, 9200, 27017),
)

_PORT = {"type": "integer", "minimum": 1, "maximum": 65535}
_PORTS = {
    "type": "array",
    "items": {"anyOf": [_PORT, {"type": "string", "pattern": "^[0-9]{1,5}(-[0-9]{1,5})?$"}]},
}
#: The keys of a target that say what is asked.
OPTIONS: Mapping[str, Any] = {
    "hosts": {
        "type": "array",
        "minItems": 1,
        "items": {"type": "string", "minLength": 1},
        "description": "names or IP addresses; every address of a name is asked",
    },
    "ports": {
        **_PORTS,
        "minItems": 1,
        "default": list(DEFAULT_PORTS),
        "description": "numbers and ranges: 22, 1-1024",
    },
    "published": {
        "anyOf": [_PORTS, {"type": "object", "additionalProperties": _PORTS}],
        "description": "ports that are meant to answer, of all hosts or by host",
    },
}


def numbers(given: Iterable[int | str]) -> list[int]:
    """Return port numbers in order, each once; raises ValueError for what is no port or range."""
    found: set[int] = set()
    for one in given:
        first, _, last = str(one).partition("-")
        ports = range(int(first), int(last or first) + 1)
        if not ports or ports[0] < 1 or ports[-1] > 65535:
            raise ValueError(f"{one!r} is not a port or a range of ports from 1 to 65535")
        found.update(ports)
    return sorted(found)


def ports(target: Mapping[str, Any]) -> list[int]:
    """Return the ports that are asked for at every host; raises ValueError."""
    return numbers(target.get("ports", DEFAULT_PORTS))


def published(target: Mapping[str, Any], host: str) -> list[int]:
    """Return the ports of a host that are meant to answer; raises ValueError."""
    given = target.get("published", ())
    if not isinstance(given, Mapping):
        return numbers(given)
    return numbers(port for name in given if normal(name) == host for port in given[name])


def normal(host: str) -> str:
    """Return a host as it is asked for; raises ValueError if it is none."""
    return read_endpoint({"host": host.strip().strip("[]"), "port": 1}).host


def problem(target: Mapping[str, Any]) -> str:
    """Return what is wrong with the ports of a target, or nothing."""
    try:
        ports(target)
        given = target.get("published", ())
        for host in given if isinstance(given, Mapping) else ():
            normal(host)
        for rows in given.values() if isinstance(given, Mapping) else [given]:
            numbers(rows)
    except ValueError as error:
        return str(error)
    return ""


def hosts(target: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each host once, or an empty text and what is wrong with it."""
    seen: set[str] = set()
    for text in target["hosts"]:
        try:
            host = normal(text)
        except ValueError as error:
            yield "", str(error)
            continue
        if host not in seen:
            seen.add(host)
            yield host, ""


def resources(target: Mapping[str, Any], partition: str) -> Iterator[Resource | Listed]:
    """Yield every port of every host; a host that is none makes the list incomplete.

    Port by port, so that those who look at many resources at once look at many hosts.
    """
    named = list(hosts(target))
    for _, wrong in named:
        if wrong:
            yield Listed(failure=Failure(Reason.MALFORMED_RESPONSE, wrong))
    for port in ports(target):
        for host, wrong in named:
            if not wrong:
                endpoint = Endpoint(host, port)
                yield Resource(endpoint.id("tcp"), endpoint.authority, partition)


def egress(target: Mapping[str, Any]) -> Sequence[str]:
    """Return ``host:port`` of everything that is asked; nothing if the ports cannot be read."""
    if problem(target):
        return ()
    numbered = ports(target)
    named = [host for host, wrong in hosts(target) if not wrong]
    return sorted({Endpoint(host, port).authority for host in named for port in numbered})
