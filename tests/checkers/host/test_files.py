"""Reading below another root: links stay there, and nothing but files is opened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from troth.checker import ObservationFailed
from troth.checkers.host import files
from troth.model import Reason


def test_an_absolute_link_means_the_trees_own_file(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/real").write_text("inside")
    (tmp_path / "etc/passwd").symlink_to("/etc/real")
    assert files.Tree(str(tmp_path)).text("/etc/passwd") == "inside"


def test_dots_do_not_leave_the_tree(tmp_path: Path) -> None:
    inner = tmp_path / "root"
    inner.mkdir()
    (tmp_path / "secret").write_text("outside")
    (inner / "link").symlink_to("../../secret")
    tree = files.Tree(str(inner))
    for path in ("/../secret", "/link"):
        with pytest.raises(FileNotFoundError):
            tree.text(path)


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(ObservationFailed):
        files.Tree(str(tmp_path)).text("/a")


def test_a_fifo_is_refused_and_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ObservationFailed) as raised:
        files.Tree(str(tmp_path)).text("/pipe")
    assert raised.value.failure.reason == Reason.NOT_SUPPORTED


def test_a_file_that_is_too_long_is_not_read_by_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LIMIT", 10)
    (tmp_path / "ten").write_text("x" * 10)
    (tmp_path / "eleven").write_text("x" * 11)
    tree = files.Tree(str(tmp_path))
    assert tree.text("/ten") == "x" * 10
    with pytest.raises(ObservationFailed):
        tree.text("/eleven")


def test_a_pattern_finds_files_below_the_root(tmp_path: Path) -> None:
    for name in ("var/log/a.log", "var/log/b.log", "var/log/.hidden.log", "var/log/c.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    tree = files.Tree(str(tmp_path))
    assert tree.glob("/var/*/*.log") == ["/var/log/a.log", "/var/log/b.log"]
    assert tree.glob("/nothing/*") == []


def test_the_end_of_a_file_is_read_from_its_end(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("0123456789")
    tree = files.Tree(str(tmp_path))
    assert (tree.read("/f", 3, -3), tree.read("/f", 20, -20)) == (b"789", b"0123456789")
