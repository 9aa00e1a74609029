"""Folders of backup files: real encrypted and packed files where the tools are there."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.host.machines import Tree
from troth.checkers.host import dumps
from troth.checkers.host.backup import BackupFolders
from troth.model import Failure, Reason

DAY = 86400
START = 1795132800
#: Written by hand in the shape that pg_dump gives its output.
DUMP = "--\n-- PostgreSQL database dump\n--\nSELECT 1;\n" + "-- x\n" * 100
DONE = DUMP + "--\n-- PostgreSQL database dump complete\n--\n\n"
FOLDER = [{"path": "/backup/", "store": "db1", "form": "database"}]


def points(tree: Tree, **entry: Any) -> dict[str, dict[str, Any]]:
    seen = tree.only(BackupFolders, backup_folders=[FOLDER[0] | entry])["points"]
    assert seen["recovery_points"]["complete"] is True
    return {p["id"].rsplit("/", 1)[1]: p for p in seen["recovery_points"]["items"]}


def states(tree: Tree, **entry: Any) -> dict[str, str]:
    return {name: point["state"] for name, point in points(tree, **entry).items()}


def test_a_whole_dump_is_a_point(tree: Tree) -> None:
    tree.write("/backup/db.sql", DONE, mtime=START)
    assert points(tree) == {
        "db.sql": {
            "id": "/backup/db.sql",
            "started_at": "2026-11-20T00:00:00+00:00",
            "completed_at": "2026-11-20T00:00:00+00:00",
            "state": "completed",
            "trigger": "unknown",
            "encrypted": False,
            "place": "host:web1:/backup",
            "storage": "disk",
            "size_bytes": len(DONE),
        }
    }
    seen = tree.only(BackupFolders, backup_folders=FOLDER)["subject"]
    assert seen == {"form": "database", "state": "present", "created_at": None, "system": ""}


def test_empty_cut_off_and_unfinished_files_are_no_backups(tree: Tree) -> None:
    tree.write("/backup/empty.sql", "")
    tree.write("/backup/halfway.sql", DUMP)
    tree.write("/backup/halfway.sql.gz", gzip.compress(DUMP.encode()))
    tree.write("/backup/whole.sql.gz", gzip.compress(DONE.encode()))
    tree.write("/backup/torn.sql.gz", gzip.compress(DONE.encode())[:-12])
    tree.write("/backup/now.sql.part", DUMP)
    tree.write("/backup/mysql.sql", "-- MySQL dump 10.13\nSELECT 1;\n")
    tree.write("/backup/mysql2.sql", "-- MySQL dump 10.13\nSELECT 1;\n-- Dump completed\n")
    assert states(tree, min_ratio=0) == {
        "empty.sql": "failed",
        "halfway.sql": "suspect",
        "halfway.sql.gz": "suspect",
        "whole.sql.gz": "completed",
        "torn.sql.gz": "suspect",
        "now.sql.part": "running",
        "mysql.sql": "suspect",
        "mysql2.sql": "completed",
    }
    assert points(tree)["empty.sql"]["completed_at"] is None


def test_a_file_far_below_the_usual_size_is_suspect(tree: Tree) -> None:
    for day, size in enumerate([1000, 1010, 990, 499, 1000, 505, 501]):
        tree.write(f"/backup/{day}.tar.age", b"a" * size, mtime=START + day * DAY)
    found = {name[0]: state for name, state in states(tree).items()}
    assert found == {
        "0": "completed",
        "1": "completed",
        "2": "completed",
        "3": "suspect",
        "4": "completed",
        "5": "completed",
        "6": "completed",
    }
    assert states(tree, min_ratio=0.9)["5.tar.age"] == "suspect"


def test_two_files_alone_have_no_usual_size(tree: Tree) -> None:
    tree.write("/backup/a", b"a" * 1000, mtime=START)
    tree.write("/backup/b", b"a", mtime=START + DAY)
    assert states(tree) == {"a": "completed", "b": "completed"}


def test_the_same_file_twice_is_noted(tree: Tree) -> None:
    for day in range(2):
        tree.write(f"/backup/{day}.sql", DONE, mtime=START + day * DAY)
    tree.write("/backup/2.sql", DONE.replace("SELECT 1", "SELECT 2"), mtime=START + 2 * DAY)
    seen = tree.only(BackupFolders, backup_folders=FOLDER)["points"]
    assert seen.raw == {"same_as_the_one_before": ["/backup/1.sql"]}


def test_a_pattern_chooses_and_folders_of_one_store_add_up(tree: Tree) -> None:
    tree.write("/backup/a.sql", DONE)
    tree.write("/backup/readme.txt", "hello")
    tree.write("/other/2026/b.sql", DONE)
    folders = [
        {"path": "/backup", "store": "db1", "pattern": "*.sql"},
        {"path": "/other", "store": "db1", "pattern": "*/*.sql"},
        {"path": "/other", "store": "db2"},
    ]
    _, found = tree.look(BackupFolders, backup_folders=folders)
    items = {
        store: [(p["id"], p["place"]) for p in seen["points"]["recovery_points"]["items"]]
        for store, seen in found.items()
    }
    assert items["db2"] == []
    assert sorted(items["db1"]) == [
        ("/backup/a.sql", "host:web1:/backup"),
        ("/other/2026/b.sql", "host:web1:/other"),
    ]


def test_a_folder_that_is_not_there_is_unknown(tree: Tree) -> None:
    failure = tree.only(BackupFolders, backup_folders=FOLDER)["points"]
    assert isinstance(failure, Failure)
    assert failure.reason == Reason.NO_DATA


def tar_of(data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("f")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zip_of(data: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("f", data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "encrypted"),
    [
        ("sql", DONE.encode(), False),
        ("tar", tar_of(b"x"), False),
        ("gz", gzip.compress(b"x", mtime=0), False),
        ("bz2", bz2.compress(b"x"), False),
        ("xz", lzma.compress(b"x"), False),
        ("zip", zip_of("x"), False),
        ("custom format of PostgreSQL", b"PGDMP\x01\x0e\x00", False),
        ("luks", b"LUKS\xba\xbe\x00\x02" + bytes(100), True),
        ("openssl", b"Salted__12345678" + bytes(range(200, 256)), True),
        ("age in gzip", gzip.compress(b"age-encryption.org/v1\n-> X25519 x\n", mtime=0), True),
        ("unknown", bytes(range(64)), None),
        ("text", b"hello", None),
        ("empty", b"", None),
    ],
)
def test_the_first_bytes_tell_whether_a_file_is_encrypted(
    name: str, content: bytes, encrypted: bool | None
) -> None:
    assert dumps.is_encrypted(content[: dumps.HEAD]) is encrypted, name


def test_what_is_not_known_is_absent(tree: Tree) -> None:
    tree.write("/backup/x.bin", bytes(range(64)))
    assert "encrypted" not in points(tree)["x.bin"]


def tool(name: str) -> None:
    if not shutil.which(name):
        pytest.skip(f"missing: {name}")


@pytest.mark.parametrize("armor", [[], ["-a"]])
def test_real_age_files_are_encrypted(tmp_path: Path, armor: list[str]) -> None:
    tool("age")
    key = tmp_path / "key"
    subprocess.run(["age-keygen", "-o", str(key)], check=True, capture_output=True)
    public = key.read_text().split("public key: ")[1].split()[0]
    done = subprocess.run(
        ["age", *armor, "-r", public], input=DONE.encode(), check=True, capture_output=True
    )
    assert dumps.is_encrypted(done.stdout[: dumps.HEAD]) is True


@pytest.fixture
def gpg_home(tmp_path: Path) -> Iterator[Path]:
    """Return a home for gpg; the agent that it starts there is ended."""
    tool("gpg")
    yield tmp_path
    subprocess.run(["gpgconf", "--homedir", str(tmp_path), "--kill", "gpg-agent"], check=False)


@pytest.mark.parametrize("armor", [[], ["--armor"]])
def test_real_gpg_files_are_encrypted_and_others_are_not_called_so(
    gpg_home: Path, armor: list[str]
) -> None:
    options = ["gpg", "--homedir", str(gpg_home), "--batch", "--pinentry-mode", "loopback", *armor]
    done = subprocess.run(
        [*options, "--passphrase", "p", "--symmetric"],
        input=DONE.encode(),
        check=True,
        capture_output=True,
    )
    assert dumps.is_encrypted(done.stdout[: dumps.HEAD]) is True
    done = subprocess.run(
        [*options, "--store"], input=DONE.encode(), check=True, capture_output=True
    )
    assert dumps.is_encrypted(done.stdout[: dumps.HEAD]) is None


def test_a_real_openssl_file_is_encrypted() -> None:
    tool("openssl")
    command = ["openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-pass", "pass:p"]
    done = subprocess.run(command, input=b"x", check=True, capture_output=True)
    assert dumps.is_encrypted(done.stdout) is True


@pytest.mark.parametrize("options", [[], ["--no-check"], ["-19", "--content-size"]])
def test_real_zstd_files_are_whole_until_cut(tmp_path: Path, options: list[str]) -> None:
    tool("zstd")
    plain = tmp_path / "plain"
    plain.write_bytes(bytes(i * i % 251 for i in range(700_000)))
    packed = tmp_path / "packed"
    subprocess.run(["zstd", "-q", *options, "-o", str(packed), str(plain)], check=True)
    whole = packed.read_bytes()
    for data, cut in ((whole, False), (whole[:-1], True), (whole[:20], True), (whole * 2, False)):

        def read(length: int, offset: int, data: bytes = data) -> bytes:
            return data[offset : offset + length]

        assert dumps.zstd_is_cut_off(read, len(data)) is cut, len(data)


def test_gzip_of_several_members_is_whole() -> None:
    data = gzip.compress(b"a") + gzip.compress(b"b")
    assert not dumps.packed(lambda n, o: data[o : o + n], len(data)).is_cut_off
    assert dumps.packed(lambda n, o: data[:-3][o : o + n], len(data)).is_cut_off
