"""What a client gets over the wire: headers, methods, names, addresses that lead nowhere."""

from __future__ import annotations

import contextlib
import re
import socket

import pytest

from tests.report.html.pages import Read
from tests.serve.served import Site, running

PAGES = (
    "/", "/runs", "/runs?before=run-004", "/runs/run-001", "/runs/run-006", "/endings",
    "/documents/acme", "/documents/acme/1", "/documents/acme/2",
)  # fmt: skip

#: From the OWASP Secure Headers Project, and Fetch for the last two.
WANTED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def test_every_page_answers_and_is_whole(site: Site) -> None:
    for path in PAGES:
        answer = site.ask(path)
        assert answer.status == 200, path
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        page = Read(answer.body)
        assert len(page.all("h1")) == len(page.all("main")) == 1
        assert page.all("html") == [{"lang": "en", "dir": "ltr"}]


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/", "GET", 200),
        ("/", "HEAD", 200),
        ("/nowhere", "GET", 404),
        ("/", "POST", 405),
        ("/", "TRACE", 405),
    ],
)
def test_every_answer_has_the_headers(site: Site, path: str, method: str, status: int) -> None:
    answer = site.ask(path, method)
    assert answer.status == status
    assert {name: answer.headers.get(name) for name in WANTED} == WANTED
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in answer.headers["content-security-policy"].split(";")
    )
    assert policy == {
        "default-src": "'none'", "style-src": "'self'", "img-src": "'self'", "base-uri": "'none'",
        "form-action": "'none'", "frame-ancestors": "'none'",
    }  # fmt: skip
    assert "set-cookie" not in answer.headers
    assert "server" not in answer.headers, "whoever asks learns no version"


def test_no_page_has_a_script_or_a_style_of_its_own(site: Site) -> None:
    for path in (*PAGES, "/nowhere"):
        page = Read(site.ask(path).body)
        assert not page.all("script")
        assert not page.all("style")
        assert not page.all("form")
        for _, attributes in page.tags:
            assert "style" not in attributes
            assert not [name for name in attributes if name.startswith("on")]


def test_everything_that_a_page_names_is_here_and_answers(site: Site) -> None:
    seen: set[str] = set()
    waiting = ["/"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = site.ask(path)
        assert answer.status == 200, path
        if answer.headers["content-type"].startswith("text/html"):
            page = Read(answer.body)
            named = [one["href"] for one in (*page.all("a"), *page.all("link"))]
            assert not [name for name in named if not name.startswith(("/", "#"))]
            assert not [name for name in named if name.startswith("//")]
            waiting += [name for name in named if name.startswith("/")]
    assert {path for path in seen if path.startswith("/runs/")} == {
        f"/runs/run-{number:03}" for number in range(1, 7)
    }
    assert len([path for path in seen if path.startswith("/findings/")]) == 5


def test_style_and_icon_are_named_for_their_content_and_may_be_kept(site: Site) -> None:
    (style, icon) = (link["href"] for link in Read(site.ask("/").body).all("link"))
    assert re.fullmatch(r"/style-[0-9a-f]{20}\.css", style)
    for path, kind in ((style, "text/css; charset=utf-8"), (icon, "image/svg+xml")):
        answer = site.ask(path)
        assert answer.status == 200
        assert answer.headers["content-type"] == kind
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert site.ask(style.replace("style-", "style-0")).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "MKCOL"])
@pytest.mark.parametrize("path", ["/", "/runs/run-001", "/nowhere"])
def test_nothing_but_reading_is_allowed(site: Site, method: str, path: str) -> None:
    answer = site.ask(path, method, body="x=1")
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_a_head_has_the_length_and_no_body(site: Site) -> None:
    got, headed = site.ask("/runs"), site.ask("/runs", "HEAD")
    assert headed.status == 200
    assert headed.body == ""
    assert headed.headers["content-length"] == str(len(got.body.encode()))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost:1", "localhost."])
