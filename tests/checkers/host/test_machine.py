"""Secrets that lie about, and the SSH server, in prepared trees (all files written by hand)."""

from __future__ import annotations

import importlib
import subprocess
from pathlib import Path

import pytest

from tests.checkers.host.machines import Tree, seen_of
from troth.checkers.host import files, sshd
from troth.checkers.host.machine import Machine
from troth.model import Failure, Reason

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nmade by hand\n"


def readable(tree: Tree) -> list[str]:
    seen = tree.only(Machine)["credentials_at_rest"]["readable_by_all"]
    assert seen["complete"] is True
    return list(seen["items"])


def test_secrets_that_everyone_can_read_are_found(tree: Tree) -> None:
    tree.write("/etc/ssh/ssh_host_rsa_key", KEY, mode=0o644)
    tree.write("/etc/ssh/ssh_host_rsa_key.pub", "ssh-rsa AAAA", mode=0o644)
    tree.write("/home/alice/.ssh/id_ed25519", KEY, mode=0o644)
    tree.write("/home/alice/.pgpass", "h:5432:d:u:p", mode=0o644)
    tree.write("/home/alice/.netrc", "machine h", mode=0o640)
    tree.write("/home/alice/.bash_history", "ls", mode=0o604)
    tree.write("/srv/app/.env", "A=1", mode=0o644)
    tree.write("/srv/app/.env.example", "A=", mode=0o644)
    tree.write("/srv/app/cert.pem", "-----BEGIN CERTIFICATE-----\n", mode=0o644)
    tree.write("/srv/app/tls.key", "-----BEGIN PRIVATE KEY-----\n", mode=0o644)
    tree.write("/home/alice/.aws/credentials", "[default]", mode=0o644)
    assert readable(tree) == [
        "/etc/ssh/ssh_host_rsa_key",
        "/home/alice/.aws/credentials",
        "/home/alice/.bash_history",
        "/home/alice/.pgpass",
        "/home/alice/.ssh/id_ed25519",
        "/srv/app/.env",
        "/srv/app/tls.key",
    ]


def test_a_closed_folder_protects_what_is_in_it(tree: Tree) -> None:
    tree.write("/root/.pgpass", "x", mode=0o644)
    tree.write("/home/alice/.ssh/id_rsa", KEY, mode=0o644)
    (tree.root / "root").chmod(0o700)
    (tree.root / "home/alice/.ssh").chmod(0o700)
    assert readable(tree) == []


def test_a_closed_folder_above_protects_as_well(tree: Tree) -> None:
    tree.write("/home/alice/.pgpass", "x", mode=0o644)
    (tree.root / "home").chmod(0o750)
    assert readable(tree) == []


def test_links_are_not_followed(tree: Tree) -> None:
    tree.write("/opt/.pgpass", "x", mode=0o644)
    tree.write("/srv/x", "")
    (tree.root / "srv/.pgpass").symlink_to("/opt/.pgpass")
    (tree.root / "srv/opt").symlink_to("/opt")
    assert readable(tree) == []


