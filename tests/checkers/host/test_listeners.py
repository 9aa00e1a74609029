"""What a machine listens on and what runs there.

/proc/net and ss are those of this machine (Linux 6.18, iproute2 6.1.0), and TCP and UDP below were
recorded on it and trimmed. systemd, OpenRC, inetd and xinetd were written from their documentation.
"""

from __future__ import annotations

import socket
from typing import Any

import pytest

from tests.checkers.host.machines import Tree, seen_of
from tests.checkers.host.refusing import refusing
from troth.checker import Listed
from troth.checkers.host import commands, sockets, units
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.listener import Listeners
from troth.checkers.host.service import Services
from troth.model import Reason

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
REST = " 00000000:00000000 00:00000000 00000000     0        0 4728786 1 000000009a58520c 100\n"
TCP = (
    HEAD
    + f"   0: 0100007F:1538 00000000:0000 0A{REST}"
    + f"   1: 00000000:0016 00000000:0000 0A{REST}"
    + f"   2: 0100007F:0016 0100007F:9999 01{REST}"
)
TCP6 = HEAD + f"   0: 00000000000000000000000001000000:0277 {'0' * 32}:0000 0A{REST}"
UDP = (
    HEAD
    + f"   0: 00000000:007B 00000000:0000 07{REST}"
    + f"   1: 00000000:9C40 00000000:0000 07{REST}"
    + f"   2: 0100007F:007B 00000000:0000 07{REST}"
)
SS = 'tcp   LISTEN 0      128          0.0.0.0:22        0.0.0.0:*    users:(("sshd",pid=1,fd=3))\n'


def prepared(tree: Tree) -> None:
    for name, text in {"tcp": TCP, "tcp6": TCP6, "udp": UDP}.items():
        tree.write(f"/proc/net/{name}", text)
    tree.write("/proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n")


def test_each_port_is_a_resource_of_its_own(tree: Tree) -> None:
    prepared(tree)
    listed, found = tree.look(Listeners, allowed_ports=["022", "123/udp"])
    assert listed == []
    seen = {name.removeprefix("host:web1:listener:"): one["socket"] for name, one in found.items()}
    shown = {name: (one["reach"], one["allowed"], one.get("serves")) for name, one in seen.items()}
    assert shown == {
        "tcp/22": ("network", True, True),
        "tcp/5432": ("loopback", False, True),
        "tcp/631": ("loopback", False, True),
        "udp/123": ("network", True, True),
        "udp/40000": ("network", False, None),
    }
    assert seen["udp/40000"].missing["serves"].reason == Reason.UNPROVEN
    assert seen["tcp/22"].raw == {"addresses": ["0.0.0.0"], "program": ""}  # noqa: S104


def test_without_a_list_nothing_is_allowed_or_forbidden(tree: Tree) -> None:
    prepared(tree)
    _, found = tree.look(Listeners)
    for one in found.values():
        assert one["socket"].missing["allowed"].reason == Reason.NO_DATA


@pytest.mark.parametrize("text", ["", "\x1b[2J", HEAD + "half a row\n", HEAD + " 0: 0100007F:15"])
def test_a_table_in_another_form_is_none(tree: Tree, text: str) -> None:
    prepared(tree)
    tree.write("/proc/net/tcp", text)
    listed, found = tree.look(Listeners)
    assert found == {}
    assert listed[0].failure is not None
    assert listed[0].failure.reason == Reason.MALFORMED_RESPONSE


def test_no_table_at_all(tree: Tree) -> None:
    listed, found = tree.look(Listeners)
    assert found == {}
    assert listed[0].failure is not None
    assert listed[0].failure.reason == Reason.NO_DATA


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("0100007F", "127.0.0.1"),
        ("00000000000000000000000001000000", "::1"),
        ("0000000000000000FFFF00000100007F", "127.0.0.1"),
        ("B80D0120000000000000000001000000", "2001:db8::1"),
    ],
)
def test_addresses(words: str, written: str) -> None:
    assert sockets.address(words) == written


def test_programs() -> None:
    hostile = "\x1b[2J\n" + SS.replace("sshd", "x" * 99).replace(":22", ":23")
    assert sockets.programs(SS + hostile) == {("tcp", 22): "sshd"}


def test_a_socket_of_this_machine_is_seen_over_the_collector() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        target = {"id": "h", "type": "host", "name": "me", "allowed_ports": []}
        listed, found = seen_of(Listeners, target)
    assert listed == []
    seen = found[f"host:me:listener:tcp/{number}"]["socket"]
    assert seen["reach"] == "loopback"
    assert seen["allowed"] is False


