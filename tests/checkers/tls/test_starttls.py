"""What is spoken until TLS begins: the machines on their own, and real servers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checkers.tls import mailers, servers
from tests.checkers.tls.authority import Issued
from tests.checkers.tls.look import Look
from troth.checkers.network.places import STARTTLS
from troth.checkers.tls.preamble import LARGEST_PREAMBLE, State, Step
from troth.checkers.tls.starttls import PROTOCOLS, machine


def play(protocol: str, *said: bytes) -> tuple[bytes, Step]:
    """Return all that the client says to a script of the server, and how it ended."""
    run = machine(protocol)
    step = run.feed(b"")
    sent = step.send
    for data in said:
        assert step.state is State.WAIT, step
        step = run.feed(data)
        sent += step.send
    return sent, step


def test_every_protocol_of_the_configuration_can_be_spoken() -> None:
    assert sorted(PROTOCOLS) == sorted(STARTTLS)


LDAP_ASKED = bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"
MYSQL = b"\x0a8.0.36\0\1\0\0\0abcdefgh\0\xff\xff\x08\x02\0\xff\xdf\x15" + bytes(10) + b"more\0"
OLD_MYSQL = MYSQL.replace(b"\0\xff\xff\x08", b"\0\xff\xf7\x08")


def packet(body: bytes) -> bytes:
    return len(body).to_bytes(3, "little") + b"\0" + body


@pytest.mark.parametrize(
    ("protocol", "said", "sent"),
    [
        (
            "smtp",
            [
                b"220-mail.example\r\n220 ready\r\n",
                b"250-mail\r\n250-starttls\r\n250 HELP\r\n",
                b"220 go\r\n",
            ],
            b"EHLO troth.invalid\r\nSTARTTLS\r\n",
        ),
        (
            "ftp",
            [b"120 soon\r\n", b"220-hi\r\n x\r\n220 ok\r\n", b"234 go\r\n"],
            b"AUTH TLS\r\n",
        ),
        ("pop3", [b"+OK <1@x>\r\n", b"+OK go\r\n"], b"STLS\r\n"),
        (
            "imap",
            [b"* OK [CAPABILITY X] hi\r\n", b"* x\r\nA1 OK go\r\n"],
            b"a1 STARTTLS\r\n",
        ),
        ("postgres", [b"S"], bytes.fromhex("0000000804d2162f")),
        (
            "mysql",
            [packet(MYSQL)],
            bytes.fromhex("20000001008a00000000000121") + bytes(23),
        ),
        ("ldap", [bytes.fromhex("300c02010178070a010004000400")], LDAP_ASKED),
        ("ldap", [bytes.fromhex("3084000000100201017884000000070a010004000400")], LDAP_ASKED),
    ],
)
@pytest.mark.parametrize("slowly", [False, True])
def test_what_is_said_until_tls_begins(
    protocol: str, said: list[bytes], sent: bytes, slowly: bool
) -> None:
    """The requests are those of the RFCs and of the manuals, octet by octet."""
    pieces = [bytes([byte]) for each in said for byte in each] if slowly else said
    assert play(protocol, *pieces) == (sent, Step(State.BEGIN, step_send(protocol, sent)))


def step_send(protocol: str, sent: bytes) -> bytes:
    """Return what goes out together with the beginning: MySQL's last packet has no answer."""
    return sent if protocol == "mysql" else b""


