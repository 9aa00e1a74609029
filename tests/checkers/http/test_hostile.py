"""Peers that break the protocol, never end, or lie: bounded, with a reason, neighbours unharmed."""

from __future__ import annotations

import gc
import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.checkers.driver import Seen, observe
from tests.checkers.http.conftest import Site
from tests.checkers.http.look import Sight, look, look_all
from tests.checkers.http.servers import (
    HERE,
    Peer,
    free_port,
    hang,
    hang_up,
    peer,
    request_of,
    response,
    says,
)
from troth.checkers.http import client, urls
from troth.checkers.http.body import LARGEST
from troth.checkers.http.checker import Addresses
from troth.checkers.http.exchange import Kind
from troth.checkers.network.clock import Clock
from troth.checkers.network.loop import shared
from troth.model import Failure, Reason

BRIEF = {"timeout_seconds": 1.0, "deadline_seconds": 10.0}
TEXT = b"<p>here we are</p>"


@pytest.fixture
def served() -> Iterator[Callable[..., Sight]]:
    """Return what looks at a peer that handles connections in this way."""
    running: list[Peer] = []

    def seen(handle: Callable[[socket.socket], None], **page: Any) -> Sight:
        running.append(Peer(handle))
        options = {name: page.pop(name) for name in list(page) if name in (*BRIEF, "allow")}
        url = f"http://{HERE}:{running[-1].port}/page"
        return look({"url": url, **page}, **options)

    yield seen
    for each in running:
        each.close()


Served = Callable[..., Sight]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"a" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
        bytes(range(256)) * 40,
    ],
)
def test_what_is_not_http_is_no_fact(served: Served, answer: bytes) -> None:
    seen = served(says(answer))
    for facet in ("answer", "plain", "transport_security", "headers", "cookies", "page", "feed"):
        if facet == "plain":
            assert seen.reason("plain.get") is Reason.MALFORMED_RESPONSE
        elif facet != "feed":
            assert seen.reason(facet) is Reason.MALFORMED_RESPONSE


def test_a_banner_of_something_else_is_no_fact(served: Served) -> None:
    assert served(says(b"SSH-2.0-OpenSSH_9.2\r\n")).reason("answer") is Reason.UNPROVEN


def test_a_body_that_is_cut_off(served: Served) -> None:
    seen = served(says(response(TEXT)[:-5]), texts=["here"])
    assert seen["answer.status"] == 200
    assert seen.reason("answer.response_ms") is Reason.MALFORMED_RESPONSE
    for fact in ("texts", "digest", "catch_all"):
        assert seen.reason(f"page.{fact}") is Reason.MALFORMED_RESPONSE


def test_chunks_that_are_cut_off(served: Served) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
    seen = served(says(head + b"5\r\n<p>he\r\n"))
    assert seen["page.status"] == 200
    assert seen.reason("page.digest") is Reason.MALFORMED_RESPONSE


def _endless(head: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    def handle(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(head)
        while True:
            connection.sendall(piece)

    return handle


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (HEAD + b"\r\n", b"<p>more</p>" * 1000),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 1000),
        (
            HEAD + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"14\r\n" + gzip.compress(b"", mtime=0) + b"\r\n",
        ),
    ],
)
def test_an_endless_body_is_left(served: Served, head: bytes, piece: bytes) -> None:
    seen = served(_endless(head, piece))
    assert seen["answer.status"] == 200
    assert seen.reason("answer.response_ms") is Reason.UNPROVEN
    assert seen.reason("page.texts") is Reason.UNPROVEN


def test_a_large_page_is_not_judged_by_its_beginning(served: Served) -> None:
    fits, large = b"x" * LARGEST, b"x" * (LARGEST + 1)
    assert served(says(response(fits)), texts=["no"])["page.texts"] == [
        {"text": "no", "found": False}
    ]
    assert served(says(response(large)), texts=["no"]).reason("page.texts") is Reason.UNPROVEN


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_is_not_unpacked(served: Served, coding: str) -> None:
    inside = b"\0" * 50 * 1024 * 1024
    bomb = gzip.compress(inside) if coding == "gzip" else zlib.compress(inside)
    seen = served(says(response(bomb, f"Content-Encoding: {coding}")))
    assert seen["answer.status"] == 200
    assert seen.reason("page.digest") is Reason.UNPROVEN


@pytest.mark.parametrize(
    ("body", "coding", "reason"),
    [
        (gzip.compress(TEXT, mtime=0)[:-9], "gzip", Reason.MALFORMED_RESPONSE),
        (b"not gzip at all", "gzip", Reason.MALFORMED_RESPONSE),
        (TEXT, "br", Reason.NOT_SUPPORTED),
        (gzip.compress(gzip.compress(TEXT, mtime=0), mtime=0), "gzip, gzip", Reason.NOT_SUPPORTED),
    ],
    ids=["cut off", "not compressed", "unknown", "twice"],
)
def test_compression_that_cannot_be_undone(
    served: Served, body: bytes, coding: str, reason: Reason
) -> None:
    seen = served(says(response(body, f"Content-Encoding: {coding}")))
    assert seen["answer.status"] == 200
    assert seen.reason("page.digest") is reason


