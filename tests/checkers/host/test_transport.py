"""Local, the system's ssh and asyncssh say the same of a machine; each fault by its own name."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.host.shells import checkers, look
from tests.checkers.host.sshds import Sshd, key, sshd
from troth.checker import Failure, Partition, Reason
from troth.checkers.host.account import Accounts
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.machine import Machine
from troth.checkers.host.transport import base, places, ways
from troth.checkers.host.transport.base import Answer
from troth.checkers.host.transport.local import Local, talk

pytestmark = pytest.mark.xdist_group("sshd")
CLIENTS = ("system", "asyncssh")
clients = pytest.mark.parametrize("client", CLIENTS)
#: Settings of servers: what is old or open, and what leaves little.
WEAK = ("PermitRootLogin yes", "PasswordAuthentication yes", "Ciphers aes128-ctr",
        "MACs hmac-sha2-256", "KexAlgorithms ecdh-sha2-nistp256")  # fmt: skip
STRONG = ("AuthenticationMethods publickey", "Ciphers aes256-gcm@openssh.com",
          "KexAlgorithms curve25519-sha256", "X11Forwarding no", "AllowTcpForwarding no",
          "PermitTTY no", "Banner /etc/issue")  # fmt: skip
#: What changes while one looks: clocks, sockets, sessions and processes.
_MOVING = {"clock", "sessions", "processes", "space", "trace", "newest_event_at"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """Return a running server."""
    with sshd(tmp_path_factory.mktemp("sshd"), *STRONG) as running:
        yield running


def still(found: dict[str, Any]) -> dict[str, Any]:
    """Return what was seen without what moves."""
    return {
        f"{checker} {resource} {facet}": {
            "facts": {k: v for k, v in seen.get("facts", {}).items() if k not in _MOVING},
            "missing": seen.get("missing"),
            "failure": seen.get("failure"),
        }
        for checker, rows in found.items()
        for resource, facets in rows.items()
        for facet, seen in (facets or {}).items()
        if resource and facet not in _MOVING and ":listener:" not in resource
    }


@pytest.mark.parametrize("settings", [WEAK, STRONG], ids=["weak", "strong"])
def test_every_way_sees_the_same_over_one_login(tmp_path: Path, settings: tuple[str, ...]) -> None:
    every = list(checkers().values())
    more = {"name": "m", "backup_folders": [{"path": "/etc/pam.d", "store": "s"}]}
    with sshd(tmp_path / "sshd", *settings) as server:
        seen = {}
        for number, client in enumerate(CLIENTS, 1):
            found, made = look(tmp_path / client, server.target(client) | more, *every)
            assert made.counters["batches"] == 1
            assert server.logins == number
            seen[client] = still(found)
        found, _ = look(tmp_path / "local", {"id": "h", "type": "host"} | more, *every)
    local = still(found)
    assert len(local) > 30
    for client in CLIENTS:
        different = {at for at in local if seen[client].get(at) != local[at]}
        assert different == set(), client
        assert seen[client].keys() == local.keys()


@clients
def test_a_fleet_has_a_partition_for_each_machine(
    server: Sshd, tmp_path: Path, client: str
) -> None:
    target = server.target(client)
    way = target.pop("ssh")
    port = way.pop("port")
    del way["host"]
    target |= {"ssh": way, "hosts_file": "more", "base_dir": str(tmp_path)}
    target["hosts"] = [{"host": "127.0.0.1", "port": port, "name": f"web-{n}"} for n in range(3)]
    (tmp_path / "more").write_text(f"# the last\n127.0.0.1:{port}\n127.0.0.1:1\n")
    before = server.logins
    found, _ = look(tmp_path / "run", target, Accounts, Machine)
    assert server.logins == before + 4
    listed = [name for rows in found.values() for name in rows if name]
    for name in ("web-0", "web-1", "web-2", f"127.0.0.1-{port}"):
        assert f"host:{name}:account:root" in listed
    dead = [rows[""] for at, rows in found.items() if "127.0.0.1-1." in f"{at}." or "-1-" in at]
    dead = [one for one in dead if one]
    assert dead
    assert {one["reason"] for one in dead} == {"unreachable"}


def fault(target: dict[str, Any]) -> Failure:
    """Return why a target cannot be asked."""
    (partition,) = HostChecker.partitions(target)
    answer = ways.of(target, partition).ask(b"echo hello\n")
    assert answer.failure is not None
    return answer.failure


@clients
def test_a_key_that_is_not_the_known_one_ends_it(server: Sshd, tmp_path: Path, client: str) -> None:
    before = server.logins
    other = key(tmp_path / "other")
    (tmp_path / "known").write_text(f"[127.0.0.1]:{server.port} {other}\n")
    (tmp_path / "none").write_text("")
    for name in ("known", "none"):
        failure = fault(server.target(client, known_hosts=str(tmp_path / name)))
        assert failure.reason == Reason.UNREACHABLE
        assert "key" in failure.message
        assert "known_hosts" in failure.message
    assert server.logins == before


def test_a_configuration_that_checks_nothing_is_overruled(
    server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text("Host *\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n")
    from troth.checkers.host.transport.openssh import OpenSSH

    plain = OpenSSH._command
    monkeypatch.setattr(OpenSSH, "_command", lambda self: [*plain(self), "-F", str(config)])
    target = server.target("system")
    del target["ssh"]["known_hosts"]
    assert "not known" in fault(target).message


@clients
def test_a_sign_in_that_is_refused_names_itself(server: Sshd, tmp_path: Path, client: str) -> None:
    key(tmp_path / "stranger")
    failure = fault(server.target(client, identity=str(tmp_path / "stranger")))
    assert (failure.reason, failure.permission) == (Reason.PERMISSION_DENIED, "sign in over SSH")


@clients
def test_nobody_there(server: Sshd, client: str) -> None:
    assert fault(server.target(client, port=1)).reason == Reason.UNREACHABLE


@contextlib.contextmanager
def silent() -> Iterator[int]:
    """Take connections and say nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@clients
