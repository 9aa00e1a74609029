"""What every host checker shares: the machine's name, and failures in the words of the call."""

from __future__ import annotations

import socket
import subprocess
from typing import Any

import pytest

from tests.checkers.host.machines import Tree, seen_of
from troth.checkers.host.collector import HostChecker, NotLive
from troth.checkers.host.commands import NotInstalled
from troth.checkers.host.machine import Machine
from troth.model import Reason


def test_a_machine_is_named_by_the_target_the_tree_or_itself(tree: Tree) -> None:
    tree.write("/etc/hostname", "db7\n")
    target: dict[str, Any] = {"id": "h", "root": f"{tree.root}/"}
    assert list(seen_of(Machine, target)[1]) == ["host:db7"]
    assert list(seen_of(Machine, target | {"name": "web1"})[1]) == ["host:web1"]
    assert list(seen_of(Machine, {"id": "h"})[1]) == [f"host:{socket.gethostname()}"]


def test_a_tree_without_a_name_lists_nothing_and_says_why(tree: Tree) -> None:
    listed, found = seen_of(Machine, {"id": "h", "root": str(tree.root)})
    assert found == {}
    assert [one.failure.reason for one in listed if one.failure] == [Reason.NO_DATA]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "x"), Reason.PERMISSION_DENIED),
        (FileNotFoundError(2, "x"), Reason.NO_DATA),
        (NotLive("x"), Reason.NOT_SUPPORTED),
        (NotInstalled("x"), Reason.NOT_SUPPORTED),
        (subprocess.TimeoutExpired("x", 1), Reason.TIMEOUT),
        (OSError(5, "x"), Reason.UNREACHABLE),
    ],
)
def test_errors_of_the_system_become_failures(error: Exception, reason: Reason) -> None:
    failure = HostChecker.failure_of(error, Machine.calls()["sshd_settings"])
    assert failure is not None
    assert failure.reason == reason
    denied = reason == Reason.PERMISSION_DENIED
    assert failure.permission == ("run sshd -T (root)" if denied else "")


def test_a_bug_of_ours_is_no_failure_of_the_machine() -> None:
    assert HostChecker.failure_of(KeyError("x"), Machine.calls()["sshd_settings"]) is None