@pytest.mark.parametrize("coding", ["gzip", "deflate", "identity"])
def test_compression_that_can(served: Served, coding: str) -> None:
    packed = {
        "gzip": gzip.compress(b"<p>here we") + gzip.compress(b" are</p>"),
        "deflate": zlib.compress(TEXT),
        "identity": TEXT,
    }[coding]
    seen = served(says(response(packed, f"Content-Encoding: {coding}")), texts=["here we are"])
    assert seen["page.texts"] == [{"text": "here we are", "found": True}]


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        ("日本".encode("cp932"), "text/html; charset=utf-8", Reason.MALFORMED_RESPONSE),
        (TEXT, "text/html; charset=idna", Reason.NOT_SUPPORTED),
        (TEXT, "text/html; charset=zip", Reason.NOT_SUPPORTED),
        (b"%PDF-1.4", "application/pdf", Reason.NOT_SUPPORTED),
    ],
)
def test_text_in_no_charset(served: Served, body: bytes, kind: str, reason: Reason) -> None:
    assert served(says(response(body, kind=kind)), texts=["x"]).reason("page.texts") is reason


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("個人情報".encode("cp932"), "text/html; charset=Shift_JIS"),
        ("<meta charset=euc-jp>個人情報".encode("euc-jp"), "text/html"),
        ("\ufeff個人情報".encode(), "text/html; charset=latin1"),
        ("\ufeff個人情報".encode("utf-16-le"), "text/html"),
        ("個人情報".encode(), "text/plain"),
    ],
)
def test_text_in_a_charset(served: Served, body: bytes, kind: str) -> None:
    seen = served(says(response(body, kind=kind)), texts=["個人情報"])
    assert seen["page.texts"] == [{"text": "個人情報", "found": True}]


def _drip(connection: socket.socket) -> None:
    """Send a header without end, a byte whenever the client may have gone."""
    request_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    connection.settimeout(0.2)
    while True:
        connection.sendall(b"a")
        try:
            if not connection.recv(1):
                return
        except TimeoutError:
            continue


@pytest.mark.parametrize("handle", [hang, _drip])
def test_time_is_bounded_for_a_request_and_for_a_page(served: Served, handle: Any) -> None:
    begin = time.monotonic()
    seen = served(
        handle, access="admin", feed=True, incidents="/i.json", allow=["data-read"], **BRIEF
    )
    assert time.monotonic() - begin < 12
    assert seen.reason("answer") is Reason.TIMEOUT
    assert seen.reason("plain.get") is Reason.TIMEOUT
    assert seen.reason("incidents") is Reason.TIMEOUT


