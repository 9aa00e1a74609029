"""Without the extras: a target that needs a client library is an input error, not a bug."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

#: Runs the command line in a process in which some modules are not there.
_WITHOUT = """
import importlib.abc, sys
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
from troth.cli import main
sys.exit(main({argv!r}))
"""

_TARGETS = {
    "aws": ("{id: it, type: aws, regions: [eu-west-1]}", "botocore", "troth[aws]"),
    "gcp": ("{id: it, type: gcp, project: x}", "google.cloud.storage", "troth[gcp]"),
}


def _run(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    code = _WITHOUT.format(absent=("boto3", "botocore", "google"), argv=list(argv))
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize("kind", _TARGETS)
@pytest.mark.parametrize("command", ["check", "plan", "doctor"])
def test_a_missing_client_library_ends_the_run_before_it_looks(
    kind: str, command: str, tmp_path: Path
) -> None:
    target, module, package = _TARGETS[kind]
    text = f"schema: 1\npolicies: [{{policy: servicechannel}}]\ntargets:\n  - {target}\n"
    (tmp_path / "troth.yaml").write_text(text, encoding="utf-8")
    ran = _run(tmp_path, command)
    told = f"troth.yaml:4:20 target it: {module} is not installed; pip install '{package}'"
    assert ran.returncode == 2
    assert told in (ran.stdout if command == "doctor" else ran.stderr)
    assert not (tmp_path / "runs").exists()


def test_other_targets_need_none(tmp_path: Path) -> None:
    text = "schema: 1\npolicies: [{policy: servicechannel}]\ntargets:\n"
    (tmp_path / "troth.yaml").write_text(text + "  - {id: it, type: host}\n", encoding="utf-8")
    assert _run(tmp_path, "plan").returncode == 0
    assert _run(tmp_path, "validate").returncode == 0
    assert _run(tmp_path, "list", "checkers").returncode == 0


@pytest.mark.parametrize("kind", _TARGETS)
@pytest.mark.parametrize(
    "command",
    ["validate", "test data-deletion-request", "list targets", "list waivers", "list runs"],
)
def test_who_looks_at_nothing_needs_no_client_library(
    kind: str, command: str, tmp_path: Path
) -> None:
    text = f"schema: 1\npolicies: [{{policy: servicechannel}}]\ntargets:\n  - {_TARGETS[kind][0]}\n"
    (tmp_path / "troth.yaml").write_text(text, encoding="utf-8")
    ran = _run(tmp_path, *command.split())
    assert (ran.returncode, ran.stderr) == (0, "")
