"""The password rules of prepared trees (all files written by hand)."""

from __future__ import annotations

import pytest

from tests.checkers.host.machines import Tree
from troth.checkers.host.password_policy import PasswordPolicy
from troth.model import Failure, Reason

UNIX = "password [success=1 default=ignore] pam_unix.so obscure use_authtok yescrypt\n"
QUALITY = "password requisite pam_pwquality.so retry=3\n"


def debian(tree: Tree, common: str, pwquality: str = "") -> None:
    tree.write("/etc/pam.d/passwd", "# made by hand\n@include common-password\n")
    tree.write("/etc/pam.d/common-password", common + "password requisite pam_deny.so\n")
    tree.write("/etc/security/pwquality.conf", pwquality)
    tree.write("/etc/login.defs", "PASS_MAX_DAYS 90\n")


@pytest.mark.parametrize(
    ("lines", "enabled", "days"),
    [
        ("PASS_MAX_DAYS\t90\n", True, 90),
        ("PASS_MAX_DAYS 99999\n", False, None),
        ("PASS_MAX_DAYS -1\n", False, None),
        ("#PASS_MAX_DAYS 60\nPASS_MIN_DAYS 1\n", False, None),
        ("PASS_MAX_DAYS 0\n", True, 0),
    ],
)
def test_login_defs_reach_new_accounts_only(
    tree: Tree, lines: str, enabled: bool, days: int | None
) -> None:
    debian(tree, UNIX)
    tree.write("/etc/login.defs", lines)
    assert tree.only(PasswordPolicy)["expiry"] == {
        "enabled": enabled,
        "max_age_days": days,
        "binds": "new-accounts",
    }


def test_a_machine_without_login_defs_expires_nothing(tree: Tree) -> None:
    debian(tree, UNIX)
    (tree.root / "etc/login.defs").unlink()
    assert tree.only(PasswordPolicy)["expiry"]["enabled"] is False


def test_a_number_that_is_none_decides_nothing(tree: Tree) -> None:
    debian(tree, UNIX)
    tree.write("/etc/login.defs", "PASS_MAX_DAYS ninety\n")
    seen = tree.only(PasswordPolicy)["expiry"]
    assert seen == {"binds": "new-accounts"}
    assert seen.missing["enabled"].reason == Reason.MALFORMED_RESPONSE


def test_a_module_in_the_stack_enforces_its_settings(tree: Tree) -> None:
    debian(tree, QUALITY + UNIX, "minlen = 14\nminclass = 3\n# dcredit = -1\n")
    seen = tree.only(PasswordPolicy)["strength"]
    assert seen == {
        "enforced": True,
        "min_length": 14,
        "character_classes": 3,
        "reuse_history": 0,
    }
    assert seen.raw["binds_root"] is False


def test_settings_without_the_module_in_the_stack_enforce_nothing(tree: Tree) -> None:
    debian(tree, UNIX, "minlen = 14\nminclass = 4\n")
    tree.write("/usr/lib/x86_64-linux-gnu/security/pam_pwquality.so", "")
    assert tree.only(PasswordPolicy)["strength"] == {
        "enforced": False,
        "min_length": 6,
        "character_classes": 0,
        "reuse_history": 0,
    }


@pytest.mark.parametrize(
    "common",
    [
        UNIX + QUALITY,
        "password optional pam_pwquality.so\n" + UNIX,
        "password [default=ignore] pam_pwquality.so\n" + UNIX,
        "#" + QUALITY + UNIX,
        "auth requisite pam_pwquality.so\n" + UNIX,
    ],
)
def test_a_module_that_cannot_refuse_does_not_count(tree: Tree, common: str) -> None:
    debian(tree, common)
    assert tree.only(PasswordPolicy)["strength"]["enforced"] is False


def test_a_line_that_may_jump_over_the_module_leaves_it_open(tree: Tree) -> None:
    debian(tree, "password sufficient pam_sss.so\n" + QUALITY + UNIX)
    seen = tree.only(PasswordPolicy)["strength"]
    assert "enforced" not in seen
    assert seen.missing["enforced"].reason == Reason.NOT_SUPPORTED


