"""The last look before signing: every file, bounded memory, never the value, no false alarm."""

from __future__ import annotations

import json
import os
import tracemalloc
from pathlib import Path

import pytest

from troth.errors import IntegrityError
from troth.evidence.secrets import BLOCK, OVERLAP, Found, scan

TOKEN = "gh" + "p_" + "Ca1" * 12
PEM = "-----BEGIN EC PRIVATE " + "KEY-----\n" + "MHcC\n" * 4


def test_it_says_where_and_what_and_never_the_value(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text(f"one\ntwo {TOKEN}\nthree\n")
    (tmp_path / "b.json").write_text(json.dumps({"x": PEM}))
    found = scan(tmp_path)
    assert found == [
        Found(Path("b.json"), 1, "private key"),
        Found(Path("data/a.txt"), 2, "GitHub token"),
    ]
    assert str(found[1]) == "data/a.txt:2 GitHub token"
    assert TOKEN not in repr(found)


def test_a_folder_without_secrets_gives_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("password: at least twelve characters\n")
    assert scan(tmp_path) == []


@pytest.mark.parametrize("name", [".hidden", "x.bin", "no-suffix", "x.html"])
def test_every_file_is_read_whatever_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x00\xff\n" + TOKEN.encode() + b"\n")
    assert [(hit.line, hit.what) for hit in scan(tmp_path)] == [(2, "GitHub token")]


@pytest.mark.parametrize(
    "before", [0, 1, 20, OVERLAP - 40, OVERLAP - 4, OVERLAP, OVERLAP + 1, 2 * OVERLAP]
)
@pytest.mark.parametrize("blocks", [1, 2])
def test_what_lies_across_two_blocks_is_found_once(
    tmp_path: Path, before: int, blocks: int
) -> None:
    line = "x" * 63 + "\n"
    filler = (line * (BLOCK * blocks // 64 + 1))[: BLOCK * blocks - before - 9]
    text = f"{filler}\npassword=hunter22\n{TOKEN}\n{line * (4 * OVERLAP // 64)}"
    (tmp_path / "a").write_text(text)
    where = text[: text.index("password")].count("\n") + 1
    assert scan(tmp_path) == [
        Found(Path("a"), where, "password or secret"),
        Found(Path("a"), where + 1, "GitHub token"),
    ]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        for _ in range(24):
            file.write(b"y" * BLOCK)  # one line, as JSON may be
        file.write(TOKEN.encode())
    tracemalloc.start()
    found = scan(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(hit.line, hit.what) for hit in found] == [(1, "GitHub token")]
    assert peak < 12 * BLOCK


def test_a_link_is_refused_for_what_it_leads_to_was_not_packed(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("/etc/hostname")
    with pytest.raises(IntegrityError, match="is not a file"):
        scan(tmp_path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")
    with pytest.raises(IntegrityError, match="is not a file"):
        scan(tmp_path)


def test_a_file_that_cannot_be_read_is_not_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a").touch()
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(IntegrityError, match="cannot be read: Permission denied"):
        scan(tmp_path)
