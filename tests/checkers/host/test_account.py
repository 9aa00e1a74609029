"""The accounts of prepared trees (all files written by hand)."""

from __future__ import annotations

import os
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.checkers.driver import observe
from tests.checkers.host.machines import Tree
from troth.checkers.host import shadow
from troth.checkers.host.account import Accounts
from troth.model import Failure, Reason

TODAY = int(datetime.now(UTC).timestamp() // 86400)
HASH = "$y$j9T$abc$def"


def machine(tree: Tree, *shadow_lines: str, passwd: str = "") -> None:
    tree.write(
        "/etc/passwd",
        "root:x:0:0:root:/root:/bin/bash\n"
        "daemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n"
        "postgres:x:101:101::/var/lib/postgresql:/bin/bash\n"
        "alice:x:1000:1000:Alice:/home/alice:/bin/bash\n" + passwd,
    )
    tree.write("/etc/group", "root:x:0:\nsudo:x:27:\nalice:x:1000:\n")
    tree.write("/etc/login.defs", "UID_MIN 1000\nUID_MAX 60000\n")
    ours = "".join(f"{line}\n" for line in shadow_lines)
    others = f"root:*:19000:0:99999:7:::\npostgres:!:{TODAY}:0:99999:7:::\n"
    tree.write("/etc/shadow", ours + others, mode=0o640)


def account(tree: Tree, login: str = "alice") -> dict[str, object]:
    return dict(tree.look(Accounts)[1][f"host:web1:account:{login}"])


def password(tree: Tree, line: str) -> dict[str, object]:
    machine(tree, f"alice:{line}")
    seen = account(tree)["password"]
    assert isinstance(seen, dict)
    return seen


def test_accounts_with_a_shell_are_listed_by_whose_they_are(tree: Tree) -> None:
    machine(tree, f"alice:{HASH}:{TODAY}:0:90:7:::")
    listed, found = tree.look(Accounts)
    assert listed == []
    kinds = {name.rsplit(":", 1)[1]: seen["identity"]["type"] for name, seen in found.items()}
    assert kinds == {"root": "root", "postgres": "service", "alice": "human"}


def test_a_password_that_expires(tree: Tree) -> None:
    assert password(tree, f"{HASH}:{TODAY - 30}:0:90:7:14::") == {
        "state": "set",
        "changed_at": shadow.instant(TODAY - 30),
        "max_age_days": 90,
        "sign_in": "open",
    }


def test_days_are_days_of_utc() -> None:
    assert shadow.instant(20_000) == "2024-10-04T00:00:00+00:00"


@pytest.mark.parametrize("longest", ["99999", "", "-1", "100000"])
def test_99999_days_and_none_mean_never(tree: Tree, longest: str) -> None:
    seen = password(tree, f"{HASH}:{TODAY - 4000}:0:{longest}:7:::")
    assert (seen["max_age_days"], seen["sign_in"]) == (None, "open")


@pytest.mark.parametrize(
    ("rest", "sign_in"),
    [
        (f"{TODAY - 90}:0:90:7:14::", "open"),
        (f"{TODAY - 91}:0:90:7:14::", "blocked-until-changed"),
        (f"{TODAY - 105}:0:90:7:14::", "blocked"),
        (f"{TODAY - 105}:0:90:7:::", "blocked-until-changed"),
        (f"{TODAY}:0:90:7::{TODAY}:", "blocked"),
        (f"{TODAY}:0:90:7::{TODAY + 1}:", "open"),
        ("0:0:90:7:::", "blocked-until-changed"),
    ],
)
def test_what_a_password_opens_today(tree: Tree, rest: str, sign_in: str) -> None:
    assert password(tree, f"{HASH}:{rest}")["sign_in"] == sign_in


@pytest.mark.parametrize("field", ["!", "*", "!!", f"!{HASH}"])
def test_a_locked_password(tree: Tree, field: str) -> None:
    seen = password(tree, f"{field}:{TODAY}:0:90:7:::")
    assert (seen["state"], seen["sign_in"]) == ("locked", "blocked")


def test_an_empty_password_is_no_exemption(tree: Tree) -> None:
    machine(tree, f"alice::{TODAY - 400}:0:90:7:::")
    seen = tree.look(Accounts)[1]["host:web1:account:alice"]["password"]
    assert seen["state"] == "set"
    assert seen.raw["empty"] is True


def test_a_change_that_was_forced_has_no_date(tree: Tree) -> None:
    machine(tree, f"alice:{HASH}:0:0:90:7:::")
    seen = tree.look(Accounts)[1]["host:web1:account:alice"]["password"]
    assert "changed_at" not in seen
    assert seen.missing["changed_at"].reason == Reason.NO_DATA


def key_pair(folder: Path, name: str) -> tuple[str, str]:
    """Return a public key line that ssh-keygen made and the fingerprint that it prints."""
    path = folder / name
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "a b", "-f", str(path)], check=True
    )
    printed = subprocess.run(
        ["ssh-keygen", "-lf", f"{path}.pub"], check=True, capture_output=True, text=True
    ).stdout
    return Path(f"{path}.pub").read_text(), printed.split()[1]


