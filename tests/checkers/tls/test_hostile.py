"""Peers that are silent, slow, rude or not TLS: never a refusal that was not said."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.tls import servers
from tests.checkers.tls.authority import Issued
from tests.checkers.tls.look import Look
from tests.fleet.hostile import Counting
from troth.checker import ObservationFailed
from troth.checkers.network.clock import Clock
from troth.checkers.tls.hello import ClientHello

OLD = ("-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0")
FACETS = ("versions", "ciphers", "certificates", "trust", "stapling")
#: Generous where an answer is expected, short where the peer will never answer.
SHORT: dict[str, Any] = {"timeout_seconds": 1.0, "deadline_seconds": 60.0}

DEFAULTS: dict[str, Any] = {"timeout_seconds": 5.0, "deadline_seconds": 10.0}


def alert(code: int, level: int = 2) -> bytes:
    return bytes([21, 3, 3, 0, 2, level, code])


def saying(text: bytes) -> Callable[[socket.socket, int], None]:
    def handle(connection: socket.socket, index: int) -> None:
        servers.read_record(connection)
        connection.sendall(text)

    return handle


def greeting(text: bytes) -> Callable[[socket.socket, int], None]:
    def handle(connection: socket.socket, index: int) -> None:
        connection.sendall(text)
        servers.hang(connection)

    return handle


def silent(connection: socket.socket, index: int) -> None:
    servers.hang(connection)


def closing(connection: socket.socket, index: int) -> None:
    servers.read_record(connection)


def dripping(connection: socket.socket, index: int) -> None:
    """Announce a long record and send it byte by byte, each well before any timeout."""
    connection.sendall(b"\x16\x03\x03\x40\x00")
    pause = threading.Event()
    while not pause.wait(0.05):
        connection.sendall(b"\x02")


def flooding(connection: socket.socket, index: int) -> None:
    while True:
        connection.sendall(alert(90, level=1) * 1000)


@pytest.mark.parametrize(
    ("handle", "reason", "word"),
    [
        (silent, "timeout", "1 s"),
        (dripping, "timeout", "1 s"),
        (closing, "unproven", "closed"),
        (flooding, "malformed-response", "100000 bytes"),
        (saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "malformed-response", "plain HTTP"),
        (greeting(b"220 mail.example ESMTP\r\n"), "malformed-response", "mail"),
        (greeting(b"SSH-2.0-x\r\n"), "malformed-response", "SSH"),
        (saying(b"\x00\xff\x00\xff" * 100), "malformed-response", "TLS records"),
        (saying(b"\x16\x03\x03\x00\x04\x02\x00"), "malformed-response", "middle"),
        (saying(b"\x16\x03\x03\xff\xff"), "malformed-response", "longer"),
        (saying(b"\x17\x03\x03\x00\x01x"), "malformed-response", "application data"),
        (saying(alert(40)), "unproven", "handshake_failure"),
        (saying(alert(80)), "unproven", "internal_error"),
        (saying(alert(112, level=1)), "unproven", "unrecognized_name"),
    ],
)
def test_a_peer_that_never_speaks_tls_gives_its_reason_and_no_fact(
    handle: Any, reason: str, word: str
) -> None:
    with servers.serve(handle) as port:
        look = Look(f"127.0.0.1:{port}", **SHORT)
        failures = [look.failure(facet) for facet in FACETS]
    assert {failure.reason for failure in failures} == {reason}
    assert all(word in failure.message for failure in failures)


def test_one_silent_opening_is_enough_for_all_facets() -> None:
    with servers.serve(silent) as port:
        look = Look(f"127.0.0.1:{port}", **SHORT)
        assert {look.failure(facet).reason for facet in FACETS} == {"timeout"}
    assert look.reader.made["tls:Probe"] == 1


def test_nobody_listens() -> None:
    look = Look(f"127.0.0.1:{servers.free_port()}")
    assert look.failure("versions").reason == "unreachable"


def test_a_name_without_address() -> None:
    assert Look("nowhere.invalid:443").failure("trust").reason == "unreachable"


def old_ones(hello: ClientHello) -> bool:
    return servers.highest(hello) < 0x0303


def test_an_old_version_answered_too_late_is_not_refused(rsa: Issued, tmp_path: Path) -> None:
    """The classic false pass: TLS 1.0 is there, but slower than the prober waits."""
    with (
        servers.openssl(tmp_path, [rsa], *OLD) as real,
        servers.gate(real, lambda hello, _: servers.hang if old_ones(hello) else True) as (port, _),
    ):
        seen = Look(f"127.0.0.1:{port}", **SHORT).facet("versions")
    assert (seen["tls1_2"], seen["tls1_3"]) == ("accepted", "accepted")
    assert [seen.reason(name) for name in ("ssl3", "tls1_0", "tls1_1")] == ["unproven"] * 3
    assert "1 s" in seen.missing["tls1_0"].message


@pytest.mark.parametrize("rude", [False, servers.reset])
def test_hanging_up_each_time_is_a_refusal(rsa: Issued, tmp_path: Path, rude: Any) -> None:
    with (
        servers.openssl(tmp_path, [rsa], *OLD) as real,
        servers.gate(real, lambda hello, _: rude if old_ones(hello) else True) as (port, hellos),
    ):
        seen = Look(f"127.0.0.1:{port}").facet("versions")
    assert [seen[name] for name in ("ssl3", "tls1_0", "tls1_1")] == ["refused"] * 3
    assert [servers.highest(hello) for hello in hellos].count(0x0301) == 3


@pytest.mark.parametrize("rude", [False, servers.reset])
def test_hanging_up_once_is_asked_again(rsa: Issued, tmp_path: Path, rude: Any) -> None:
    angry = {0x0300, 0x0301, 0x0302}

    def decide(hello: ClientHello, index: int) -> bool | servers.Action:
        version = servers.highest(hello)
        if version in angry:
            angry.remove(version)
            return bool(rude) and rude
        return True

    with (
        servers.openssl(tmp_path, [rsa], *OLD) as real,
        servers.gate(real, decide) as (port, _),
    ):
        seen = Look(f"127.0.0.1:{port}").facet("versions")
    assert (seen["tls1_0"], seen["tls1_1"]) == ("accepted", "accepted")


@pytest.mark.parametrize("allowed", range(1, 9))
def test_a_server_that_takes_a_few_connections_and_then_hangs_up(
    rsa: Issued, tmp_path: Path, allowed: int
) -> None:
    """Throttling must not look like a server that speaks new versions only."""
    with (
        servers.openssl(tmp_path, [rsa], *OLD) as real,
        servers.gate(real, lambda _, index: index < allowed) as (port, _),
    ):
        look = Look(f"127.0.0.1:{port}")
        seen, ciphers = look.facet("versions"), look.facet("ciphers")
    assert seen["tls1_3"] == "accepted"
    assert "refused" not in {**seen.values, **ciphers.values}.values()


@pytest.mark.parametrize(
    ("period", "phase"), [(period, phase) for period in range(2, 8) for phase in range(1, period)]
)
def test_a_server_that_hangs_up_now_and_then(
    rsa: Issued, tmp_path: Path, period: int, phase: int
) -> None:
    with (
        servers.openssl(tmp_path, [rsa], *OLD) as real,
        servers.gate(real, lambda _, index: index % period != phase) as (port, _),
    ):
        look = Look(f"127.0.0.1:{port}")
        seen = look.facet("versions")
    assert {name for name, value in seen.values.items() if value == "refused"} <= {"ssl3"}


def test_alerts_of_a_throttle_are_no_refusal(rsa: Issued, tmp_path: Path) -> None:
    def refuse(connection: socket.socket, _: bytes) -> None:
        connection.sendall(alert(40))

    with (
        servers.openssl(tmp_path, [rsa], *OLD) as real,
        servers.gate(real, lambda _, index: index < 2 or refuse) as (port, _),
    ):
        seen = Look(f"127.0.0.1:{port}").facet("versions")
    assert "refused" not in seen.values.values()
    assert "again at the end" in seen.missing["tls1_0"].message


def test_half_an_answer_is_no_refusal(rsa: Issued, tmp_path: Path) -> None:
    def half(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"\x16\x03\x01\x00\x50\x02\x00")

    with (
        servers.openssl(tmp_path, [rsa], *OLD) as real,
        servers.gate(real, lambda hello, _: half if old_ones(hello) else True) as (port, _),
    ):
        seen = Look(f"127.0.0.1:{port}").facet("versions")
    assert [seen.reason(name) for name in ("ssl3", "tls1_0", "tls1_1")] == ["unproven"] * 3


def test_the_endpoints_time_bounds_all_questions_and_spares_the_control(
    rsa: Issued, tmp_path: Path
) -> None:
    """Slow answers use the time up; what was not asked is unproven, what was refused stands."""

    def decide(hello: ClientHello, index: int) -> bool | servers.Action:
        weak = 0x1301 not in hello.suites and 0xC02F not in hello.suites
        return servers.hang if weak else True

    with (
        servers.openssl(tmp_path, [rsa], *OLD, "-no_tls1") as real,
        servers.gate(real, decide) as (port, _),
    ):
        look = Look(f"127.0.0.1:{port}", timeout_seconds=1.0, deadline_seconds=3.3)
        ciphers, versions = look.facet("ciphers"), look.facet("versions")
    assert ciphers.reason("suites_256") == "unproven"
    assert ciphers.reason("suites_below_128") == "unproven"
    assert versions.values["tls1_1"] == "accepted"
    assert versions.reason("tls1_0") == "unproven"
    assert any(
        "spent" in why.message for why in (*versions.missing.values(), *ciphers.missing.values())
    )
    assert "refused" not in versions.values.values()


def test_all_facets_cost_one_examination(rsa: Issued, tmp_path: Path) -> None:
    with (
        servers.openssl(tmp_path, [rsa], "-min_protocol", "TLSv1.2") as real,
        servers.gate(real, lambda *_: True) as (port, hellos),
    ):
        look = Look(f"127.0.0.1:{port}")
        for facet in FACETS:
            look.facet(facet)
    assert set(look.reader.made) == {"file:endpoints", "file:trust-store", "tls:Probe"}
    assert len(hellos) <= 10


def note_connections(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Return a list that every connection attempt from here on is written to."""
    opened: list[tuple[str, int]] = []
    connect = asyncio.SelectorEventLoop.sock_connect

    async def noted(self: Any, peer: Any, address: Any) -> None:
        opened.append((address[0], address[1]))
        await connect(self, peer, address)

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", noted)
    return opened


