"""The audit daemon's log. What auditctl prints was recorded with auditd 3.0.9 of Debian 12."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from tests.checkers.host.machines import Tree
from troth.checkers.host import audit_rules, commands
from troth.checkers.host.auditd import AuditLog
from troth.checkers.host.commands import Ran
from troth.model import Failure, Reason

LINE = "type=LOGIN msg=audit({}.123:45): pid=1 uid=0\n"
CONF = "log_file = /var/log/audit/audit.log\nmax_log_file_action = ROTATE\nnum_logs = 5\n"
NOVEMBER_20 = 1795132800
DAY = 86400
#: recorded in a container, where the kernel does not audit
OFF = """\
enabled 0
failure 1
pid 0
rate_limit 0
backlog_limit 64
lost 0
backlog 0
backlog_wait_time 15000
backlog_wait_time_actual 0
loginuid_immutable 0 unlocked
"""
ON = OFF.replace("enabled 0", "enabled 1").replace("pid 0", "pid 411")
RULES = "-w /etc/passwd -p wa -k identity\n-a always,exit -F arch=b64 -S adjtimex\n"
NONE = "No rules\n"


class Asked(AuditLog):
    """A machine whose auditctl answers what was recorded."""

    answers: dict[str, Any]

    def run(self, name: str, *arguments: str) -> Ran:
        answer = self.answers[" ".join((name, *arguments))]
        if isinstance(answer, Exception):
            raise answer
        made: Ran = answer
        return made


def machine(status: Any, rules: Any) -> type[Asked]:
    """Return a checker of a machine that answers so."""
    answers = {"auditctl -s": status, "auditctl -l": rules}
    made = {
        name: Ran(0, answer, "") if isinstance(answer, str) else answer
        for name, answer in answers.items()
    }
    return type("Asked", (Asked,), {"answers": made})


def daemon(tree: Tree, conf: str = CONF) -> None:
    tree.write("/etc/audit/auditd.conf", conf)
    tree.write("/var/log/audit/audit.log", LINE.format(NOVEMBER_20 - 60), mtime=NOVEMBER_20)


@pytest.mark.parametrize(
    ("conf", "mode", "days"),
    [
        (CONF, "size-limited", 0),
        (CONF.replace("ROTATE", "keep_logs"), "forever", 36500),
        (CONF.replace("ROTATE", "IGNORE"), "forever", 36500),
        (CONF.replace("= 5", "= 1"), "forever", 36500),
        (CONF.replace("num_logs = 5\n", ""), "forever", 36500),
        (CONF.replace("= 5", "= 2"), "size-limited", 0),
        (CONF.replace("ROTATE", "KEEP_LOGS") + "space_left_action = rotate\n", "size-limited", 0),
        (CONF.replace("ROTATE", "KEEP_LOGS") + "disk_full_action=ROTATE\n", "size-limited", 0),
        (CONF + "write_logs = no\n", "volatile", 0),
        (CONF + "log_format = NOLOG\n", "volatile", 0),
        ("", "forever", 36500),
    ],
)
def test_the_daemon_knows_sizes_and_no_times(tree: Tree, conf: str, mode: str, days: int) -> None:
    daemon(tree, conf)
    assert tree.only(AuditLog)["retention"] == {"mode": mode, "days": days}


def test_the_oldest_event_is_in_the_oldest_file(tree: Tree) -> None:
    daemon(tree)
    for number in (1, 2):
        begun = NOVEMBER_20 - number * 10 * DAY
        tree.write(f"/var/log/audit/audit.log.{number}", LINE.format(begun), mtime=begun + DAY)
    assert tree.only(AuditLog)["extent"] == {
        "created_at": None,
        "has_events": True,
        "oldest_event_at": "2026-10-31T00:00:00+00:00",
        "newest_event_at": "2026-11-20T00:00:00+00:00",
    }


def test_a_file_that_was_taken_away_ends_what_can_be_read_on(tree: Tree) -> None:
    daemon(tree)
    for number in (1, 3):
        begun = NOVEMBER_20 - number * 10 * DAY
        tree.write(f"/var/log/audit/audit.log.{number}", LINE.format(begun), mtime=begun + DAY)
    seen = tree.only(AuditLog)["extent"]
    assert (seen["created_at"], seen["oldest_event_at"]) == (
        "2026-10-21T00:00:00+00:00",
        "2026-11-10T00:00:00+00:00",
    )
    assert seen.raw["beyond_a_missing_file"] == ["/var/log/audit/audit.log.3"]


def test_no_audit_daemon_has_no_log(tree: Tree) -> None:
    assert tree.look(AuditLog) == ([], {})


def test_a_log_elsewhere_is_not_looked_at(tree: Tree) -> None:
    daemon(tree, "log_file = /srv/audit.log\n")
    seen = tree.only(AuditLog)
    assert isinstance(seen["extent"], Failure)
    assert seen["extent"].reason == Reason.NOT_SUPPORTED
    assert "/var/log/audit" in seen["extent"].message


def kinds(tree: Tree, status: Any, rules: Any, **options: Any) -> Any:
    daemon(tree)
    return tree.only(machine(status, rules), **options)["content"]


def test_a_kernel_that_audits_by_rules_tells_of_security_events(tree: Tree) -> None:
    found = kinds(tree, ON, RULES)
    assert found == {"log_kinds": {"items": ["security_events"], "complete": True}}
    assert (found.missing, found.raw) == ({}, {})


@pytest.mark.parametrize(
    "status", [OFF, ON.replace("enabled 1", "enabled 0"), ON.replace("pid 411", "pid 0")]
)
def test_what_is_switched_off_receives_nothing(tree: Tree, status: str) -> None:
    found = kinds(tree, status, RULES, log_kinds={"/var/log/audit/*": ["security_events"]})
    assert found == {"log_kinds": {"items": [], "complete": True}}


def test_without_rules_only_sign_ins_arrive(tree: Tree) -> None:
    assert kinds(tree, ON, NONE)["log_kinds"]["items"] == ["login_logout"]


def test_a_daemon_that_writes_nothing_receives_nothing(tree: Tree) -> None:
    tree.write("/etc/audit/auditd.conf", "write_logs = no\n")
    seen = tree.only(machine(ON, RULES))
    assert seen["content"]["log_kinds"] == {"items": [], "complete": True}


def test_an_ordinary_user_is_told_which_right_is_lacking(tree: Tree) -> None:
    refused = Ran(4, "", "You must be root to run this program.")
    found = kinds(tree, refused, refused)
    assert isinstance(found, Failure)
    assert (found.reason, found.permission) == (
        Reason.PERMISSION_DENIED,
        "run auditctl -s (root)",
    )


@pytest.mark.parametrize(
    ("status", "rules", "reason"),
    [
        (Ran(1, "", "broken"), RULES, Reason.NO_DATA),
        ("enabled 1\n", RULES, Reason.MALFORMED_RESPONSE),
        (ON.replace("pid 411", "pid \x1b[31mx"), RULES, Reason.MALFORMED_RESPONSE),
        (ON, "", Reason.MALFORMED_RESPONSE),
        (ON, "-w /a\nenabled 1\n", Reason.MALFORMED_RESPONSE),
        (ON, subprocess.TimeoutExpired("auditctl", 20), Reason.TIMEOUT),
    ],
)
def test_an_odd_answer_proves_nothing(tree: Tree, status: Any, rules: Any, reason: Reason) -> None:
    found = kinds(tree, status, rules)
    assert isinstance(found, Failure)
    assert found.reason == reason


def test_where_the_kernel_cannot_be_asked_the_nature_of_the_log_stands(tree: Tree) -> None:
    gone = commands.NotInstalled("auditctl")
    assert kinds(tree, gone, gone)["log_kinds"]["items"] == ["security_events"]
    assert tree.only(AuditLog)["content"]["log_kinds"]["items"] == ["security_events"]


def test_the_words_of_a_status_that_are_no_numbers_are_left_out() -> None:
    assert audit_rules.status("enabled 1\nloginuid_immutable 0 unlocked\nenabled 0\n") == {
        "enabled": 1
    }