@pytest.mark.parametrize(
    ("protocol", "said", "state", "word"),
    [
        ("smtp", [b"220 x\r\n", b"250-x\r\n250 SIZE 1\r\n"], State.REFUSED, "not in its answer"),
        ("smtp", [b"220 x\r\n", b"250-STARTTLS\r\n250 x\r\n"], State.REFUSED, "not in its answer"),
        (
            "smtp",
            [b"220 x\r\n", b"250-x\r\n250 STARTTLS\r\n", b"454 later\r\n"],
            State.BUSY,
            "later",
        ),
        ("smtp", [b"220 x\r\n", b"250-x\r\n250 STARTTLS\r\n", b"502 no\r\n"], State.REFUSED, "no"),
        ("smtp", [b"554 go away\r\n"], State.REFUSED, "go away"),
        ("smtp", [b"421 busy\r\n"], State.BUSY, "busy"),
        ("smtp", [b"220 x\r\n250 y\r\n"], State.MALFORMED, "before it was asked"),
        ("smtp", [b"220 x\r\n", b"354 y\r\n"], State.MALFORMED, "out of turn"),
        ("smtp", [b"220-x\r\n221 x\r\n"], State.MALFORMED, "changes its code"),
        ("smtp", [b"SSH-2.0-x\r\n"], State.MALFORMED, "SSH-2.0"),
        ("ftp", [b"220 x\r\n", b"530 no TLS\r\n"], State.REFUSED, "no TLS"),
        ("ftp", [b"220 x\r\n", b"431 no key\r\n"], State.BUSY, "no key"),
        ("pop3", [b"+OK\r\n", b"-ERR what\r\n"], State.REFUSED, "what"),
        ("pop3", [b"+OK\r\n", b"-ERR [SYS/TEMP] later\r\n"], State.BUSY, "later"),
        ("imap", [b"* BYE full\r\n"], State.BUSY, "full"),
        ("imap", [b"* OK\r\n", b"a1 BAD what\r\n"], State.REFUSED, "what"),
        ("imap", [b"* OK\r\n", b"a1 NO [UNAVAILABLE] x\r\n"], State.BUSY, "x"),
        ("imap", [b"* OK\r\n", b"a2 OK\r\n"], State.MALFORMED, "IMAP"),
        ("postgres", [b"N"], State.REFUSED, "N"),
        ("postgres", [b"E"], State.BUSY, "error"),
        ("postgres", [b"H"], State.MALFORMED, "PostgreSQL"),
        ("mysql", [packet(OLD_MYSQL)], State.REFUSED, "CLIENT_SSL"),
        ("mysql", [packet(b"\xff\x69\x04Host is blocked")], State.BUSY, "blocked"),
        ("mysql", [packet(b"\x09old")], State.MALFORMED, "MySQL"),
        ("mysql", [b"\xff\xff\xff\0"], State.MALFORMED, "MySQL"),
        ("ldap", [bytes.fromhex("300c02010178070a010204000400")], State.REFUSED, "code 2"),
        ("ldap", [bytes.fromhex("300c02010178070a013404000400")], State.BUSY, "code 52"),
        ("ldap", [bytes.fromhex("300c02010078070a013404000400")], State.BUSY, "disconnection"),
        ("ldap", [bytes.fromhex("3080")], State.MALFORMED, "length"),
        ("ldap", [bytes.fromhex("3084ffffffff")], State.MALFORMED, "bytes"),
        ("ldap", [bytes.fromhex("3005020101780a")], State.MALFORMED, "longer"),
        ("ldap", [bytes.fromhex("30050201016100")], State.MALFORMED, "extended response"),
        ("ldap", [b"HTTP"], State.MALFORMED, "LDAP"),
    ],
)
def test_a_refusal_is_told_from_trouble_and_from_nonsense(
    protocol: str, said: list[bytes], state: State, word: str
) -> None:
    _, step = play(protocol, *said)
    assert step.state is state
    assert word in step.text


@pytest.mark.parametrize("protocol", STARTTLS)
def test_words_before_the_hello_are_no_answer_to_it(protocol: str) -> None:
    """The trap of injected plain text: what follows the go-ahead must not be read as TLS."""
    last = {
        "smtp": [b"220 x\r\n", b"250-x\r\n250 STARTTLS\r\n", b"220 go\r\n"],
        "ftp": [b"220 x\r\n", b"234 go\r\n"],
        "pop3": [b"+OK\r\n", b"+OK\r\n"],
        "imap": [b"* OK\r\n", b"a1 OK\r\n"],
        "postgres": [b"S"],
        "mysql": [packet(MYSQL)],
        "ldap": [bytes.fromhex("300c02010178070a010004000400")],
    }[protocol]
    _, step = play(protocol, *last[:-1], last[-1] + b"\x15\x03\x03")
    assert step.state is State.MALFORMED
    assert "after TLS was agreed" in step.text


