"""One question to the resolvers of a target, over UDP and, if the answer was cut, over TCP.

Nothing is ever asked of other servers than the named ones.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from troth.checker import ObservationFailed, Reason
from troth.checkers.dns import records, wire
from troth.checkers.dns.records import Answer
from troth.checkers.network.clock import Clock

_SYSTEM = Path("/etc/resolv.conf")
_PORT = 53
#: As many as the C library asks (resolv.conf(5)).
_MOST = 3
#: What is announced as the longest answer over UDP, so that none is sent in fragments.
_PAYLOAD = 1232


@dataclass(frozen=True)
class Resolver:
    """An IP address and a port."""

    address: str
    port: int

    @property
    def authority(self) -> str:
        """Return ``address:port`` with brackets around an IPv6 address."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else self._plain

    @property
    def _plain(self) -> str:
        return f"{self.address}:{self.port}"


def named(target: Mapping[str, Any], system: Path = _SYSTEM) -> list[Resolver]:
    """Return the resolvers of a target, else those of this machine; at most three.

    Raises :class:`~troth.checker.ObservationFailed` if one is no address or there is none.
    """
    given = target.get("resolvers")
    try:
        found = [_read(text) for text in (_system(system) if given is None else given)]
    except (OSError, ValueError) as error:
        raise ObservationFailed(Reason.NO_DATA, f"no resolver is known: {error}") from error
    if not found:
        raise ObservationFailed(Reason.NO_DATA, "neither the target nor this machine names one")
    return found[:_MOST]


def _system(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        match line.split():
            case ["nameserver", address, *_]:
                yield address


def _read(text: str) -> Resolver:
    """Return the resolver of ``ip``, ``ip:port`` or ``[ip]:port``; raises ValueError."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        port = rest.removeprefix(":") if rest else str(_PORT) if bracket else ""
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    else:
        host, port = text, str(_PORT)
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{port!r} is not a port from 1 to 65535")
    return Resolver(str(ipaddress.ip_address(host)), int(port))


class Asker:
    """Puts questions to resolvers in turn, beginning with the one that answered last."""

    def __init__(self, resolvers: list[Resolver], seconds: float) -> None:
        """``seconds`` is the most that one resolver gets for one question, TCP included."""
        self._resolvers = resolvers
        self._seconds = seconds
        self._best = 0

    def ask(self, name: str, wanted: str) -> Answer:
        """Return the first answer that says something, else why the last one does not.

        A single resolver is asked twice, because one lost packet is no reason.
        """
        turns = range(max(2, len(self._resolvers)))
        answer = records.failed(Reason.NO_DATA, "nobody was asked")
        for turn in [(self._best + step) % len(self._resolvers) for step in turns]:
            resolver = self._resolvers[turn]
            answer = _ask(resolver, name, wanted, Clock.of(self._seconds))
            if answer.failure is None:
                self._best = turn
                break
        return answer


def _ask(resolver: Resolver, name: str, wanted: str, clock: Clock) -> Answer:
    import dns.exception
    import dns.message

    where = f"{wanted} of {name[:200]} at {resolver.authority}"
    try:
        query = dns.message.make_query(name, wanted, use_edns=0, payload=_PAYLOAD)
    except dns.exception.DNSException as error:
        # What is asked for below a name (_dmarc) may not fit where the name itself does.
        text = f"{where}: the name cannot be asked: {type(error).__name__}"
        return records.failed(Reason.NOT_SUPPORTED, text)
    try:
        response = wire.exchange(resolver.address, resolver.port, query, clock)
    except TimeoutError:
        return records.failed(Reason.TIMEOUT, f"{where}: no answer in {clock.seconds:g} s")
    except OSError as error:
        text = f"{where}: {error.strerror or type(error).__name__}"
        return records.failed(Reason.UNREACHABLE, text)
    except wire.Unreadable as error:
        text = f"{where}: the answer cannot be read: {error}"
        return records.failed(Reason.MALFORMED_RESPONSE, text)
    answer = records.read(response, wanted)
    if answer.failure is None:
        return answer
    return records.failed(answer.failure.reason, f"{where}: {answer.failure.message}")
