"""The bag by RFC 8493: bagit.py and coreutils accept it, and its files are who we say they are."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bagit
import pytest

from tests.evidence.conftest import Sealed, sha256
from troth.errors import IntegrityError
from troth.evidence import bag as bags
from troth.evidence.verify import verify


def test_bagit_py_accepts_it(packed: Sealed) -> None:
    found = bagit.Bag(str(packed.folder))
    found.validate(processes=1)
    assert found.version_info == (1, 0)
    payload = [path for path in packed.folder.glob("data/**/*") if path.is_file()]
    size = sum(path.stat().st_size for path in payload)
    assert found.info["Payload-Oxum"] == f"{size}.{len(payload)}"
    assert found.info["Source-Organization"] == "Hinoki K.K."
    assert found.info["External-Identifier"] == packed.run.name


def test_bagit_py_refuses_a_changed_one(bag: Path) -> None:
    (bag / "data/report.html").write_text("All is well.")
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(bag)).validate(processes=1)


@pytest.mark.parametrize("name", ["manifest-sha256.txt", "tagmanifest-sha256.txt"])
def test_coreutils_accept_the_manifests(name: str, packed: Sealed) -> None:
    words = ["sha256sum", "--strict", "--quiet", "-c", name]
    ran = subprocess.run(words, cwd=packed.folder, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_every_file_is_in_one_manifest_but_the_signatures(packed: Sealed) -> None:
    there = {
        str(path.relative_to(packed.folder))
        for path in packed.folder.rglob("*")
        if path.is_file() and path.parent.name != "signatures"
    }
    listed = {
        line.split("  ")[1]
        for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt")
        for line in (packed.folder / name).read_text().splitlines()
    }
    assert there - listed == {"tagmanifest-sha256.txt"}
    assert listed <= there
    assert {"data/report.html", "data/findings.csv", "README.txt", "verify.sh"} <= listed


def test_only_the_owner_may_read_it(packed: Sealed) -> None:
    modes = {
        (path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in packed.folder.rglob("*")
    }
    assert modes == {(True, 0o700), (False, 0o600)}
    assert stat.S_IMODE(packed.archive.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "a/../b", "a//b", "/a", "a/", "a b", "a%b", "ä", "a\nb", "a\\b", "a:b"),
        *("a" * 256, "/".join(["a" * 200] * 6), "a/" * 32 + "a"),
    ],
)
def test_unsafe_names_are_known(name: str) -> None:
    assert not bags.is_safe(name)


@pytest.mark.parametrize(
    "name", ["a", "data/a-1_2+3.json", "..a", "a..b/c..", "a" * 255, "a/" * 31 + "a"]
)
def test_safe_names_are_known(name: str) -> None:
    assert bags.is_safe(name)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nonsense\n", ":1 is not a digest and a path"),
        (f"{'a' * 64}  ../x\n", ":1 is not a digest and a path"),
        (f"{'a' * 63}  x\n", ":1 is not a digest and a path"),
        (f"{'a' * 64}  data/x\n{'b' * 64}  data/x\n", ":2 lists data/x twice"),
    ],
    ids=["nonsense", "path-up", "short-digest", "twice"],
)
def test_a_strange_manifest_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / bags.MANIFEST).write_text(text)
    with pytest.raises(IntegrityError, match=reason):
        bags.read_manifest(tmp_path, bags.MANIFEST)


def test_a_manifest_with_one_blank_is_read(tmp_path: Path) -> None:
    (tmp_path / bags.TAGMANIFEST).write_text(f"{'a' * 64} bagit.txt\n")  # as bagit.py writes it
    assert bags.read_manifest(tmp_path, bags.TAGMANIFEST) == {"bagit.txt": "a" * 64}


def test_many_differences_are_counted(bag: Path) -> None:
    shutil.rmtree(bag / "data/inputs")
    gone = sum("  data/inputs/" in line for line in (bag / bags.MANIFEST).read_text().splitlines())
    assert gone > bags.SHOWN
    with pytest.raises(IntegrityError) as refused:
        bags.check_listed(bag, bags.MANIFEST)
    told = str(refused.value).splitlines()
    assert len(told) == bags.SHOWN + 1
    assert told[-1] == f"and {gone - bags.SHOWN} more"


def test_the_seal_is_the_digest_of_the_tag_manifest(tmp_path: Path) -> None:
    bags.write(tmp_path / "data/a", b"a")
    sealed = bags.seal(tmp_path, {"External-Identifier": "x"})
    assert sealed == sha256(tmp_path / bags.TAGMANIFEST)
    assert bags.read_info(tmp_path) == {"External-Identifier": "x", "Payload-Oxum": "1.1"}
    bagit.Bag(str(tmp_path)).validate(processes=1)


def refusing(wanted: str) -> Callable[..., Any]:
    """Return an ``os.scandir`` or ``open`` of somebody who may not read what ends in ``wanted``."""

    def call(path: Path, *words: Any, **more: Any) -> Any:
        if str(path).endswith(wanted):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real[wanted](path, *words, **more)

    real: dict[str, Callable[..., Any]] = {"data/inputs": os.scandir, "results.json": Path.open}
    return call


@pytest.mark.parametrize(
    ("place", "function", "wanted"),
    [(os, "scandir", "data/inputs"), (Path, "open", "results.json")],
    ids=["folder", "file"],
)
def test_what_cannot_be_read_is_named(
    place: Any, function: str, wanted: str, bag: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, function, refusing(wanted))
    with pytest.raises(IntegrityError, match=f"{wanted} cannot be read: Permission denied"):
        verify(bag, {}, unsigned=True)


def test_a_deep_folder_is_refused(bag: Path) -> None:
    place = os.open(bag, os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("d", dir_fd=place)
        above, place = place, os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(above)
    os.close(place)
    with pytest.raises(IntegrityError, match="is no name for a file of a bag"):
        bags.check_plain(bag)
    subprocess.run(["rm", "-rf", bag / "d"], check=True)  # pytest's own removal calls itself
