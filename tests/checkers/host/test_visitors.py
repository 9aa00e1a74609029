"""From where people signed in (lines of OpenSSH 9.2p1 and util-linux 2.38.1, addresses made up)."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.host.machines import Tree
from troth.checkers.host import arrivals, sign_in
from troth.checkers.host.commands import Ran
from troth.model import Failure, Reason

JOURNAL = """\
2026-11-20T10:41:00+0000 web1 sshd[1]: Accepted key for from from 192.0.2.7 port 1 ssh2: SHA256:x
2026-11-20T10:42:00+0000 web1 sshd[2]: Accepted password for alice from fe80::1%eth0 port 11 ssh2
2026-11-20T09:42:00+0000 web1 sshd[3]: Accepted password for alice from 192.0.2.7 port 11 ssh2
2026-11-20T09:43:00+0000 web1 sshd[3]: Failed password for alice from 192.0.2.8 port 11 ssh2
2026-11-20T09:44:00+0000 web1 sshd[3]: Accepted password for alice from 127.0.0.1 port 11 ssh2
"""
LAST = """\
alice    pts/0        192.0.2.9  2026-11-19T10:41:00+00:00 - 2026-11-19T11:00:00+00:00  (00:19)
reboot   system boot  0.0.0.0          2026-11-01T00:00:10+00:00   still running

wtmp begins 2026-11-01T00:00:10+00:00
"""


def programs(folder: Path, **texts: str) -> str:
    """Make programs that print texts, and return the PATH with them."""
    for name, text in texts.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\ncat <<'END'\n{text}END\n")
        path.chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def printed(script: str, path: str) -> str:
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, env={"PATH": path})
    return done.stdout


def test_the_journals_lines_become_times_and_addresses(tmp_path: Path) -> None:
    out = printed(arrivals.JOURNAL, programs(tmp_path, journalctl=JOURNAL))
    assert "alice" not in out
    assert "SHA256" not in out
    since, found = arrivals.read(out)
    assert since is not None
    assert since.isoformat() == "2026-11-20T10:41:00+00:00"
    newest = {address: at.isoformat() for address, at in found.items()}
    assert newest == {
        "192.0.2.7": "2026-11-20T10:41:00+00:00",
        "fe80::1": "2026-11-20T10:42:00+00:00",
    }


def test_wtmps_rows_as_well(tmp_path: Path) -> None:
    since, found = arrivals.read(printed(arrivals.WTMP, programs(tmp_path, last=LAST)))
    assert since is not None
    assert since.isoformat() == "2026-11-01T00:00:10+00:00"
    assert list(found) == ["192.0.2.9"]


def looked(tree: Tree, journal: Ran, wtmp: Ran) -> Any:
    class Running(sign_in.SignIn):
        def run(self, name: str, *arguments: str) -> Ran:
            if name != "sh":
                return Ran(1, "", "")
            return journal if arguments[1] == arrivals.JOURNAL else wtmp

    tree.write("/etc/passwd", "")
    return tree.only(Running)["arrivals"]


NONE = Ran(7, "", "")
BEGAN = "since 2026-11-20T00:00:00+0000\n"
HIDDEN = "Hint: You are currently not seeing messages from other users and the system.\n"


def test_both_are_taken_together(tree: Tree) -> None:
    first = Ran(0, "since 2026-11-20T00:00:00+0000\n2026-11-20T10:41:00+0000 192.0.2.7\n", "")
    second = Ran(0, "since 2026-11-01T00:00:10+00:00\n2026-11-19T10:41:00+00:00 192.0.2.7\n", "")
    row = {"address": "192.0.2.7", "last_at": "2026-11-20T10:41:00+00:00"}
    assert looked(tree, first, second) == {
        "since": "2026-11-01T00:00:10+00:00",
        "addresses": {"items": [row], "complete": True},
    }


def test_one_of_them_will_do(tree: Tree) -> None:
    seen = looked(tree, NONE, Ran(0, "since 2026-11-01T00:00:10+00:00\n", ""))
    assert seen["addresses"] == {"items": [], "complete": True}


@pytest.mark.parametrize(
    ("out", "err", "reason"),
    [
        ("", "", Reason.NOT_SUPPORTED),
        ("since\n", "No journal files were found.\n", Reason.NOT_SUPPORTED),
        ("since\n", HIDDEN, Reason.PERMISSION_DENIED),
        (
            "since\n",
            "No journal files … due to insufficient permissions.",
            Reason.PERMISSION_DENIED,
        ),
        (f"{BEGAN}soon 192.0.2.7\n", "", Reason.MALFORMED_RESPONSE),
        (f"{BEGAN}2026-11-20T00:00:00+0000 x\n", "", Reason.MALFORMED_RESPONSE),
        ("since 1970-01-01T00:00:00+0000\n", "", Reason.MALFORMED_RESPONSE),
        ("\x1b[2J a b c\n", "", Reason.MALFORMED_RESPONSE),
    ],
)
def test_what_tells_nothing_is_named(tree: Tree, out: str, err: str, reason: Reason) -> None:
    seen = looked(tree, Ran(0, out, err), NONE)
    assert isinstance(seen, Failure)
    assert seen.reason == reason


def test_a_file_tree_has_no_journal_to_ask(tree: Tree) -> None:
    tree.write("/etc/passwd", "")
    seen = tree.only(sign_in.SignIn)["arrivals"]
    assert isinstance(seen, Failure)
    assert seen.reason == Reason.NOT_SUPPORTED


def test_a_list_that_is_too_long_is_cut(tree: Tree) -> None:
    rows = "".join(f"2026-11-20T00:00:00+0000 10.1.{n // 250}.{n % 250 + 1}\n" for n in range(5001))
    seen = looked(tree, Ran(0, f"since 2026-11-20T00:00:00+0000\n{rows}", ""), NONE)
    assert len(seen["addresses"]["items"]) == arrivals.MOST
    assert seen.missing["addresses"].reason == Reason.LISTING_INCOMPLETE


def test_the_section_has_the_same_words() -> None:
    import shlex

    section = Path(arrivals.__file__).parent / "sections" / "arrivals.sh"
    asked = [shlex.split(line) for line in section.read_text().splitlines() if line[0] != "#"]
    assert asked == [["run", "sh", "-c", arrivals.JOURNAL], ["run", "sh", "-c", arrivals.WTMP]]