def test_a_peer_that_says_nothing_is_given_up(server: Sshd, client: str) -> None:
    with silent() as port:
        target = server.target(client, port=port) | {"connect_seconds": 1, "timeout_seconds": 5}
        assert fault(target).reason in (Reason.TIMEOUT, Reason.UNREACHABLE)


@contextlib.contextmanager
def broken_off(port: int, after: int) -> Iterator[int]:
    """Pass on a connection until so many bytes have come back, and then drop it."""

    def pump(here: socket.socket, there: socket.socket, most: int) -> None:
        with contextlib.suppress(OSError):
            while most > 0 and (more := here.recv(min(65536, most))):
                there.sendall(more)
                most -= len(more)
        for one in (here, there):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        here.close()

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listening.accept()
                far = socket.create_connection(("127.0.0.1", port))
                threading.Thread(target=pump, args=(near, far, 1 << 40), daemon=True).start()
                threading.Thread(target=pump, args=(far, near, after), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.close()


@clients
@pytest.mark.parametrize("after", [0, 500, 3000, 5000, 8000, 12000])
def test_a_connection_that_breaks_says_no_more_than_came(
    server: Sshd, tmp_path: Path, client: str, after: int
) -> None:
    whole, _ = look(
        tmp_path / "whole",
        server.target(
            client,
        )
        | {"name": "m"},
        Accounts,
    )
    with broken_off(server.port, after) as port:
        host = (server.folder / "known").read_text().split(" ", 1)[1]
        (tmp_path / "known").write_text(f"[127.0.0.1]:{port} {host}")
        target = server.target(client, port=port, known_hosts=str(tmp_path / "known"))
        found, _ = look(tmp_path / "cut", target | {"name": "m"}, Accounts)
    (seen,), (known,) = found.values(), whole.values()
    for resource, facets in seen.items():
        for facet, one in (facets or {}).items() if resource else ():
            failed = one.get("failure") or {"reason": "unreachable"}
            assert failed["reason"] in ("unreachable", "malformed-response")
            for fact, value in one.get("facts", {}).items():
                assert value == known[resource][facet]["facts"][fact]
    if after < 3000:
        assert seen[""]["reason"] in ("unreachable", "timeout")


@clients
def test_a_machine_that_does_not_end_is_given_up(server: Sshd, client: str) -> None:
    target = server.target(client) | {"timeout_seconds": 2}
    (partition,) = HostChecker.partitions(target)
    answer = ways.of(target, partition).ask(b"echo begun; sleep 60\n")
    assert answer.sent == b"begun\n"
    assert answer.failure is not None
    assert answer.failure.reason == Reason.TIMEOUT


@clients
def test_an_answer_without_end_is_cut(
    server: Sshd, client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "LARGEST", 1_000_000)
    target = server.target(client) | {"timeout_seconds": 30}
    (partition,) = HostChecker.partitions(target)
    answer = ways.of(target, partition).ask(b"yes\n")
    assert len(answer.sent) == 1_000_000
    assert answer.failure is not None
    assert answer.failure.reason == Reason.MALFORMED_RESPONSE


@pytest.mark.parametrize(
    ("status", "said", "sudo", "reason"),
    [
        (127, "sh: not found", False, Reason.NOT_SUPPORTED),
        (1, "sudo: a password is required", True, Reason.PERMISSION_DENIED),
        (137, "", False, Reason.MALFORMED_RESPONSE),
        (None, "", False, Reason.MALFORMED_RESPONSE),
    ],
)
def test_a_shell_that_ends_early(status: int | None, said: str, sudo: bool, reason: Reason) -> None:
    assert base.ended(status, said, sudo=sudo).reason == reason


def test_no_terminal_escape_comes_through() -> None:
    said = "fine\n\x1b]0;owned\x07 \x1b[2J bad\u202e\n \n"
    failure = base.ended(1, said, sudo=False)
    assert failure.message.isprintable()
    assert "bad" in failure.message


def test_sudo_is_asked_for_without_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], *rest: Any) -> Any:
        asked.append(command)
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("troth.checkers.host.transport.local.talk", run)
    target = {"id": "h", "sudo": True}
    answer = ways.of(target, Partition("h")).ask(b"")
    assert isinstance(answer, Answer)
    assert answer.failure is not None
    assert answer.failure.reason == Reason.NOT_SUPPORTED
    assert asked == [["sudo", "-n", "/bin/sh", "-s"]]
    assert base.remote(sudo=True) == "exec sudo -n /bin/sh -s"


