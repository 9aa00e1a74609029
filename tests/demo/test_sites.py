"""The demo's servers by themselves: web sites, feeds, ports, and that nothing else is asked."""

from __future__ import annotations

import contextlib
import csv
import http.client
import io
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from troth import plugins
from troth.checker import Partition
from troth.checkers.http import feeds as read_feeds
from troth.checkers.http import incidents as read_incidents
from troth.demo import books, doors, endpoints, feeds, settings, web
from troth.demo.folder import Folder, claim
from troth.demo.moments import Moments
from troth.yamlfile import parse

MOMENTS = Moments(datetime.now(UTC).replace(microsecond=0))


@dataclass(frozen=True)
class Servers:
    """What stands while the tests of this module run."""

    folder: Folder
    ports: dict[str, int]
    closed: list[int]
    forgotten: int
    names: dict[str, str]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = claim(tmp_path_factory.mktemp("sites") / "demo")
    names: dict[str, str] = {}
    with contextlib.ExitStack() as running:
        ports = running.enter_context(endpoints.serving(folder, MOMENTS, names))
        closed = running.enter_context(doors.closed())
        forgotten = running.enter_context(doors.forgotten(names))
        yield Servers(folder, ports, closed, forgotten, names)


@dataclass(frozen=True)
class Said:
    """What a server answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def ask(servers: Servers, word: str, path: str, method: str = "GET", **headers: str) -> Said:
    """Ask one of the sites, the certificate held against the demo's own authority."""
    host, port = f"{word}.hinoki.example", servers.ports[word]
    context = ssl.create_default_context(cafile=str(servers.folder.path / "trust/ca.pem"))
    raw = socket.create_connection(("127.0.0.1", port), timeout=10)
    with raw, context.wrap_socket(raw, server_hostname=host) as protected:
        return _said(protected, f"{host}:{port}", path, method, headers)


def ask_plainly(servers: Servers, word: str, path: str, method: str = "GET") -> Said:
    """Ask one of the sites without TLS."""
    port = servers.ports[f"{word}_plain"]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        return _said(raw, f"{word}.hinoki.example:{port}", path, method, {})


def _said(raw: socket.socket, host: str, path: str, method: str, headers: dict[str, str]) -> Said:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    raw.sendall("\r\n".join([*lines, "", ""]).encode())
    answer = http.client.HTTPResponse(raw, method=method)
    answer.begin()
    body = answer.read()
    answer.close()
    return Said(answer.status, answer.headers, body)


@pytest.mark.parametrize(
    ("word", "path", "get", "post"),
    [
        ("www", "/privacy", 200, 405),
        ("www", "/nothing", 404, 404),
        ("www", "/legal/licence", 200, 405),
        ("www", "/legal/nothing-either", 200, 405),
        ("forum", "/threads/44", 401, 401),
        ("forum", "/files/44", 200, 405),
        ("community", "/api/posts", 405, 201),
        ("community", "/posts/91", 404, 404),
        ("orders", "/orders", 302, 401),
        ("portal", "/export", 200, 405),
        ("old", "/", 200, 200),
    ],
)
def test_a_page_answers_what_the_file_says(
    servers: Servers, word: str, path: str, get: int, post: int
) -> None:
    assert ask(servers, word, path).status == get
    assert ask(servers, word, path, "POST").status == post


def test_the_administration_believes_whatever_address_is_claimed(servers: Servers) -> None:
    assert ask(servers, "admin", "/").status == 403
    assert ask(servers, "admin", "/", X_Forwarded_For="192.0.2.1").status == 401
    assert ask(servers, "office", "/", X_Forwarded_For="192.0.2.1").status == 401


def test_without_tls_a_site_leads_to_tls_and_refuses_forms(servers: Servers) -> None:
    got = ask_plainly(servers, "www", "/privacy?a=1")
    place = f"https://www.hinoki.example:{servers.ports['www']}/privacy?a=1"
    assert (got.status, got.headers["Location"]) == (308, place)
    assert ask_plainly(servers, "www", "/privacy", "POST").status == 403


def test_the_old_site_is_served_without_tls_as_well(servers: Servers) -> None:
    assert b"Old forms" in ask_plainly(servers, "old", "/").body
    assert ask_plainly(servers, "old", "/", "POST").status == 200


