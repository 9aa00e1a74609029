"""compliance-trestle, another implementation of OSCAL's models, loads and validates everything.

It pins other packages exactly, so it gets an environment of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.report.oscal import documents
from troth.report.account import Account

REQUIREMENTS = Path(__file__).parent / "requirements-trestle.txt"
#: Where a trestle workspace keeps each model, and how it calls the file.
PLACES = {
    "assessment-plan": "assessment-plans",
    "assessment-results": "assessment-results",
    "catalog": "catalogs",
    "component-definition": "component-definitions",
    "plan-of-action-and-milestones": "plan-of-action-and-milestones",
    "profile": "profiles",
}


@pytest.fixture(scope="module")
def trestle(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of an installed trestle."""
    folder = tmp_path_factory.mktemp("trestle")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps"]
    options = ["--disable-pip-version-check", "--only-binary", ":all:", "--require-hashes", "-r"]
    made = subprocess.run([*pip, *options, str(REQUIREMENTS)], capture_output=True, text=True)
    if "No matching distribution" in made.stderr or "Connection" in made.stderr:
        pytest.skip("compliance-trestle: the package index cannot be reached")
    assert made.returncode == 0, made.stderr
    return str(folder / "bin" / "trestle")


def validated(trestle: str, made: dict[str, Any], folder: Path) -> subprocess.CompletedProcess[str]:
    folder.mkdir()
    subprocess.run([trestle, "init", "--local"], cwd=folder, check=True, capture_output=True)
    for document in made.values():
        (model,) = document
        path = folder / PLACES[model] / "troth" / f"{model}.json"
        path.parent.mkdir()
        path.write_text(json.dumps(document))
    command = [trestle, "validate", "--all"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.xdist_group("trestle")
@pytest.mark.parametrize("version", ["1.1.3", "1.2.3"])
def test_trestle_takes_every_document(
    run: Account, tmp_path: Path, trestle: str, version: str
) -> None:
    made = documents.together(run, tmp_path / "set", version)
    done = validated(trestle, made, tmp_path / "workspace")
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert output.count("VALID: Model") == len(PLACES) == len(made)
    assert "INVALID" not in output


@pytest.mark.xdist_group("trestle")
def test_trestle_refuses_what_is_wrong(
    written: dict[str, Any], tmp_path: Path, trestle: str
) -> None:
    wrong = json.loads(json.dumps(written))
    result = wrong["assessment-results.json"]["assessment-results"]["results"][0]
    result["observations"][0]["uuid"] = result["observations"][1]["uuid"]
    done = validated(trestle, wrong, tmp_path / "workspace")
    assert done.returncode != 0
    assert "INVALID" in done.stdout + done.stderr