@given(protocol=st.sampled_from(STARTTLS), chunks=st.lists(st.binary(max_size=400), max_size=60))
def test_no_bytes_make_a_machine_fail_or_grow(protocol: str, chunks: list[bytes]) -> None:
    run, step = machine(protocol), Step()
    step = run.feed(b"")
    for chunk in chunks:
        if step.state is not State.WAIT:
            break
        step = run.feed(chunk)
        assert len(step.send) < 200
        assert step.text.isprintable()
        assert len(step.text) < 300


@pytest.mark.parametrize("protocol", STARTTLS)
def test_a_peer_that_never_comes_to_the_point_is_cut_off(protocol: str) -> None:
    line = {
        "smtp": b"220-x\r\n",
        "ftp": b"220-x\r\n",
        "imap": b"* OK\r\n",
        "pop3": b"+OK",
        "mysql": b"\0\x10\0\0" + bytes(100),
        "ldap": b"\x30\x82\x1f\xff" + bytes(100),
        "postgres": b"x",
    }[protocol]
    run = machine(protocol)
    step, count = run.feed(b""), 0
    while step.state is State.WAIT:
        step = run.feed(line)
        count += len(line)
        assert count <= LARGEST_PREAMBLE + len(line)
    assert step.state in (State.MALFORMED, State.BEGIN)


@pytest.mark.parametrize("protocol", STARTTLS)
def test_a_real_server_of_every_protocol(rsa: Issued, protocol: str) -> None:
    with mailers.SERVERS[protocol](rsa) as port:
        place = {"host": "127.0.0.1", "port": port, "starttls": protocol}
        look = Look(place)
        seen, certificates = look.facet("versions"), look.facet("certificates")
    assert look.resource.id.endswith(f"?starttls={protocol}")
    assert seen["tls1_2"] == "accepted"
    assert seen["ssl3"] == "refused"
    assert rsa.sha256 in {row["sha256"] for row in certificates["presented"]["items"]}


@pytest.mark.parametrize(
    ("protocol", "run"),
    [
        ("smtp", mailers.exim),
        ("ftp", mailers.vsftpd),
        ("ldap", mailers.slapd),
        ("postgres", mailers.postgres),
        ("mysql", mailers.mariadb),
    ],
)
def test_a_real_server_without_tls_says_so_in_its_own_words(
    rsa: Issued, protocol: str, run: Any
) -> None:
    with run(rsa, tls=False) as port:
        failure = Look({"host": "127.0.0.1", "port": port, "starttls": protocol}).failure(
            "versions"
        )
    assert failure.reason == "not-supported"
    assert "offers no TLS" in failure.message


def test_another_protocol_than_was_configured_is_nonsense(rsa: Issued) -> None:
    with mailers.vsftpd(rsa) as port:
        place = {"host": "127.0.0.1", "port": port, "starttls": "imap"}
        assert Look(place).failure("versions").reason == "malformed-response"


def test_a_peer_that_hangs_up_or_falls_silent_before_tls() -> None:
    def silent(connection: Any, index: int) -> None:
        connection.sendall(b"220 hello\r\n")
        servers.hang(connection)

    def closing(connection: Any, index: int) -> None:
        connection.sendall(b"220 hello\r\n")

    for handle, reason in ((silent, "timeout"), (closing, "unproven")):
        with servers.serve(handle) as port:
            place = {"host": "127.0.0.1", "port": port, "starttls": "smtp"}
            assert Look(place, timeout_seconds=1.0).failure("versions").reason == reason
