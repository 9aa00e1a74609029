"""The search for passwords in logs, run by the real find and awk over logs written here."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.host.machines import Tree, seen_of
from troth.checkers.host import log_search
from troth.checkers.host.commands import Ran
from troth.checkers.host.log_search import COUNTING, SEARCH, LogSearch
from troth.model import Failure, Reason

FOUND = {
    "assigned": [
        "GET /sign-in?user=a&password=hunter2 HTTP/1.1",
        "GET /sign-in?PASSWORD=Hunter2",
        "Referer: https://example.com/?user=a&pwd=x1",
        "passwd='abc'",
        "passphrase=redactedly",
        "password=%40dmin",
    ],
    "quoted": ['{"user": "a", "password": "s3cret"}', "{'pwd':'s3cret'}", '"Passwd" : "x1"'],
    "basic": ["Authorization: Basic YWxpY2U6eA==", '"authorization":"basic YWxpY2U6eA=="'],
    "statement": ["CREATE USER bob PASSWORD 'x1'", "create user b IDENTIFIED BY 'abc'"],
}
CLEAN = [
    "password=***",
    "password=[FILTERED]",
    "password=<redacted>",
    "password=redacted&user=a",
    "password=%2A%2A%2A",
    "password=xxxxxx",
    "password=",
    "reset_password=1&user=a",
    "password_reset_token=abc",
    '{"password":"[REDACTED]"}',
    '{"password": null}',
    "alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/id",
    "Authorization: Basic ***",
    "Authorization: Bearer abc",
    "ALTER USER bob PASSWORD 'SCRAM-SHA-256$4096:abc'",
    "ALTER USER bob PASSWORD 'md5abcdef'",
    "ALTER USER bob IDENTIFIED BY '***'",
    "pam_unix(passwd:chauthtok): password changed for bob",
    "Failed password for root from 192.0.2.1 port 22 ssh2",
    "status installed passwd:amd64 1:4.13",
    "\x1b[31m\xff\x00",
]
AWKS = [["awk"], ["mawk"], ["gawk"], ["busybox", "awk"]]


def searched(awk: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the search as it is sent, but below a folder of this test and with one awk."""
    if not shutil.which(awk[0]):
        pytest.skip(f"missing: {awk[0]}")
    words = ["find", str(folder), *SEARCH[1:], "-exec", *awk, COUNTING, "{}", ";"]
    return subprocess.run(
        words, capture_output=True, encoding="utf-8", env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
    )


@pytest.mark.parametrize("awk", AWKS, ids=" ".join)
@pytest.mark.parametrize("form", FOUND)
def test_a_password_is_counted(tmp_path: Path, awk: list[str], form: str) -> None:
    log = tmp_path / "app" / "x.log"
    log.parent.mkdir()
    log.write_text("\n".join([*FOUND[form], *CLEAN]) + "\n")
    ran = searched(awk, tmp_path)
    assert sorted(ran.stdout.splitlines()) == sorted(
        [f"{len(FOUND[form])} {form} {log}", f"1 searched {log}"]
    )
    assert ran.stderr == ""


@pytest.mark.parametrize("awk", AWKS, ids=" ".join)
@pytest.mark.parametrize("line", CLEAN)
def test_what_is_masked_is_none(tmp_path: Path, awk: list[str], line: str) -> None:
    (tmp_path / "syslog").write_text(line + "\n")
    assert searched(awk, tmp_path).stdout == f"1 searched {tmp_path / 'syslog'}\n"


