"""Who can reach backups on a machine. getfacl 2.3.1 of Debian 12 was run for its text."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.driver import Seen
from tests.checkers.host.machines import Tree, seen_of
from troth.checkers.host import access
from troth.checkers.host.backup_place import BackupPlaces
from troth.checkers.host.backup_tools import above, places
from troth.checkers.host.status import Status
from troth.model import Failure, Reason

PASSWD = """root:x:0:0:root:/root:/bin/bash
sync:x:4:0:sync:/bin:/bin/sync
backup:x:34:34:backup:/var/backups:/usr/sbin/nologin
www-data:x:33:33:www:/var/www:/usr/sbin/nologin
alice:x:1001:1001::/home/alice:/bin/bash
bob:x:1002:1002::/home/bob:/bin/bash
toor:x:0:0::/root:/bin/sh
"""
GROUP = "root:x:0:\nsudo:x:27:alice\nbackup:x:34:\nkeepers:x:90:bob,www-data\nalice:x:1001:\n"
#: Recorded, with another file name and other numbers.
ACL = """# file: /backup
# owner: 0
# group: 0
user::rwx
user:1002:r-x
user:1001:--x\t\t#effective:---
group::r-x
group:90:rw-\t\t#effective:r--
mask::r--
other::---
default:user::rwx
default:user:33:rwx
default:group::r-x
default:mask::rwx
default:other::---

"""
FOLDER = [{"path": "/backup", "store": "db"}]


@pytest.fixture
def machine(tree: Tree) -> Tree:
    tree.root.chmod(0o755)
    tree.write("/etc/passwd", PASSWD)
    tree.write("/etc/group", GROUP)
    tree.write("/etc/nsswitch.conf", "passwd: files systemd\ngroup: files [NOTFOUND=return]\n")
    tree.write("/backup/x.sql", "x")
    (tree.root / "backup").chmod(0o700)
    return tree


def look(tree: Tree, **options: Any) -> Any:
    found = tree.only(BackupPlaces, **({"backup_folders": FOLDER} | options))
    return found["access"]


def names(seen: Any) -> dict[str, str]:
    rows = seen["accounts"]["items"]
    return {row["account"].removeprefix("host:web1:"): row["type"] for row in rows}


def owner() -> str:
    return "root" if os.getuid() == 0 else f"uid {os.getuid()}"


def test_a_closed_folder_and_those_who_can_become_root(machine: Tree) -> None:
    seen = look(machine)
    assert seen["open"] is False
    assert seen["outsiders"] == {"items": [], "complete": True}
    assert seen["accounts"]["complete"] is True
    assert names(seen) == {"root": "service", "toor": "service", "alice": "person"} | (
        {} if owner() == "root" else {owner(): "person"}
    )


@pytest.mark.parametrize(("mode", "ways"), [(0o750, 0), (0o751, 1), (0o704, 1), (0o702, 1)])
def test_a_folder_that_is_open_to_everybody(machine: Tree, mode: int, ways: int) -> None:
    (machine.root / "backup").chmod(mode)
    seen = look(machine)
    assert seen["open"] is bool(ways)
    assert len(seen["ways"]["items"]) == ways
    if ways:
        assert seen["ways"]["items"] == [f"mode {mode:04o} of /backup"]


def test_a_folder_below_a_closed_one_is_closed(machine: Tree) -> None:
    machine.write("/srv/closed/b/x.sql", "x")
    (machine.root / "srv/closed/b").chmod(0o755)
    (machine.root / "srv/closed").chmod(0o700)
    folder = [{"path": "/srv/closed/b/", "store": "db"}]
    assert look(machine, backup_folders=folder)["open"] is False
    (machine.root / "srv/closed").chmod(0o701)
    assert look(machine, backup_folders=folder)["open"] is True


def test_a_group_that_may_enter_needs_the_access_list_too(machine: Tree) -> None:
    (machine.root / "backup").chmod(0o750)
    seen = look(machine)
    assert "complete" not in seen["accounts"]
    assert seen.missing["accounts"].reason == Reason.NOT_SUPPORTED
    assert "getfacl" in seen.missing["accounts"].message


def test_accounts_of_a_directory_are_not_all_known(machine: Tree) -> None:
    machine.write("/etc/nsswitch.conf", "passwd: files sss\n")
    assert "sss" in look(machine).missing["accounts"].message


def test_a_folder_that_is_not_there_or_is_none(machine: Tree) -> None:
    gone = look(machine, backup_folders=[{"path": "/gone", "store": "db"}])
    assert isinstance(gone, Failure)
    file = look(machine, backup_folders=[{"path": "/backup/x.sql", "store": "db"}])
    assert isinstance(file, Failure)
    assert file.reason == gone.reason == Reason.NO_DATA


def test_without_the_groups_nothing_is_known(machine: Tree) -> None:
    (machine.root / "etc/group").unlink()
    assert isinstance(look(machine), Failure)


def status(mode: int, uid: int = 0, gid: int = 90) -> Status:
    return Status(0o040000 | mode, uid, gid, 0, 0)


def test_whom_an_access_list_names() -> None:
    named = access.entries(ACL)
    assert named == (frozenset({1002}), frozenset({90}))
    assert access.entries(ACL.replace("mask::r--", "mask::---")) == (frozenset(), frozenset())
    assert access.entries("") == (frozenset(), frozenset())
    assert access.entries("user:1002:r-x\n").users == {1002}


def test_who_enters() -> None:
    from troth.checkers.host.shadow import logins

    known, none = logins(PASSWD), access.entries("")
    assert access.enterers(status(0o750), none, known, GROUP) == {"root", "toor", "bob", "www-data"}
    assert access.enterers(status(0o700), none, known, GROUP) == {"root", "toor"}
    assert access.enterers(status(0o700, 1002), none, known, GROUP) == {"root", "toor", "bob"}
    assert access.enterers(status(0o700, 4242), none, known, "x") == {"root", "toor", "uid 4242"}
    assert access.enterers(status(0o750, gid=1001), none, known, GROUP) == {"root", "toor", "alice"}
    assert access.enterers(status(0o750, gid=0), none, known, GROUP) == {"root", "toor"}
    listed = access.entries("user:1001:r--\ngroup:34:r-x\n")
    assert access.enterers(status(0o700), listed, known, GROUP) == {
        "root",
        "toor",
        "alice",
        "backup",
    }


def test_places_of_a_target() -> None:
    target = {
        "backup_folders": [{"path": "/b/", "store": "x"}, {"path": "/b", "store": "y"}],
        "backup_repositories": [
            {"tool": "restic", "repository": "/r/", "store": "x"},
            {"tool": "borg", "repository": "nas:r", "store": "x"},
            {"tool": "pgbackrest", "repository": "/main", "store": "x"},
        ],
    }
    assert places(target) == ["/b", "/r"]
    assert above("/a/b") == ["/a", "/"]


def test_a_real_access_list(tmp_path: Path) -> None:
    if not shutil.which("setfacl"):
        pytest.skip("missing: acl")
    tmp_path.chmod(0o750)
    command = ["setfacl", "-m", "u:54321:r-x", str(tmp_path)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("the file system has no access control lists")
    folders = [{"path": str(tmp_path), "store": "db"}]
    target = {"id": "h", "type": "host", "name": "web1", "backup_folders": folders}
    _, found = seen_of(BackupPlaces, target)
    seen = found[f"host:web1:{tmp_path}"]["access"]
    assert isinstance(seen, Seen)
    assert names(seen)["uid 54321"] == "person"
