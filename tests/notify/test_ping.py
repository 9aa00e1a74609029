"""The dead man's switch: what a service is told of each sort of run, and what it cannot do."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import click
import pytest

from tests.notify.conftest import Serve
from tests.notify.receiver import Receiver, Reply, free_port
from troth.errors import Exit, IntegrityError, UsageError
from troth.notify import ping_of
from troth.notify.ping import Ping, watched

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def ping(to: Receiver, path: str = "/ping/T0ken-Secr3t", pauses: list[float] | None = None) -> Ping:
    return Ping(to.url(path), seconds=5.0, pause=(pauses if pauses is not None else []).append)


def paths(to: Receiver) -> list[str]:
    """Return where was asked, with the run's UUID as RID; there is one of them at most."""
    assert len({found for one in to.requests for found in re.findall(UUID, one.path)}) <= 1
    return [re.sub(UUID, "RID", request.path) for request in to.requests]


def test_start_and_end_are_told(serve: Serve) -> None:
    to = serve()
    run = ping(to)
    assert run.start() == ""
    assert run.end(1, "2 clauses broken\nsee troth diff") == ""
    assert paths(to) == ["/ping/T0ken-Secr3t/start?rid=RID", "/ping/T0ken-Secr3t/1?rid=RID"]
    assert [request.method for request in to.requests] == ["POST", "POST"]
    assert to.bodies == [b"", b"2 clauses broken\nsee troth diff"]
    assert to.requests[1].headers["Content-Type"] == "text/plain; charset=utf-8"
    assert uuid.UUID(to.requests[0].path.partition("rid=")[2]).version == 4


def test_another_run_has_another_id(serve: Serve) -> None:
    to = serve()
    for _ in range(2):
        ping(to).start()
    assert to.requests[0].path != to.requests[1].path


def test_a_summary_has_ten_harmless_lines(serve: Serve) -> None:
    to = serve()
    ping(to).end(3, "\n".join(["a\tb\x1b[2J\u202e", "é" * 300, *"23456789", "eleven"]))
    told = ["a b��".replace("��", "�[2J�"), "é" * 200, *"23456789"]
    assert to.bodies == ["\n".join(told).encode()]


@pytest.mark.parametrize("path", ["/p", "/p/"])
def test_a_slash_at_the_end_makes_no_difference(serve: Serve, path: str) -> None:
    to = serve()
    ping(to, path).end(0)
    assert paths(to) == ["/p/0?rid=RID"]


def test_a_query_of_the_address_stays(serve: Serve) -> None:
    to = serve()
    ping(to, "/p?create=1").end(70)
    assert paths(to) == ["/p/70?create=1&rid=RID"]


@pytest.mark.parametrize(
    ("template", "start", "good", "bad"),
    [
        ("/push?status={|up|down}&msg={code}", [], ["/push?status=up&msg=0"],
         ["/push?status=down&msg=1"]),
        ("/p/x?state={run|complete|fail}&series={rid}", ["/p/x?state=run&series=RID"],
         ["/p/x?state=complete&series=RID"], ["/p/x?state=fail&series=RID"]),
        ("/t?s={code}", [], ["/t?s=0"], ["/t?s=1"]),
        ("/p/{start|log|log}?rid={rid}", ["/p/start?rid=RID"], ["/p/log?rid=RID"],
         ["/p/log?rid=RID"]),
        ("/t?s={code}&r={rid}", [], ["/t?s=0&r=RID"], ["/t?s=1&r=RID"]),
        ("/only-good/{|ok|}", [], ["/only-good/ok"], []),
    ],
    ids=["push", "states", "snitch", "ran-at-all", "code-and-id", "only-good"],
)  # fmt: skip
def test_other_services_are_told_by_place_holders(
    serve: Serve, template: str, start: list[str], good: list[str], bad: list[str]
) -> None:
    for act, told in (
        (Ping.start, start),
        (lambda run: run.end(0), good),
        (lambda run: run.end(1), bad),
    ):
        to = serve()
        assert act(ping(to, template)) == ""
        assert paths(to) == told


def test_a_failing_service_is_asked_twice(serve: Serve) -> None:
    pauses: list[float] = []
    to = serve(Reply(500), Reply(503), Reply(500))
    run = ping(to, pauses=pauses)
    assert run.start() == "it answered with HTTP status 503 (2 attempts)"
    assert run.end(0) == ""
    assert (len(to.requests), pauses) == (4, [1, 1])


@pytest.mark.parametrize("reply", [Reply(deed="hang"), Reply(deed="drip")], ids=["hang", "drip"])
def test_a_service_that_hangs_is_left(serve: Serve, pauses: list[float], reply: Reply) -> None:
    to = serve(reply, reply)
    run = Ping(to.url(), seconds=0.3, pause=pauses.append)
    assert run.start() == "it gave no whole answer within 0.3 s (2 attempts)"
    assert len(to.requests) == 2


