"""Whether ports answer: real sockets, and what silence proves."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

import jsonschema_rs
import pytest

from tests.checkers.driver import Reader
from tests.checkers.port import servers
from tests.checkers.port.look import Look
from tests.checkers.tls.servers import free_port, serve
from troth.checker import Failure, Listed, Partition, Resource
from troth.checkers.port import asked
from troth.checkers.port.checker import Ports
from troth.checkers.port.scan import Knock, _together, _told, _twice
from troth.model import Reason

HERE = "127.0.0.1"


@pytest.fixture
def listening() -> Iterator[int]:
    with serve(servers.saying(b"")) as port:
        yield port


def test_an_open_and_a_closed_port(listening: int) -> None:
    closed = free_port()
    seen = Look([HERE], [listening, closed], published=[listening])
    assert seen.state(f"{HERE}:{listening}") == "open"
    assert seen.state(f"{HERE}:{closed}") == "refused"
    assert seen.speech(f"{HERE}:{closed}") == ("closed", "closed")
    place = {"number": listening, "published": True, "vantage": "inside"}
    assert seen.facet(f"{HERE}:{listening}", "place") == place
    assert seen.facet(f"{HERE}:{closed}", "place")["published"] is False


def test_all_ports_of_a_host_are_asked_in_one_call(listening: int) -> None:
    seen = Look([HERE], [listening, free_port()])
    assert seen.reader.made["tcp:Connect"] == 1


def test_silence_counts_beside_a_port_that_answers() -> None:
    with servers.full(servers.OTHERS) as silent:
        refused = free_port(servers.OTHERS)
        seen = Look([servers.OTHERS], [silent, refused])
        assert seen.state(f"{servers.OTHERS}:{refused}") == "refused"
        assert seen.state(f"{servers.OTHERS}:{silent}") == "silent"
        assert seen.speech(f"{servers.OTHERS}:{silent}") == ("closed", "closed")


def test_a_host_that_answers_nowhere_proves_nothing() -> None:
    with servers.full(servers.OTHERS) as one, servers.full(servers.OTHERS) as two:
        seen = Look([servers.OTHERS], [one, two])
        for port in (one, two):
            place = f"{servers.OTHERS}:{port}"
            assert seen.why(place, "state").reason is Reason.UNPROVEN
            assert seen.why(place, "speech").reason is Reason.UNPROVEN
            assert seen.facet(place, "place")["number"] == port


def test_a_host_that_stops_answering_proves_nothing() -> None:
    with servers.full(servers.OTHERS) as silent, socket.socket() as listener:
        listener.bind((servers.OTHERS, 0))
        # Nobody takes connections from this queue: the first knock fills it.
        listener.listen(0)
        once = int(listener.getsockname()[1])
        seen = Look([servers.OTHERS], [once, silent])
    assert seen.state(f"{servers.OTHERS}:{once}") == "open"
    assert seen.why(f"{servers.OTHERS}:{silent}", "state").reason is Reason.UNPROVEN
    assert seen.why(f"{servers.OTHERS}:{once}", "speech").reason is Reason.TIMEOUT


def test_every_address_of_a_name_is_asked(listening: int) -> None:
    closed = free_port()
    seen = Look(["localhost"], [listening, closed])
    assert seen.state(f"localhost:{listening}") == "open"
    assert seen.state(f"localhost:{closed}") == "refused"
    assert seen.facet(f"localhost:{listening}", "state").raw == {"address": HERE}


def test_a_host_that_cannot_be_found_keeps_its_ports() -> None:
    seen = Look(["nowhere.invalid"], [22, 80], timeout_seconds=5)
    assert sorted(seen.found) == ["tcp://nowhere.invalid:22", "tcp://nowhere.invalid:80"]
    for port in (22, 80):
        assert seen.why(f"nowhere.invalid:{port}", "state").reason is Reason.UNREACHABLE
        assert seen.why(f"nowhere.invalid:{port}", "speech").reason is Reason.UNREACHABLE


def test_what_is_no_host_makes_the_list_incomplete() -> None:
    target = {"id": "t", "hosts": ["a b", "b.test", "B.test."], "ports": [1], "vantage": "vpn"}
    checker = Ports(target, Partition("t"), Reader(frozenset()), {})
    listed, *found = checker.resources()
    assert isinstance(listed, Listed)
    assert listed.failure is not None
    assert listed.failure.reason is Reason.MALFORMED_RESPONSE
    assert found == [Resource("tcp://b.test:1", "b.test:1", "t")]


OPEN, REFUSED, QUIET = Knock("open"), Knock("refused"), Knock("quiet")
FAILED = Knock("failed", Failure(Reason.UNREACHABLE, "no route"))


@pytest.mark.parametrize(
    ("knocks", "answers"),
    [
        ([OPEN, REFUSED], "open"),
        ([QUIET, OPEN], "open"),
        ([FAILED, OPEN], "open"),
        ([REFUSED, REFUSED], "refused"),
        ([REFUSED, QUIET], "silent"),
        ([REFUSED, FAILED], ""),
        ([QUIET, FAILED], ""),
    ],
)
def test_a_no_needs_every_address(knocks: list[Knock], answers: str) -> None:
    state = _together({str(index): {1: knock} for index, knock in enumerate(knocks)}, 1)
    assert state.answers == answers
    assert (state.failure is None) == bool(answers)


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        (QUIET, OPEN, "open"),
        (QUIET, REFUSED, "refused"),
        (QUIET, QUIET, "quiet"),
        (FAILED, QUIET, "failed"),
        (FAILED, OPEN, "open"),
        (QUIET, FAILED, "failed"),
    ],
)
def test_silence_must_come_twice(first: Knock, second: Knock, kind: str) -> None:
    assert _twice(first, second).kind == kind


def test_ranges_defaults_and_egress() -> None:
    target = {"hosts": ["a.test", "::1"], "ports": [443, "20-22", "80"], "vantage": "outside"}
    assert asked.ports(target) == [20, 21, 22, 80, 443]
    assert Ports.egress(target, Partition("t")) == sorted(
        f"{host}:{port}" for host in ("a.test", "[::1]") for port in (20, 21, 22, 80, 443)
    )
    assert len(asked.ports({})) == 18
    assert len(Ports.egress(target | {"ports": ["1-65535"]}, Partition("t"))) == 2 * 65535


@pytest.mark.parametrize("ports", [[0], ["0"], ["5-4"], ["1-65536"], [70000]])
def test_what_is_no_port_is_told_before_anything_is_asked(ports: list[object]) -> None:
    for target in ({"ports": ports}, {"published": ports}, {"published": {"a.test": ports}}):
        whole = {"id": "t", "hosts": ["a.test"], "vantage": "vpn", **target}
        (problem,) = Ports.problems(whole)
        assert "from 1 to 65535" in str(problem)
        assert Ports.egress(whole, Partition("t")) == ()


def test_published_by_host() -> None:
    target = {"published": {"A.test": [443], "b.test": ["1-3"]}}
    assert asked.published(target, "a.test") == [443]
    assert asked.published(target, "b.test") == [1, 2, 3]
    assert asked.published(target, "c.test") == []


def test_the_vantage_must_be_said() -> None:
    assert "vantage" in Ports.required_options
    schema = Ports.options["vantage"]
    assert not jsonschema_rs.is_valid(schema, "somewhere")
    assert "default" not in schema


def test_many_ports_are_one_scan() -> None:
    seen = Look([HERE], ["40000-40099"])
    assert len(seen.found) == 100
    assert seen.reader.made["tcp:Connect"] == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        # What a router or a firewall answers for the host is no word of the host.
        (errno.EHOSTUNREACH, "quiet"),
        (errno.ENETUNREACH, "quiet"),
        (errno.EPERM, "failed"),
        (errno.EMFILE, "failed"),
    ],
)
def test_what_the_system_tells_is_no_refusal(code: int, kind: str) -> None:
    assert _told(HERE, 1, OSError(code, "text")).kind == kind
