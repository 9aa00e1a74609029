"""What accounts still do on prepared trees (ps as procps 4.0.2 prints it, names made up)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.checkers.host.machines import Tree
from tests.checkers.host.promises import judged, verdicts
from tests.checkers.host.refusing import refusing
from tests.checkers.host.test_password_promises import SOUND, key_of, machine, staff
from troth.checkers.host.commands import Ran
from troth.checkers.host.traces import Traces
from troth.model import Reason

PASSWD = """\
root:x:0:0::/root:/bin/sh
alice:x:1001:1001::/home/alice:/bin/sh
averylongname:x:1002:1002::/home/b:/bin/sh
"""
PS = """\
      1 root     init
     10 alice    sshd
     11 alice    bash
     12 averylo+ cron
     13 1099     sleep
"""


def traces(tree: Tree, ps: Ran | None = None) -> dict[str, Any]:
    tree.write("/etc/passwd", PASSWD)

    class Running(Traces):
        def run(self, name: str, *arguments: str) -> Ran:
            return ps or super().run(name, *arguments)

    _, found = tree.look(Running)
    return {
        name.rpartition(":")[2]: (seen["trace"]["jobs"], seen["trace"]["processes"])
        for name, seen in found.items()
    }


@pytest.mark.parametrize("folder", ["/var/spool/cron/crontabs", "/var/spool/cron", "/etc/crontabs"])
def test_crontabs_are_found_by_login_also_of_deleted_ones(tree: Tree, folder: str) -> None:
    tree.write(f"{folder}/alice", "0 0 * * * x\n", mode=0o600)
    tree.write(f"{folder}/gone", "0 0 * * * x\n", mode=0o600)
    assert traces(tree) == {"alice": (1, 0), "gone": (1, 0)}


def test_folders_of_cron_are_no_logins(tree: Tree) -> None:
    tree.write("/var/spool/cron/crontabs/.hidden", "")
    tree.write("/var/spool/cron/atjobs/a", "")
    assert traces(tree) == {}


def test_processes_are_counted_by_login(tree: Tree) -> None:
    found = traces(tree, Ran(0, PS, ""))
    assert found == {"root": (0, 1), "alice": (0, 2), "averylongname": (0, 1), "1099": (0, 1)}


@pytest.mark.parametrize(
    "ran", [Ran(1, "", "ps: bad"), Ran(0, "", ""), Ran(0, "12\n", ""), Ran(0, "\x1b[2J", "")]
)
def test_an_answer_that_is_none_leaves_the_list_open(tree: Tree, ran: Ran) -> None:
    tree.write("/etc/passwd", PASSWD)

    class Running(Traces):
        def run(self, name: str, *arguments: str) -> Ran:
            return ran

    listed, found = tree.look(Running)
    assert found == {}
    assert listed[0].failure is not None
    assert listed[0].failure.reason == Reason.MALFORMED_RESPONSE


def test_what_may_not_be_listed_is_named(tree: Tree) -> None:
    tree.write("/etc/passwd", PASSWD)
    listed, _ = tree.look(refusing(Traces, "crontabs"))
    assert listed[0].failure is not None
    assert listed[0].failure.permission == "list /var/spool/cron and /etc/crontabs (root)"


CHECKERS = ["host.account", "host.privileges", "host.trace"]


def left(folder: Path) -> dict[str, Any]:
    """Return a register in which alice has left and bob works here."""
    more = staff(folder)
    path = folder / "staff.csv"
    path.write_text(
        path.read_text() + "p-01,employee,operator,2024-01-01,2025-01-31,ended,host:web1:alice\n"
    )
    return more


def test_somebody_who_left_and_is_locked_is_gone_until_a_key_is_found(
    tree: Tree, tmp_path: Path
) -> None:
    machine(tree, f"!{SOUND}")
    tree.write("/etc/sudoers", "root ALL=(ALL) ALL\n")
    clause = "servicechannel/I.3a"
    found = judged(tree, clause, CHECKERS, tmp_path / "a", left(tmp_path / "r"))
    assert verdicts(found, "access-removal")["account:alice"] == "pass"
    key_of("alice", tree, tmp_path / "k")
    tree.write("/etc/sudoers", "alice ALL=(ALL) ALL\n")
    tree.write("/var/spool/cron/crontabs/alice", "0 0 * * * x\n")
    found = judged(tree, clause, CHECKERS, tmp_path / "b", left(tmp_path / "s"))
    seen = verdicts(found, "access-removal")
    assert seen["account:alice"] == seen["privileges"] == seen["trace:alice"] == "fail"
    assert seen["account:bob"] == "pass"