def test_a_slow_body_leaves_the_status(served: Served) -> None:
    def handle(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(response(TEXT)[:-1])
        hang(connection)

    seen = served(handle, **BRIEF)
    assert seen["answer.status"] == 200
    assert seen.reason("answer.response_ms") is Reason.TIMEOUT
    assert seen.reason("page.digest") is Reason.TIMEOUT


def test_who_hangs_up_is_asked_once_more(served: Served) -> None:
    seen = served(hang_up)
    assert seen.reason("answer") is Reason.UNPROVEN
    turns = iter(range(100))

    def moody(connection: socket.socket) -> None:
        (says(response(TEXT)) if next(turns) % 2 else hang_up)(connection)

    assert served(moody)["answer.status"] == 200


def test_nobody_there_is_no_refusal(served: Served) -> None:
    """Nothing on the host answers, so a machine that is switched off would look the same."""
    seen = look({"url": f"http://{HERE}:{free_port()}/"})
    assert seen.reason("answer") is Reason.UNREACHABLE
    assert seen.reason("plain.get") is Reason.UNREACHABLE


def test_a_refusal_beside_something_that_answers(site: Site) -> None:
    seen = look(site.page(plain_port=free_port()), allow=["data-read"])
    assert (seen["plain.get"], seen["plain.post"]) == ("refused", "refused")
    shut = look(
        {"url": f"https://{HERE}:{free_port()}/", "plain_port": site.plain, "access": "admin"}
    )
    assert shut["answer.reach"] == "refused"
    assert shut["answer.status"] is None
    assert shut["answer.post"] is None
    assert shut["answer.forged_forward"] == "same"
    assert shut.reason("answer.response_ms") is Reason.NO_DATA
    assert shut.reason("page") is Reason.UNREACHABLE


@pytest.mark.parametrize("times", [2, 3, 4])
def test_a_refusal_needs_a_control_before_and_after(times: int) -> None:
    """The page answers for itself, for what is not there, and then for one control or two."""
    answers = iter([response(TEXT)] * times)

    def counted(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(next(answers, b""))

    with peer(counted) as page:
        url = f"http://{HERE}:{page.port}/"
        seen = look({"url": url, "plain_port": free_port()})
    assert seen["answer.status"] == 200
    if times == 4:
        assert seen["plain.get"] == "refused"
    else:
        assert seen.reason("plain.get") is Reason.UNREACHABLE


def _silent() -> tuple[socket.socket, list[socket.socket]]:
    """Return a listener whose queue is full: what connects now hears nothing at all."""
    listener = socket.socket()
    listener.bind((HERE, 0))
    listener.listen(0)
    waiting = []
    for _ in range(3):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(listener.getsockname())
        waiting.append(one)
    return listener, waiting


def test_silence_beside_something_that_answers(site: Site) -> None:
    listener, waiting = _silent()
    try:
        port = listener.getsockname()[1]
        assert look(site.page(plain_port=port), **BRIEF)["plain.get"] == "silent"
        alone = look({"url": f"http://{HERE}:{port}/"}, **BRIEF)
        assert alone.reason("answer") is Reason.TIMEOUT
    finally:
        for each in (listener, *waiting):
            each.close()


def test_plain_http_where_tls_is_expected(site: Site) -> None:
    seen = look({"url": f"https://{HERE}:{site.plain}/", "plain_port": site.plain})
    assert seen.reason("answer") is Reason.UNPROVEN


@pytest.mark.parametrize(
    "location",
    ["http://[", "ftp://x/", "http://user:pw@localhost/", "http://" + "a" * 300 + "/"],
)
def test_redirects_to_nowhere(served: Served, location: str) -> None:
    seen = served(says(response(b"", f"Location: {location}", status="302 Found")))
    assert seen["answer.status"] == 302
    assert seen.reason("answer.leads_to") is Reason.MALFORMED_RESPONSE
    assert seen.reason("plain.get") is Reason.MALFORMED_RESPONSE
    assert seen.reason("page") is Reason.MALFORMED_RESPONSE


def test_redirects_without_end(served: Served) -> None:
    count = iter(range(10_000))

    def handle(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(response(b"", f"Location: /{next(count)}", status="302 Found"))

    assert served(handle).reason("page") is Reason.UNPROVEN
    assert next(count) < 40


def test_control_characters_do_not_come_through(served: Served) -> None:
    row = served(says(response(TEXT, "Server: a\x1b[31mred")))["headers.present"]
    assert row == [{"name": "server", "value": "a\\x1b[31mred"}]


def test_a_header_too_long_is_no_header_that_is_absent(served: Served) -> None:
    seen = served(says(response(TEXT, "Server: " + "a" * 5000, "Via: b")))
    assert seen["headers.present"] == [{"name": "via", "value": "b"}]
    assert seen.reason("headers.present") is Reason.MALFORMED_RESPONSE


def test_one_bad_page_costs_its_neighbours_nothing(site: Site) -> None:
    with peer(hang_up) as bad:
        broken = f"http://{HERE}:{bad.port}/"
        found = look_all(broken, site.page())
    assert found[broken].reason("answer") is Reason.UNPROVEN
    (other,) = found.keys() - {broken}
    assert found[other]["page.status"] == 200


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 Found\r\nLocation: /next?token=SECRET\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: app://x?code=SECRET\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: https://u:SECRET@x/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: sid=SECRET\x00\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nAuthorization SECRET\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_no_message_tells_what_a_server_gives_its_visitors(answer: bytes) -> None:
    def handle(connection: socket.socket) -> None:
        if not request_of(connection).startswith(b"GET /next"):
            connection.sendall(answer)

    with peer(handle) as made:
        url = f"http://{HERE}:{made.port}/?key=SECRET"
        target = {"id": "t", "type": "http", "pages": [url], **BRIEF}
        ((_, _, found),) = observe(Addresses, target)
    (facets,) = found.values()
    failures = [each for each in facets.values() if isinstance(each, Failure)]
    seen = [each for each in facets.values() if isinstance(each, Seen)]
    told = [failures, [(dict(each), each.missing, each.raw) for each in seen]]
    assert "SECRET" not in str(told)
    assert failures or any("leads_to" in each.missing for each in seen)


def test_a_handshake_that_never_ends_leaves_no_connection_open() -> None:
    """Not even until the collector comes by, which is held now and then."""
    ended = threading.Event()

    def handle(connection: socket.socket) -> None:
        hang(connection)
        ended.set()

    gc.disable()
    try:
        with peer(handle) as made:
            url = urls.read(f"https://{HERE}:{made.port}/")
            asked = client.exchange(client.Request(url), HERE, Clock.of(0.5), client.lenient())
            assert shared().run(asked).kind is Kind.TIMEOUT
            assert ended.wait(5)
    finally:
        gc.enable()
