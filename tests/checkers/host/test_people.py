"""From which directory a machine takes its people (files written from the tools' manuals)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.checkers.host.machines import Tree
from tests.checkers.host.refusing import refusing
from tests.checkers.host.test_password_promises import SOUND, key_of, machine
from troth.checkers.host import directories
from troth.checkers.host.sign_in import SignIn
from troth.model import Failure, Reason

SSSD = "[sssd]\ndomains = example\n[domain/example]\nid_provider = ldap\nldap_default_authtok = x\n"


def source(tree: Tree, passwd: str, **files: str) -> Any:
    machine(tree, SOUND)
    tree.write("/etc/nsswitch.conf", f"# hosts\npasswd: {passwd}\ngroup: files\n")
    paths = {
        "sssd": "/etc/sssd/sssd.conf",
        "nslcd": "/etc/nslcd.conf",
        "smb": "/etc/samba/smb.conf",
    }
    for name, text in files.items():
        tree.write(paths[name], text, mode=0o600)
    return tree.only(SignIn)["directory"]["state"]


@pytest.mark.parametrize(
    ("passwd", "files", "state"),
    [
        ("files systemd", {}, "none"),
        ("compat", {}, "none"),
        ("files sss", {"sssd": SSSD}, "in-use"),
        ("files sss", {"sssd": SSSD.replace("= ldap", "= files")}, "set-up-for-nothing"),
        (
            "files sss",
            {"sssd": SSSD.replace("domains = example", "domains =")},
            "set-up-for-nothing",
        ),
        (
            "files sss",
            {"sssd": SSSD.replace("domains = example", "#") + "enabled = true\n"},
            "in-use",
        ),
        ("files sss", {"sssd": ";" + SSSD}, "set-up-for-nothing"),
        ("files sss", {}, "set-up-for-nothing"),
        ("files", {"sssd": SSSD}, "none"),
        (
            "files [NOTFOUND=return] ldap",
            {"nslcd": "uri ldaps://dir.example/\nbindpw x\n"},
            "in-use",
        ),
        ("files ldap", {"nslcd": "# uri ldaps://dir.example/\n"}, "set-up-for-nothing"),
        ("files winbind", {"smb": "[global]\nsecurity = ADS\nworkgroup = EX\n"}, "in-use"),
        (
            "files winbind",
            {"smb": "[global]\nsecurity = user\nworkgroup = EX\n"},
            "set-up-for-nothing",
        ),
    ],
)
def test_a_directory_counts_where_it_is_asked_and_set_up(
    tree: Tree, passwd: str, files: dict[str, str], state: str
) -> None:
    assert source(tree, passwd, **files) == state


def test_without_a_line_files_are_asked(tree: Tree) -> None:
    machine(tree, SOUND)
    assert tree.only(SignIn)["directory"]["state"] == "none"
    assert directories.sources("passwd\n\x00\x1b[2J: sss\n") == ["files"]


def people(tree: Tree) -> Any:
    return tree.only(SignIn)["local_people"]


def test_people_with_a_way_in_are_counted(tree: Tree, tmp_path: Path) -> None:
    machine(tree, SOUND)
    assert people(tree) == {"logins": {"items": ["alice", "bob"], "complete": True}}
    machine(tree, f"!{SOUND}")
    assert people(tree)["logins"]["items"] == ["bob"]
    key_of("alice", tree, tmp_path / "k")
    assert people(tree)["logins"]["items"] == ["alice", "bob"]
    machine(tree, "!:1:0:90:7::10:")  # expired long ago
    assert people(tree)["logins"]["items"] == ["bob"]


@pytest.mark.parametrize(
    "line",
    [
        "AuthorizedKeysCommand /bin/k",
        "TrustedUserCAKeys /etc/ca",
        "Match User bob\nAuthorizedKeysFile /k",
    ],
)
def test_keys_from_elsewhere_leave_it_open(tree: Tree, line: str) -> None:
    machine(tree, f"!{SOUND}")
    tree.write("/etc/ssh/sshd_config", f"{line}\n")
    seen = people(tree)
    assert seen["logins"] == {"items": ["bob"]}
    assert seen.missing["logins"].reason == Reason.NOT_SUPPORTED


@pytest.mark.parametrize(
    ("name", "facet"), [("people_sources", "directory"), ("people_here", "local_people")]
)
def test_what_may_not_be_read_is_named(tree: Tree, name: str, facet: str) -> None:
    machine(tree, SOUND)
    seen = tree.only(refusing(SignIn, name))[facet]
    assert isinstance(seen, Failure)
    assert seen.permission == SignIn.calls()[name].actions[0]
