"""What the collector brings is what a direct look at the same files says, in every shell."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.host.shells import NOBODY, SHELLS, brought
from troth.checker import ObservationFailed
from troth.checkers.host import commands, files
from troth.checkers.host.batch import Batch
from troth.errors import CheckerBug

NEVER, LATE = -86400, 4_070_908_800


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return a shell; ``alone`` has no other programs than those of busybox."""
    if request.param != "alone":
        return SHELLS[request.param]
    if not shutil.which("busybox"):
        pytest.skip("missing: busybox")
    alone = tmp_path_factory.mktemp("alone")
    subprocess.run(["busybox", "--install", "-s", str(alone)], check=True)
    return [f"{alone}/sh", "-s"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of everything that can lie about."""
    made = tmp_path / "of all sorts"
    (made / "conf.d/deep/deeper").mkdir(parents=True)
    (made / "main.conf").write_text("a = 1\n")
    (made / "conf.d/b.conf").write_bytes(b"\xff\xfe not UTF-8 \x00\x1b[31m\n\n\n")
    (made / "conf.d/a.conf").write_text("no line break at the end")
    (made / "conf.d/.hidden.conf").write_text("x")
    (made / "conf.d/c.txt").write_text("")
    (made / "conf.d/deep/deeper/f").write_text("f")
    (made / "conf.d/[odd] *$(id)`id`'\".conf").write_text("x")
    (made / b"conf.d/\xff\x1b[31m.conf".decode("utf-8", "surrogateescape")).write_text("bytes")
    (made / "huge").write_bytes(b"x" * 3_000_000)
    (made / "old.log.1.gz").write_bytes(gzip.compress(b"\n  \nfirst\nsecond\n"))
    os.mkfifo(made / "pipe")
    (made / "link").symlink_to("main.conf")
    (made / "away").symlink_to("conf.d")
    (made / "nowhere").symlink_to("not/there")
    os.utime(made / "main.conf", (NEVER, NEVER))
    os.utime(made / "huge", (LATE, LATE))
    return made


def same(batch: Batch, what: str, *words: Any) -> Any:
    """Return what a method says, which must be what it says of the files themselves."""
    told = [_told(getattr(one, what), *words) for one in (batch, files.Tree())]
    assert told[0] == told[1], (what, *words)
    return told[0]


def _told(method: Callable[..., Any], *words: Any) -> Any:
    try:
        found = method(*words)
        return found if isinstance(found, str | bytes | list | dict | bool) else _plain(found)
    except (FileNotFoundError, NotADirectoryError):
        return "not there"
    except OSError as error:
        return type(error).__name__
    except ObservationFailed as error:
        return error.failure.reason


def _plain(found: Any) -> Any:
    return list(found) if hasattr(found, "__next__") else found


def test_files_are_as_they_are(folder: Path, shell: list[str]) -> None:
    names = ["main.conf", "link", "nowhere", "missing", "pipe", "conf.d", "huge", "main.conf/x"]
    asked = [f"file '{folder}/{name}'; status '{folder}/{name}'" for name in names]
    batch = brought(*asked, shell=shell)
    for name in names:
        same(batch, "text", f"{folder}/{name}")
        same(batch, "stat", f"{folder}/{name}")
        same(batch, "exists", f"{folder}/{name}")
        same(batch, "read", f"{folder}/{name}", 10, -3)
    assert same(batch, "stat", f"{folder}/huge").st_mtime == LATE
    assert same(batch, "stat", f"{folder}/main.conf").st_mtime == NEVER


def test_folders_and_patterns_are_as_they_are(folder: Path, shell: list[str]) -> None:
    quoted = str(folder).replace(" ", "\\ ")
    batch = brought(
        f"folder {quoted} {quoted}/conf.d {quoted}/away {quoted}/none",
        f"file {quoted}/conf.d/*.conf {quoted}/*/*.txt {quoted}/none/*",
        f"walk 2 {quoted}",
        shell=shell,
    )
    for name in ("", "/conf.d", "/away", "/none"):
        same(batch, "names", f"{folder}{name}")
    assert len(same(batch, "texts", f"{folder}/conf.d", ".conf")) == 4
    assert same(batch, "texts", f"{folder}/none", "") == {}
    assert len(same(batch, "glob", f"{folder}/conf.d/*.conf")) == 4
    same(batch, "glob", f"{folder}/*/*.txt")
    assert len(same(batch, "walk", str(folder), 2)) > 12
    same(batch, "walk", str(folder), 1)
    for name in ("link", "nowhere", "pipe", "not-there", "conf.d/deep"):
        same(batch, "exists", f"{folder}/{name}")


def test_ends_and_first_lines_are_as_they_are(folder: Path, shell: list[str]) -> None:
    (folder / "whole.gz").write_bytes(gzip.compress(b"hello" * 5000))
    (folder / "torn.gz").write_bytes(gzip.compress(os.urandom(5000))[:-20])
    names = [one for one in os.listdir(folder) if one not in ("conf.d", "away")]
    batch = brought(
        "each all head_of 100; each all tail_of 50; each all first_line_of",
        "each all packed_of; each all file",
        shell=shell,
        lists={"all": [(f"{folder}/{name}",) for name in names]},
    )
    for name in names:
        path = f"{folder}/{name}"
        same(batch, "read", path, 100)
        same(batch, "read", path, 50, -50)
        if name != "torn.gz":  # how much of it is unpacked differs from tool to tool
            same(batch, "first_line", path)
    assert batch.first_line(f"{folder}/old.log.1.gz") == "first"
    assert same(batch, "packed", f"{folder}/whole.gz").whole is True
    assert same(batch, "packed", f"{folder}/torn.gz").whole is False


def test_a_torn_zstd_file_is_told(tmp_path: Path) -> None:
    if not shutil.which("zstd"):
        pytest.skip("missing: zstd")
    (tmp_path / "plain").write_bytes(os.urandom(700_000))
    subprocess.run(["zstd", "-q", tmp_path / "plain", "-o", tmp_path / "whole"], check=True)
    (tmp_path / "torn").write_bytes((tmp_path / "whole").read_bytes()[:-9])
    batch = brought(f"packed_of {tmp_path}/whole {tmp_path}/torn")
    assert same(batch, "packed", f"{tmp_path}/whole").is_cut_off is False
    assert same(batch, "packed", f"{tmp_path}/torn").is_cut_off is True


def test_values_of_the_target_are_no_patterns_and_no_shell(tmp_path: Path) -> None:
    names = ["*", "$(touch x)", "a b", "'; touch x; '", "[ab]", "-n", "line\nbreak", "\\", "b"]
    for name in names:
        (tmp_path / name).write_text(name)
    lists = {"all": [(f"{tmp_path}/{name}",) for name in names]}
    batch = brought("each all file", lists=lists)
    for name in (one for one in names if "\n" not in one):
        assert batch.text(f"{tmp_path}/{name}") == name
    assert sorted(os.listdir(tmp_path)) == sorted(names)


def test_a_value_with_brackets_means_the_file_of_that_name(tmp_path: Path) -> None:
    for name in ("[ab]", "b"):
        (tmp_path / name).write_text(name)
    batch = brought("each all file; each all status", lists={"all": [(f"{tmp_path}/[ab]",)]})
    assert batch.text(f"{tmp_path}/[ab]") == "[ab]"
    with pytest.raises(CheckerBug):
        batch.text(f"{tmp_path}/b")


def test_what_lies_behind_a_closed_folder_is_refused_not_absent() -> None:
    if os.geteuid() != 0:
        pytest.skip("missing: root, to become someone else")
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        (top / "closed/inner").mkdir(parents=True)
        (top / "closed/inner/x").write_text("x")
        (top / "link").symlink_to("closed/inner/x")
        (top / "away").symlink_to("closed/inner")
        top.chmod(0o755)
        (top / "closed").chmod(0o700)
        (top / "mine").write_text("x")
        (top / "mine").chmod(0o600)
        batch = brought(
            f"file {top}/closed/inner/x {top}/link {top}/away/x {top}/none/x {top}/*/inner/x",
            f"status {top}/closed/inner {top}/away/y; folder {top}/closed {top}/away; walk 3 {top}",
            f"folder {top}; file {top}/closed/* {top}/m*",
            shell=NOBODY,
        )
        assert batch.glob(f"{top}/m*") == [f"{top}/mine"]
        assert batch.exists(f"{top}/mine")
        with pytest.raises(PermissionError):
            batch.text(f"{top}/mine")
        for path in ("closed/inner/x", "link", "away/x"):
            with pytest.raises(PermissionError):
                batch.text(f"{top}/{path}")
        for path in ("closed/inner", "closed/other", "away/y", "link"):
            with pytest.raises(PermissionError):
                batch.exists(f"{top}/{path}")
        for path in ("closed", "away"):
            with pytest.raises(PermissionError):
                batch.names(f"{top}/{path}")
        for pattern in ("*/inner/x", "closed/*"):
            with pytest.raises(PermissionError):
                batch.glob(f"{top}/{pattern}")
        with pytest.raises(PermissionError):
            batch.texts(f"{top}/closed")
        assert not batch.exists(f"{top}/none/x")
        unread = {path for path, status in batch.walk(str(top), 3) if status.unread}
        assert f"{top}/closed" in unread


def test_a_name_with_a_line_break_leaves_a_list_incomplete(tmp_path: Path) -> None:
    hidden = tmp_path / "x\n81a4 0 0 1 1 " / "etc"
    hidden.mkdir(parents=True)
    (hidden / "forged").write_text("x")
    (tmp_path / "fine").write_text("x")
    batch = brought(f"walk 3 {tmp_path}; folder {tmp_path}; file {tmp_path}/*")
    with pytest.raises(ObservationFailed):
        list(batch.walk(str(tmp_path), 3))
    for broken in (batch.names, lambda path: batch.glob(f"{path}/*")):
        with pytest.raises(ObservationFailed):
            broken(str(tmp_path))
    with pytest.raises(CheckerBug):
        batch.exists("/etc/forged")
    assert batch.text(f"{tmp_path}/fine") == "x"


def test_a_walk_over_too_much_says_so(tmp_path: Path) -> None:
    for outer in range(21):
        (tmp_path / str(outer)).mkdir()
        for inner in range(1000):
            (tmp_path / str(outer) / str(inner)).touch()
    batch = brought(f"walk 2 {tmp_path}")
    entries = batch.walk(str(tmp_path), 2)
    for _ in range(files.WALKED):
        next(entries)
    with pytest.raises(ObservationFailed):
        list(entries)


def test_commands_are_as_they_answer(shell: list[str]) -> None:
    batch = brought(
        "run printf '%s' '$HOME;ls *'; run sh -c 'echo out; echo err >&2; exit 3'; run none-such a",
        "run_first seq 1 10000000; run_first sh -c 'echo no >&2; exit 4'; run env; run cat",
        shell=shell,
    )
    assert batch.run("printf", "%s", "$HOME;ls *").out == "$HOME;ls *"
    assert batch.run("sh", "-c", "echo out; echo err >&2; exit 3") == commands.Ran(
        3, "out\n", "err"
    )
    assert batch.first_line_of_run("seq", "1", "10000000") == commands.Ran(0, "1\n", "")
    assert batch.first_line_of_run("sh", "-c", "echo no >&2; exit 4") == commands.Ran(4, "", "no")
    assert "LC_ALL=C\n" in batch.run("env").out
    assert batch.run("cat").out == ""
    with pytest.raises(commands.NotInstalled):
        batch.run("none-such", "a")
    with pytest.raises(CheckerBug):
        batch.run("never", "asked")


def test_commands_that_do_not_end_are_given_up() -> None:
    batch = brought("t_limit='timeout -s KILL 1'", "run sleep 60; run_first sleep 61")
    with pytest.raises(subprocess.TimeoutExpired):
        batch.run("sleep", "60")
    with pytest.raises(subprocess.TimeoutExpired):
        batch.first_line_of_run("sleep", "61")


def test_hashes_stay_where_they_are(tmp_path: Path) -> None:
    lines = {
        "a": "$y$j9T$salt$hash", "b": "!$6$salt$hash", "c": "abcdefghijklm", "d": "", "e": "!!",
        "f": "*", "g": "x", "h": "whatever", "i": "!", "j": "!abcdefghijklm", "k": "$2b$10$xyz",
    }  # fmt: skip
    path = tmp_path / "shadow"
    path.write_text("".join(f"{name}:{field}:1:0:9:7:::\n" for name, field in lines.items()))
    found = brought(f"accounts_of {path}").text(str(path))
    assert dict(line.split(":")[:2] for line in found.splitlines()) == {
        "a": "$y$j9T$", "b": "!$6$", "c": "des", "d": "", "e": "!!", "f": "*", "g": "x",
        "h": "set", "i": "!", "j": "!des", "k": "$2b$10$",
    }  # fmt: skip
    assert all(line.endswith(":1:0:9:7:::") for line in found.splitlines())


def test_of_a_key_no_more_than_its_first_line_leaves(tmp_path: Path) -> None:
    (tmp_path / "k").write_text("\n\n-----BEGIN PRIVATE KEY-----\nsecret\n")
    batch = brought(f"only_line_of {tmp_path}/k")
    assert batch.first_line(f"{tmp_path}/k") == "-----BEGIN PRIVATE KEY-----"
    assert "secret" not in str(vars(batch._brought))
