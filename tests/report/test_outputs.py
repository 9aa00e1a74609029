"""What ``-o`` takes: formats, their versions, files, and folders for formats of many documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.report.accounts import account
from troth.cli import main
from troth.cli.output import Outputs
from troth.errors import UsageError


@pytest.fixture
def run(tmp_path: Path) -> str:
    return str(account(tmp_path).folder)


def test_oscal_into_a_folder_is_the_whole_set(run: str, tmp_path: Path) -> None:
    assert main(["report", run, "-o", f"oscal={tmp_path}/oscal/"]) == 0
    names = {path.name for path in (tmp_path / "oscal").iterdir()}
    assert names == {
        "assessment-results.json", "assessment-plan.json", "catalog.json", "profile.json",
        "component-definition.json",
    }  # fmt: skip


@pytest.mark.parametrize("version", ["1.1.3", "1.2.3"])
def test_the_version_of_a_format_can_be_chosen(run: str, tmp_path: Path, version: str) -> None:
    path = tmp_path / "ar.json"
    assert main(["report", run, "-o", f"oscal@{version}={path}"]) == 0
    body = json.loads(path.read_text())["assessment-results"]
    assert body["metadata"]["oscal-version"] == version


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("oscal@9.9", "oscal cannot be written as 9.9; it knows 1.1.2"),
        ("junit@2", "junit cannot be written as 2; it knows no version but the one"),
        ("sarf", "did you mean 'sarif'"),
    ],
)
def test_what_there_is_not_is_told_before_anything_is_looked_at(wanted: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        Outputs.parse((wanted,))


def test_a_file_that_could_not_be_finished_leaves_the_old_one(
    run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collector that reads while we write must not see half of it."""
    path = tmp_path / "out.json"
    path.write_text("old")
    monkeypatch.setattr("troth.report.json.write", _breaks)
    with pytest.raises(OSError, match="full"):
        _written(run, path)
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir() if "part" in one.name] == []


def _breaks(account: object, out: object) -> None:
    raise RuntimeError("the disk is full")


def _written(run: str, path: Path) -> None:
    if main(["report", run, "-o", f"json={path}"]) == 70:
        raise OSError("the disk is full")
