"""Peers that are slow, moody, dead or mean."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.checkers.tls import servers
from tests.fleet.rows import HERE, MODERN, NO, NOTHING, UNKNOWN, YES, Fleet, House, Row, entry
from tests.fleet.sites import OLD, Site
from troth.checkers.tls.hello import ClientHello


class Counting:
    """Hangs up on connections beyond a number within so many seconds, as a firewall does."""

    def __init__(self, most: int, seconds: float) -> None:
        self.most, self.seconds = most, seconds
        self._seen: list[float] = []
        self._lock = threading.Lock()

    def reset(self) -> None:
        """Forget the connections so far."""
        with self._lock:
            self._seen.clear()

    def __call__(self, hello: ClientHello, index: int) -> bool:
        """Tell whether the connection is let through."""
        with self._lock:
            now = time.monotonic()
            self._seen = [at for at in self._seen if now - at < self.seconds]
            self._seen.append(now)
            return len(self._seen) <= self.most


def _old_after_6_s(hello: ClientHello, index: int) -> bool:
    if servers.highest(hello) < 0x0303:
        time.sleep(6)
    return True


class Flaky:
    """Hangs up on every third connection."""

    def __init__(self) -> None:
        self._count = 0

    def reset(self) -> None:
        """Begin to count anew."""
        self._count = 0

    def __call__(self, hello: ClientHello, index: int) -> bool:
        """Tell whether the connection is let through."""
        self._count += 1
        return self._count % 3 != 0


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
    limited, flaky = Counting(20, 20), Flaky()
    troubles: tuple[tuple[str, int, servers.Decide, Mapping[str, Any]], ...] = (
        ("old-after-6-s", ports[0], _old_after_6_s, {old: UNKNOWN, "versions.tls1_1": UNKNOWN}),
        ("drops-after-20", ports[1], limited, MODERN),
        ("drops-after-4", ports[0], strict, {old: UNKNOWN | {YES}}),
        ("flaky", ports[0], flaky, {old: UNKNOWN | {YES}, "versions.ssl3": UNKNOWN | {NO}}),
    )
    for name, port, decide, truth in troubles:
        gate, _ = stack.enter_context(servers.gate(port, decide))
        fleet.rows.append(Row(name, entry(gate), truth))
    fleet.resets += [strict.reset, limited.reset, flaky.reset]


def _drip(connection: socket.socket, index: int) -> None:
    """Send one byte a second of something that might become a handshake."""
    connection.recv(4096)
    for byte in b"\x16\x03\x03\x40\x00" + bytes(60):
        connection.sendall(bytes([byte]))
        time.sleep(1)


def _slow_close(connection: socket.socket, index: int) -> None:
    connection.recv(4096)
    time.sleep(3)


def _garbage(connection: socket.socket, index: int) -> None:
    connection.recv(4096)
    connection.sendall(bytes(range(256)) * 8)


def dead(stack: contextlib.ExitStack, fleet: Fleet) -> None:
    """Add peers that never finish a handshake, and places where nobody is."""
    for name, handle in (
        ("silent", lambda connection, index: servers.hang(connection)),
        ("drip", _drip),
        ("slow-close", _slow_close),
        ("garbage", _garbage),
        ("reset", lambda connection, index: servers.reset(connection)),
    ):
        port = stack.enter_context(servers.serve(handle))
        fleet.rows.append(Row(name, entry(port), NOTHING))
    fleet.rows.append(Row("closed", entry(servers.free_port()), NOTHING))
    fleet.rows.append(Row("blackhole", entry(stack.enter_context(blackhole())), NOTHING))


@contextlib.contextmanager
def blackhole() -> Iterator[int]:
    """Yield a port whose backlog is full: the system drops what else wants to connect."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind((HERE, 0))
        listener.listen(0)
        port = int(listener.getsockname()[1])
        for _ in range(8):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex((HERE, port))
        time.sleep(0.2)  # the handshakes of those that fit; nothing tells when the queue is full
        yield port
