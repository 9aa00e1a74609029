"""Peers that are silent, slow, rude, crowded, lying or not SSH: a reason, and never a fact."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.checkers.ssh import peer, servers
from tests.checkers.ssh.look import listed, look
from tests.checkers.ssh.peer import GREETING, Peer, serving
from tests.checkers.ssh.servers import Handle
from troth.checkers.network.stream import Place
from troth.checkers.ssh.answers import Wanted
from troth.checkers.ssh.checker import Endpoints
from troth.checkers.ssh.probe import Inquiry
from troth.checkers.ssh.wire import number, string

#: Short where the peer will never answer.
SHORT: Mapping[str, Any] = {"timeout_seconds": 1.0, "deadline_seconds": 3.0}
BY_DEFAULT: Mapping[str, Any] = {
    name: Endpoints.options[name]["default"] for name in ("timeout_seconds", "deadline_seconds")
}


def saying(*parts: bytes) -> Handle:
    """Say something and hang up."""

    def handle(connection: socket.socket, index: int) -> None:
        for part in parts:
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        servers.hang(connection)

    return handle


def pausing(*parts: bytes) -> Handle:
    """Say something and then nothing more."""

    def handle(connection: socket.socket, index: int) -> None:
        for part in parts:
            connection.sendall(part)
        servers.hang(connection)

    return handle


def dripping(start: bytes, drop: bytes) -> Handle:
    """Send byte after byte, each well before any timeout."""

    def handle(connection: socket.socket, index: int) -> None:
        connection.sendall(start)
        pause = threading.Event()
        while not pause.wait(0.05):
            connection.sendall(drop)

    return handle


def flooding(start: bytes, drop: bytes) -> Handle:
    def handle(connection: socket.socket, index: int) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(drop * 1000)

    return handle


def packet(payload: bytes) -> bytes:
    """Return a packet in clear."""
    padding = 8 - (len(payload) + 5) % 8 + 8
    return number(len(payload) + 1 + padding) + bytes([padding]) + payload + bytes(padding)


LISTS = packet(peer.lists())
IGNORED = packet(bytes([2]) + string(b"x" * 100))


@pytest.mark.parametrize(
    ("handle", "reason", "word"),
    [
        (pausing(), "timeout", "1 s"),
        (dripping(b"", b"x"), "timeout", "1 s"),
        (dripping(b"", b"hello\r\n"), "timeout", "1 s"),
        (flooding(b"", b"x"), "malformed-response", "16384 bytes"),
        (flooding(b"", b"hello\r\n"), "malformed-response", "16384 bytes"),
        (flooding(b"SSH-2.0-", b"x"), "malformed-response", "255 bytes"),
        (saying(), "unproven", "before its greeting"),
        (servers.reset, "unproven", "before its greeting"),
        (saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "malformed-response", "HTTP/1.1 400"),
        (saying(b"\x1b[2J\x00\xff"), "malformed-response", "\\x1b[2J\\x00\\xff"),
        (saying(b"Exceeded MaxStartups\r\n"), "throttled", "MaxStartups"),
        (saying(b"Not allowed at this time\r\n"), "throttled", "Not allowed"),
        (saying(b"SSH-\r\n"), "malformed-response", "identification"),
        (saying(b"SSH-2.0-\x00x\r\n"), "malformed-response", "identification"),
        (saying(b"SSH-2.0-" + b"x" * 246 + b"\r\n"), "malformed-response", "255 bytes"),
    ],
)
def test_without_a_greeting_nothing_is_known(handle: Handle, reason: str, word: str) -> None:
    with servers.serve(handle) as endpoint:
        seen = look(endpoint, **SHORT)
    assert seen.reasons == {reason}
    assert all(word in message for message in seen.messages)


@pytest.mark.parametrize(
    ("sent", "reason", "word"),
    [
        (pausing(GREETING), "timeout", "1 s"),
        (dripping(GREETING + LISTS[:20], b"\0"), "timeout", "1 s"),
        (dripping(GREETING, IGNORED), "timeout", "1 s"),
        (flooding(GREETING, IGNORED), "malformed-response", "200000 bytes"),
        (saying(GREETING), "unproven", "hung up"),
        (saying(GREETING, LISTS[:-1]), "unproven", "hung up"),
        (saying(GREETING, b"\xff" * 100), "malformed-response", "4294967295 bytes"),
        (saying(GREETING, number(35_004) + b"\4" + bytes(100)), "malformed-response", "35004"),
        (saying(GREETING, number(0) * 4), "malformed-response", "packet of 0"),
        (saying(GREETING, number(12) + b"\xff" * 12), "malformed-response", "padding"),
        (saying(GREETING, number(12) + b"\x0b" + bytes(11)), "malformed-response", "padding"),
        (saying(GREETING, number(13) + bytes(13)), "malformed-response", "blocks"),
        (saying(GREETING, packet(peer.lists()[:-6])), "malformed-response", "announced"),
        (saying(GREETING, packet(peer.lists()[:40])), "malformed-response", "announced"),
        (saying(GREETING, packet(b"\x15")), "malformed-response", "lists"),
        (
            saying(GREETING, packet(b"\1" + number(12) + string(b"full\x1b") + string(b""))),
            "throttled",
            "12 'full\\x1b'",
        ),
        (
            saying(GREETING, packet(b"\1" + number(2) + string(b"go") + string(b""))),
            "unproven",
            "2 'go'",
        ),
        (saying(GREETING, packet(b"\1")), "malformed-response", "announced"),
    ],
)
def test_without_lists_only_the_protocol_is_known(sent: Handle, reason: str, word: str) -> None:
    with servers.serve(sent) as endpoint:
        seen = look(endpoint, **SHORT)
    assert seen["algorithms"] == {"protocol": "2.0"}
    missing = seen["algorithms"].missing
    assert set(missing) == {"key_exchange", "host_keys", "ciphers", "macs"}
    for why in (*missing.values(), seen.failure("host_keys"), seen.failure("authentication")):
        assert why.reason == reason
        assert word in why.message


@pytest.mark.parametrize(
    "first",
    [
        *(
            peer.lists(peer.rows(**{name: ()}))
            for name in ("methods", "host_keys", "ciphers", "macs", "compression")
        ),
        peer.lists(peer.rows(methods=["kex-strict-s-v00@openssh.com"])),
        peer.lists(peer.rows(ciphers=["aes256-ctr", ""])),
        peer.lists(peer.rows(ciphers=["aes256-ctr", "x" * 65])),
        peer.lists(peer.rows(macs=["\x1b[2J"])),
        peer.lists(peer.rows(macs=["two words"])),
    ],
)
def test_lists_that_break_the_rules_are_not_believed(first: bytes) -> None:
    """An empty list would read as one that offers nothing weak."""
    with servers.serve(saying(GREETING, packet(first))) as endpoint:
        seen = look(endpoint, **SHORT)
    assert seen["algorithms"] == {"protocol": "2.0"}
    assert {why.reason for why in seen["algorithms"].missing.values()} == {"malformed-response"}


@pytest.mark.parametrize("version", ["1.5", "1.3", "2.1", "3.0"])
def test_another_protocol_is_told_and_not_spoken(version: str) -> None:
    asked: list[int] = []

    def handle(connection: socket.socket, index: int) -> None:
        asked.append(index)
        pausing(f"SSH-{version}-old\n".encode())(connection, index)

    with servers.serve(handle) as endpoint:
        seen = look(endpoint, **SHORT)
    assert seen["algorithms"] == {"protocol": version}
    assert {why.reason for why in seen["algorithms"].missing.values()} == {"not-supported"}
    assert seen.failure("host_keys").reason == "not-supported"
    assert seen.failure("authentication").reason == "not-supported"
    assert asked == [0]


def test_ssh_1_beside_ssh_2_is_told_and_ssh_2_is_spoken() -> None:
    with servers.serve(serving(lambda: Peer(greeting=b"SSH-1.99-both\r\n"))) as endpoint:
        seen = look(endpoint)
    assert seen["algorithms"]["protocol"] == "1.99"
    assert seen.items("algorithms", "ciphers") == {peer.CIPHER}
    assert seen["authentication"]["open"] is False


def test_lines_before_the_greeting_and_a_bare_line_feed_are_allowed() -> None:
    """RFC 4253 section 4.2 allows the lines; old servers end theirs with a line feed alone."""

    def handle(connection: socket.socket, index: int) -> None:
        connection.sendall(b"Welcome.\r\n\xff\x1b[2J\n")
        serving(lambda: Peer(greeting=b"SSH-2.0-bare\n"))(connection, index)

    with servers.serve(handle) as endpoint:
        seen = look(endpoint)
    assert seen.items("authentication", "methods") == {"publickey"}
    assert seen["algorithms"].raw["software"] == "bare"


def test_the_servers_name_for_itself_is_made_harmless_and_cut() -> None:
    greeting = b"SSH-2.0-\x1b]0;x\x07\xff\\" + b"y" * 220 + b"\r\n"
    with servers.serve(serving(lambda: Peer(greeting=greeting))) as endpoint:
        software = look(endpoint)["algorithms"].raw["software"]
    assert software.startswith("\\x1b]0;x\\x07\\xff\\x5cyyy")
    assert len(software) == 200
    assert software.isprintable()


def changing(kind: int, change: Callable[[bytes], Iterable[bytes]]) -> Callable[[], Peer]:
    """Return a peer that sends other payloads instead of those of one kind."""
    return lambda: Peer(
        change=lambda payload: change(payload) if payload[0] == kind else (payload,)
    )


def flipped(at: int) -> Callable[[bytes], Iterable[bytes]]:
    def change(payload: bytes) -> Iterable[bytes]:
        return (payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1 :],)

    return change


#: Where things stand in the answer of the key exchange: a byte, then three strings.
_KEY, _SHARE, _SIGNATURE = 1 + 4, 1 + 4 + 51 + 4, 1 + 4 + 51 + 4 + 32 + 4


@pytest.mark.parametrize(
    ("make", "reason", "word"),
    [
        (changing(31, flipped(-1)), "unproven", "did not sign"),
        (changing(31, flipped(_KEY + 50)), "unproven", "did not sign"),
        (changing(31, flipped(_SHARE + 5)), "unproven", "did not sign"),
        (
            lambda: Peer(signer=ed25519.Ed25519PrivateKey.generate()),
            "unproven",
            "did not sign",
        ),
        (changing(31, flipped(_KEY + 10)), "malformed-response", "agreed type"),
        (changing(31, flipped(_SIGNATURE + 10)), "malformed-response", "agreed algorithm"),
        (changing(31, lambda payload: (payload[:-1],)), "malformed-response", "announced"),
        (changing(31, lambda payload: (bytes([33]) + payload[1:],)), "malformed-response", "33"),
        (changing(31, lambda payload: (bytes([3]) + number(2),)), "unproven", "does not know"),
        (
            changing(31, lambda payload: (payload[:56] + string(bytes(32)) + payload[92:],)),
            "malformed-response",
            "not a point",
        ),
        (changing(31, lambda payload: ()), "malformed-response", "message 21"),
        (
            lambda: Peer(change=lambda payload: () if payload[0] > 20 else (payload,)),
            "timeout",
            "1 s",
        ),
    ],
)
def test_a_key_that_is_not_proved_is_no_fact(
    make: Callable[[], Peer], reason: str, word: str
) -> None:
    with servers.serve(serving(make)) as endpoint:
        seen = look(endpoint, **SHORT)
    assert seen.items("algorithms", "host_keys") == {"ssh-ed25519"}
    for facet in ("host_keys", "authentication"):
        assert seen.failure(facet).reason == reason
        assert word in seen.failure(facet).message


@pytest.mark.parametrize(
    ("make", "reason", "word"),
    [
        (changing(21, lambda payload: ()), "timeout", "an encrypted connection"),
        (changing(21, lambda payload: (b"\x14",)), "malformed-response", "message 20"),
        (changing(6, lambda payload: ()), "timeout", "the ways to sign in"),
        (changing(6, lambda payload: (b"\x06", b"\x06")), "malformed-response", "message 6"),
        (changing(51, lambda payload: ()), "timeout", "the ways to sign in"),
        (changing(51, lambda payload: (b"\x33",)), "malformed-response", "announced"),
        (changing(51, lambda payload: (b"\x3c" + string(b"x"),)), "malformed-response", "60"),
        (
            changing(51, lambda payload: (peer.refusal("\x1b[2J"),)),
            "malformed-response",
            "\\x1b[2J",
        ),
        (
            changing(51, lambda _: (b"\1" + number(12) + string(b"busy") + string(b""),)),
            "throttled",
            "12 'busy'",
        ),
        (
            changing(51, lambda _: (b"\x35" + string(b"x" * 20_000) + string(b""),) * 20),
            "malformed-response",
            "200000 bytes",
        ),
    ],
)
def test_without_the_servers_word_no_way_to_sign_in_is_known(
    make: Callable[[], Peer], reason: str, word: str
) -> None:
    with servers.serve(serving(make)) as endpoint:
        seen = look(endpoint, **SHORT)
    assert len(seen.items("algorithms", "host_keys")) == 1
    assert seen.failure("authentication").reason == reason
    assert word in seen.failure("authentication").message
    # The first connection went well: the key that it proved stands.
    assert len(seen["host_keys"]["presented"]["items"]) == 1


@pytest.mark.parametrize("odd", [0, 1])
def test_a_list_is_whole_only_if_every_connection_was_shown_it(odd: int) -> None:
    weak = peer.rows(ciphers=(peer.CIPHER, "3des-cbc"))

    def handle(connection: socket.socket, index: int) -> None:
        first = peer.lists(weak if index == odd else peer.ROWS)
        serving(lambda: Peer(first))(connection, index)

    with servers.serve(handle) as endpoint:
        seen = look(endpoint)
    assert seen["algorithms"]["ciphers"] == {"items": ["3des-cbc", peer.CIPHER]}
    assert seen["algorithms"].missing["ciphers"].reason == "listing-incomplete"
    assert seen.items("algorithms", "macs") == {"hmac-sha2-256"}
    assert set(seen["algorithms"].missing) == {"ciphers"}


def test_a_server_without_any_method_is_closed_and_says_so() -> None:
    with servers.serve(serving(changing(51, lambda _: (peer.refusal(),)))) as endpoint:
        seen = look(endpoint)
    assert seen.items("authentication", "methods") == set()
    assert seen["authentication"]["open"] is False


def test_idle_talk_between_the_messages_is_skipped() -> None:
    def chatty(payload: bytes) -> Iterable[bytes]:
        idle = b"\2" + string(b"x"), b"\4\1" + string(b"debug") + string(b"")
        return (*idle, payload)

    with servers.serve(serving(lambda: Peer(change=chatty))) as endpoint:
        seen = look(endpoint)
    assert seen.items("authentication", "methods") == {"publickey"}


def test_a_wrong_guess_is_passed_over() -> None:
    """RFC 4253 section 7: what was sent for another method than the agreed one is ignored."""
    methods = ["unheard-of@example.test", "curve25519-sha256"]
    first = peer.lists(peer.rows(methods=methods), guess=True)

    def change(payload: bytes) -> Iterable[bytes]:
        return (payload, b"\x1f" + bytes(40)) if payload is first else (payload,)

    with servers.serve(serving(lambda: Peer(first, change))) as endpoint:
        seen = look(endpoint)
    assert seen.items("authentication", "methods") == {"publickey"}


def test_a_right_guess_is_not() -> None:
    first = peer.lists(guess=True)
    with servers.serve(serving(lambda: Peer(first))) as endpoint:
        seen = look(endpoint)
    assert seen.items("authentication", "methods") == {"publickey"}


def test_a_key_type_of_which_nobody_here_has_heard_leaves_the_list_open() -> None:
    first = peer.lists(peer.rows(host_keys=["ssh-ed25519", "sk-ssh-ed25519@openssh.com"]))
    with servers.serve(serving(lambda: Peer(first))) as endpoint:
        seen = look(endpoint)
    assert "complete" not in seen["host_keys"]["presented"]
    assert len(seen["host_keys"]["presented"]["items"]) == 1
    assert "sk-ssh-ed25519" in seen["host_keys"].missing["presented"].message


def test_servers_with_different_keys_behind_one_address_leave_the_list_open() -> None:
    with servers.serve(serving(lambda: Peer(key=ed25519.Ed25519PrivateKey.generate()))) as endpoint:
        seen = look(endpoint)
    assert "complete" not in seen["host_keys"]["presented"]
    assert len(seen["host_keys"]["presented"]["items"]) == 2
    assert "different keys" in seen["host_keys"].missing["presented"].message


def test_servers_with_different_lists_behind_one_address_leave_the_list_open() -> None:
    made: list[Peer] = []

    def make() -> Peer:
        more = ["ssh-ed25519", "ssh-rsa"] if made else ["ssh-ed25519"]
        made.append(Peer(peer.lists(peer.rows(host_keys=more))))
        return made[-1]

    with servers.serve(serving(make)) as endpoint:
        seen = look(endpoint)
    assert "complete" not in seen["host_keys"]["presented"]
    assert "different host keys" in seen["host_keys"].missing["presented"].message


@pytest.mark.parametrize(
    ("drops", "complete", "methods"), [(0, True, True), (1, False, True), (2, False, False)]
)
def test_a_server_that_hangs_up_at_first_is_asked_again_within_three_connections(
    keys: Mapping[str, Path], tmp_path: Path, drops: int, complete: bool, methods: bool
) -> None:
    asked: list[int] = []

    with servers.sshd(tmp_path, [keys["ed25519"], keys["p256"], keys["rsa2048"]]) as real:

        def handle(connection: socket.socket, index: int) -> None:
            asked.append(index)
            if index >= drops:
                servers.forward(connection, real.port)

        with servers.serve(handle) as endpoint:
            seen = look(endpoint)
    assert "aes256-ctr" in seen.items("algorithms", "ciphers")
    assert seen["host_keys"]["presented"].get("complete", False) is complete
    if methods:
        assert "publickey" in seen.items("authentication", "methods")
    else:
        assert seen.failure("authentication").reason == "unproven"
    assert len(asked) == 3


def test_a_later_connection_that_fails_costs_its_own_facts_only(
    keys: Mapping[str, Path], tmp_path: Path
) -> None:
    with servers.sshd(tmp_path, [keys["ed25519"], keys["p256"]]) as real:

        def handle(connection: socket.socket, index: int) -> None:
            if index == 0:
                servers.forward(connection, real.port)

        with servers.serve(handle) as endpoint:
            seen = look(endpoint)
    assert "aes256-ctr" in seen.items("algorithms", "ciphers")
    (row,) = seen["host_keys"]["presented"]["items"]
    assert row["key_type"] == "EC"
    why = seen["host_keys"].missing["presented"]
    assert (why.reason, "Ed25519: the server hung up" in why.message) == (
        "listing-incomplete",
        True,
    )
    assert seen.failure("authentication").reason == "unproven"


def test_a_silent_peer_is_asked_once_and_decided_in_time_by_default() -> None:
    asked: list[int] = []

    def handle(connection: socket.socket, index: int) -> None:
        asked.append(index)
        servers.hang(connection)

    with servers.serve(handle) as endpoint:
        start = time.monotonic()
        seen = look(endpoint, **BY_DEFAULT)
        spent = time.monotonic() - start
    assert seen.reasons == {"timeout"}
    assert asked == [0]
    assert spent < 12


def test_all_connections_share_the_time_of_their_endpoint() -> None:
    with servers.serve(servers.hang) as endpoint:
        place = Place(servers.HERE, int(endpoint.rpartition(":")[2]))
        inquiry = Inquiry(place, timeout=0.4, left=0.6)
        told = [inquiry.ask(Wanted()).failure for _ in range(3)]
    assert inquiry.left == 0
    assert {why.reason for why in told if why} == {"timeout"}
    words = [why.message.partition(",")[0] for why in told if why]
    spent = "nothing more in what was left of the endpoint's time"
    assert words == ["nothing more in 0.4 s", spent, spent]


def test_nobody_listens() -> None:
    seen = look(f"{servers.HERE}:{servers.free_port()}")
    assert seen.reasons == {"unreachable"}


def test_a_name_without_address() -> None:
    assert look("nowhere.invalid:22").reasons == {"unreachable"}


def test_the_address_is_connected_to_instead_of_the_name() -> None:
    with servers.serve(serving(Peer)) as endpoint:
        port = int(endpoint.rpartition(":")[2])
        seen = look({"host": "ssh.example.test", "port": port, "address": servers.HERE})
    assert seen["algorithms"]["protocol"] == "2.0"


def test_a_target_lists_each_endpoint_once_and_tells_what_is_none(tmp_path: Path) -> None:
    (tmp_path / "more").write_text("b.example:22 # the second\nnonsense\n")
    told, ids = listed(
        {
            "id": "t",
            "type": "ssh",
            "base_dir": str(tmp_path),
            "endpoints": ["a.example:22", "A.example:22"],
            "endpoints_file": "more",
        }
    )
    assert ids == ["ssh://a.example:22", "ssh://b.example:22"]
    assert [row.failure.reason for row in told if row.failure] == ["malformed-response"]