def test_all_questions_go_to_the_address_of_the_opening(
    rsa: Issued, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name may have several addresses; the opening finds one, and no other is asked."""
    asked: list[str] = []

    def once(host: str, *_: Any, **__: Any) -> Any:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]

    with servers.openssl(tmp_path, [rsa]) as port:
        monkeypatch.setattr(socket, "getaddrinfo", once)
        look = Look(f"several.example:{port}")
        assert look.facet("versions")["tls1_2"] == "accepted"
    assert asked == ["several.example"]


def test_only_the_announced_place_is_connected_to(
    rsa: Issued, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with servers.openssl(tmp_path, [rsa]) as port:
        opened = note_connections(monkeypatch)
        look = Look({"host": "www.example.test", "port": port, "address": "127.0.0.1"})
        for facet in FACETS:
            look.facet(facet)
    egress = look.checker.egress(look.target, look.checker.partition)
    assert {f"{host}:{number}" for host, number in opened} == set(egress)


def test_old_versions_after_six_seconds_are_open_and_the_rest_is_known(
    rsa: Issued, tmp_path: Path
) -> None:
    """With the default times: the endpoint is decided within twelve seconds."""

    def late(connection: socket.socket, data: bytes) -> None:
        if not threading.Event().wait(6):
            servers.forward(connection, real, data)

    with (
        servers.openssl(tmp_path, [rsa], *OLD) as real,
        servers.gate(real, lambda hello, _: late if old_ones(hello) else True) as (port, _),
    ):
        look, clock = Look(f"127.0.0.1:{port}", **DEFAULTS), Clock.of(12)
        seen, ciphers = look.facet("versions"), look.facet("ciphers")
        assert clock.left
    assert seen.values == {"tls1_2": "accepted", "tls1_3": "accepted"}
    assert [seen.reason(name) for name in ("ssl3", "tls1_0", "tls1_1")] == ["unproven"] * 3
    assert "5 s" in seen.missing["tls1_1"].message
    assert ciphers["suites_256"] == "accepted"


def slowly_closing(connection: socket.socket, index: int) -> None:
    servers.read_record(connection)
    threading.Event().wait(3)


def a_byte_a_second(connection: socket.socket, index: int) -> None:
    """Begin a record, and always be about to go on."""
    pause = threading.Event()
    for byte in b"\x16\x03\x03\x40\x00" + bytes(60):
        connection.sendall(bytes([byte]))
        pause.wait(1)


@pytest.mark.parametrize(
    ("handle", "word"),
    [
        (silent, "in 5 s"),
        (a_byte_a_second, "in 5 s"),
        # Three closes are nine seconds; the fourth does not come in what is left of ten.
        (slowly_closing, "in the time that the endpoint had left"),
    ],
)
def test_dead_and_hostile_peers_are_decided_within_twelve_seconds(handle: Any, word: str) -> None:
    with servers.serve(handle) as port:
        look, clock = Look(f"127.0.0.1:{port}", **DEFAULTS), Clock.of(12)
        failure = look.failure("versions")
        assert clock.left
    assert failure.reason == "timeout"
    assert failure.message.endswith(word)


def test_a_black_hole_is_decided_within_twelve_seconds() -> None:
    with servers.blackhole() as port:
        look, clock = Look(f"127.0.0.1:{port}", **DEFAULTS), Clock.of(12)
        failure = look.failure("versions")
        assert clock.left
    assert failure.reason == "timeout"
    assert "no connection" in failure.message


def test_a_server_that_counts_connections_is_known_before_it_objects(
    rsa: Issued, tmp_path: Path
) -> None:
    """Twenty connections in twenty seconds: a look too many is refused, not fooled."""
    now = [0.0]
    truth = {"ssl3": "refused", "tls1_0": "refused", "tls1_1": "refused"}
    truth |= {"tls1_2": "accepted", "tls1_3": "accepted"}
    with (
        servers.openssl(tmp_path, [rsa], "-no_tls1", "-no_tls1_1") as real,
        servers.gate(real, Counting(20, 20.0, lambda: now[0])) as (port, _),
    ):

        def seen() -> dict[str, Any]:
            try:
                return dict(Look(f"127.0.0.1:{port}").facet("versions").values)
            except ObservationFailed:
                return {}

        assert seen() == truth
        rest = [seen() for _ in range(3)]
        assert all(each.items() <= truth.items() for each in rest)
        assert rest[-1] == {}
        now[0] += 20
        assert seen() == truth
