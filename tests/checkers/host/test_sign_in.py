"""Signing in to prepared trees: what wrong passwords bring about, and what ends idle sessions.

The stacks of Debian are those of libpam-runtime 1.5.2-6+deb12u1, cut to what decides; those of
RHEL and of pam_faillock's two examples are written from the tools' documentation. The answers of
commands are Debian 12's (systemd 252.39, OpenSSH 9.2p1).
"""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from tests.checkers.host.machines import Tree
from tests.checkers.host.refusing import refusing
from troth.checkers.host import faillock, pam, pam_run, sshd, sshd_server
from troth.checkers.host.commands import NotInstalled, Ran
from troth.checkers.host.sign_in import SignIn
from troth.model import Failure, Reason

DEBIAN = """\
auth\t[success=1 default=ignore]\tpam_unix.so nullok
auth\trequisite\t\t\tpam_deny.so
auth\trequired\t\t\tpam_permit.so
auth\toptional\t\t\tpam_cap.so
"""
LOCKING = """\
auth required pam_faillock.so preauth
auth [success=1 default=ignore] pam_unix.so nullok
auth [default=die] pam_faillock.so authfail
auth required pam_permit.so
"""
FIRST_EXAMPLE = """\
auth required pam_env.so
auth required pam_nologin.so
auth [success=1 default=bad] pam_unix.so
auth [default=die] pam_faillock.so authfail
auth sufficient pam_faillock.so authsucc
auth required pam_deny.so
"""
RED_HAT = """\
auth required pam_env.so
auth required pam_faildelay.so delay=2000000
auth required pam_faillock.so preauth silent
auth [default=1 ignore=ignore success=ok] pam_usertype.so isregular
auth [default=1 ignore=ignore success=ok] pam_localuser.so
auth sufficient pam_unix.so nullok
auth [default=1 ignore=ignore success=ok] pam_usertype.so isregular
auth sufficient pam_sss.so forward_pass
auth required pam_faillock.so authfail
auth required pam_deny.so
session required pam_unix.so
"""
#: Over the line that counts, for accounts that are none of people.
JUMP = "auth [success=ignore default=1] pam_usertype.so isregular\n"
TALLY = """\
auth required pam_tally2.so deny=5 unlock_time=1200
auth [success=1 default=ignore] pam_unix.so nullok
auth requisite pam_deny.so
auth required pam_permit.so
"""
KEYS_ONLY = "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
BASH = "root:x:0:0:root:/root:/bin/bash\nalice:x:1001:1001::/home/alice:/bin/bash\n"
NEVER: dict[str, Any] = {
    "blocks": "nothing", "after_attempts": None, "lock_seconds": None, "binds_root": False,
}  # fmt: skip


def machine(
    tree: Tree, auth: str = DEBIAN, conf: str = "", ssh: str = "", session: str = ""
) -> None:
    tree.write("/etc/pam.d/common-auth", auth)
    for service in ("login", "sshd"):
        tree.write(
            f"/etc/pam.d/{service}",
            f"auth required pam_faildelay.so\n@include common-auth\n{session}",
        )
    tree.write("/etc/security/faillock.conf", conf)
    tree.write("/etc/passwd", BASH)
    tree.write("/etc/profile", "umask 022\n")
    if ssh:
        tree.write("/usr/sbin/sshd", "")
        tree.write("/etc/ssh/sshd_config", ssh)


def lockout(tree: Tree) -> Any:
    return tree.only(SignIn)["lockout"]


def idle_facts(tree: Tree) -> Any:
    return tree.only(SignIn)["idle"]


def test_a_machine_as_debian_installs_it_locks_nobody(tree: Tree) -> None:
    machine(tree, ssh="UsePAM yes\n")
    assert lockout(tree) == NEVER
    assert tree.only(SignIn)["place"] == {"where": "servers"}


def test_a_module_in_the_stack_locks_by_its_defaults(tree: Tree) -> None:
    machine(tree, LOCKING, "# deny = 5\n", "UsePAM yes\n")
    seen = lockout(tree)
    assert seen == {
        "blocks": "account",
        "after_attempts": 3,
        "lock_seconds": 600,
        "binds_root": False,
    }
    assert seen.raw["services"] == ["login", "sshd"]


