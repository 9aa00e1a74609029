"""Peers that are slow, moody, dead or mean."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.checkers.tls import servers
from tests.fleet.rows import (
    MODERN,
    NO,
    UNKNOWN,
    YES,
    Fleet,
    House,
    Row,
    entry,
    leaves,
    nothing,
    versions,
)
from tests.fleet.sites import OLD, Site
from troth.checkers.tls.hello import ClientHello
from troth.model import Reason

#: What nginx takes where all suites are switched on.
_TAKEN = ("suites_256", "suites_below_256", "suites_below_128", "without_forward_secrecy")


class Counting:
    """Hangs up on connections beyond a number within so many seconds, as a firewall does."""

    def __init__(
        self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.most, self.seconds, self._clock = most, seconds, clock
        self._seen: list[float] = []
        self._lock = threading.Lock()

    def reset(self) -> None:
        """Forget the connections so far."""
        with self._lock:
            self._seen.clear()

    def __call__(self, hello: ClientHello, index: int) -> bool:
        """Tell whether the connection is let through."""
        with self._lock:
            now = self._clock()
            self._seen = [at for at in self._seen if now - at < self.seconds]
            self._seen.append(now)
            return len(self._seen) <= self.most


def _old_after_6_s(hello: ClientHello, index: int) -> bool:
    if servers.highest(hello) < 0x0303:
        time.sleep(6)
    return True


class Flaky:
    """Hangs up on every n-th connection; does with the others as ``well`` says."""

    def __init__(self, period: int, well: bool | servers.Action = True) -> None:
        self._period, self._well = period, well
        self._count = 0

    def reset(self) -> None:
        """Begin to count anew."""
        self._count = 0

    def __call__(self, hello: ClientHello, index: int) -> bool | servers.Action:
        """Tell what happens to the connection."""
        self._count += 1
        return self._count % self._period != 0 and self._well


def troubled(stack: contextlib.ExitStack, fleet: Fleet, house: House, folder: Path) -> None:
    """Stand gates with a trouble of their own before a real server that speaks TLS 1.0 to 1.3."""
    place = folder / "behind"
    place.mkdir()
    site = Site("behind", [house.leaf("rsa2048")],
                f"ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; {OLD}", {})  # fmt: skip
    modern = Site("modern", [house.leaf("rsa2048")], "ssl_protocols TLSv1.2 TLSv1.3;", {})
    ports = servers.free_ports(2)
    stack.enter_context(
        servers.nginx(place, site.block(place, ports[0]) + modern.block(place, ports[1]))
    )
    old, strict = "versions.tls1_0", Counting(4, 20)
    limited, flaky = Counting(20, 20), Flaky(3)
    silenced = servers.swallow_alerts(ports[0])
    second, third = Flaky(2, silenced), Flaky(3, silenced)
    late = {old: Reason.UNPROVEN, "versions.tls1_1": Reason.UNPROVEN, "versions.tls1_2": YES}
    never = {
        **dict.fromkeys((old, "versions.tls1_1", "versions.tls1_2"), UNKNOWN | {YES}),
        **{f"ciphers.{fact}": UNKNOWN | {YES} for fact in _TAKEN},
        "versions.ssl3": UNKNOWN | {NO},
    }
    troubles: tuple[tuple[str, int, servers.Decide, Mapping[str, Any], bool], ...] = (
        ("old-after-6-s", ports[0], _old_after_6_s, late, False),
        ("drops-after-20", ports[1], limited, MODERN, False),
        ("drops-after-4", ports[0], strict, {old: UNKNOWN | {YES}}, True),
        ("flaky", ports[0], flaky, never, True),
        ("mute-and-every-second", ports[0], second, never, True),
        ("mute-and-every-third", ports[0], third, never, True),
    )
    gate, _ = stack.enter_context(servers.gate(ports[0], lambda *_: silenced))
    all_of_it = {
        **versions("tls1_0", "tls1_1", "tls1_2", "tls1_3"),
        **{f"ciphers.{fact}": YES for fact in _TAKEN},
        **leaves("RSA 2048"),
    }
    fleet.rows.append(Row("mute", entry(gate), all_of_it, mute=True))
    for name, port, decide, truth, moody in troubles:
        gate, _ = stack.enter_context(servers.gate(port, decide))
        fleet.rows.append(Row(name, entry(gate), truth, honest=False, moody=moody))
    fleet.resets += [strict.reset, limited.reset, flaky.reset, second.reset, third.reset]


def _drip(connection: socket.socket, index: int) -> None:
    """Send one byte a second of something that might become a handshake."""
    connection.recv(4096)
    for byte in b"\x16\x03\x03\x40\x00" + bytes(60):
        connection.sendall(bytes([byte]))
        time.sleep(1)


def _slow_close(connection: socket.socket, index: int) -> None:
    connection.recv(4096)
    time.sleep(3)


def _reset(connection: socket.socket, index: int) -> None:
    # After the hello: a reset before it may come while the client still connects.
    connection.recv(4096)
    servers.reset(connection)


def _garbage(connection: socket.socket, index: int) -> None:
    connection.recv(4096)
    connection.sendall(bytes(range(256)) * 8)


def dead(stack: contextlib.ExitStack, fleet: Fleet) -> None:
    """Add peers that never finish a handshake, and places where nobody is."""
    for name, handle, reason in (
        ("silent", lambda connection, index: servers.hang(connection), Reason.TIMEOUT),
        ("drip", _drip, Reason.TIMEOUT),
        # Three closes are nine seconds, and what is left of ten is less than another takes.
        ("slow-close", _slow_close, Reason.TIMEOUT),
        ("garbage", _garbage, Reason.MALFORMED_RESPONSE),
        ("reset", _reset, Reason.UNPROVEN),
    ):
        port = stack.enter_context(servers.serve(handle))
        fleet.rows.append(Row(name, entry(port), nothing(reason)))
    gone, hole = servers.free_port(), stack.enter_context(servers.blackhole())
    fleet.rows.append(Row("closed", entry(gone), nothing(Reason.UNREACHABLE)))
    fleet.rows.append(Row("blackhole", entry(hole), nothing(Reason.TIMEOUT)))
