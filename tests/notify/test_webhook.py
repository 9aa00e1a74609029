"""The web hook against real servers: what is sent, how often, and what is told of failures."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.notify.conftest import Serve
from tests.notify.digests import digest, event
from tests.notify.receiver import Receiver, Reply, free_port, trusted
from tests.notify.test_message import NIGHT, TEXT
from troth import __version__
from troth.catalogue.formats import bundled
from troth.history.changes import Change
from troth.notify.webhook import BYTES, EVENTS, send

BODY: dict[str, Any] = {
    "schema": 1,
    "title": "troth: 1 newly broken (acme 4.2)",
    "text": "\n".join([
        "1 newly broken.",
        "",
        "Newly broken: 1",
        "",
        "- acme 4.2, store-encrypted, high: prod arn:aws:s3:::logs",
        "  The bucket logs is not encrypted.",
        "",
        "Clauses now: 2 broken, 1 waived, 3 unknown, 40 kept, 4 not applicable.",
        "Run run-2, judged as of 2026-11-22T02:00:00+00:00, exit code 1.",
        "Changes since run run-1.",
        "",
        "More: troth diff, troth history",
    ]),
    "scope": "main",
    "run": "run-2",
    "since": "run-1",
    "as_of": "2026-11-22T02:00:00+00:00",
    "state": "complete",
    "exit_code": 1,
    "counts": {"broken": 2, "waived": 1, "unknown": 3, "kept": 40, "not-applicable": 4},
    "events": [{
        "change": "new",
        "text": "The bucket logs is not encrypted.",
        "policy": "acme",
        "clause": "4.2",
        "control": "store-encrypted",
        "finding": "f-1",
        "target": "prod",
        "kind": "data-store",
        "resource": "arn:aws:s3:::logs",
        "severity": "high",
        "before": "pass",
        "now": "fail",
    }],
    "left_out": 0,
    "head": "sha256:abc",
}  # fmt: skip
#: SHA-256 of ["main", "run-2", "run-1"], by sha256sum.
KEY = "f698f9d9d2e2af78f39d5bcdb6392bc0dd295e99d67126325b1dcb4578fdca28"


def sent(to: Receiver, pauses: list[float], seconds: float = 5.0) -> str:
    """Send a digest to a receiver; return what went wrong."""
    return send(to.url(), digest(event()), seconds=seconds, pause=pauses.append)


def test_one_post_holds_the_document(serve: Serve, pauses: list[float]) -> None:
    to = serve(Reply(204))
    assert sent(to, pauses) == ""
    (request,) = to.requests
    assert (request.method, request.path) == ("POST", "/hooks/T0ken-Secr3t")
    assert json.loads(request.body) == BODY
    assert request.headers == {
        "Host": f"127.0.0.1:{to.port}",
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "Content-Length": str(len(request.body)),
        "Idempotency-Key": KEY,
        "User-Agent": f"troth/{__version__}",
        "Connection": "close",
    }
    assert pauses == []


def test_the_document_is_as_its_schema_says(serve: Serve, pauses: list[float]) -> None:
    to = serve()
    odd = digest(*map(event, Change), since="", state="partial", head="", counts={})
    for night in (NIGHT, odd, digest()):
        assert send(to.url(), night, pause=pauses.append) == ""
    validator = jsonschema_rs.Draft202012Validator(bundled("notification"), validate_formats=True)
    bodies = list(map(json.loads, to.bodies))
    assert [[error.message for error in validator.iter_errors(body)] for body in bodies] == [[]] * 3
    assert bodies[0]["text"] == TEXT
    assert [row["change"] for row in bodies[1]["events"]][:2] == ["new", "regressed"]
    assert bodies[1]["counts"] == dict.fromkeys(BODY["counts"], 0)


def test_the_schema_names_every_change_and_every_field() -> None:
    schema = bundled("notification")
    about = schema["$defs"]["event"]
    assert about["properties"]["change"]["enum"] == [change.value for change in Change]
    assert about["required"] == list(event()._fields) == list(about["properties"])
    assert schema["required"] == list(schema["properties"]) == list(BODY)


def test_a_user_and_password_in_the_address_become_a_header(
    serve: Serve, pauses: list[float]
) -> None:
    to = serve()
    url = f"http://ann:p%40ss@127.0.0.1:{to.port}/x?y=1#part"
    assert send(url, digest(event()), pause=pauses.append) == ""
    (request,) = to.requests
    assert request.path == "/x?y=1"
    assert request.headers["Authorization"] == "Basic YW5uOnBAc3M="  # ann:p@ss, by base64(1)


@pytest.mark.parametrize(
    ("replies", "requests", "waited", "problem"),
    [
        ([Reply(500), Reply(200)], 2, [1], ""),
        ([Reply(503), Reply(502), Reply(202)], 3, [1, 4], ""),
        ([Reply(429, (("Retry-After", "7"),)), Reply()], 2, [7], ""),
        ([Reply(503, (("Retry-After", "30"),)), Reply()], 2, [30], ""),
        ([Reply(503, (("Retry-After", "0"),)), Reply()], 2, [1], ""),
        ([Reply(503, (("Retry-After", "soon"),)), Reply()], 2, [1], ""),
        ([Reply(429, (("Retry-After", "31"),))], 1, [],
         "it answered with HTTP status 429; it asks to wait 31 s, which is longer than 30 s"),
        ([Reply(429, (("Retry-After", "9" * 400),))], 1, [],
         "it answered with HTTP status 429; it asks to wait 1000000000 s, which is longer than "
         "30 s"),
        ([Reply(500)] * 3, 3, [1, 4], "it answered with HTTP status 500 (3 attempts)"),
        ([Reply(404)], 1, [], "it answered with HTTP status 404"),
        ([Reply(deed="reset"), Reply()], 2, [1], ""),
        ([Reply(deed="reset")] * 3, 3, [1, 4],
         "the connection failed (ConnectionResetError) (3 attempts)"),
        ([Reply(raw=b"SSH-2.0-x\r\n")] * 3, 3, [1, 4],
         "it gave no whole answer (BadStatusLine) (3 attempts)"),
        ([Reply(raw=b"HTTP/1.1 200 " + b"x" * 70_000), Reply()], 2, [1], ""),
    ],
    ids=["500-200", "503-502-202", "asked", "asked-30", "asked-0", "asked-soon", "asked-31",
         "asked-for-ever", "500", "404", "reset-200", "reset", "garbage", "endless-line"],
)  # fmt: skip
def test_what_may_pass_is_tried_again(
    serve: Serve, pauses: list[float], replies: list[Reply], requests: int, waited: list[float],
    problem: str,
) -> None:  # fmt: skip
    to = serve(*replies)
    assert sent(to, pauses) == problem
    assert (len(to.requests), pauses) == (requests, waited)
    assert len({request.headers["Idempotency-Key"] for request in to.requests}) == 1
    assert len(set(to.bodies)) == 1


@pytest.mark.parametrize("deed", ["hang", "drip"])
def test_who_does_not_answer_is_left(serve: Serve, pauses: list[float], deed: str) -> None:
    to = serve(Reply(deed=deed), Reply(deed=deed), Reply(deed=deed))
    assert sent(to, pauses, 0.3) == "it gave no whole answer within 0.3 s (3 attempts)"
    assert (len(to.requests), pauses) == (3, [1, 4])


def test_who_answers_late_is_asked_again(serve: Serve, pauses: list[float]) -> None:
    to = serve(Reply(deed="hang"))
    assert sent(to, pauses, 0.3) == ""
    assert (len(to.requests), pauses) == (2, [1])


def test_nobody_there(pauses: list[float]) -> None:
    problem = send(f"http://127.0.0.1:{free_port()}/", digest(event()), pause=pauses.append)
    assert problem == "the connection failed (ConnectionRefusedError) (3 attempts)"
    assert pauses == [1, 4]


def test_a_date_to_come_back_at_is_waited_for(serve: Serve, pauses: list[float]) -> None:
    when = datetime.now(UTC) + timedelta(seconds=20)
    to = serve(Reply(503, (("Retry-After", format_datetime(when, usegmt=True)),)))
    assert sent(to, pauses) == ""
    assert len(pauses) == 1
    assert 4 < pauses[0] <= 20
    for zone in ("GMT", "-0000", "+0100"):
        late = Reply(503, (("Retry-After", f"Sun, 22 Nov 2099 07:00:00 {zone}"),))
        assert "which is longer than 30 s" in sent(serve(late), pauses)
    for said in ("Sun, 22 Nov 1999 07:00:00 GMT", "Sun, 99 Nov 2026 99:00:00 GMT", "-5"):
        pauses.clear()
        assert sent(serve(Reply(503, (("Retry-After", said),))), pauses) == ""
        assert pauses == [1]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(serve: Serve, pauses: list[float], status: int) -> None:
    other = serve()
    to = serve(Reply(status, (("Location", other.url("/stolen")),)))
    told = f"it answered with a redirect ({status}), which is not followed"
    assert sent(to, pauses) == told
    assert (len(to.requests), len(other.requests), pauses) == (1, 0, [])


#: What a gateway tells of a request that it refuses, in forms that no list of secrets foresees.
ECHOES = {
    "host": "no such site: LocalHost:{port}",
    "credential": "wrong credential Basic dXNlcjE6Q0FOQVJZcGFzcw==",  # by base64(1)
    "user": "user1 is locked",
    "step": "no hook canarytoken",
    "query": "key is V4lue",
    "turned": "nekotyranac/kooh/",
    "steering": "\r\n\x1b[31mtroth: all is well\x07",
    "words": "invalid_payload",
    "long": "x" * 100_000,
}


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("place", ["body", "header", "reason"])
def test_of_a_refusal_only_the_status_is_shown(
    serve: Serve, pauses: list[float], echo: str, place: str
) -> None:
    to = serve()
    said = ECHOES[echo].format(port=to.port)
    line = " ".join(said.split())[:200].encode()
    to.replies.append({
        "body": Reply(404, body=said.encode()),
        "header": Reply(404, (("WWW-Authenticate", line.decode()),)),
        "reason": Reply(raw=b"HTTP/1.1 404 " + line + b"\r\n\r\n"),
    }[place])  # fmt: skip
    url = f"http://user1:CANARYpass@localhost:{to.port}/hook/canarytoken?k=V4lue"
    problem = send(url, digest(event()), pause=pauses.append)
    assert problem == "it answered with HTTP status 404"
    assert len(to.requests) == 1


def test_a_certificate_is_verified(
    serve: Serve, pauses: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, leaf = trusted()
    to = serve(issued=leaf)
    told = "its certificate is not trusted (unable to get local issuer certificate)"
    assert sent(to, pauses) == told
    assert (to.requests, pauses) == ([], [])
    authority, _, _ = root.write(tmp_path, "root")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    assert sent(to, pauses) == ""
    assert len(to.requests) == 1


def test_a_certificate_for_another_name_is_refused_without_naming_it(
    serve: Serve, pauses: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.checkers.tls import authority

    root, _ = trusted()
    to = serve(issued=authority.leaf(root, ("secret-host.example",)))
    file, _, _ = root.write(tmp_path, "root")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    assert sent(to, pauses) == "its certificate is not trusted (ip address mismatch)"
    assert to.requests == []


def test_a_server_without_tls_is_not_spoken_to(serve: Serve, pauses: list[float]) -> None:
    to = serve()
    url = f"https://127.0.0.1:{to.port}/"
    problem = send(url, digest(event()), pause=pauses.append)
    assert re.fullmatch(r"TLS failed \([A-Z_]+\) \(3 attempts\)", problem)
    assert to.requests == []


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://chat.example/x", "it is a URL of plain http to another machine; use https"),
        ("http://127.0.0.1.evil.example/", "it is a URL of plain http to another machine; use "
         "https"),
        ("http://169.254.169.254/", "it is a URL of plain http to another machine; use https"),
        ("slack://a/b/c", "it is no URL of https; write https://HOST/PATH"),
        ("file:///etc/passwd", "it is no URL of https; write https://HOST/PATH"),
        ("https://", "it is no URL of https; write https://HOST/PATH"),
        ("https://h:0/", "it is no URL of https; write https://HOST/PATH"),
        ("https://h:x/", "it is no URL of https; write https://HOST/PATH"),
        ("https://h:99999/", "it is no URL of https; write https://HOST/PATH"),
        ("https://[::1/", "it is no URL of https; write https://HOST/PATH"),
        ("https://h/a b", "it is no URL of https; write https://HOST/PATH"),
        ("https://h/a\r\nX: y", "it is no URL of https; write https://HOST/PATH"),
        ("https://h/\u00e9", "it is no URL of https; write https://HOST/PATH"),
        ("", "it is no URL of https; write https://HOST/PATH"),
    ],
    ids=lambda part: part[:24],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str, problem: str, pauses: list[float]) -> None:
    assert send(url, digest(event()), pause=pauses.append) == problem
    assert pauses == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3"])
def test_plain_http_is_for_this_machine(serve: Serve, pauses: list[float], host: str) -> None:
    to = serve()
    url = f"http://{host}:{to.port}/"
    # Listening on 127.0.0.1 only: whichever of them is connected to is a matter of the system.
    assert "plain http" not in send(url, digest(event()), pause=pauses.append)


def test_a_document_has_so_many_events_and_counts_the_others(
    serve: Serve, pauses: list[float]
) -> None:
    to = serve()
    rows = [event(Change.FIXED, resource=f"r{n}") for n in range(EVENTS + 5)]
    assert send(to.url(), digest(*rows, event()), pause=pauses.append) == ""
    body = json.loads(to.bodies[0])
    assert (len(body["events"]), body["left_out"]) == (EVENTS, 6)
    assert body["events"][0]["change"] == "new"


def test_a_document_has_so_many_bytes(serve: Serve, pauses: list[float]) -> None:
    to = serve()
    rows = [event(resource=f"{n:03}" + "\u202e" * 10_000) for n in range(100)]
    assert send(to.url(), digest(*rows), pause=pauses.append) == ""
    body = json.loads(to.bodies[0])
    assert BYTES * 0.9 < len(to.bodies[0]) < BYTES + 20_000
    assert len(body["events"]) + body["left_out"] == 100
    assert body["events"][16]["resource"] == "016" + "\u202e" * 10_000


def test_another_night_has_another_key(serve: Serve, pauses: list[float]) -> None:
    to = serve()
    for more in (
        {},
        {"run": "run-3"},
        {"since": ""},
        {"scope": "x"},
        {"run": 'run-2","', "since": ""},
    ):
        assert send(to.url(), digest(event(), **more), pause=pauses.append) == ""
    assert len({request.headers["Idempotency-Key"] for request in to.requests}) == 5


def test_a_proxy_of_the_environment_is_not_asked(
    serve: Serve, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    to, proxy = serve(), serve()
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url("/"))
    assert sent(to, pauses) == ""
    assert (len(to.requests), len(proxy.requests)) == (1, 0)


#: Sends to each address, and prints how many more files are open than before.
_SENDS = """
import os, sys
from tests.notify.digests import digest, event
from troth.notify.webhook import send
before = len(os.listdir("/proc/self/fd"))
for url in sys.argv[1:]:
    send(url, digest(event()), seconds=0.5, pause=print)
print(len(os.listdir("/proc/self/fd")) - before)
"""


def test_nothing_is_left_open(serve: Serve) -> None:
    bad = [Reply(302), Reply(404, body=b"x" * 9000), Reply(deed="reset"), Reply(deed="hang"),
           Reply(raw=b"garbage"), Reply(deed="drip")]  # fmt: skip
    to, secure = serve(*bad), serve(issued=trusted()[1])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _SENDS, *[to.url()] * 6, secure.url()],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""
    assert to.replies == []