def test_the_walk_ends_and_says_so(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.write("/srv/a/b/.pgpass", "x")
    tree.write("/srv/a/b/c/.pgpass", "x")
    assert readable(tree) == ["/srv/a/b/.pgpass"]
    monkeypatch.setattr(files, "WALKED", 2)
    seen = tree.only(Machine)["credentials_at_rest"]
    assert seen["readable_by_all"] == {"items": []}
    assert seen.missing["readable_by_all"].reason == Reason.LISTING_INCOMPLETE


def remote(tree: Tree, config: str | None, **drop_ins: str) -> dict[str, object]:
    tree.write("/usr/sbin/sshd", "")
    if config is not None:
        tree.write("/etc/ssh/sshd_config", config)
    for name, text in drop_ins.items():
        tree.write(f"/etc/ssh/sshd_config.d/{name}.conf", text)
    seen = tree.only(Machine)["remote_login"]
    assert isinstance(seen, dict)
    return seen


@pytest.mark.parametrize(
    ("config", "by_password"),
    [
        ("", False),
        ("PermitRootLogin yes\n", True),
        ("permitrootlogin YES\n", True),
        ("PermitRootLogin=yes\n", True),
        ("PermitRootLogin prohibit-password\n", False),
        ("PermitRootLogin no\nPermitRootLogin yes\n", False),
        ("PermitRootLogin yes\nPasswordAuthentication no\n", True),
        (
            "PermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n",
            False,
        ),
        (
            "PermitRootLogin yes\nPasswordAuthentication no\nChallengeResponseAuthentication no\n",
            False,
        ),
        ("PermitRootLogin yes\nAuthenticationMethods publickey,password publickey\n", False),
        ("PermitRootLogin yes\nAuthenticationMethods publickey password\n", True),
        ("# PermitRootLogin yes\n", False),
        ("PermitRootLogin no\nMatch User bob\n PasswordAuthentication no\n", False),
    ],
)
def test_roots_password_over_ssh(tree: Tree, config: str, by_password: bool) -> None:
    assert remote(tree, config) == {"offered": True, "root_by_password": by_password}


def test_a_drop_in_that_is_included_first_goes_first(tree: Tree) -> None:
    config = "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no\n"
    assert remote(tree, config, site="PermitRootLogin yes\n")["root_by_password"] is True
    config = "PermitRootLogin no\nInclude sshd_config.d/*.conf\n"
    assert remote(tree, config, site="PermitRootLogin yes\n")["root_by_password"] is False


@pytest.mark.parametrize(
    "config",
    [
        "PermitRootLogin no\nMatch Address 192.0.2.0/24\n PermitRootLogin yes\n",
        "PermitRootLogin yes\nMatch User root\n PermitRootLogin no\n",
    ],
)
def test_a_match_block_leaves_it_open(tree: Tree, config: str) -> None:
    seen = remote(tree, config)
    assert seen == {"offered": True}


def test_without_a_server_nothing_is_offered(tree: Tree) -> None:
    seen = tree.only(Machine)["remote_login"]
    assert seen == {"offered": False, "root_by_password": False}


def test_what_a_real_server_prints_is_understood(tmp_path: Path) -> None:
    server = Path("/usr/sbin/sshd")
    if not server.exists():
        pytest.skip("missing: sshd")
    key, config = tmp_path / "key", tmp_path / "config"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    config.write_text(f"HostKey {key}\nPermitRootLogin yes\nPasswordAuthentication no\n")
    script = 'mount -t tmpfs none /run && mkdir /run/sshd && exec "$0" -T -f "$1"'
    command = ["unshare", "--mount", "sh", "-c", script, str(server), str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("missing: permission to make a mount namespace")
    assert done.returncode == 0, done.stderr
    found = sshd.effective(done.stdout)
    assert (found["permitrootlogin"], found["passwordauthentication"]) == ("yes", "no")
    # It says nothing of a list that is empty.
    assert set(sshd.DEFAULTS) - {"channeltimeout"} <= set(found)


CHECKERS = [
    "password_policy:PasswordPolicy",
    "account:Accounts",
    "journal:Journal",
    "log:Logs",
    "volume:Volumes",
    "backup:BackupFolders",
    "firewall:InputRules",
    "machine:Machine",
]


@pytest.mark.parametrize("checker", CHECKERS)
def test_the_real_machine_gives_facts_or_failures(checker: str, tmp_path: Path) -> None:
    module, name = checker.split(":")
    cls = getattr(importlib.import_module(f"troth.checkers.host.{module}"), name)
    folders = [{"path": str(tmp_path), "store": "s"}]
    listed, found = seen_of(cls, {"id": "h", "type": "host", "backup_folders": folders})
    assert found or all(one.failure for one in listed) or module in ("journal", "log")
    for facets in found.values():
        assert set(facets) == set(cls.facets())


@pytest.mark.parametrize("checker", CHECKERS)
def test_an_empty_tree_gives_facts_or_failures(checker: str, tree: Tree) -> None:
    module, name = checker.split(":")
    cls = getattr(importlib.import_module(f"troth.checkers.host.{module}"), name)
    _, found = tree.look(cls, backup_folders=[{"path": "/b", "store": "s"}])
    for facets in found.values():
        assert all(isinstance(seen, dict | Failure) for seen in facets.values())