def test_no_value_leaves_the_machine(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text("\n".join(line for lines in FOUND.values() for line in lines))
    ran = searched(["awk"], tmp_path)
    said = ran.stdout + ran.stderr
    assert [word for word in ("unter2", "s3cret", "YWxpY2U", "x1'", "abc") if word in said] == []


def test_files_of_other_names_are_left_out(tmp_path: Path) -> None:
    for name in ("lastlog", "x.log.2.gz", "wtmp", "x.txt"):
        (tmp_path / name).write_text("password=hunter2\n")
    assert searched(["awk"], tmp_path).stdout == ""


class Answered(LogSearch):
    """A machine of which the search printed this."""

    answer: Ran

    def run(self, name: str, *arguments: str) -> Ran:
        assert (name, arguments[0], arguments[-1]) == ("find", "/var/log", ";")
        return self.answer


def seen(tree: Tree, out: str, err: str = "", status: int = 0) -> Any:
    checker = type("Answered", (Answered,), {"answer": Ran(status, out, err)})
    return tree.only(checker, allow=["data-read"])["passwords"]


def test_places_become_facts(tree: Tree) -> None:
    out = "2 basic /var/log/b.log\n1 searched /var/log/b.log\n7 assigned /var/log/a b.log\n"
    found = seen(tree, out + "1 searched /var/log/a b.log\n1 searched \n")
    assert found == {
        "files": 3,
        "places": {
            "items": [
                {"path": "/var/log/a b.log", "form": "assigned", "lines": 7},
                {"path": "/var/log/b.log", "form": "basic", "lines": 2},
            ],
            "complete": True,
        },
    }


def test_logs_that_may_not_be_read_are_told(tree: Tree) -> None:
    refused = "mawk: cannot open /var/log/auth.log (Permission denied)\n"
    found = seen(tree, "1 searched /var/log/a.log\n", refused)
    assert found["places"] == {"items": []}
    assert found.missing["places"].reason == Reason.PERMISSION_DENIED
    assert "/var/log" in found.missing["places"].permission


def test_a_log_that_vanished_meanwhile_is_no_gap(tree: Tree) -> None:
    gone = "find: '/var/log/b.log': No such file or directory\n"
    assert seen(tree, "1 searched /var/log/a.log\n", gone)["places"]["complete"] is True


def test_any_other_complaint_leaves_a_gap(tree: Tree) -> None:
    found = seen(tree, "1 searched /var/log/a.log\n", "awk: run time error: out of memory\n")
    assert found.missing["places"].reason == Reason.NO_DATA


@pytest.mark.parametrize(
    ("out", "err", "reason"),
    [
        ("", "", Reason.NO_DATA),
        ("", "find: 'awk': No such file or directory\n", Reason.NO_DATA),
        ("", "find: '/var/log': No such file or directory\n", Reason.NO_DATA),
        ("password=hunter2\n", "", Reason.MALFORMED_RESPONSE),
        ("1 assigned /etc/shadow\n1 searched /var/log/x\n", "", Reason.MALFORMED_RESPONSE),
        ("-1 basic /var/log/x\n", "", Reason.MALFORMED_RESPONSE),
    ],
)
def test_an_odd_answer_proves_nothing(tree: Tree, out: str, err: str, reason: Reason) -> None:
    found = seen(tree, out, err)
    assert isinstance(found, Failure)
    assert found.reason == reason
    assert "hunter2" not in found.message


def test_everything_refused_is_a_list_that_is_not_whole(tree: Tree) -> None:
    found = seen(tree, "", "find: '/var/log': Permission denied\n", 1)
    assert (found["files"], found["places"]) == (0, {"items": []})
    assert found.missing["places"].reason == Reason.PERMISSION_DENIED


def test_a_file_tree_is_not_searched(tree: Tree) -> None:
    found = tree.only(LogSearch, allow=["data-read"])["passwords"]
    assert isinstance(found, Failure)
    assert found.reason == Reason.NOT_SUPPORTED


def test_contents_are_read_only_where_the_target_allows_it(tree: Tree) -> None:
    found = tree.only(LogSearch)["passwords"]
    assert isinstance(found, Failure)
    assert found.reason == Reason.NOT_ALLOWED


def test_this_machine_can_be_searched() -> None:
    target = {"id": "h", "type": "host", "name": "here", "allow": ["data-read"]}
    _, found = seen_of(LogSearch, target)
    passwords = found["host:here:logs"]["passwords"]
    assert isinstance(passwords, Failure) or passwords["files"] > 0


def test_what_is_sent_is_what_is_asked_for() -> None:
    section = Path(log_search.__file__).parent / "sections" / "log_search.sh"
    assert f"'{COUNTING}'" in section.read_text()
    assert "'" not in COUNTING
