"""Who can act as root on prepared trees (all files written by hand, after sudoers(5))."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checkers.host.machines import Tree
from tests.checkers.host.refusing import refusing
from troth.checkers.host import sudoers
from troth.checkers.host.machine import Machine
from troth.checkers.host.management import AGENTS
from troth.checkers.host.privileges import Privileges
from troth.model import Failure, Reason

PASSWD = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1::/usr/sbin:/usr/sbin/nologin
alice:x:1001:1001::/home/alice:/bin/bash
bob:x:1002:998::/home/bob:/bin/bash
carol:x:1003:1003::/home/carol:/bin/bash
"""
GROUP = "root:x:0:\nsudo:x:27:\ndocker:x:998:\nweb:x:50:carol\nalice:x:1001:\n"
#: As Debian's sudo 1.9.13p3 installs it, cut to what decides.
DEBIAN = """\
Defaults\tenv_reset
Defaults\tsecure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
root\tALL=(ALL:ALL) ALL
%sudo\tALL=(ALL:ALL) ALL
@includedir /etc/sudoers.d
"""


def machine(tree: Tree, rules: str = DEBIAN, passwd: str = PASSWD, group: str = GROUP) -> Any:
    tree.write("/etc/passwd", passwd)
    tree.write("/etc/group", group)
    tree.write("/etc/sudoers", rules, mode=0o440)
    return tree.only(Privileges)["grants"]


def held(seen: Any) -> set[tuple[str, str, str]]:
    return {(one["login"], one["grant"], one["by"]) for one in seen["held"]["items"]}


DOCKER = ("bob", "admin", "group docker")


def test_the_group_that_starts_containers_is_root(tree: Tree) -> None:
    seen = machine(tree)
    assert held(seen) == {DOCKER}
    assert seen["held"]["complete"] is True
    assert tree.only(Privileges)["system"] == {"name": "host:web1"}


@pytest.mark.parametrize("group", ["sudo", "wheel", "admin", "docker", "lxd", "disk", "libvirt"])
def test_members_of_such_groups_are_named(tree: Tree, group: str) -> None:
    seen = machine(tree, group=f"{group}:x:77:alice,gone\n")
    assert ("alice", "admin", f"group {group}") in held(seen)
    assert not any(login == "gone" for login, _, _ in held(seen))


def test_a_second_root_is_a_grant_and_the_first_is_not(tree: Tree) -> None:
    seen = machine(tree, passwd=PASSWD + "toor:x:0:0::/root:/bin/sh\n")
    assert held(seen) == {DOCKER, ("toor", "admin", "uid 0")}


@pytest.mark.parametrize(
    ("rule", "login", "grant"),
    [
        ("alice ALL=(ALL:ALL) ALL", "alice", "admin"),
        ("alice ALL = ALL", "alice", "admin"),
        ("alice web1 = NOPASSWD: ALL", "alice", "admin"),
        ("alice ALL=(ALL) NOPASSWD:SETENV: ALL", "alice", "admin"),
        ("alice ALL=(root) /usr/bin/less /var/log/x", "alice", "/usr/bin/less /var/log/x"),
        ("alice ALL=(postgres) ALL", "alice", "not root: ALL"),
        ("alice ALL=(ALL, !root) ALL", "alice", "admin"),
        ("#1001 ALL=(ALL) ALL", "alice", "admin"),
        ("%web ALL=(ALL) ALL", "carol", "admin"),
        ("%#50 ALL=(ALL) /bin/x\n%#1003 ALL=(ALL) ALL", "carol", "admin"),
        ("User_Alias OPS = alice, carol\nOPS ALL=(ALL) ALL", "carol", "admin"),
        ("Cmnd_Alias A = ALL : B = /bin/y\nalice ALL=A", "alice", "admin"),
        ("Runas_Alias R = root\nalice ALL=(R) ALL", "alice", "admin"),
        ("User_Alias ONE = TWO : TWO = alice\nONE ALL=ALL", "alice", "admin"),
        ("alice one = /bin/x : two = ALL", "alice", "admin"),
        ("alice ALL = /bin/x, \\\n  (root) ALL # words", "alice", "admin"),
        ("alice, carol ALL = ALL", "carol", "admin"),
        ("alice ALL=(root:adm) sha224:abc /bin/z", "alice", "sha224:abc /bin/z"),
    ],
)  # fmt: skip
def test_rules_are_written_out(tree: Tree, rule: str, login: str, grant: str) -> None:
    seen = machine(tree, f"{rule}\n")
    assert (login, grant, "/etc/sudoers") in held(seen)
    assert seen["held"]["complete"] is True