SYSTEMD = """\
cron.service             loaded active running   Regular background program processing daemon
* ssh.service            loaded active running   OpenBSD Secure Shell server
dbus.socket              loaded active listening D-Bus System Message Bus Socket
systemd-fsckd@a\\x2db.service loaded active running
"""
OPENRC = """\
Runlevel: default
 sshd                                                              [  started  ]
 crond                                                 [  started 01:02:03 (0) ]
 acpid                                                             [  stopped  ]
"""
INETD = "#ftp stream tcp nowait root /sbin/ftpd\ntelnet stream tcp nowait root /sbin/telnetd\n"
XINETD = "service tftp\n{\n  disable = no\n}\nservice rsync\n{\n disable = yes\n}\n# service rsh\n"


class Said:
    """Answers of commands; the rest is not installed."""

    def __init__(self, answers: dict[str, commands.Ran]) -> None:
        self.answers = answers

    def __call__(self, checker: Any, name: str, *arguments: str) -> commands.Ran:
        if name not in self.answers:
            raise commands.NotInstalled(name)
        return self.answers[name]


def running(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, **answers: commands.Ran
) -> tuple[list[Listed], list[str]]:
    said = Said({name.replace("_", "-"): ran for name, ran in answers.items()})
    monkeypatch.setattr(HostChecker, "run", lambda self, *words: said(self, *words))
    listed, found = tree.look(Services, allowed_services=["ssh*", "cron.service"])
    return listed, [name.removeprefix("host:web1:service:") for name in found]


def test_services_of_systemd(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    listed, found = running(tree, monkeypatch, systemctl=commands.Ran(0, SYSTEMD, ""))
    assert listed == []
    names = ["cron.service", "dbus.socket", "ssh.service", "systemd-fsckd@a\\x2db.service"]
    assert sorted(found) == names


@pytest.mark.parametrize("ran", [(1, ""), (0, ""), (0, "\x1b[2J what\n"), (0, SYSTEMD + "half a")])
def test_a_list_of_systemd_that_is_none(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, ran: tuple[int, str]
) -> None:
    listed, found = running(tree, monkeypatch, systemctl=commands.Ran(*ran, ""))
    assert found == []
    assert listed[0].failure is not None
    assert listed[0].failure.reason == Reason.MALFORMED_RESPONSE


def test_services_of_openrc(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    listed, found = running(tree, monkeypatch, rc_status=commands.Ran(0, OPENRC, ""))
    assert listed == []
    assert sorted(found) == ["crond", "sshd"]


def test_systemd_that_was_not_started_manages_nothing(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = commands.Ran(1, "", "System has not been booted with systemd as init system (PID 1).\n")
    listed, found = running(tree, monkeypatch, systemctl=said)
    assert found == []
    assert listed[0].failure is not None
    assert listed[0].failure.reason == Reason.NOT_SUPPORTED


def test_a_file_tree_tells_what_inetd_starts_and_that_there_may_be_more(tree: Tree) -> None:
    tree.write("/etc/inetd.conf", INETD)
    tree.write("/etc/xinetd.d/tftp", XINETD)
    listed, found = tree.look(Services, allowed_services=["ssh*"])
    assert sorted(found) == ["host:web1:service:inetd:telnet", "host:web1:service:xinetd:tftp"]
    assert {one["use"]["allowed"] for one in found.values()} == {False}
    assert listed[0].failure is not None
    assert listed[0].failure.reason == Reason.NOT_SUPPORTED


def test_the_list_of_services_has_patterns(tree: Tree) -> None:
    tree.write("/etc/inetd.conf", INETD)
    _, found = tree.look(Services, allowed_services=["inetd:tel*"])
    assert found["host:web1:service:inetd:telnet"]["use"] == {"allowed": True}
    _, found = tree.look(Services)
    assert (
        found["host:web1:service:inetd:telnet"]["use"].missing["allowed"].reason == Reason.NO_DATA
    )


def test_units_that_are_listed_with_a_mark() -> None:
    assert units.of_systemd("● a.service loaded active running x\n") == ["a.service"]


@pytest.mark.parametrize(
    ("checker", "call"),
    [
        (Listeners, "tables"),
        (Services, "systemd_units"),
        (Services, "openrc_services"),
        (Services, "inetd_services"),
    ],
)
def test_each_refusal_is_named(tree: Tree, checker: type[HostChecker], call: str) -> None:
    prepared(tree)
    listed, _ = tree.look(refusing(checker, call))
    why = listed[0].failure
    assert why is not None
    assert (why.reason, why.permission) == (
        Reason.PERMISSION_DENIED,
        checker.calls()[call].actions[0],
    )
