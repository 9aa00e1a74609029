"""Which packages bring folders: found by entry points, and none is overlooked."""

from __future__ import annotations

import zipfile
from pathlib import Path
from zoneinfo import available_timezones

import pytest

from troth import params
from troth.plugins import content_folders


def _package(folder: Path, suffix: str, name: str) -> Path:
    about = folder / f"acme_boxes-1.0.{suffix}"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Name: acme-boxes\nVersion: 1.0\n")
    (about / "PKG-INFO").write_text("Name: acme-boxes\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[troth.kinds]\nacme = {name}.kinds\n")
    kinds = folder / name / "kinds"
    kinds.mkdir(parents=True)
    (folder / name / "__init__.py").touch()
    (kinds / "__init__.py").touch()
    return kinds


@pytest.mark.parametrize("suffix", ["dist-info", "egg-info"])
def test_a_package_brings_a_folder(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = _package(tmp_path, suffix, f"boxes_{suffix[:4]}")
    monkeypatch.syspath_prepend(tmp_path)
    assert content_folders() == {"kinds": [kinds], "controls": [], "policies": []}


def test_a_package_in_an_archive_is_not_overlooked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "acme.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("acme_boxes-1.0.dist-info/METADATA", "Name: acme-boxes\nVersion: 1.0\n")
        made.writestr("acme_boxes-1.0.dist-info/entry_points.txt", "[troth.kinds]\nx = nowhere_\n")
    monkeypatch.syspath_prepend(archive)
    with pytest.raises(ModuleNotFoundError):
        content_folders()


def test_folders_that_are_not_there_bring_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other-1.0.egg-info").touch()
    (tmp_path / "third-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.syspath_prepend(tmp_path / "nowhere")
    assert content_folders() == {"kinds": [], "controls": [], "policies": []}


def test_the_time_zones_are_those_of_the_package() -> None:
    assert params.zones() == available_timezones()
