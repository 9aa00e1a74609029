"""Logs of prepared trees (all files written by hand), and the parsers below them."""

from __future__ import annotations

import gzip
import shutil
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.checkers.host.machines import Tree, seen_of
from troth.checkers.host import logrotate
from troth.checkers.host.journal import Journal
from troth.checkers.host.log import Logs
from troth.checkers.host.log_times import written_at
from troth.model import Failure, Reason

ACCESS = '192.0.2.1 - - [20/Oct/2026:08:00:00 +0900] "GET / HTTP/1.1" 200 1\n'
NOVEMBER_20 = 1795132800
NOVEMBER_13 = NOVEMBER_20 - 7 * 86400


def kept(block: str, defaults: str = "") -> tuple[str, int]:
    (rule,) = logrotate.rules(f"{defaults}\n/var/log/x.log {{\n{block}\n}}\n", {})
    return rule.retention()


@pytest.mark.parametrize(
    ("block", "mode", "days"),
    [
        ("weekly\nrotate 4", "days", 28),
        ("monthly\nrotate 6", "days", 181),
        ("monthly\nrotate 1", "days", 28),
        ("monthly\nrotate 12", "days", 365),
        ("monthly\nrotate 13", "days", 393),
        ("daily\nrotate 30", "days", 30),
        ("daily\nrotate=30", "days", 30),
        ("yearly\nrotate 2", "days", 730),
        ("hourly\nrotate 49", "days", 2),
        ("daily\nrotate 30\nmaxage 7", "days", 7),
        ("daily\nrotate 7\nmaxage 30", "days", 7),
        ("daily\nrotate -1", "forever", 36500),
        ("daily\nrotate -1\nmaxage 90", "days", 90),
        ("size 10M\nrotate 50", "size-limited", 0),
        ("weekly\nrotate 52\nmaxsize 100M", "size-limited", 0),
        ("weekly\nrotate 4\nminsize 1M", "days", 28),
        ("size 10M\nweekly\nrotate 4", "days", 28),
        ("rotate 50", "size-limited", 0),
        ("daily", "days", 0),
        ("daily\nrotate 5\npostrotate\n  x\n  rotate 99\nendscript", "days", 5),
    ],
)
def test_what_a_block_guarantees(block: str, mode: str, days: int) -> None:
    assert kept(block) == (mode, days)


def test_globals_hold_for_blocks_that_follow_and_in_included_files() -> None:
    main = "weekly\nrotate 4\ninclude /etc/logrotate.d\n"
    folders = {
        "/etc/logrotate.d/a": '"/var/log/a b.log" /var/log/c.log\n/var/log/d.log {\n rotate 9\n}\n',
        "/etc/logrotate.d/b": "/var/log/e.log {\n daily\n}\n",
    }
    first, second = logrotate.rules(main, folders)
    assert first.patterns == ("/var/log/a b.log", "/var/log/c.log", "/var/log/d.log")
    assert (first.retention(), second.retention()) == (("days", 63), ("days", 4))


@pytest.mark.parametrize(
    ("line", "instant"),
    [
        (ACCESS, "2026-10-19T23:00:00+00:00"),
        ("2026-10-20T08:00:00.123+09:00 host app: x", "2026-10-19T23:00:00+00:00"),
        ("2026-10-20 08:00:00 startup archives", "2026-10-19T23:00:00+00:00"),
        ("update-alternatives 2026-10-20 08:00:00: run", "2026-10-19T23:00:00+00:00"),
        ("2026/10/20 08:00:00 [error] 1#1: x", "2026-10-19T23:00:00+00:00"),
        ("Oct 20 08:00:00 host sshd[1]: x", "2026-10-19T23:00:00+00:00"),
        ("Dec 31 08:00:00 host sshd[1]: x", "2025-12-30T23:00:00+00:00"),
        ("type=LOGIN msg=audit(1792450800.123:45): pid=1", "2026-10-19T23:00:00+00:00"),
        ("no stamp at all", None),
        ("Foo 20 08:00:00 host", None),
        ("2026-13-45 08:00:00 x", None),
    ],
)
def test_time_stamps(line: str, instant: str | None) -> None:
    modified = datetime(2026, 11, 20, tzinfo=UTC)
    found = written_at(line, ZoneInfo("Asia/Tokyo"), modified)
    assert (found.isoformat() if found else None) == instant


def web(tree: Tree) -> None:
    tree.write("/etc/logrotate.conf", "weekly\nrotate 4\ninclude /etc/logrotate.d\n")
    tree.write("/etc/logrotate.d/nginx", "/var/log/nginx/*.log {\n daily\n rotate 14\n}\n")


def test_the_oldest_event_is_in_the_oldest_rotated_file(tree: Tree) -> None:
    web(tree)
    tree.write("/var/log/nginx/access.log", ACCESS.replace("20/Oct", "20/Nov"), mtime=NOVEMBER_20)
    old = gzip.compress(ACCESS.encode())
    tree.write("/var/log/nginx/access.log.2.gz", old, mtime=NOVEMBER_13)
    tree.write("/var/log/nginx/access.log.1", "", mtime=NOVEMBER_13)
    tree.write("/var/log/nginx/access.logic", ACCESS.replace("2026", "2001"))
    seen = tree.only(Logs)
    assert seen["retention"] == {"mode": "days", "days": 14}
    assert seen["extent"] == {
        "created_at": None,
        "has_events": True,
        "oldest_event_at": "2026-10-19T23:00:00+00:00",
        "newest_event_at": "2026-11-20T00:00:00+00:00",
    }
    assert seen["content"] == {"log_kinds": {"items": ["access"], "complete": True}}


