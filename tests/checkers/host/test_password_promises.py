"""What issue 6 asks of password expiry, from the machine's files to the clause's verdict."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.host.machines import Tree
from tests.checkers.host.promises import judged, verdicts

TODAY = int(datetime.now(UTC).timestamp() // 86400)
HASH = "$y$j9T$notasalt$nothash"
CLAUSE, CHECKERS = "purecloud/3.3.Cb", ["host.account", "host.password-policy"]
SOUND = f"{HASH}:{TODAY - 20}:0:90:7:::"


def machine(tree: Tree, alice: str, postgres: str = "!:19000:0:99999:7:::") -> None:
    tree.write(
        "/etc/passwd",
        "root:x:0:0:root:/root:/bin/bash\n"
        "daemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n"
        "postgres:x:101:101::/var/lib/postgresql:/bin/bash\n"
        "alice:x:1000:1000:Alice:/home/alice:/bin/bash\n"
        "bob:x:1001:1001:Bob:/home/bob:/bin/bash\n",
    )
    tree.write("/etc/group", "root:x:0:\n")
    tree.write("/etc/login.defs", "PASS_MAX_DAYS 90\nUID_MIN 1000\nUID_MAX 60000\n")
    tree.write(
        "/etc/shadow",
        f"root:*:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\npostgres:{postgres}\n"
        f"alice:{alice}\nbob:{SOUND}\n",
    )
    tree.write("/etc/pam.d/common-password", "password required pam_unix.so\n")


def expiry(tree: Tree, work: Path) -> dict[str, str]:
    return verdicts(judged(tree, CLAUSE, CHECKERS, work), "password-expiry")


def key_of(login: str, tree: Tree, work: Path) -> None:
    """Let a key that ssh-keygen makes in as somebody."""
    path = work / "key"
    work.mkdir(parents=True, exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    tree.write(f"/home/{login}/.ssh/authorized_keys", path.with_suffix(".pub").read_text())


def test_accounts_that_expire_are_kept(tree: Tree, tmp_path: Path) -> None:
    machine(tree, SOUND)
    found = expiry(tree, tmp_path / "w")
    assert (found["account:alice"], found["account:bob"]) == ("pass", "pass")


def test_a_default_of_90_days_does_not_hide_an_account_that_never_expires(
    tree: Tree, tmp_path: Path
) -> None:
    machine(tree, f"{HASH}:{TODAY - 20}:0:99999:7:::")
    found = judged(tree, CLAUSE, CHECKERS, tmp_path / "w")
    assert verdicts(found, "password-expiry") == {
        "password-policy": "not-applicable",  # PASS_MAX_DAYS 90 binds new accounts only
        "account:root": "not-applicable",
        "account:postgres": "not-applicable",
        "account:alice": "fail",
        "account:bob": "pass",
    }
    (one,) = (each for each in found if each["resource"].endswith("account:alice"))
    assert "90 days" in json.dumps(one, ensure_ascii=False)


@pytest.mark.parametrize(
    ("days", "verdict"), [(90, "pass"), (91, "fail"), (0, "fail"), (99999, "fail")]
)
def test_the_accounts_own_limit_decides(
    tree: Tree, tmp_path: Path, days: int, verdict: str
) -> None:
    machine(tree, f"{HASH}:{TODAY}:0:{days}:7:::")
    assert expiry(tree, tmp_path / "w")["account:alice"] == verdict


def state(tree: Tree, login: str) -> Any:
    from troth.checkers.host.account import Accounts

    seen = tree.look(Accounts)[1][f"host:web1:account:{login}"]
    return seen["identity"]["state"]


def test_a_locked_password_with_a_key_is_not_disabled(tree: Tree, tmp_path: Path) -> None:
    machine(tree, f"!{SOUND}")
    assert state(tree, "alice") == "disabled"
    key_of("alice", tree, tmp_path / "k")
    assert state(tree, "alice") == "enabled"
    # The person still signs in: whose account it is has to be known, though no password expires.
    found = judged(tree, CLAUSE, CHECKERS, tmp_path / "w")
    assert verdicts(found, "password-expiry")["account:alice"] == "not-applicable"
    (one,) = (each for each in found if each["resource"].endswith("account:alice"))
    assert "only keys sign in" in json.dumps(one)
    owners = judged(tree, "purecloud/3.3", CHECKERS, tmp_path / "o", staff(tmp_path / "r"))
    assert verdicts(owners, "unique-user-accounts")["account:alice"] == "fail"


def test_a_locked_password_without_a_key_is(tree: Tree, tmp_path: Path) -> None:
    machine(tree, f"!{SOUND}")
    owners = judged(tree, "purecloud/3.3", CHECKERS, tmp_path / "o", staff(tmp_path / "r"))
    assert verdicts(owners, "unique-user-accounts")["account:alice"] == "not-applicable"


def test_a_system_account_without_a_password_is_not_applicable(tree: Tree, tmp_path: Path) -> None:
    machine(tree, SOUND)
    assert expiry(tree, tmp_path / "w")["account:postgres"] == "not-applicable"


def staff(folder: Path) -> dict[str, Any]:
    """Return a register of staff that knows bob alone, as lines of troth.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    (folder / "staff.csv").write_text(
        f"# register: staff\n# exported_at: {now}\n# source: HR\n"
        "person_id,worker_type,roles,start_date,end_date,status,accounts\n"
        "p-02,employee,operator,2024-01-01,,active,host:web1:bob\n"
    )
    return {"targets": [{"id": "registers", "type": "register", "folder": str(folder)}]}
