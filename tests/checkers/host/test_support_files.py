"""Folders of files that customers sent to support."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.checkers.host.machines import Tree, seen_of
from troth.checkers.host.support_files import SupportFiles
from troth.model import Failure, Reason

WRITTEN = 1795132800


def look(tree: Tree) -> Any:
    return tree.only(SupportFiles, support_folders=["/srv/files/"])["files"]


def test_files_with_their_times(tree: Tree) -> None:
    tree.write("/srv/files/2026/t-4/a.docx", "a", mtime=WRITTEN)
    tree.write("/srv/files/b", "b", mtime=WRITTEN + 1)
    assert look(tree) == {
        "kept": {
            "items": [
                {"key": "2026/t-4/a.docx", "modified_at": "2026-11-20T00:00:00+00:00"},
                {"key": "b", "modified_at": "2026-11-20T00:00:01+00:00"},
            ],
            "complete": True,
        }
    }


def test_links_are_no_files(tree: Tree) -> None:
    tree.write("/srv/files/a", "a")
    (tree.root / "srv/files/b").symlink_to("/etc/passwd")
    assert [one["key"] for one in look(tree)["kept"]["items"]] == ["a"]


def test_what_lies_too_deep_leaves_the_list_open(tree: Tree) -> None:
    tree.write("/srv/files/1/2/3/a", "a", mtime=WRITTEN)
    assert look(tree)["kept"]["complete"] is True
    tree.write("/srv/files/1/2/3/4/b", "b", mtime=WRITTEN)
    seen = look(tree)
    assert "complete" not in seen["kept"]
    assert seen.missing["kept"].reason == Reason.LISTING_INCOMPLETE
    assert "/srv/files/1/2/3/4" in seen.missing["kept"].message


def test_a_folder_that_is_not_there(tree: Tree) -> None:
    failure = look(tree)
    assert isinstance(failure, Failure)
    assert failure.reason == Reason.NO_DATA


def test_a_clock_of_1970_and_2099_and_hostile_names(tree: Tree) -> None:
    tree.write("/srv/files/\x1b[2J", "a", mtime=1)
    tree.write("/srv/files/b", "a", mtime=4102444800)
    found = [one["modified_at"][:4] for one in look(tree)["kept"]["items"]]
    assert sorted(found) == ["1970", "2100"]


def test_this_machine_over_the_collector(tmp_path: Path) -> None:
    (tmp_path / "t-4").mkdir()
    (tmp_path / "t-4/a").write_text("a")
    target = {"id": "h", "type": "host", "name": "web1", "support_folders": [str(tmp_path)]}
    _, found = seen_of(SupportFiles, target)
    seen = found[f"host:web1:{tmp_path}"]["files"]
    assert not isinstance(seen, Failure)
    assert [one["key"] for one in seen["kept"]["items"]] == ["t-4/a"]
    assert seen["kept"]["complete"] is True