def test_dated_and_moved_generations_are_found(tree: Tree) -> None:
    tree.write("/etc/logrotate.conf", "/var/log/a.log {\ndaily\nrotate 3\nolddir old\n}\n")
    tree.write("/var/log/a.log", "2026-11-20T00:00:00Z new\n", mtime=NOVEMBER_20)
    tree.write("/var/log/old/a.log-20261113", "2026-11-12T00:00:00Z old\n", mtime=NOVEMBER_13)
    assert tree.only(Logs)["extent"]["oldest_event_at"] == "2026-11-12T00:00:00+00:00"


def test_without_a_time_stamp_the_oldest_event_is_not_known(tree: Tree) -> None:
    web(tree)
    tree.write("/var/log/nginx/app.log", "hello\n", mtime=NOVEMBER_20)
    seen = tree.only(Logs)["extent"]
    assert "oldest_event_at" not in seen
    assert seen.missing["oldest_event_at"].reason == Reason.NO_DATA
    assert seen["newest_event_at"] == "2026-11-20T00:00:00+00:00"


def test_an_empty_log_has_no_events(tree: Tree) -> None:
    web(tree)
    tree.write("/var/log/nginx/error.log", "")
    seen = tree.only(Logs)["extent"]
    assert (seen["has_events"], seen["oldest_event_at"], seen["newest_event_at"]) == (
        False,
        None,
        None,
    )


def test_the_target_says_what_a_log_receives(tree: Tree) -> None:
    web(tree)
    tree.write("/var/log/nginx/access.log", ACCESS)
    kinds = {"/var/log/nginx/*": ["user_activity", "access"]}
    seen = tree.only(Logs, log_kinds=kinds)["content"]
    assert seen["log_kinds"]["items"] == ["access", "user_activity"]


def test_a_declared_empty_list_is_the_whole_list(tree: Tree) -> None:
    web(tree)
    tree.write("/var/log/nginx/access.log", ACCESS)
    seen = tree.only(Logs, log_kinds={"/var/log/nginx/*": []})["content"]
    assert seen == {"log_kinds": {"items": [], "complete": True}}
    assert seen.missing == {}


def test_what_nobody_declared_is_not_an_empty_list(tree: Tree) -> None:
    web(tree)
    tree.write("/var/log/nginx/app.log", ACCESS)
    seen = tree.only(Logs, log_kinds={"/var/log/other.log": ["access"]})["content"]
    assert seen == {"log_kinds": {"items": []}}
    assert seen.missing["log_kinds"].reason == Reason.NO_DATA
    for said in ("/var/log/nginx/app.log", "log_kinds"):
        assert said in seen.missing["log_kinds"].message


def test_a_journal_receives_what_its_nature_is(tree: Tree) -> None:
    tree.write("/etc/systemd/journald.conf", "")
    kinds = tree.only(Journal)["content"]["log_kinds"]
    assert kinds == {"items": ["error", "login_logout", "system_run"], "complete": True}


def test_a_machine_without_logrotate_has_no_rotated_files(tree: Tree) -> None:
    assert tree.look(Logs) == ([], {})


@pytest.mark.parametrize(
    ("main", "drop_in", "on_disk", "mode"),
    [
        ("[Journal]\nStorage=volatile\n", "", True, "volatile"),
        ("[Journal]\n#Storage=persistent\n", "", False, "volatile"),
        ("[Journal]\nMaxRetentionSec=1year\n", "", True, "size-limited"),
        ("[Journal]\nStorage=volatile\n", "[Journal]\nStorage=persistent\n", False, "size-limited"),
        ("[Journal]\nStorage=none\n", "", True, "volatile"),
    ],
)
def test_a_journal_never_guarantees_a_time(
    tree: Tree, main: str, drop_in: str, on_disk: bool, mode: str
) -> None:
    tree.write("/etc/systemd/journald.conf", main)
    if drop_in:
        tree.write("/etc/systemd/journald.conf.d/50-site.conf", drop_in)
    if on_disk:
        tree.write("/var/log/journal/id/system.journal", "")
    seen = tree.only(Journal)
    assert seen["retention"] == {"mode": mode, "days": 0}
    assert isinstance(seen["extent"], Failure)
    assert seen["extent"].reason == Reason.NOT_SUPPORTED


def test_no_journald_is_no_journal(tree: Tree) -> None:
    assert tree.look(Journal) == ([], {})


def test_the_real_journal_can_be_asked() -> None:
    if not shutil.which("journalctl"):
        pytest.skip("missing: journalctl")
    _, found = seen_of(Journal, {"id": "h", "name": "here"})
    for facets in found.values():
        assert not isinstance(facets["extent"], Failure)