def test_a_locked_password_does_not_stop_a_key(
    tree: Tree, tmp_path_factory: pytest.TempPathFactory
) -> None:
    machine(tree, f"alice:!{HASH}:{TODAY}:0:90:7:::")
    assert account(tree)["identity"]["state"] == "disabled"  # type: ignore[index]
    line, fingerprint = key_pair(tmp_path_factory.mktemp("keys"), "id")
    tree.write(
        "/home/alice/.ssh/authorized_keys", f'# mine\ncommand="a b",no-pty {line}\nrubbish\n'
    )
    seen = account(tree)
    assert seen["identity"]["state"] == "enabled"  # type: ignore[index]
    assert seen["public_keys"] == {"fingerprints": {"items": [fingerprint], "complete": True}}


def test_an_account_past_its_last_day_is_disabled(tree: Tree) -> None:
    machine(tree, f"alice:{HASH}:{TODAY}:0:90:7::{TODAY - 1}:")
    assert account(tree)["identity"]["state"] == "disabled"  # type: ignore[index]


def test_key_files_are_where_sshd_looks(
    tree: Tree, tmp_path_factory: pytest.TempPathFactory
) -> None:
    machine(tree, f"alice:{HASH}:{TODAY}:0:90:7:::")
    line, fingerprint = key_pair(tmp_path_factory.mktemp("keys"), "id")
    tree.write("/etc/ssh/sshd_config", "AuthorizedKeysFile /etc/ssh/keys/%u\n")
    tree.write("/etc/ssh/keys/alice", line)
    seen = tree.look(Accounts)[1]["host:web1:account:alice"]["public_keys"]
    assert seen["fingerprints"]["items"] == [fingerprint]


def test_keys_from_a_command_leave_the_list_incomplete(tree: Tree) -> None:
    machine(tree, f"alice:!:{TODAY}:0:90:7:::")
    tree.write("/etc/ssh/sshd_config", "AuthorizedKeysCommand /usr/bin/sss_ssh_authorizedkeys\n")
    seen = tree.look(Accounts)[1]["host:web1:account:alice"]
    assert seen["public_keys"] == {"fingerprints": {"items": []}}
    assert "state" not in seen["identity"]


def test_members_of_sudo_are_admins(tree: Tree) -> None:
    machine(tree, f"alice:{HASH}:{TODAY}:0:90:7:::")
    assert account(tree)["identity"]["role"] == "ordinary"  # type: ignore[index]
    tree.write("/etc/group", "sudo:x:27:bob,alice\n")
    assert account(tree)["identity"]["role"] == "admin"  # type: ignore[index]


def test_accounts_of_a_directory_leave_the_list_incomplete(tree: Tree) -> None:
    machine(tree)
    tree.write("/etc/nsswitch.conf", "passwd: files systemd sss # local first\n")
    listed, _ = tree.look(Accounts)
    assert [one.failure.reason for one in listed if one.failure] == [Reason.NOT_SUPPORTED]
    tree.write("/etc/nsswitch.conf", "passwd: files systemd\n")
    assert tree.look(Accounts)[0] == []


def test_two_lines_of_one_login_are_two_accounts(tree: Tree) -> None:
    machine(tree, f"alice:{HASH}:{TODAY}:0:90:7:::", passwd="alice:x:0:0::/root:/bin/sh\n")
    found = tree.look(Accounts)[1]
    assert found["host:web1:account:alice#2"]["identity"]["type"] == "root"


def test_a_hash_in_passwd_is_a_password_and_stays_where_it_is(tree: Tree) -> None:
    machine(tree, passwd=f"old:{HASH}:1001:1001::/home/old:/bin/sh\n")
    seen = tree.look(Accounts)[1]["host:web1:account:old"]["password"]
    assert seen["state"] == "set"
    assert HASH not in shadow.redacted((tree.root / "etc/passwd").read_text())


def test_no_hash_comes_out_of_reading_shadow() -> None:
    found = shadow.shadows(f"alice:{HASH}:1:0:90:7:::")
    assert HASH not in repr(found)


def test_an_account_without_a_shadow_line_is_unknown(tree: Tree) -> None:
    machine(tree)
    seen = account(tree)["password"]
    assert isinstance(seen, Failure)
    assert seen.reason == Reason.NO_DATA


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
def test_a_user_may_not_read_shadow_and_is_told_so() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        machine(Tree(Path(folder)), f"alice:{HASH}:{TODAY}:0:90:7:::")
        Path(folder, "etc/shadow").chmod(0o600)
        os.seteuid(65534)
        try:
            ((_, _, found),) = observe(Accounts, {"id": "h", "root": folder, "name": "web1"})
        finally:
            os.seteuid(0)
    failure = found["host:web1:account:alice"]["password"]
    assert isinstance(failure, Failure)
    assert failure.reason == Reason.PERMISSION_DENIED
    assert failure.permission == "read /etc/shadow (root or group shadow)"
