"""Codes and what they mean, by RFC 959, RFC 2228, RFC 2389 and RFC 4217; peers that mean harm."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.driver import Reader
from tests.checkers.ftp.look import QUICK, Sight, look
from tests.checkers.ftp.peers import HOSTILE, Handle, Script, after, context
from tests.checkers.tls import authority
from tests.checkers.tls.authority import Issued
from tests.checkers.tls.servers import read_record, serve
from troth.checker import Checker, Partition, Resource
from troth.checkers.ftp import facts
from troth.checkers.ftp.ask import Opening
from troth.checkers.ftp.checker import Endpoints
from troth.checkers.network.replies import Reply

USUAL = {
    "FEAT": "211-Features:\r\n AUTH TLS\r\n211 End",
    "AUTH TLS": "234 go on",
    "PBSZ": "200 so be it",
    "PROT": "200 so be it",
    "USER": "530 not in the clear",
    "tls:USER": "331 password, please",
}
TRUTH = {"mode": "explicit", "data": "protected", "plain_login": "refused"}


@pytest.fixture(scope="session")
def tls(issued: Issued, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return context(issued, tmp_path_factory.mktemp("peer"))


def seen_of(script: Handle, **more: Any) -> Sight:
    with serve(script) as port:
        return look(Endpoints, port, **more)


def script(tls: ssl.SSLContext, **answers: str) -> Script:
    """Return a well set up server with other answers to some commands, ``_`` for a blank."""
    other = {key.replace("_", " ").replace("tls ", "tls:"): text for key, text in answers.items()}
    return Script(USUAL | other, tls)


def test_a_well_set_up_server_and_nothing_but_what_must_be_asked(tls: ssl.SSLContext) -> None:
    peer = script(tls)
    seen = seen_of(peer)
    assert seen.values_of("protection") == TRUTH
    assert seen.values_of("greeting")["features"] == {"items": ["AUTH TLS"], "complete": True}
    allowed = {"FEAT", "AUTH TLS", "PBSZ 0", "PROT P", "USER troth-probe", "QUIT"}
    assert {line.removeprefix("tls:") for line in peer.said} == allowed
    # RFC 4217 section 8: PBSZ comes before PROT; both come before USER.
    assert [line for line in peer.said if line.startswith("tls:") and line != "tls:QUIT"] == [
        "tls:PBSZ 0",
        "tls:PROT P",
        "tls:USER troth-probe",
    ]
    assert len(peer.heard) <= 5


@pytest.mark.parametrize(
    ("answer", "data"),
    [
        ("200 ok", "protected"),
        ("500 what", "clear-only"),
        ("502 no", "clear-only"),
        ("504 no", "clear-only"),
        ("534 no", "clear-only"),
        ("536 no", "clear-only"),
        ("530 sign in first", "unsaid"),
        ("431 not now", None),
        ("503 PBSZ first", None),
        ("421 good bye", None),
        ("334 more", None),
    ],
)
def test_what_prot_means(tls: ssl.SSLContext, answer: str, data: str | None) -> None:
    seen = seen_of(script(tls, PROT=answer))
    assert seen.values_of("protection").get("data") == data
    assert data or seen.why("protection", "data").reason == "unproven"


def test_a_refused_prot_counts_only_if_the_server_goes_on_speaking(tls: ssl.SSLContext) -> None:
    seen = seen_of(script(tls, PROT="534 no", tls_USER="421 shut"))
    assert seen.why("protection", "data").reason == "unproven"


@pytest.mark.parametrize(
    ("plain", "inside", "login"),
    [
        ("331 password", "331 password", "asked-on"),
        ("332 account", "331 password", "asked-on"),
        ("230 come in", "331 password", "asked-on"),
        ("530 no", "331 password", "refused"),
        ("534 policy", "331 password", "refused"),
        ("550 TLS required", "331 password", "refused"),
        ("503 use AUTH first", "331 password", "refused"),
        ("421 no clear text here", "331 password", "refused"),
        ("421 no clear text here", "421 too busy", None),
        ("530 no", "530 no such name", None),
        ("450 later", "331 password", None),
    ],
)
def test_what_user_means(tls: ssl.SSLContext, plain: str, inside: str, login: str | None) -> None:
    seen = seen_of(script(tls, USER=plain, tls_USER=inside))
    assert seen.values_of("protection").get("plain_login") == login
    assert login or seen.why("protection", "plain_login").reason == "unproven"


@pytest.mark.parametrize(
    ("first", "second", "mode"),
    [
        ("500 what", "500 what", "none"),
        ("502 no", "504 no", "none"),
        ("530 sign in first", "530 sign in first", "none"),
        ("534 no", "500 what", "none"),
        ("504 no", "234 go on", "explicit"),
        ("431 not now", "500 what", None),
        ("500 what", "421 busy", None),
        ("500 what", "331 a name", None),
    ],
)
def test_what_auth_means(tls: ssl.SSLContext, first: str, second: str, mode: str | None) -> None:
    seen = seen_of(script(tls, AUTH_TLS=first, AUTH_SSL=second, USER="331 password"))
    facts = seen.values_of("protection")
    assert facts.get("mode") == mode
    assert facts.get("data") == {"none": "clear-only", "explicit": "protected", None: None}[mode]
    assert facts["plain_login"] == "asked-on"


def test_no_tls_is_only_proven_by_a_server_that_goes_on_speaking(tls: ssl.SSLContext) -> None:
    seen = seen_of(script(tls, AUTH_TLS="500 what", USER="421 busy"))
    assert seen.why("protection", "mode").reason == "unproven"


@pytest.mark.parametrize(
    ("answer", "items"),
    [
        ("211-Extensions\r\n MLST type*;size*;\r\n utf8\r\n211 END", ["MLST TYPE*;SIZE*;", "UTF8"]),
        ("211-Extensions\r\n211-MDTM\r\n211 END", ["MDTM"]),
        ("211-Extensions\r\n 211 is inside\r\n211 END", ["211 IS INSIDE"]),
        ("211 no features", []),
        ("500 what", []),
        ("502 what", []),
        ("211-a\r\n \x1b[2J\x00\x7f\r\n211 b", ["\\X1B[2J\\X00\\X7F"]),
        ("211-a\r\n " + "x" * 900 + "\r\n211 b", ["X" * 200]),
        ("530 sign in first", None),
        ("421 no time", None),
    ],
)
def test_what_feat_means(tls: ssl.SSLContext, answer: str, items: list[str] | None) -> None:
    greeting = seen_of(script(tls, FEAT=answer))
    if items is None:
        assert greeting.why("greeting", "features").reason == "unproven"
    else:
        assert greeting.values_of("greeting")["features"] == {"items": items, "complete": True}


@pytest.mark.parametrize("greeting", ["421 too many", "530 go away", "220-a\r\n220 b"])
def test_a_greeting_that_sends_away_is_a_code_and_nothing_else(
    tls: ssl.SSLContext, greeting: str
) -> None:
    peer = script(tls)
    peer.greeting = greeting
    seen = seen_of(peer)
    assert seen.values_of("greeting")["code"] == int(greeting[:3])
    if not greeting.startswith("2"):
        assert seen.values_of("protection") == {}
        assert peer.said == []


def test_a_wait_before_the_greeting_is_waited_for(tls: ssl.SSLContext) -> None:
    peer = script(tls)
    peer.greeting = "120 in a minute\r\n220 here"
    assert seen_of(peer).values_of("protection") == TRUTH


def test_words_behind_the_go_ahead_are_not_taken_for_the_inside(tls: ssl.SSLContext) -> None:
    """An attacker in the middle writes before TLS what the client would read as after it."""
    peer = script(tls, USER="331 password")
    peer.injected = b"200 protected\r\n331 password\r\n"
    seen = seen_of(peer)
    assert seen.why("protection", "mode").reason == "malformed-response"
    assert seen.why("protection", "data").reason == "malformed-response"
    assert seen.values_of("protection") == {"plain_login": "asked-on"}


def test_words_instead_of_tls_are_no_tls() -> None:
    def handle(connection: Any, index: int) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(b"220 here\r\n")
            if connection.recv(100).startswith(b"AUTH"):
                connection.sendall(b"234 go on\r\n")
                read_record(connection)
                connection.sendall(b"200 protected\r\n" * 3)

    seen = seen_of(handle)
    assert seen.why("protection", "mode").reason == "malformed-response"
    assert seen.values_of("protection") == {}


def test_an_offer_that_the_peer_does_not_keep_is_not_none() -> None:
    """AUTH is answered with 234, and then nobody speaks TLS."""
    peer = Script(USUAL, None)
    seen = seen_of(peer, **QUICK)
    assert "mode" not in seen.values_of("protection")
    assert "data" not in seen.values_of("protection")


def test_tls_that_cannot_be_finished_here_leaves_the_inside_unproven(
    issued: Issued, tmp_path: Path
) -> None:
    strict = context(issued, tmp_path)
    strict.verify_mode = ssl.CERT_REQUIRED
    strict.maximum_version = ssl.TLSVersion.TLSv1_2
    seen = seen_of(script(strict))
    assert seen.values_of("protection") == {"mode": "explicit"}
    assert seen.why("protection", "data").reason == "unproven"
    assert seen.why("protection", "plain_login").reason == "unproven"


def test_old_tls_is_good_enough_to_ask_inside(tmp_path: Path) -> None:
    """Whether the TLS is good is asked elsewhere: TLS 1.0 with RSA of 1024 bits here."""
    old = context(authority.leaf(None, kind="rsa1024"), tmp_path, "ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1
    assert seen_of(script(old)).values_of("protection") == TRUTH


def test_a_flood_inside_tls_that_carries_no_words_is_cut_off(
    issued: Issued, tmp_path: Path
) -> None:
    """Session tickets are read by the TLS library and never shown as data."""
    generous = context(issued, tmp_path)
    generous.num_tickets = 5_000
    seen = seen_of(script(generous))
    assert seen.values_of("protection") == {"mode": "explicit"}
    assert seen.why("protection", "data").reason == "malformed-response"
    assert "524288 bytes" in seen.why("protection", "data").message


@pytest.mark.parametrize(
    ("words", "login"),
    [
        (b"\x15\x03\x01\x00\x02\x02\x46", "refused"),
        (b"500 OOPS\r\n", "refused"),
        (b"", "refused"),
        (b"331 password\r\n", None),
        (b"530 no\r\n", None),
    ],
)
def test_plain_words_where_tls_comes_first(
    tls: ssl.SSLContext, words: bytes, login: str | None
) -> None:
    """An alert, 500, and hanging up every time refuse; other words do not."""
    inside = Script(USUAL, tls, implicit=True)
    seen = seen_of(_first(words, inside), **QUICK)
    facts = seen.values_of("protection")
    assert (facts["mode"], facts["data"]) == ("implicit", "protected")
    assert facts.get("plain_login") == login
    assert seen.values_of("greeting")["code"] == 220


def _first(words: bytes, inside: Script) -> Handle:
    """Return a peer that waits, lets TLS in and answers anything else with some words."""

    def handle(connection: Any, index: int) -> None:
        start = connection.recv(1, socket.MSG_PEEK)
        if start == b"\x16":
            inside(connection, index)
        elif start:
            connection.recv(100)
            connection.sendall(words)

    return handle


def test_one_close_and_then_words_is_no_refusal_of_plain_words(tls: ssl.SSLContext) -> None:
    inside = Script(USUAL, tls, implicit=True)
    plain: list[int] = []

    def handle(connection: Any, index: int) -> None:
        if connection.recv(1, socket.MSG_PEEK) == b"\x16":
            inside(connection, index)
        elif connection.recv(100):
            plain.append(index)
            connection.sendall(b"" if len(plain) < 3 else b"331 password\r\n")

    seen = seen_of(handle, **QUICK)
    assert len(plain) == 3
    assert seen.why("protection", "plain_login").reason == "unproven"


def test_hanging_up_for_good_is_no_refusal_of_plain_words(tls: ssl.SSLContext) -> None:
    """After it, no hello is accepted any more: the server may be down."""
    inside = Script(USUAL, tls, implicit=True)

    def handle(connection: Any, index: int) -> None:
        if connection.recv(1, socket.MSG_PEEK) and index < 3:
            inside(connection, index)

    seen = seen_of(handle, **QUICK)
    assert seen.values_of("protection") == {"mode": "implicit"}
    assert seen.why("protection", "plain_login").reason == "unproven"


def test_everything_is_asked_of_the_address_that_greeted(tls: ssl.SSLContext) -> None:
    """A name may have several addresses; the opening finds one, and no other is asked."""

    class Known(Reader):
        """Gives an opening that was recorded before, and makes every other call."""

        def __call__(self, checker: Checker, name: str, *key: Any) -> Any:
            return recorded if name == "opening" else super().__call__(checker, name, *key)

    recorded = Opening("127.0.0.1", False, Reply(220, ("x",)), Reply(500, ("x",)))
    with serve(script(tls)) as port:
        target = {"id": "t", "endpoints": [f"nowhere.invalid:{port}"]}
        checker = Endpoints(target, Partition("t"), Known(frozenset()), {})
        (resource,) = checker.resources()
        assert isinstance(resource, Resource)
        answers = checker.protection_answers(resource)
    assert facts.protection(False, answers).values == TRUTH


def test_a_server_that_falls_silent_is_left_within_the_endpoints_time() -> None:
    begun = time.monotonic()
    seen = seen_of(after(b"220 here\r\n"), timeout_seconds=2.0, deadline_seconds=5.0)
    assert time.monotonic() - begun < 12
    assert seen.values_of("greeting") == {"code": 220}
    for fact in TRUTH:
        assert seen.why("protection", fact).reason == "timeout"


@pytest.mark.parametrize(
    ("handle", "reason", "word"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE]
)
def test_a_peer_that_never_speaks_ftp_gives_its_reason_and_no_fact(
    handle: Handle, reason: str, word: str
) -> None:
    seen = seen_of(handle, **QUICK)
    if word == "out of turn":  # the greeting itself was one
        assert seen.values_of("greeting") == {"code": 220}
    failure = seen.why("greeting", "features")
    assert (failure.reason, word in failure.message) == (reason, True), failure
    for fact in TRUTH:
        assert seen.why("protection", fact).reason == reason


@pytest.mark.parametrize("trouble", ["421 too many", "530 too many", ""])
@pytest.mark.parametrize("mask", range(1, 32))
def test_connections_that_are_turned_away_make_no_false_fact(
    tls: ssl.SSLContext, trouble: str, mask: int
) -> None:
    """Whichever of the connections meets a throttle: unknown, or the truth."""
    peer = script(tls, USER="331 password")
    truth = TRUTH | {"plain_login": "asked-on"}

    def handle(connection: Any, index: int) -> None:
        if mask >> index & 1:
            connection.sendall(f"{trouble}\r\n".encode() if trouble else b"")
        else:
            peer(connection, index)

    seen = seen_of(handle, **QUICK)
    told = seen["protection"]
    assert isinstance(told, dict) or mask & 1
    if isinstance(told, dict):
        assert told.items() <= truth.items()


@pytest.mark.parametrize("at", range(1, 6))
def test_commands_that_are_refused_for_a_while_make_no_false_fact(
    tls: ssl.SSLContext, at: int
) -> None:
    """A server in trouble refuses USER once; the repetition shows that it takes it."""
    peer = script(tls, USER="331 password")
    truth = TRUTH | {"plain_login": "asked-on"}

    def handle(connection: Any, index: int) -> None:
        answers = dict(peer.answers) | ({"USER": "530 trouble"} if index == at else {})
        Script(answers, tls)(connection, index)

    assert seen_of(handle).values_of("protection").items() <= truth.items()


@contextlib.contextmanager
def noted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    opened: list[Any] = []
    connect = socket.socket.connect

    def noting(self: socket.socket, address: Any) -> None:
        opened.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noting)
    yield opened


def test_only_the_announced_place_is_connected_to(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(script(tls)) as port, noted(monkeypatch) as opened:
        endpoint = {"host": "ftp.example.test", "port": port, "address": "127.0.0.1"}
        assert look(Endpoints, endpoint).values_of("protection") == TRUTH
        target = {"id": "t", "endpoints": [endpoint]}
        (partition,) = Endpoints.partitions(target)
        assert Endpoints.egress(target, partition) == [f"127.0.0.1:{port}"]
    assert set(opened) == {("127.0.0.1", port)}


@pytest.mark.parametrize("turn", [0, 1])
def test_two_servers_behind_one_address_take_turns(tls: ssl.SSLContext, turn: int) -> None:
    """One of them takes names in the clear."""
    pair = (script(tls), script(tls, USER="331 password"))
    with serve(lambda connection, index: pair[(index + turn) % 2](connection, index)) as port:
        seen = look(Endpoints, port)
    assert seen.values_of("protection") == TRUTH | {"plain_login": "asked-on"}