def test_everybody_is_everybody(tree: Tree) -> None:
    seen = machine(tree, "ALL ALL=(ALL) NOPASSWD: ALL\n")
    assert {login for login, grant, by in held(seen) if by == "/etc/sudoers"} == {
        "alice", "bob", "carol", "daemon",
    }  # fmt: skip


def test_drop_ins_and_includes_are_read(tree: Tree) -> None:
    tree.write("/etc/sudoers.d/10-app", "alice ALL=(ALL) ALL\n")
    tree.write("/etc/sudoers.d/old.bak", "carol ALL=(ALL) ALL\n")
    tree.write("/etc/sudoers.d/old~", "carol ALL=(ALL) ALL\n")
    assert held(machine(tree)) == {DOCKER, ("alice", "admin", "/etc/sudoers.d/10-app")}
    assert held(machine(tree, DEBIAN.replace("@", "#"))) > {DOCKER}
    assert held(machine(tree, DEBIAN.replace("@includedir", "#no"))) == {DOCKER}
    assert held(machine(tree, "@include sudoers.d/old.bak\n")) == {
        DOCKER, ("carol", "admin", "/etc/sudoers.d/old.bak"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "rules",
    [
        "@include /opt/rules\n",
        "@includedir /etc/sudoers.d\nmax ALL=(ALL) ALL\n",
        "%people ALL=(ALL) ALL\n",
        "nonsense\n",
        "User_Alias small = alice\n",
        "\x1b[2J\x00 = \n" + "x" * 5000,
    ],
)
def test_what_does_not_read_leaves_the_list_open(tree: Tree, rules: str) -> None:
    seen = machine(tree, rules)
    assert seen["held"] == {"items": [dict(zip(("login", "grant", "by"), DOCKER, strict=True))]}
    assert seen.missing["held"].reason == Reason.NOT_SUPPORTED


def test_aliases_and_includes_in_a_circle_end() -> None:
    loop = "User_Alias A = B : B = A\nA ALL=ALL\n@include /etc/sudoers\n"
    assert sudoers.grants({"/etc/sudoers": loop}) != []


def test_without_sudo_groups_count_all_the_same(tree: Tree) -> None:
    machine(tree)
    (tree.root / "etc/sudoers").unlink()
    seen = tree.only(Privileges)["grants"]
    assert held(seen) == {DOCKER}
    assert seen["held"]["complete"] is True


@pytest.mark.parametrize("name", ["everyone", "sudo_files"])
def test_what_may_not_be_read_is_named(tree: Tree, name: str) -> None:
    machine(tree)
    seen = tree.only(refusing(Privileges, name))["grants"]
    assert isinstance(seen, Failure)
    assert seen.permission == Privileges.calls()[name].actions[0]


def test_agents_that_take_orders_are_listed(tree: Tree) -> None:
    tree.write("/etc/passwd", PASSWD)
    assert tree.only(Machine)["management"] == {"agents": {"items": [], "complete": True}}
    for name, paths in AGENTS.items():
        tree.write(paths[-1], "")
        assert name in tree.only(Machine)["management"]["agents"]["items"]
    seen = tree.only(refusing(Machine, "agents_there"))["management"]
    assert isinstance(seen, Failure)
    assert seen.permission == "look for known agents in /usr, /opt and /snap"
