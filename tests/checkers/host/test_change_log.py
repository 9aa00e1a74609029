"""What was changed on a machine.

The history of apt was recorded on Debian 12 (apt 2.6.1) and trimmed; git's log is made by git.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest

from tests.checkers.host.machines import Tree, seen_of
from tests.checkers.host.refusing import refusing
from troth.checkers.host import commands, etc_history
from troth.checkers.host.change_log import ChangeLogs
from troth.checkers.host.collector import HostChecker
from troth.model import Failure, Reason

HISTORY = """

Start-Date: 2026-10-01  14:36:25
Commandline: /usr/bin/apt-get -qqy upgrade
Upgrade: libudev1:amd64 (252.36-1~deb12u1, 252.38-1~deb12u1)
End-Date: 2026-10-01  14:36:25

Start-Date: 2026-10-02  06:12:13
Commandline: /usr/bin/unattended-upgrade
Upgrade: libcups2:amd64 (2.4.2-3+deb12u8, 2.4.2-3+deb12u9)
Error: Sub-process /usr/bin/dpkg returned an error code (1)
End-Date: 2026-10-02  06:12:15

Start-Date: 2026-10-03  10:52:13
Commandline: /usr/bin/unattended-upgrade --dry-run
Upgrade: libcups2:amd64 (2.4.2-3+deb12u8, 2.4.2-3+deb12u9)
End-Date: 2026-10-03  10:52:13
"""
LOG = (
    "\x011790000500\x02alice\n\nnftables.conf\n\x011790000100\x02root\n\nssh/sshd_config\n"
    "ufw/user.rules\n\x011790000000\x02root\n\n.gitignore\n"
)


def logs(tree: Tree) -> dict[str, Any]:
    _, found = tree.look(ChangeLogs)
    return {name.rpartition(":")[2]: one["changes"] for name, one in found.items()}


@pytest.fixture
def git(monkeypatch: pytest.MonkeyPatch) -> Any:
    def answer(ran: commands.Ran) -> None:
        monkeypatch.setattr(HostChecker, "run", lambda self, *words: ran)

    return answer


def test_changes_of_packages(tree: Tree) -> None:
    tree.write("/var/log/apt/history.log", HISTORY)
    assert logs(tree)["packages"] == {
        "system": "web1",
        "holds": {"items": ["packages"], "complete": True},
        "complete_from": "2026-10-01T14:36:25+00:00",
        "made": {"complete": True, "items": [
            {"at": "2026-10-01T14:36:25+00:00", "what": "packages", "by": "apt-get"},
            {"at": "2026-10-02T06:12:13+00:00", "what": "packages", "by": "unattended-upgrade"},
        ]},
    }  # fmt: skip


def test_a_file_tells_its_last_change_alone(tree: Tree) -> None:
    tree.write("/etc/nftables.conf", "", mtime=1790000500)
    tree.write("/etc/nftables.d/web.nft", "", mtime=1790000000)
    tree.write("/etc/hosts", "", mtime=1790009999)
    seen = logs(tree)["firewall"]
    assert seen["complete_from"] == "2026-09-21T14:21:40+00:00"
    assert [row["at"] for row in seen["made"]["items"]] == [
        "2026-09-21T14:13:20+00:00",
        "2026-09-21T14:21:40+00:00",
    ]


def test_the_history_of_etc_tells_all(tree: Tree, git: Any) -> None:
    git(commands.Ran(0, LOG, ""))
    tree.write("/etc/nftables.conf", "", mtime=1790000600)
    tree.write("/etc/ufw/user.rules", "", mtime=1790000090)
    found = logs(tree)
    assert found["firewall"]["complete_from"] == "2026-09-21T14:13:20+00:00"
    assert [(row["at"][11:19], row["by"]) for row in found["firewall"]["made"]["items"]] == [
        ("14:15:00", "root"),
        ("14:21:40", "alice"),
        ("14:23:20", ""),
    ]
    assert [row["at"][11:19] for row in found["configuration"]["made"]["items"]] == [
        "14:13:20",
        "14:15:00",
    ]


def test_what_lacks_is_named(tree: Tree, git: Any) -> None:
    git(commands.Ran(128, "", "fatal: not a git repository (or any of the parent directories)"))
    for seen in logs(tree).values():
        assert seen.reason == Reason.NOT_SUPPORTED
    git(commands.Ran(128, "", "fatal: detected dubious ownership in repository at '/etc'"))
    tree.write("/etc/nftables.conf", "", mtime=1790000600)
    for name in ("firewall", "configuration"):
        assert logs(tree)[name].reason == Reason.PERMISSION_DENIED


@pytest.mark.parametrize(
    "log", ["", "\x1b[2J", "\x01x\x02y", "\x01" * 9, "\x0199999999999\x02a\n\nb"]
)
def test_a_hostile_log(log: str) -> None:
    for row in etc_history.commits(log):
        assert row["at"].startswith("5138")


def test_a_refusal_is_named(tree: Tree) -> None:
    _, found = tree.look(refusing(ChangeLogs, "log_of"))
    for one in found.values():
        assert isinstance(one["changes"], Failure)
        assert one["changes"].reason == Reason.PERMISSION_DENIED


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_git_prints_what_is_read(tree: Tree) -> None:
    def run(*words: str) -> str:
        base = ["git", "-C", str(tree.root), "-c", "user.name=alice", "-c", "user.email=a@b"]
        return subprocess.run([*base, *words], check=True, capture_output=True, text=True).stdout

    tree.write("/nftables.conf", "a")
    run("init", "-q")
    run("add", "nftables.conf")
    run("commit", "-qm", "first")
    wanted = ("--no-color", "-n", "2000", "--name-only", "--format=%x01%ct%x02%an")
    (row,) = etc_history.commits(run("log", *wanted))
    assert (row["what"], row["by"]) == ("firewall", "alice")


def test_this_machine_is_read_by_one_script() -> None:
    listed, found = seen_of(ChangeLogs, {"id": "h", "type": "host", "name": "me"})
    assert listed == []
    assert len(found) == 3