def test_settings_without_the_module_lock_nobody(tree: Tree) -> None:
    machine(tree, DEBIAN, "deny = 5\nunlock_time = 900\n")
    assert lockout(tree) == NEVER


@pytest.mark.parametrize("stack", [LOCKING, FIRST_EXAMPLE, RED_HAT])
def test_the_file_sets_the_figures(tree: Tree, stack: str) -> None:
    machine(tree, stack, "deny = 5\nunlock_time = never\neven_deny_root\n")
    assert lockout(tree) == {
        "blocks": "account", "after_attempts": 5, "lock_seconds": None, "binds_root": True,
    }  # fmt: skip


def test_arguments_go_before_the_file(tree: Tree) -> None:
    machine(tree, LOCKING.replace("preauth", "preauth deny=9"), "deny = 4\nunlock_time = 0\n")
    seen = lockout(tree)
    assert (seen["after_attempts"], seen["lock_seconds"]) == (9, None)


@pytest.mark.parametrize(
    "stack",
    [
        LOCKING.replace("auth required pam_faillock.so preauth\n", ""),  # refuses nobody
        LOCKING.replace("required pam_faillock.so preauth", "optional pam_faillock.so preauth"),
        LOCKING.replace("[default=die] pam_faillock.so authfail", "requisite pam_deny.so"),
        DEBIAN + "auth required pam_faillock.so preauth\nauth required pam_faillock.so authfail\n",
        LOCKING.replace("auth ", "#auth "),
        LOCKING.replace("auth required pam_faillock", "password required pam_faillock"),
        LOCKING.replace("auth [default=die]", JUMP + "auth [default=die]"),
        "auth sufficient pam_unix.so\n" + LOCKING,  # the right password is taken before
        FIRST_EXAMPLE.replace("pam_faillock.so authsucc", "pam_permit.so"),
    ],
)  # fmt: skip
def test_a_module_out_of_place_locks_nobody(tree: Tree, stack: str) -> None:
    machine(tree, stack, "deny = 3\n")
    assert lockout(tree) == NEVER


def test_zero_never_locks(tree: Tree) -> None:
    machine(tree, LOCKING, "deny = 0\n")
    assert lockout(tree) == NEVER


def test_the_old_module_counts_too(tree: Tree) -> None:
    machine(tree, TALLY)
    assert lockout(tree) == {
        "blocks": "account", "after_attempts": 5, "lock_seconds": 1200, "binds_root": False,
    }  # fmt: skip
    machine(tree, TALLY.replace(" unlock_time=1200", ""))
    assert lockout(tree)["lock_seconds"] is None
    machine(tree, TALLY.replace("deny=5 ", ""))
    assert lockout(tree) == NEVER


def test_one_service_without_the_lock_is_the_hole(tree: Tree) -> None:
    machine(tree, LOCKING, ssh="UsePAM yes\n")
    tree.write("/etc/pam.d/sshd", DEBIAN)
    assert lockout(tree) == NEVER


@pytest.mark.parametrize(
    ("ssh", "services", "blocks"),
    [
        (f"UsePAM yes\n{KEYS_ONLY}", ["login"], "account"),
        ("UsePAM yes\nPasswordAuthentication no\n", ["login", "sshd"], "account"),
        ("UsePAM no\n", ["login", ""], "nothing"),
        (KEYS_ONLY.replace("KbdInteractive", "ChallengeResponse"), ["login"], "account"),
        (f"{KEYS_ONLY}Match User bob\nPasswordAuthentication yes\n", ["login", ""], "nothing"),
    ],
)  # fmt: skip
def test_ssh_matters_where_it_takes_a_password(
    tree: Tree, ssh: str, services: list[str], blocks: str
) -> None:
    machine(tree, LOCKING, ssh=ssh)
    seen = lockout(tree)
    assert seen.raw["services"] == services
    assert seen["blocks"] == blocks


