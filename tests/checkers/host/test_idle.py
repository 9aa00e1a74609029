"""What ends a session that nobody uses, on prepared trees (systemd 252.39, OpenSSH 9.2p1)."""

from __future__ import annotations

import pytest

from tests.checkers.host.machines import Tree
from tests.checkers.host.test_sign_in import BASH, idle_facts, machine, running
from troth.checkers.host import idle
from troth.checkers.host.commands import Ran


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("readonly TMOUT=900\nexport TMOUT\n", 900),
        ("TMOUT=900\nreadonly TMOUT\nexport TMOUT\n", 900),
        ("TMOUT=900; readonly TMOUT; export TMOUT\n", 900),
        ("declare -xr TMOUT=600\n", 600),
        ("typeset -r TMOUT='600'\n", 600),
        ("TMOUT=900\nexport TMOUT\n", None),  # anybody unsets it
        ("# readonly TMOUT=900\n", None),
        ("readonly TMOUT=0\n", None),
        ("readonly TMOUT=900\nTMOUT=0\n", 900),
        ("MYTMOUT=900\nreadonly MYTMOUT\n", None),
        ("if true; then\n  x=1\nfi\nreadonly TMOUT=900\n", 900),
    ],
)
def test_the_shells_own_limit_counts_read_only(tree: Tree, text: str, seconds: int | None) -> None:
    machine(tree)
    tree.write("/etc/profile.d/90-idle.sh", text)
    assert idle_facts(tree) == {
        "at_prompt_seconds": seconds, "in_programs_seconds": None, "ends_dead_ones": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "if [ -n \"$SSH_TTY\" ]; then\n  readonly TMOUT=900\nfi\n",
        "[ -t 0 ] && readonly TMOUT=900\n",
        "limit() {\nreadonly TMOUT=900\n}\n",
        "readonly TMOUT=$LIMIT\n",
        "unset TMOUT\n",
    ],
)  # fmt: skip
def test_a_limit_on_a_condition_cannot_be_told(tree: Tree, text: str) -> None:
    machine(tree)
    tree.write("/etc/profile.d/90-idle.sh", text)
    why = idle_facts(tree).missing["at_prompt_seconds"]
    assert why.message == "/etc/profile.d/90-idle.sh sets TMOUT on a condition"
    assert idle_facts(tree)["in_programs_seconds"] is None


def test_a_shell_that_does_not_know_it_is_without_a_limit(tree: Tree) -> None:
    machine(tree)
    tree.write("/etc/bash.bashrc", "readonly TMOUT=900\n")
    assert idle_facts(tree)["at_prompt_seconds"] == 900
    tree.write("/etc/passwd", BASH + "bob:x:1002:1002::/home/bob:/bin/zsh\nd:x:2:2::/:/bin/false\n")
    seen = idle_facts(tree)
    assert seen["at_prompt_seconds"] is None
    assert seen.raw["tmout_unknown_to"] == ["bob"]


@pytest.mark.parametrize(
    ("ssh", "seconds"),
    [
        ("ChannelTimeout session:*=15m\nUnusedConnectionTimeout 5m\n", 900),
        ("ChannelTimeout x11-connection=5m *=1h30m\n", 5400),
        ("ChannelTimeout session=0\n", None),
        ("ChannelTimeout direct-tcpip=5m\nUnusedConnectionTimeout 5m\n", None),
        ("UnusedConnectionTimeout 5m\n", None),
        ("ClientAliveInterval 300\nClientAliveCountMax 0\n", None),
    ],
)
def test_ssh_ends_idle_channels_and_not_by_asking_for_life(
    tree: Tree, ssh: str, seconds: int | None
) -> None:
    machine(tree, ssh=ssh)
    seen = idle_facts(tree)
    assert (seen["at_prompt_seconds"], seen["in_programs_seconds"]) == (seconds, seconds)
    assert seen["ends_dead_ones"] is ("ClientAliveInterval" in ssh)


def test_what_a_match_block_sets_cannot_be_told(tree: Tree) -> None:
    machine(tree, ssh="ChannelTimeout session=5m\nMatch Group ops\nChannelTimeout none\n")
    assert "Match block" in idle_facts(tree).missing["in_programs_seconds"].message


SYSTEMD = "session optional pam_systemd.so\n"


def test_the_login_manager_ends_idle_sessions(tree: Tree) -> None:
    machine(tree, session=SYSTEMD)
    tree.write("/etc/systemd/logind.conf", "[Login]\n#StopIdleSessionSec=infinity\n")
    tree.write("/etc/systemd/logind.conf.d/50-idle.conf", "[Login]\nStopIdleSessionSec=1h 30min\n")
    printed = Ran(0, "systemd 252 (252.39-1~deb12u2)\n+PAM +AUDIT\n", "")
    seen = running(tree, systemctl=printed)["idle"]
    assert (seen["at_prompt_seconds"], seen["in_programs_seconds"]) == (5400, 5400)
    older = running(tree, systemctl=Ran(0, "systemd 247 (247.3-7)\n", ""))["idle"]
    assert older["in_programs_seconds"] is None
    assert "version is unknown" in idle_facts(tree).missing["in_programs_seconds"].message


def test_a_login_manager_that_is_not_told_of_sessions_ends_none(tree: Tree) -> None:
    machine(tree)
    tree.write("/etc/systemd/logind.conf", "[Login]\nStopIdleSessionSec=900\n")
    printed = Ran(0, "systemd 252 (252.39-1~deb12u2)\n", "")
    assert running(tree, systemctl=printed)["idle"]["in_programs_seconds"] is None


def test_another_section_says_nothing() -> None:
    assert idle.login_manager(["[Other]\nStopIdleSessionSec=5\n"]) == ""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("900", 900), ("15m", 900), ("1h30m", 5400), ("infinity", None), ("none", None), ("0", None),
     ("2 hours 5min", 7500), ("500ms", None)],
)  # fmt: skip
def test_time_spans(text: str, seconds: int | None) -> None:
    assert idle.timespan(text) == seconds


@pytest.mark.parametrize("text", ["soon", "5 fortnights", "-5", "\x1b[2J", "1" * 40])
def test_what_is_no_time_span(text: str) -> None:
    with pytest.raises(idle.Unclear):
        idle.timespan(text)