def test_an_unknown_check_is_told_once_and_nothing_of_the_address(serve: Serve) -> None:
    to = serve(Reply(404, body=b"not found: T0ken-Secr3t"))
    assert ping(to).start() == "it answered with HTTP status 404"
    assert len(to.requests) == 1


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "TROTH_PING: it is not set; put the URL into this environment variable"),
        ("  ", "TROTH_PING: it is not set; put the URL into this environment variable"),
        ("hc.example/S3cret", "TROTH_PING: it is no URL of https; write https://HOST/PATH"),
        ("https://[hc/S3cret", "TROTH_PING: it is no URL of https; write https://HOST/PATH"),
        ("http://hc.example/S3cret",
         "TROTH_PING: it is a URL of plain http to another machine; use https"),
        ("https://hc.example/{S3cret}",
         "TROTH_PING: it has an unknown place-holder; known are {code}, {rid} and {a|b|c}"),
        ("https://hc.example/{a|b}",
         "TROTH_PING: it has an unknown place-holder; known are {code}, {rid} and {a|b|c}"),
        ("https://hc.example/{||}", "TROTH_PING: its place-holders leave nothing to send"),
        ("https://hc.example/{ok|ok|not ok}",
         "TROTH_PING: it is no URL of https; write https://HOST/PATH"),
    ],
    ids=["unset", "blank", "no-scheme", "bracket", "http", "unknown", "two-words", "nothing",
         "blank-word"],
)  # fmt: skip
def test_a_wrong_variable_is_named_and_its_value_is_not(url: str, problem: str) -> None:
    assert ping_of("TROTH_PING", {"TROTH_PING": url} if url else {}) == (None, problem)
    if url.strip():
        told = problem.removeprefix("TROTH_PING: ")
        assert (Ping(url).start(), Ping(url).end(1)) == (told, told)


def test_a_variable_is_read_without_the_line_break_of_its_file(serve: Serve) -> None:
    to = serve()
    run, problem = ping_of("TROTH_PING", {"TROTH_PING": to.url("/p\n")})
    assert problem == ""
    assert run is not None
    run.end(0)
    assert paths(to) == ["/p/0?rid=RID"]


def test_without_a_variable_there_is_no_service() -> None:
    assert ping_of("", {"": "https://hc.example/x"}) == (None, "")


def _fail(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (click.exceptions.Exit(0), 0),
        (click.exceptions.Exit(3), 3),
        (click.exceptions.Exit(143), 143),
        (UsageError("x"), 2),
        (IntegrityError("x"), 4),
        (click.UsageError("x"), 2),
        (click.FileError("x"), 2),
        (click.exceptions.Abort(), 130),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 3),
        (SystemExit(0), 0),
        (SystemExit(1), 3),
        (ZeroDivisionError(), 70),
        (MemoryError(), 70),
        (OSError("disk full"), 70),
    ],
    ids=lambda part: None if isinstance(part, int) else repr(part),
)
def test_however_a_run_ends_the_service_is_told(
    serve: Serve, error: BaseException, code: int
) -> None:
    to = serve()
    said: list[str] = []
    with pytest.raises(type(error)) as caught, watched(ping(to), said.append):
        raise error
    assert caught.value is error
    assert paths(to) == ["/ping/T0ken-Secr3t/start?rid=RID", f"/ping/T0ken-Secr3t/{code}?rid=RID"]
    assert said == []


def test_the_outcome_that_a_block_states_is_told(serve: Serve) -> None:
    to = serve()
    with watched(ping(to), print) as outcome:
        assert len(to.requests) == 1
        outcome.code, outcome.summary = Exit.BROKEN, "1 clause broken"
    assert paths(to)[1] == "/ping/T0ken-Secr3t/1?rid=RID"
    assert to.bodies[1] == b"1 clause broken"


def test_a_dead_service_changes_nothing(pauses: list[float]) -> None:
    said: list[str] = []
    dead = Ping(f"http://127.0.0.1:{free_port()}/T0ken", pause=pauses.append)
    with watched(dead, said.append) as outcome:
        outcome.code = Exit.BROKEN
    assert outcome.code == Exit.BROKEN
    assert said == ["the connection failed (ConnectionRefusedError) (2 attempts)"] * 2


def test_without_a_service_nothing_is_told() -> None:
    said: list[str] = []
    with watched(None, said.append) as outcome:
        outcome.code = Exit.INCOMPLETE
    assert said == []
    with pytest.raises(ZeroDivisionError), watched(None, said.append):
        raise ZeroDivisionError


def test_a_bug_in_the_telling_does_not_replace_the_end_of_a_run() -> None:
    def broken(seconds: float) -> None:
        raise ZeroDivisionError

    said: list[str] = []
    with watched(Ping(f"http://127.0.0.1:{free_port()}/T0ken", pause=broken), said.append):
        pass
    assert said == ["telling it failed with ZeroDivisionError, which is a bug in troth"] * 2