def test_what_cannot_be_told_is_named(tree: Tree) -> None:
    machine(tree, LOCKING.replace("preauth", "preauth conf=/opt/lock.conf"))
    assert (
        lockout(tree).missing["blocks"].message == "a line of pam_faillock names a file of its own"
    )
    machine(tree, LOCKING, "deny = five\n")
    assert lockout(tree).missing["after_attempts"].reason == Reason.NOT_SUPPORTED


def test_a_machine_without_pam_locks_nobody(tree: Tree) -> None:
    tree.write("/etc/passwd", BASH)
    assert lockout(tree) == NEVER


def test_a_hostile_stack_ends(tree: Tree) -> None:
    machine(tree, "auth [success=99999999 default=\x1b[31m] pam_unix.so\n" + "auth x\x00y\n" * 2000)
    assert lockout(tree) == NEVER
    tree.write(
        "/etc/pam.d/common-auth", b"\xff\xfe" * 4000 + b"\nauth required pam_faillock.so deny=9\n"
    )
    assert lockout(tree) == NEVER


class Running(SignIn):
    """The checker with the answers of a running machine."""

    answers: ClassVar[dict[str, Ran]] = {}

    def run(self, name: str, *arguments: str) -> Ran:
        """Return what was prepared."""
        if name not in self.answers:
            raise NotInstalled(name)
        return self.answers[name]


def running(tree: Tree, **answers: Ran) -> dict[str, Any]:
    Running.answers = {name.replace("_", "-"): ran for name, ran in answers.items()}
    return tree.only(Running)


def test_a_banned_address_is_no_locked_account(tree: Tree) -> None:
    machine(tree, ssh="UsePAM yes\n")
    jail = Ran(0, "Status for the jail: sshd\n|- Filter\n", "")
    assert running(tree, fail2ban_client=jail)["lockout"] == NEVER | {"blocks": "address"}
    gone = Ran(255, "", "Sorry but the jail 'sshd' does not exist\n")
    assert running(tree, fail2ban_client=gone)["lockout"] == NEVER
    machine(tree, LOCKING)
    assert running(tree, fail2ban_client=jail)["lockout"]["blocks"] == "account"


def test_what_the_server_prints_goes_before_its_files(tree: Tree) -> None:
    machine(tree, ssh="ChannelTimeout session=5m\n")
    prints = Ran(
        0, "usepam no\nclientaliveinterval 30\nchanneltimeout session:*=15m x11-connection=1h\n", ""
    )
    seen = running(tree, sshd=prints)["idle"]
    assert seen == {"at_prompt_seconds": 900, "in_programs_seconds": 900, "ends_dead_ones": True}
    assert (
        running(tree, sshd=Ran(255, "", "no hostkeys available"))["idle"]["at_prompt_seconds"]
        == 300
    )


@pytest.mark.parametrize(
    ("name", "facet", "words"),
    [
        ("lock_settings", "lockout", "read /etc/security/faillock.conf"),
        ("pam_stacks", "lockout", "read /etc/pam.d"),
        (
            "shell_files",
            "idle",
            "read /etc/profile, /etc/profile.d and the shells' own start files",
        ),
        ("login_manager_files", "idle", "read /etc/systemd/logind.conf and its drop-ins"),
        ("ssh_server_files", "idle", "read /etc/ssh/sshd_config and what it includes"),
    ],
)
def test_what_may_not_be_read_is_named(tree: Tree, name: str, facet: str, words: str) -> None:
    machine(tree, LOCKING, ssh="UsePAM yes\n")
    seen = tree.only(refusing(SignIn, name))[facet]
    assert isinstance(seen, Failure)
    assert (seen.reason, seen.permission) == (Reason.PERMISSION_DENIED, words)


def test_a_walk_through_a_stack_is_libpams() -> None:
    entries = pam.stack({"login": FIRST_EXAMPLE}, "login", "auth")
    way = pam_run.walk(entries, lambda entry: "success")
    assert way.opens
    assert way.asked == (0, 1, 2, 4)
    assert not pam_run.walk([], lambda entry: "success").opens
    assert faillock.lock(entries, {"deny": "7"}) == faillock.Lock(7, 600, False)


def test_a_server_that_prints_nothing_is_its_files() -> None:
    assert sshd_server.server({}, {sshd.MAIN: "UsePAM yes\n"}).get("usepam") == "yes"