@pytest.mark.parametrize("sent", [b"\r\n\r\n", b"GET\r\n\r\n", b"\xff\xfe\r\n\r\n", b"G" * 70_000])
def test_what_is_no_request_is_not_answered(servers: Servers, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", servers.ports["old_plain"]), timeout=10) as raw:
        with contextlib.suppress(OSError):
            raw.sendall(sent)
            raw.shutdown(socket.SHUT_WR)
        heard = b""
        with contextlib.suppress(ConnectionError):
            heard = raw.recv(4096)
    assert heard == b""
    assert ask(servers, "old", "/").status == 200


def test_feeds_and_incidents_are_what_a_checker_reads(servers: Servers) -> None:
    bodies = {path: ask(servers, "status", path).body for path in ("/rss", "/atom")}
    for path, body in bodies.items():
        found = read_feeds.facts(body).values
        assert found["format"] == path[1:]
        assert len(found["entries"]["items"]) == 1 + 2 * len(feeds.INCIDENTS)
        assert found["entries"]["complete"]
    reported = read_incidents.facts(ask(servers, "status", "/api/v2/incidents.json").body)
    assert [row["key"] for row in reported.values["reported"]["items"]] == ["i-1", "i-4"]


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a register as it is shipped, placeholders as they stand."""
    path = Path(books.__file__).parent / "registers" / f"{name}.csv"
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()[3:]))


def test_the_status_page_tells_of_the_incidents_in_the_register() -> None:
    visible = {row["id"]: row for row in rows("incidents") if row["impact"] != "none"}
    assert set(visible) == {key for key, *_ in feeds.INCIDENTS}
    for key, began, _, hours in feeds.INCIDENTS:
        assert visible[key]["occurred_at"] == f"{{time-{began}h}}"
        assert visible[key]["resolved_at"] == f"{{time-{began - hours}h}}"


def test_the_news_are_those_in_the_register() -> None:
    published = {row["url"].partition("$community")[2]: row for row in rows("publications")}
    assert {path: row["published_at"] for path, row in published.items()} == {
        path: f"{{time-{ago}h}}" for path, ago in feeds.NEWS
    }


def test_every_named_page_and_row_is_there(servers: Servers, tmp_path: Path) -> None:
    names = dict(servers.names)
    made = claim(tmp_path / "books")
    books.write(made, MOMENTS, servers.ports, names)
    assert {"forum-file", "community-api", "admin-outside", "portal-export"} <= set(names.values())
    urls = (made.path / "registers/publications.csv").read_text(encoding="utf-8")
    (news,) = (resource for resource, name in names.items() if name == "news-2")
    key = news.removeprefix("publications/").split("/")
    assert ",".join([key[0].replace("%2F", "/"), "p-04", "p-04"]) in urls
    assert f",{key[1]}\n" in urls


def test_a_closed_port_refuses_and_the_forgotten_one_greets(servers: Servers) -> None:
    assert len(set(servers.closed)) == doors.CLOSED
    for port in servers.closed:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=10)
    with socket.create_connection(("127.0.0.1", servers.forgotten), timeout=10) as console:
        assert console.recv(100) == b"220 console ready\r\n"


def test_the_demo_asks_at_no_port_but_its_own(servers: Servers) -> None:
    places = {
        "aws": "http://127.0.0.1:1",
        "gcs": "http://127.0.0.1:1",
        "host": "host",
        "desk_host": "desk-host",
        "forum_host": "forum-host",
        "receico_host": "receico-host",
        "closed": ", ".join(map(str, servers.closed)),
        "forgotten": servers.forgotten,
        "end_one": "",
        "end_two": "",
        **servers.ports,
    }
    settings.write(servers.folder, MOMENTS, places, servers.names)
    text = (servers.folder.path / "troth.yaml").read_text(encoding="utf-8")
    targets = {each["id"]: each for each in parse(text, "troth.yaml").data["targets"]}
    own = {*servers.ports.values(), *servers.closed, servers.forgotten}
    asked: set[str] = set()
    for cls in plugins.checkers().values():
        for target in targets.values():
            if cls.target_type == target["type"] and target["type"] in ("http", "ports", "tls"):
                asked |= set(cls.egress(target, Partition("", {})))
    assert asked <= {f"127.0.0.1:{port}" for port in own}
    assert {f"127.0.0.1:{servers.ports[word]}" for word in ("www", "old", "scanner")} <= asked


def test_a_folder_answers_for_what_it_has_not() -> None:
    found = web.site({"/a/b": _page("b"), "/a/*": _page("rest")})
    headers = http.client.parse_headers(io.BytesIO(b"\r\n"))
    told = {
        path: found(web.Asked("GET", path, headers)).body(web.Asked("GET", path, headers))
        for path in ("/a/b", "/a/b?c", "/a/c", "/a/d/e", "/b")
    }
    assert told == {
        "/a/b": "b", "/a/b?c": "b", "/a/c": "rest", "/a/d/e": "Not here.", "/b": "Not here.",
    }  # fmt: skip


def _page(text: str) -> web.Page:
    return web.Page(lambda _: text)