def test_a_login_shell_of_another_kind_still_starts_sh() -> None:
    for shell in ("sh", "bash", "busybox sh"):
        done = talk([*shell.split(), "-c", base.remote(sudo=False)], b"echo $0 ok\n", 10.0)
        assert done.out.endswith(b" ok\n")


def test_a_script_that_was_cut_off_on_its_way_does_nothing(tmp_path: Path) -> None:
    from troth.checkers.host import script

    text = script.made(["name", "mounts"], {}).text
    for cut in range(0, len(text) - 6, 911):
        assert talk(["sh", "-s"], text[:cut], 10.0).out == b""


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({"ssh": {"user": "x"}}, "names no host"),
        ({"root": "/mnt", "ssh": {"host": "a"}}, "root is a file tree"),
        ({"hosts": ["a"], "ssh": {"host": "a"}}, "beside hosts"),
        ({"hosts": ["a", "b"], "name": "x"}, "one name"),
        ({"hosts": ["a", {"host": "b", "name": "a"}]}, "two machines are called a"),
        ({"hosts": ["a:99999"]}, "not host or host:port"),
        ({"hosts_file": "none"}, "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_target_is_said(target: dict[str, Any], words: str) -> None:
    found = [str(one) for one in places.problems({"id": "h"} | target)]
    assert any(words in one for one in found), found


def test_what_a_target_connects_to_is_known_before() -> None:
    target = {"id": "h", "hosts": ["a", "b:2222", "fe80::1", {"host": "c", "name": "see"}]}
    parts = list(Machine.partitions(target))
    assert [part.name for part in parts] == ["a", "b-2222", "fe80::1", "see"]
    reached = [*(one for part in parts for one in Machine.egress(target, part))]
    assert reached == ["a:22", "b:2222", "[fe80::1]:22", "c:22"]
    assert Machine.egress({"id": "h"}, Partition("h")) == ()
    assert places.client(target) == "asyncssh"
    assert places.client({"id": "h", "ssh": {"host": "a"}}) == "system"
    assert Machine.credential_reads(target)
    assert list(places.problems(target)) == []


def test_a_program_that_cannot_start_is_told() -> None:
    answer = Local(sudo=False).ask(b"exit 3\n")
    assert answer.failure is not None
    assert answer.failure.reason == Reason.MALFORMED_RESPONSE
