"""What is installed is what is here: links, files of the wheel, entry points, the lock."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distribution
from importlib.resources import files as resources
from pathlib import Path

import pytest

import troth
from tests.house.tree import ROOT, files, lines_of, setup_cfg


@pytest.mark.parametrize("name", ["checkers/__init__.py", "controls", "policies"])
def test_the_links_lead_to_the_folders_at_the_top(name: str) -> None:
    below = Path(str(resources("troth"))) / name
    assert below.exists(), "check the repository out with symbolic links (git config core.symlinks)"
    assert below.resolve() == ROOT / name
    assert not (ROOT / "troth" / name.split("/")[0]).readlink().is_absolute()


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Build the wheel from a copy of the repository's files; return the names in it."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for path in files():
        copy = source / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    for name in ("checkers", "controls", "policies"):
        (source / "troth" / name).symlink_to((ROOT / "troth" / name).readlink())
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, source],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    (built,) = out.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def test_the_wheel_has_one_name_at_its_top(wheel: set[str]) -> None:
    about = f"troth-{troth.__version__}.dist-info"
    assert {name.split("/")[0] for name in wheel} == {"troth", about}
    assert f"{about}/licenses/LICENSE" in wheel


def test_the_wheel_holds_every_module_and_every_file_of_content(wheel: set[str]) -> None:
    wanted = set()
    for path in files():
        parts = path.relative_to(ROOT).parts
        if parts[0] in ("checkers", "controls", "policies"):
            wanted.add("/".join(("troth", *parts)))
        elif parts[0] == "troth":
            wanted.add("/".join(parts))
    assert {"troth/py.typed", "troth/kinds/data-store.yaml", "troth/cli/__init__.py"} <= wanted
    inside = {name for name in wheel if name.startswith("troth/")}
    assert sorted(wanted - inside) == [], "name them in setup.cfg, [options.package_data]"
    assert sorted(inside - wanted) == []


def test_the_installed_entry_points_are_those_of_setup_cfg() -> None:
    written = {
        (group, *(part.strip() for part in line.split("=", 1)))
        for group in setup_cfg()["options.entry_points"]
        for line in lines_of("options.entry_points", group)
    }
    installed = {
        (entry.group, entry.name, entry.value) for entry in distribution("troth").entry_points
    }
    assert installed == written, "setup.cfg was changed: run make setup"


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


@pytest.fixture(scope="module")
def locked() -> dict[str, str]:
    """Return the versions in the lock by name."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return {_name(name): version for name, version in re.findall(r"^(\S+?)==(\S+)", text, re.M)}


def test_the_lock_has_every_package_that_is_asked_for(locked: dict[str, str]) -> None:
    asked = {_name(line) for line in lines_of("options", "install_requires")}
    for extra in setup_cfg()["options.extras_require"]:
        for line in lines_of("options.extras_require", extra):
            asked |= {_name(one.strip()) for one in line.split(";")}
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    asked |= {_name(line) for line in groups["dev"]}
    assert sorted(asked - locked.keys()) == [], "run make lock"


def test_the_lock_names_no_index_and_has_a_hash_for_everything(locked: dict[str, str]) -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|--index|--find-links|--extra-index|^-", text, re.M)
    for entry in re.split(r"^(?=\S+==)", text, flags=re.M):
        assert not entry.strip() or "--hash=sha256:" in entry, entry.splitlines()[0]
    assert len(locked) > 20


def test_every_asked_for_package_is_imported_somewhere() -> None:
    imports = {
        "pyyaml": "yaml", "common-expression-language": "cel", "jsonschema-rs": "jsonschema_rs",
        "tzdata": "tzdata", "python-dateutil": "dateutil",
    }  # fmt: skip
    sources = [
        path.read_text(encoding="utf-8")
        for path in files()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in ("troth", "checkers")
    ]
    for line in lines_of("options", "install_requires"):
        module = imports.get(_name(line), _name(line))
        pattern = re.compile(rf"^\s*(?:import|from) {module}\b", re.M)
        if module != "tzdata":  # zoneinfo reads it; see the next test
            assert any(pattern.search(text) for text in sources), f"{line}: nothing imports it"


def test_time_zones_are_those_of_the_package_and_not_of_the_machine() -> None:
    code = "import troth.run, zoneinfo; print(zoneinfo.TZPATH, zoneinfo.ZoneInfo('Asia/Tokyo'))"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout == "() Asia/Tokyo\n"