def test_its_own_names_are_answered(site: Site, host: str) -> None:
    assert site.ask("/", host=host).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.2", "[::1]", "troth.example.com"]
)
@pytest.mark.parametrize("path", ["/", "/endings", "/nowhere", "style"])
def test_another_name_gets_nothing(site: Site, host: str, path: str) -> None:
    if path == "style":
        path = Read(site.ask("/").body).all("link")[0]["href"]
    answer = site.ask(path, host=host)
    assert answer.status == 421
    assert "acme" not in answer.body
    assert "run-006" not in answer.body
    assert answer.headers["content-type"].startswith("text/plain")


def test_what_a_client_says_of_its_way_here_is_not_believed(site: Site) -> None:
    forged = {"X_Forwarded_Host": "localhost", "Forwarded": "host=localhost", "X_Host": "localhost"}
    assert site.ask("/", host="evil.example", **forged).status == 421
    assert site.ask("/", X_Forwarded_Host="evil.example").status == 200
    assert "evil.example" not in site.ask("/nowhere", X_Forwarded_Host="evil.example").body


def _raw(site: Site, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as plain:
        plain.sendall(request)
        said = b""
        while part := plain.recv(65536):
            said += part
        return said


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.0\r\n\r\n", b"421"),
        (b"GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", b"421"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\nConnection: close\r\n\r\n", b"421"),
        (b"GET http://evil/ HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n\r\n", b"421"),
        (b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"404"),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999\r\n\r\n", b"413"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
    ids=["no-host", "empty-host", "two-hosts", "absolute", "dots", "body", "none"],
)
def test_what_no_browser_sends_is_refused(site: Site, request_: bytes, status: bytes) -> None:
    said = _raw(site, request_)
    assert said.split(b" ", 2)[1] == status
    assert b"Traceback" not in said
    assert site.ask("/").status == 200, "and the next one is answered"


def test_a_header_without_end_is_not_kept(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 50_000_000:  # it hangs up long before
                plain.sendall(b"x" * 65_536)
                sent += 65_536
    assert sent < 50_000_000
    assert site.ask("/").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/x", "/runs/", "/runs/nobody", "/runs/latest~9", "/runs?before=nobody",
        "/runs?before=run-001", "/documents", "/documents/", "/documents/nothing",
        "/documents/acme/", "/documents/acme/9", "/documents/acme/1/x", "/documents/nothing/1",
        "/findings/", "/findings/f-00000000000000000000", "//evil.example", "/%2e%2e/etc/passwd",
        "/runs/../../../etc/passwd", "/runs/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/runs/%00", "/%ff",
        "/runs/%ff%fe", "/static/x.css", "/style.css", "/documents/%27%20OR%201=1--",
        "/documents/acme/1%27", "/findings/%", "/runs/" + "x" * 5_000, "/runs/%ed%b2%80",
    ],
    ids=lambda path: path[:40],
)  # fmt: skip
def test_what_there_is_not_is_a_page_with_a_way_back(site: Site, path: str) -> None:
    answer = site.ask(path)
    assert answer.status == 404
    page = Read(answer.body)
    assert "There is no such page" in page.words
    assert {"href": "/"} in page.all("a")
    assert "Traceback" not in answer.body
    assert "root:" not in answer.body


def test_an_unknown_run_is_named_harmlessly(site: Site) -> None:
    page = Read(site.ask("/runs/%3Cscript%3Ealert(1)%3C/script%3E%E2%80%AEx").body)
    assert "has no run '<script>alert(1)</script>\N{REPLACEMENT CHARACTER}x'" in page.words
    assert not page.all("script")


def test_a_proxy_asks_by_its_own_name(story: str) -> None:
    with running(story, "--host-name", "troth.example.com") as site:
        assert site.ask("/", host="troth.example.com").status == 200
        assert site.ask("/", host="TROTH.example.com:443").status == 200
        assert site.ask("/", host="other.example.com").status == 421
        assert site.end() == (0, "")
