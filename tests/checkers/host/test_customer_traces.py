"""Names of what may be a customer's. Every text here was written by hand for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.checkers.host.machines import Tree, seen_of
from troth.checkers.host.customer_traces import CustomerTraces
from troth.model import Failure, Reason

FOLDERS = [{"path": "/backup/", "store": "db"}]


def look(tree: Tree, **options: Any) -> dict[str, Any]:
    _, found = tree.look(CustomerTraces, **options)
    return {name.removeprefix("host:web1:names:"): one["names"] for name, one in found.items()}


def test_names_of_every_sort(tree: Tree) -> None:
    tree.write(
        "/etc/passwd", "root:x:0:0::/root:/bin/sh\nc-7:x:1007:1007::/home/c-7:/bin/sh\n# x:\n"
    )
    tree.write("/etc/proftpd/ftpd.passwd", "yamato:$1$x$y:33:33::/srv:/bin/false\n")
    tree.write("/etc/vsftpd/user_conf/umi", "")
    tree.write("/home/c-7/.profile", "")
    tree.write("/var/www/c-8/index.html", "")
    tree.write("/backup/c-7.sql", "")
    tree.write("/srv/tenants/c-9/x", "")
    found = look(tree, backup_folders=FOLDERS, customer_folders=["/srv/tenants"])
    assert {name: (seen["form"], seen["names"]["items"]) for name, seen in found.items()} == {
        "homes": ("home", ["c-7"]),
        "accounts": ("account", ["c-7", "root", "umi", "yamato"]),
        "web-roots": ("web-root", ["c-8"]),
        "backups": ("backup", ["c-7.sql"]),
        "/srv/tenants": ("folder", ["c-9"]),
    }
    assert all(seen["names"]["complete"] for seen in found.values())


def test_usual_places_may_lack_but_not_those_of_the_target(tree: Tree) -> None:
    tree.write("/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
    found = look(tree, backup_folders=FOLDERS, customer_folders=["/srv/gone"])
    assert found["homes"]["names"] == {"items": [], "complete": True}
    assert found["web-roots"]["names"] == {"items": [], "complete": True}
    for name in ("backups", "/srv/gone"):
        assert isinstance(found[name], Failure)
        assert found[name].reason == Reason.NO_DATA


def test_without_accounts_nothing_is_known_of_them(tree: Tree) -> None:
    assert isinstance(look(tree)["accounts"], Failure)


def test_hostile_names(tree: Tree) -> None:
    tree.write("/etc/passwd", b"\xff\x1b[2J:x\n:::\n\x00:\n" + b"a" * 100_000 + b":x\n")
    assert len(look(tree)["accounts"]["names"]["items"]) == 4


def test_no_hash_becomes_a_fact(tree: Tree) -> None:
    tree.write("/etc/passwd", "a:$6$salt$hash:1:1::/:/bin/sh\n")
    assert "hash" not in str(look(tree)["accounts"])


def test_this_machine_over_the_collector(tmp_path: Path) -> None:
    (tmp_path / "c-7.sql").write_text("")
    folders = [{"path": str(tmp_path), "store": "db"}]
    target = {"id": "h", "type": "host", "name": "web1", "backup_folders": folders}
    _, found = seen_of(CustomerTraces, target | {"customer_folders": [str(tmp_path)]})
    seen = {name.removeprefix("host:web1:names:"): one["names"] for name, one in found.items()}
    assert "root" in seen["accounts"]["names"]["items"]
    assert seen["backups"]["names"]["items"] == ["c-7.sql"]
    assert seen[str(tmp_path)]["names"]["items"] == ["c-7.sql"]
    assert seen["web-roots"]["names"]["complete"] is True
