"""What is spoken: Debian's servers at their usual ports, TLS by ssl, and peers that mean harm."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checkers.port import servers
from tests.checkers.port.look import Look
from tests.checkers.ssh.servers import make_key, sshd
from tests.checkers.tls import authority
from tests.checkers.tls.authority import Issued
from tests.checkers.tls.servers import free_port, nginx, reset, serve
from troth.checkers.network.clock import Clock
from troth.checkers.network.loop import shared
from troth.checkers.network.stream import Place, connected
from troth.checkers.port.questions import ACCEPTED, MORE, QUESTIONS, REFUSED, UNSAID
from troth.checkers.port.speech import Door, Said, _greeting, listen
from troth.model import Reason

HERE = "127.0.0.1"
Handle = Callable[[socket.socket, int], None]


@pytest.fixture(scope="module")
def issued() -> Issued:
    return authority.leaf(authority.authority("root"), ("localhost", HERE), "p256")


@pytest.fixture(scope="module")
def context(issued: Issued, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    leaf, key, _ = issued.write(tmp_path_factory.mktemp("tls"), "server")
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(leaf, key)
    return made


def heard(handle: Handle, protocol: str = "", question: int = 0, seconds: float = 0.5) -> Said:
    """Listen at a peer as if at a port where a protocol or a question is usual."""
    with serve(handle) as port:
        return at(port, protocol, question, seconds)


def at(port: int, protocol: str = "", question: int = 0, seconds: float = 0.5) -> Said:
    door = Door(HERE, Place(HERE, port), Clock.of(10), seconds, protocol, QUESTIONS.get(question))
    return shared().run(listen(door))


def test_nginx_in_clear_and_with_tls(tmp_path: Path, issued: Issued) -> None:
    plain, secure = free_port(), free_port()
    leaf, key, _ = issued.write(tmp_path, "nginx")
    blocks = f"""
    server {{
    listen {HERE}:{plain};
    }}
    server {{
    listen {HERE}:{secure} ssl;
    ssl_certificate {leaf};
    ssl_certificate_key {key};
    }}
    """
    with nginx(tmp_path, blocks):
        seen = Look([HERE], [plain, secure])
        assert seen.speech(f"{HERE}:{plain}") == ("plain", "unsaid")
        assert seen.speech(f"{HERE}:{secure}") == ("tls", "unsaid")


def test_openssh(tmp_path: Path) -> None:
    with sshd(tmp_path, [make_key(tmp_path, "ed25519", 256)]) as server:
        seen = Look([HERE], [server.port], timeout_seconds=5)
        assert seen.speech(server.endpoint) == ("ssh", "unsaid")


def test_redis_lets_anybody_in_or_asks_for_a_password(tmp_path: Path) -> None:
    with (
        servers.redis(tmp_path, servers.REDIS, "protected-mode no"),
        servers.redis(tmp_path, servers.GUARDED, "requirepass secret"),
    ):
        seen = Look([servers.REDIS, servers.GUARDED], [6379])
        assert seen.speech(f"{servers.REDIS}:6379") == ("plain", "accepted")
        assert seen.speech(f"{servers.GUARDED}:6379") == ("plain", "refused")


def test_memcached_answers_anybody() -> None:
    with servers.memcached(servers.MEMCACHED):
        seen = Look([servers.MEMCACHED], [11211])
        assert seen.speech(f"{servers.MEMCACHED}:11211") == ("plain", "accepted")


def test_postgresql_with_tls(issued: Issued) -> None:
    with servers.postgres(servers.OTHERS, issued):
        assert Look([servers.OTHERS], [5432]).speech(f"{servers.OTHERS}:5432") == (
            "upgrade",
            "unsaid",
        )


def test_postgresql_without_tls() -> None:
    with servers.postgres(servers.PLAIN, None):
        assert Look([servers.PLAIN], [5432]).speech(f"{servers.PLAIN}:5432") == (
            "plain",
            "unsaid",
        )


def test_mail_that_offers_tls_and_mail_that_does_not(context: ssl.SSLContext) -> None:
    assert heard(servers.smtp(context), "smtp") == Said("upgrade")
    assert heard(servers.smtp(None), "smtp") == Said("plain")


def test_mail_that_puts_tls_off_is_neither() -> None:
    said = heard(servers.smtp(None, b"454 later\r\n"), "smtp")
    assert said.failure is not None
    assert said.failure.reason is Reason.UNPROVEN


def test_another_protocol_at_the_port_of_mail_is_in_clear() -> None:
    assert heard(servers.saying(b"hello there\r\n"), "smtp").protection == "plain"


def test_ssh_behind_other_lines_and_at_the_port_of_mail() -> None:
    # RFC 4253 section 4.2: other lines may come first.
    greeting = b"Welcome\r\nto this house\r\nSSH-2.0-x\r\n"
    assert heard(servers.saying(greeting)) == Said("ssh")
    assert heard(servers.saying(b"SSH-2.0-x\r\n"), "smtp") == Said("ssh")


def test_tls_from_the_first_byte_where_the_client_speaks_first(context: ssl.SSLContext) -> None:
    def handle(connection: socket.socket, index: int) -> None:
        with contextlib.suppress(ssl.SSLError):
            context.wrap_socket(connection, server_side=True).close()

    assert heard(handle, "ldap") == Said("tls")


def test_an_alert_is_tls() -> None:
    assert heard(servers.answering(bytes([21, 3, 3, 0, 2, 2, 40]))) == Said("tls")


@pytest.mark.parametrize(
    ("question", "answer", "meaning"),
    [
        (6379, b"+PONG\r\n", ACCEPTED),
        (6379, b"-NOAUTH Authentication required.\r\n", REFUSED),
        (6379, b"-DENIED Redis is running in protected mode\r\n", REFUSED),
        (6379, b"-ERR unknown command\r\n", UNSAID),
        (11211, b"VERSION 1.6.18\r\n", ACCEPTED),
        (11211, b"CLIENT_ERROR unauthenticated\r\n", REFUSED),
        (11211, b"ERROR\r\n", UNSAID),
        (9200, b'HTTP/1.1 200 OK\r\n\r\n{"cluster_name": "x"}', ACCEPTED),
        (9200, b"HTTP/1.1 401 Unauthorized\r\n\r\n", REFUSED),
        (9200, b"HTTP/1.1 403 Forbidden\r\n\r\n", REFUSED),
        (9200, b"HTTP/1.1 500 Oops\r\n\r\n", UNSAID),
        (27017, servers.op_msg(servers.bson(b"\x01ok\0" + struct.pack("<d", 1))), ACCEPTED),
        (
            27017,
            servers.op_msg(
                servers.bson(
                    b"\x01ok\0" + struct.pack("<d", 0),
                    b"\x02errmsg\0\x03\0\0\0no\0",
                    b"\x10code\0" + struct.pack("<i", 13),
                )
            ),
            REFUSED,
        ),
        (27017, servers.op_msg(servers.bson(b"\x01ok\0" + struct.pack("<d", 0))), UNSAID),
        (27017, servers.op_msg(servers.bson(b"\x10ok\0\x01\0\0\0"), answers=9), UNSAID),
    ],
)
def test_what_the_answer_to_a_harmless_question_means(
    question: int, answer: bytes, meaning: str
) -> None:
    read = QUESTIONS[question].read
    assert read(answer) == meaning
    end = len(answer) if question == 27017 else answer.index(b"\n") + 1
    assert {read(answer[:count]) for count in range(end)} <= {MORE, UNSAID}
    said = heard(servers.answering(answer), question=question)
    assert said.anonymous == meaning


def test_the_question_to_mongodb_is_what_its_protocol_says() -> None:
    text = QUESTIONS[27017].text
    length, number, answers, operation, flags = struct.unpack("<5i", text[:20])
    assert (length, number, answers, operation, flags) == (len(text), 1, 0, 2013, 0)
    assert text[20] == 0
    document = text[21:]
    assert struct.unpack("<i", document[:4])[0] == len(document)
    assert document.endswith(b"\x02$db\0\x06\0\0\0admin\0\0")


def silent(connection: socket.socket, index: int) -> None:
    while connection.recv(4096):
        pass


def resetting(connection: socket.socket, index: int) -> None:
    connection.recv(1)
    reset(connection)


def closing(connection: socket.socket, index: int) -> None:
    return


def tarpit(connection: socket.socket, index: int) -> None:
    """Greet for ever, byte by byte, never ending a line."""
    pause = threading.Event()
    while not pause.wait(0.05):
        connection.sendall(b"x")


def endless(connection: socket.socket, index: int) -> None:
    while True:
        connection.sendall(b"\x1b[31m\n" * 4096)


def echoing(connection: socket.socket, index: int) -> None:
    while data := connection.recv(4096):
        connection.sendall(data)


@pytest.mark.parametrize(
    ("handle", "protection"),
    [
        (silent, "unsaid"),
        (resetting, "unsaid"),
        (closing, "unsaid"),
        (tarpit, "plain"),
        (endless, "plain"),
        (echoing, "plain"),
    ],
)
@pytest.mark.parametrize("question", [0, 6379])
def test_hostile_peers_end_and_are_not_trusted(
    handle: Handle, protection: str, question: int
) -> None:
    said = heard(handle, question=question)
    # What echoes a PING does not say PONG.
    assert (said.protection, said.anonymous) == (protection, UNSAID)


@pytest.mark.parametrize("handle", [tarpit, endless])
def test_an_endless_greeting_at_a_port_of_mail_is_not_taken_for_tls(handle: Handle) -> None:
    said = heard(handle, "smtp")
    assert said.protection != "upgrade"


def test_an_endless_greeting_is_not_kept() -> None:
    async def heard_at(port: int) -> bytes:
        async with connected(Place(HERE, port), Clock.of(5), 5) as stream:
            return await _greeting(stream, 2)

    with serve(endless) as port:
        assert 0 < len(shared().run(heard_at(port))) <= 4096


def test_a_port_that_closes_between_the_knock_and_the_question() -> None:
    with pytest.raises(ConnectionRefusedError):
        at(free_port())


@pytest.fixture
def counting() -> Iterator[tuple[int, list[int]]]:
    seen: list[int] = []

    def handle(connection: socket.socket, index: int) -> None:
        seen.append(index)
        silent(connection, index)

    with serve(handle) as port:
        yield port, seen


def test_few_connections_a_port(counting: tuple[int, list[int]]) -> None:
    port, seen = counting
    at(port, "smtp", 6379)
    assert len(seen) <= 3


@given(st.binary(max_size=200), st.sampled_from(sorted(QUESTIONS)))
def test_readers_never_raise(data: bytes, port: int) -> None:
    assert QUESTIONS[port].read(data) in (ACCEPTED, REFUSED, UNSAID, MORE)


@given(st.binary(max_size=120))
def test_no_document_of_mongodb_raises(body: bytes) -> None:
    read = QUESTIONS[27017].read
    assert read(servers.op_msg(struct.pack("<i", len(body) + 4) + body)) in (
        ACCEPTED,
        REFUSED,
        UNSAID,
    )


def test_listening_does_not_outlive_its_clock() -> None:
    async def spent(port: int) -> Said:
        door = Door(HERE, Place(HERE, port), Clock.of(0.4), 5, "smtp", QUESTIONS[6379])
        async with asyncio.timeout(5):
            return await listen(door)

    with serve(silent) as port:
        assert shared().run(spent(port)).protection == "unsaid"
