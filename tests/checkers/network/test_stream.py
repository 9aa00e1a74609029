"""Connections inside a clock: bounded whatever the peer does, and closed in every case."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from typing import Any

import pytest

from tests.checkers.tls import servers
from troth.checkers.network.clock import Clock
from troth.checkers.network.loop import shared
from troth.checkers.network.resolver import Resolver
from troth.checkers.network.stream import Place, addresses, connected


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def talk(port: int, seconds: float = 5.0, *, limit: float = 10.0) -> bytes:
    async def run() -> bytes:
        async with connected(Place("127.0.0.1", port), Clock.of(limit), seconds) as stream:
            await stream.send(b"hello")
            found = b""
            while data := await stream.receive():
                found += data
            return found

    return shared().run(run())


def echo(connection: socket.socket, index: int) -> None:
    connection.sendall(connection.recv(100) + b"!")


def test_bytes_go_there_and_come_back() -> None:
    with servers.serve(echo) as port:
        assert talk(port) == b"hello!"


def flood(connection: socket.socket, index: int) -> None:
    while True:
        connection.sendall(bytes(65536))


def drip(connection: socket.socket, index: int) -> None:
    pause = threading.Event()
    while not pause.wait(0.05):
        connection.sendall(b".")


def silent(connection: socket.socket, index: int) -> None:
    servers.hang(connection)


@pytest.mark.parametrize("handle", [silent, drip, flood])
def test_no_peer_holds_a_probe_beyond_its_clock(handle: Any) -> None:
    before = open_files()
    with servers.serve(handle) as port:
        clock = Clock.of(30)
        with pytest.raises(TimeoutError):
            talk(port, 0.3)
        assert clock.spent < 12
    assert open_files() <= before


def test_a_black_hole_is_left_in_time() -> None:
    before = open_files()
    with servers.blackhole() as port, pytest.raises(TimeoutError):
        talk(port, 0.3)
    assert open_files() <= before


def test_nobody_there_leaves_nothing_open() -> None:
    before = open_files()
    for _ in range(50):
        with pytest.raises(ConnectionRefusedError):
            talk(servers.free_port())
    assert open_files() <= before


def test_a_probe_that_is_cancelled_closes_its_connection() -> None:
    before, met = open_files(), threading.Event()

    async def run(port: int) -> None:
        async with connected(Place("127.0.0.1", port), Clock.of(60), 60) as stream:
            await stream.receive()

    async def cancelled(port: int) -> None:
        task = asyncio.ensure_future(run(port))
        assert await asyncio.to_thread(met.wait, 30)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def meeting(connection: socket.socket, index: int) -> None:
        met.set()
        servers.hang(connection)  # returns when the client has closed

    with servers.serve(meeting) as port:
        shared().run(asyncio.wait_for(cancelled(port), 60))
    assert open_files() <= before


class Hands:
    """The hands of a clock, moved by the test alone."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


def test_waiting_for_a_turn_is_not_the_peers_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three connections to one place, two at a time: the third waits, its clock does not run."""
    hands, let_go, both = Hands(), threading.Event(), threading.Event()
    monkeypatch.setattr("troth.checkers.network.clock.time", hands)

    def slow(connection: socket.socket, index: int) -> None:
        if index == 1:
            both.set()
        let_go.wait(60)
        connection.sendall(b"x")

    async def one(port: int, clock: Clock) -> bytes:
        async with connected(Place("127.0.0.1", port), clock, 60) as stream:
            return await stream.receive()

    async def run(port: int) -> tuple[list[bytes], float]:
        clock = Clock.of(60)
        tasks = [asyncio.ensure_future(one(port, Clock.of(60))) for _ in range(2)]
        tasks.append(asyncio.ensure_future(one(port, clock)))
        assert await asyncio.to_thread(both.wait, 60)
        for _ in range(20):  # until all three have come as far as they can
            await asyncio.sleep(0)
        hands.now += 1000
        let_go.set()
        return await asyncio.gather(*tasks), clock.spent

    with servers.serve(slow) as port:
        found, spent = shared().run(run(port))
    assert found == [b"x"] * 3
    assert spent == 0


def test_a_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go, asked = threading.Event(), list[str]()

    def hang(host: str, *_: Any, **__: Any) -> Any:
        asked.append(host)
        let_go.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    monkeypatch.setattr(socket, "getaddrinfo", hang)

    async def look(host: str) -> Any:
        async with connected(Place(host, 1), Clock.of(9), 0.2):
            return None

    before = threading.active_count()
    for _ in range(5):
        with pytest.raises(TimeoutError):
            shared().run(look("hangs.example"))
    # Who asks for the same name joins the lookup that is under way.
    assert asked == ["hangs.example"]
    assert threading.active_count() <= before + 2
    let_go.set()


def test_lookups_that_hang_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go, asked, full = threading.Event(), list[str](), threading.Event()

    def hang(host: str, *_: Any, **__: Any) -> Any:
        asked.append(host)
        if len(asked) == 3:
            full.set()
        let_go.wait(60)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", hang)

    async def run() -> tuple[int, list[Any]]:
        own = Resolver(at_once=3)
        tasks = [asyncio.ensure_future(own.addresses(f"h{each}", each)) for each in range(9)]
        assert await asyncio.to_thread(full.wait, 60)
        for _ in range(20):  # a fourth would have its chance to begin
            await asyncio.sleep(0)
        at_once = len(asked)
        let_go.set()
        found = await asyncio.gather(*tasks)
        assert not own._under_way
        return at_once, found

    at_once, found = asyncio.run(run())
    assert at_once == 3
    assert found == [[(socket.AF_INET, ("192.0.2.1", each))] for each in range(9)]


@pytest.mark.parametrize("name", ["nowhere.invalid", "x" * 64 + ".example", "a..b"])
def test_a_name_without_addresses_is_an_error_of_the_system(name: str) -> None:
    with pytest.raises(socket.gaierror):
        shared().run(addresses(Place(name, 1)))


def test_an_address_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", None)
    found = shared().run(addresses(Place("::1", 443)))
    assert found == [(socket.AF_INET6, ("::1", 443))]
    assert shared().run(addresses(Place("127.0.0.1", 1)))[0][1] == ("127.0.0.1", 1)