def test_warning_only_is_not_enforcing(tree: Tree) -> None:
    debian(tree, QUALITY + UNIX, "enforcing = 0\n")
    assert tree.only(PasswordPolicy)["strength"]["enforced"] is False


def test_negative_credits_demand_classes_and_positive_ones_shorten(tree: Tree) -> None:
    debian(tree, QUALITY + UNIX, "minlen=12\ndcredit=-1\nucredit=-1\nlcredit=2\n")
    seen = tree.only(PasswordPolicy)["strength"]
    assert (seen["min_length"], seen["character_classes"]) == (10, 2)


def test_drop_ins_and_arguments_go_before_the_file(tree: Tree) -> None:
    debian(tree, QUALITY.replace("retry=3", "minclass=4 enforce_for_root") + UNIX, "minlen = 8\n")
    tree.write("/etc/security/pwquality.conf.d/50-site.conf", "minlen = 15\nminclass = 2\n")
    seen = tree.only(PasswordPolicy)["strength"]
    assert (seen["min_length"], seen["character_classes"]) == (15, 4)
    assert seen.raw["binds_root"] is True


@pytest.mark.parametrize(
    ("history", "conf", "remembered"),
    [
        ("password required pam_pwhistory.so remember=24 use_authtok\n", "", 24),
        ("password required pam_pwhistory.so use_authtok\n", "", 10),
        ("password required pam_pwhistory.so\n", "remember = 5\n", 5),
        ("password optional pam_pwhistory.so remember=24\n", "", 0),
    ],
)
def test_history_counts_where_it_can_refuse(
    tree: Tree, history: str, conf: str, remembered: int
) -> None:
    debian(tree, QUALITY + history + UNIX)
    tree.write("/etc/security/pwhistory.conf", conf)
    assert tree.only(PasswordPolicy)["strength"]["reuse_history"] == remembered


def test_red_hats_substack_is_followed(tree: Tree) -> None:
    tree.write("/etc/pam.d/passwd", "password substack system-auth\n-password optional pam_x.so\n")
    tree.write(
        "/etc/pam.d/system-auth",
        "password requisite pam_pwquality.so local_users_only\n"
        "password sufficient pam_unix.so sha512 shadow remember=7\n",
    )
    tree.write("/etc/login.defs", "")
    tree.write("/etc/security/pwquality.conf", "minlen = 3\n")
    assert tree.only(PasswordPolicy)["strength"] == {
        "enforced": True,
        "min_length": 6,
        "character_classes": 0,
        "reuse_history": 7,
    }


def test_includes_in_a_circle_end(tree: Tree) -> None:
    tree.write("/etc/pam.d/passwd", "@include other\n")
    tree.write("/etc/pam.d/other", "@include passwd\npassword required pam_unix.so\n")
    tree.write("/etc/security/pwquality.conf", "")
    assert tree.only(PasswordPolicy)["strength"]["enforced"] is False


@pytest.mark.parametrize(
    ("conf", "enforced", "length", "classes"),
    [
        ("", True, 7, 1),
        ("min=disabled,disabled,disabled,disabled,12\n", True, 12, 4),
        ("min=disabled,disabled,disabled,14,12\n", True, 12, 3),
        ("enforce=none\n", False, 7, 1),
    ],
)
def test_passwdqc_counts_too(
    tree: Tree, conf: str, enforced: bool, length: int, classes: int
) -> None:
    debian(tree, "password requisite pam_passwdqc.so\n" + UNIX)
    tree.write("/etc/passwdqc.conf", conf)
    seen = tree.only(PasswordPolicy)["strength"]
    assert (seen["enforced"], seen["min_length"], seen["character_classes"]) == (
        enforced,
        length,
        classes,
    )


def test_without_pam_nothing_is_known_of_strength(tree: Tree) -> None:
    tree.write("/etc/login.defs", "PASS_MAX_DAYS 30\n")
    seen = tree.only(PasswordPolicy)
    assert isinstance(seen["strength"], Failure)
    assert seen["strength"].reason == Reason.NO_DATA
    assert seen["expiry"]["max_age_days"] == 30
