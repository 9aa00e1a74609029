"""Samples of logs. The lines were written from the servers' manuals, unless said otherwise."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

import pytest

from tests.checkers.host.machines import Tree, seen_of
from troth.checkers.host import access_lines, sign_in_lines
from troth.checkers.host.commands import Ran
from troth.checkers.host.log_sample import LogSamples
from troth.model import Failure, Reason

#: As nginx 1.22.1 of Debian 12 wrote them, with other addresses and shortened: a client that asked,
#: one that signed in, one that spoke TLS to a plain port, one that said nothing.
COMBINED = '203.0.113.7 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 615 "-" "curl/7.88.1"'
ALICE = '203.0.113.8 - alice [22/Nov/2026:10:00:01 +0000] "GET /a HTTP/1.1" 200 5 "-" "-"'
TLS = '203.0.113.9 - - [22/Nov/2026:10:00:02 +0000] "\\x16\\x03\\x01" 400 157 "-" "-"'
SILENT = '203.0.113.9 - - [22/Nov/2026:10:00:03 +0000] "" 408 0 "-" "-"'
VHOST = 'www.example.com:443 2001:db8::5 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/2.0" 200 1'
NAMED = COMBINED.replace("203.0.113.7", "client.example.net")
NOBODY = COMBINED.replace("203.0.113.7", "-")
EMPTY = COMBINED.replace("GET / HTTP/1.1", "-")
HAPROXY = (
    "Nov 22 10:00:00 lb haproxy[14389]: 203.0.113.7:33317 [22/Nov/2026:10:00:00.655] www "
    'app/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET /index.html HTTP/1.1"'
)
STARTED = "Nov 22 09:00:00 lb haproxy[14389]: Proxy www started."
ACCEPTED = "Accepted publickey for alice from 203.0.113.7 port 50022 ssh2: ED25519 SHA256:abc"
SYSLOG = f"Nov 22 10:00:00 web1 sshd[812]: {ACCEPTED}"
FORGED = "Failed password for invalid user Accepted x for root from 203.0.113.9 port 1 ssh2"
ACCESS = "/var/log/nginx/access.log"


def told(line: str, *proxies: str) -> tuple[int, int, dict[str, int]]:
    networks = [ipaddress.ip_network(proxy) for proxy in proxies]
    look = access_lines.look([line], networks)
    return look.records, look.known, look.lacking


CLIENT = {"client_ip": 1, "ip_address": 1, "source": 1}


@pytest.mark.parametrize(
    ("line", "lacking"),
    [
        (COMBINED, {}),
        (ALICE, {}),
        (TLS, {}),
        (SILENT, {}),
        (VHOST, {}),
        (HAPROXY, {}),
        (NAMED, CLIENT),
        (NOBODY, CLIENT),
        (EMPTY, {"usage": 1}),
        (EMPTY.replace(" 200 ", " 408 "), {}),
        (COMBINED.replace("203.0.113.7", "999.1.1.1"), CLIENT),
        (COMBINED.replace("203.0.113.7", "fe80::1%eth0"), {}),
        (json.dumps({"remote_addr": "203.0.113.7", "request": "GET /", "status": 200}), {}),
        (json.dumps({"remote_addr": "", "request": "GET /", "status": 200}), CLIENT),
        (json.dumps({"request_uri": "/", "status": 200}), CLIENT),
        (json.dumps({"client_ip": "203.0.113.7", "status": 200}), {"usage": 1}),
    ],
)
def test_what_a_line_lacks(line: str, lacking: dict[str, int]) -> None:
    assert told(line) == (1, 1, lacking)


@pytest.mark.parametrize(
    "line",
    ["x", "", "\x1b[31m", "{", "[]", '{"a": 1}', "[" * 100_000, "{" * 100_000, '"' * 100_000],
)
def test_a_line_of_no_known_form_lacks_everything(line: str) -> None:
    assert told(line) == (1, 0, CLIENT | {"usage": 1})


def test_a_proxys_address_names_no_client() -> None:
    assert told(COMBINED, "203.0.113.0/24") == (1, 1, CLIENT)
    assert told(COMBINED, "198.51.100.0/24", "2001:db8::/32") == (1, 1, {})


def test_a_forged_request_does_not_become_a_client() -> None:
    line = COMBINED.replace("GET /", 'GET /\\" 10.0.0.1 - - [x] \\"')
    look = access_lines.look([line], [])
    assert (look.private, look.addresses) == (0, {ipaddress.ip_address("203.0.113.7")})


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("172.16.0.1", 1),
        ("172.32.0.1", 0),
        ("1.1.1.1", 0),
        ("10.0.0.1", 1),
        ("127.0.0.1", 1),
        ("100.64.0.1", 1),
        ("::1", 1),
        ("fd00::1", 1),
        ("::ffff:10.0.0.1", 1),
        ("::ffff:1.1.1.1", 0),
        ("2606:4700::1", 0),
    ],
)
def test_private_addresses_are_counted(address: str, private: int) -> None:
    assert access_lines.look([COMBINED.replace("203.0.113.7", address)], []).private == private


def test_lines_of_a_shared_log_that_tell_of_no_request_are_left_out() -> None:
    look = access_lines.look([STARTED, HAPROXY], [], shared=True)
    assert (look.records, look.known, look.lacking) == (1, 1, {})


@pytest.mark.parametrize(
    ("line", "records", "lacking"),
    [
        (ACCEPTED, 1, {}),
        (SYSLOG, 1, {}),
        (SYSLOG.replace("sshd[", "sshd-session["), 1, {}),
        (SYSLOG.replace("203.0.113.7", "UNKNOWN"), 1, {"source": 1}),
        (FORGED, 0, {}),
        (f"Nov 22 10:00:00 web1 sshd[812]: {FORGED}", 0, {}),
        (f"Nov 22 10:00:00 web1 app[812]: {ACCEPTED}", 0, {}),
        ("", 0, {}),
    ],
)
def test_accepted_sign_ins_alone_count(line: str, records: int, lacking: dict[str, int]) -> None:
    look = sign_in_lines.look([line])
    assert (look.records, look.lacking) == (records, lacking)


def test_an_access_log_tells_of_clients_and_requests(tree: Tree) -> None:
    tree.write(ACCESS, "\n".join([COMBINED, ALICE, TLS, NAMED]) + "\n")
    seen = tree.only(LogSamples, allow=["data-read"])
    assert seen["fields"] == {
        "records": 4,
        "carried": {"items": ["client_ip", "ip_address", "source", "usage"], "complete": True},
        "lacking": {
            "items": [
                {"field": "client_ip", "records": 1},
                {"field": "ip_address", "records": 1},
                {"field": "source", "records": 1},
            ],
            "complete": True,
        },
    }
    assert seen["addresses"] == {"distinct": 3, "private": 0}


def test_the_balancers_address_is_everybodys(tree: Tree) -> None:
    tree.write(ACCESS, (COMBINED.replace("203.0.113.7", "10.0.0.2") + "\n") * 30)
    seen = tree.only(LogSamples, allow=["data-read"])
    assert seen["addresses"] == {"distinct": 1, "private": 30}
    seen = tree.only(LogSamples, allow=["data-read"], proxies=["10.0.0.2"])
    assert seen["fields"]["lacking"]["items"][0] == {"field": "client_ip", "records": 30}


def test_only_the_newest_thousand_lines_count(tree: Tree) -> None:
    tree.write(ACCESS, (NAMED + "\n") * 5 + (COMBINED + "\n") * 1000)
    fields = tree.only(LogSamples, allow=["data-read"])["fields"]
    assert (fields["records"], fields["lacking"]["items"]) == (1000, [])


def test_a_line_that_the_sample_begins_in_is_left_out(tree: Tree) -> None:
    long = COMBINED.replace("GET /", "GET /" + "x" * 3000)
    tree.write(ACCESS, (long + "\n") * 100)
    fields = tree.only(LogSamples, allow=["data-read"])["fields"]
    assert (80 < fields["records"] < 100, fields["lacking"]["items"]) == (True, [])


def test_contents_are_read_only_where_the_target_allows_it(tree: Tree) -> None:
    tree.write(ACCESS, COMBINED)
    for facet in tree.only(LogSamples).values():
        assert isinstance(facet, Failure)
        assert facet.reason == Reason.NOT_ALLOWED


def test_a_log_of_no_known_form_proves_nothing(tree: Tree) -> None:
    tree.write(ACCESS, b"\xff\xfe\x00 binary\n" * 9)
    for facet in tree.only(LogSamples, allow=["data-read"]).values():
        assert isinstance(facet, Failure)
        assert facet.reason == Reason.NOT_SUPPORTED
        assert ACCESS in facet.message


def test_a_log_of_sign_ins_without_one_carries_nothing(tree: Tree) -> None:
    tree.write("/var/log/auth.log", f"Nov 22 10:00:00 web1 sshd[812]: {FORGED}\n")
    seen = tree.only(LogSamples, allow=["data-read"])["fields"]
    assert (seen["records"], seen["carried"]["items"]) == (0, [])


def test_sign_ins_tell_of_people(tree: Tree) -> None:
    tree.write("/var/log/secure", f"{SYSLOG}\n{SYSLOG}\n")
    seen = tree.only(LogSamples, allow=["data-read"])
    assert seen["fields"]["carried"]["items"] == ["principal", "source"]
    assert (seen["fields"]["records"], seen["addresses"]["distinct"]) == (2, 1)


def test_empty_logs_and_none_are_no_samples(tree: Tree) -> None:
    tree.write(ACCESS, "")
    assert tree.look(LogSamples, allow=["data-read"]) == ([], {})


class Spoken(LogSamples):
    """A machine whose journal answers."""

    answer: Ran

    def run(self, name: str, *arguments: str) -> Ran:
        assert (name, arguments[-1]) == ("journalctl", "sshd-session")
        return self.answer


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (Ran(0, f"{ACCEPTED}\nServer listening on 0.0.0.0 port 22.\n", ""), 1),
        (Ran(0, "", ""), 0),
        (Ran(1, "", "No journal files were found."), 0),
        (Ran(0, "", "Hint: You are currently not seeing messages"), Reason.PERMISSION_DENIED),
        (Ran(1, "", "Failed"), Reason.NO_DATA),
    ],
)
def test_the_journal_tells_of_sign_ins(tree: Tree, answer: Ran, found: Any) -> None:
    tree.write("/var/log/journal/id/system.journal", "")
    checker = type("Spoken", (Spoken,), {"answer": answer})
    fields = tree.only(checker, allow=["data-read"])["fields"]
    assert (fields.reason if isinstance(fields, Failure) else fields["records"]) == found


def test_a_file_tree_has_no_journal_to_ask(tree: Tree) -> None:
    tree.write("/run/log/journal/id/system.journal", "")
    fields = tree.only(LogSamples, allow=["data-read"])["fields"]
    assert isinstance(fields, Failure)
    assert fields.reason == Reason.NOT_SUPPORTED


def test_this_machine_can_be_sampled() -> None:
    target = {"id": "h", "type": "host", "name": "here", "allow": ["data-read"]}
    _, found = seen_of(LogSamples, target)
    for facets in found.values():
        for facet in facets.values():
            assert not isinstance(facet, Failure) or facet.reason != Reason.NOT_ALLOWED


def test_a_proxy_that_is_no_address_is_the_users_mistake() -> None:
    target = {"id": "h", "type": "host", "proxies": ["10.0.0.0/8", "balancer", "10.1.2.3/8"]}
    assert [str(one.place) for one in LogSamples.problems(target)] == ["balancer"]
