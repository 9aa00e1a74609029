"""Facet ``services``: the servers behind SRV records (RFC 2782) and NAPTR records (RFC 3263)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from troth.checker import Facts, Failure, ObservationFailed, Reason, complete, partial
from troth.checkers.dns.addresses import networks_of
from troth.checkers.dns.follow import follow
from troth.checkers.dns.records import Look

#: How NAPTR records name a transport, and the ports of SIP (RFC 3263 sections 4.1 and 4.2).
_TRANSPORTS = {"d2t": "_tcp", "d2u": "_udp", "d2s": "_sctp"}
_PORTS = {"sip": 5060, "sips": 5061}
#: More servers are not looked up.
_MOST_TARGETS = 64


@dataclass
class _Targets:
    """What is found on the way; the first failure tells why the list is not whole."""

    items: list[dict[str, Any]] = field(default_factory=list)
    failure: Failure | None = None

    def fail(self, failure: Failure) -> None:
        self.failure = self.failure or failure

    def add(self, look: Look, service: str, host: str, port: int) -> None:
        """Add a server with its networks; the root as a host says: not offered (RFC 2782)."""
        known = {(item["service"], item["host"], item["port"]) for item in self.items}
        if host == "." or (service, host, port) in known:
            return
        if len(self.items) >= _MOST_TARGETS:
            text = f"there are more than {_MOST_TARGETS} servers"
            self.fail(Failure(Reason.LISTING_INCOMPLETE, text))
            return
        item = {"service": service, "host": host, "port": port}
        self.items.append(item | {"networks": networks_of(look, host)})


def facts(look: Look, name: str, services: Iterable[str]) -> Facts:
    """Return the servers of the given services and of those that NAPTR records name."""
    targets = _Targets()
    places = {f"{service}.{name}": service for service in sorted(services)}
    try:
        for record in follow(look, name, "NAPTR").records:
            _rewrite(look, record.values, places, targets)
    except ObservationFailed as error:
        targets.fail(error.failure)
    for place, service in sorted(places.items()):
        try:
            found = follow(look, place, "SRV").records
        except ObservationFailed as error:
            targets.fail(error.failure)
            continue
        _serve(look, service, [record.values for record in found], targets)
    if targets.failure is None:
        return Facts({"targets": complete(targets.items)})
    return Facts({"targets": partial(targets.items)}, {"targets": targets.failure})


def _serve(look: Look, service: str, found: list[tuple[Any, ...]], targets: _Targets) -> None:
    for host, port in sorted(found):
        try:
            targets.add(look, service, host, port)
        except ObservationFailed as error:
            targets.fail(error.failure)


def _rewrite(
    look: Look, values: tuple[Any, ...], places: dict[str, str], targets: _Targets
) -> None:
    """Take one NAPTR record: ``s`` leads to SRV records, ``a`` to a host, ``u`` to no server."""
    flag, service, replacement = values
    if flag == "s" and len(places) < _MOST_TARGETS:
        labels = [label for label in replacement.split(".") if label.startswith("_")]
        places.setdefault(replacement, ".".join(labels) or service)
    elif flag == "a":
        protocol, _, transport = service.partition("+")
        if transport in _TRANSPORTS:
            service = f"_{protocol}.{_TRANSPORTS[transport]}"
        targets.add(look, service, replacement, _PORTS.get(protocol, 0))
    elif flag != "u":
        text = f"a NAPTR record with the flags {flag[:20]!r} leads on; it was not followed"
        targets.fail(Failure(Reason.NOT_SUPPORTED, text))
