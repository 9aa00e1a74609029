"""The hooks stop a commit that breaks a policy or a control; git runs them, pre-commit does not.

pre-commit would install troth into an environment of its own and run the same ``entry``.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.examples import unaided
from tests.examples.estate import bare, document, furnish
from tests.house.tree import ROOT, TROTH
from troth import plugins
from troth.cli import COMMANDS

HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())


def test_the_hooks_have_what_pre_commit_asks_for() -> None:
    assert [hook["id"] for hook in HOOKS] == ["troth-validate", "troth-test"]
    for hook in HOOKS:
        assert hook.keys() == {
            "id", "name", "description", "entry", "language", "files", "pass_filenames",
        }  # fmt: skip
        assert hook["language"] == "python"
        assert hook["pass_filenames"] is False
        tool, command = shlex.split(hook["entry"])
        assert (tool, command in COMMANDS) == ("troth", True)
        assert re.search(hook["files"], "policies/shop.yaml")
        assert not re.search(hook["files"], "src/yaml.py")


def test_the_example_uses_hooks_that_there_are() -> None:
    (repo,) = document("pre-commit/.pre-commit-config.yaml")["repos"]
    assert repo.keys() == {"repo", "rev", "hooks"}
    assert [hook["id"] for hook in repo["hooks"]] == [hook["id"] for hook in HOOKS]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a git repository with a sound estate in it and the hooks in place."""
    folder = furnish(tmp_path / "estate", "kept", more="extend: {controls: [controls]}\n")
    (folder / "controls").mkdir()
    for name in ("data-deletion-request.yaml", "data-deletion-request.cases.yaml"):
        (source,) = (ROOT / "controls").rglob(name)
        text = source.read_text(encoding="utf-8").replace("data-deletion-request", "own-deletion")
        to = folder / "controls" / name.replace("data-deletion-request", "own-deletion")
        to.write_text(text, encoding="utf-8")
    _git(folder, "init", "--quiet").check_returncode()
    hook = folder / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    entries = "\n".join(hook["entry"] for hook in HOOKS)
    hook.write_text(f"#!/bin/sh -e\n{entries}\n", encoding="utf-8")
    hook.chmod(0o755)
    return folder


def _git(folder: Path, *argv: str, **more: str) -> subprocess.CompletedProcess[str]:
    who = {
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_CONFIG_NOSYSTEM": "1",
    }  # fmt: skip
    return subprocess.run(
        ["git", *argv], cwd=folder, env=bare(**who, **more), capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


def _commit(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    _git(folder, "add", "--all").check_returncode()
    return _git(folder, "commit", "--quiet", "--message", "a change", **more)


def test_a_sound_estate_can_be_committed(repository: Path) -> None:
    made = _commit(repository)
    assert made.returncode == 0, made.stderr
    assert _git(repository, "rev-parse", "HEAD").returncode == 0


def test_a_broken_policy_cannot_be_committed(repository: Path) -> None:
    policy = repository / "shop.yaml"
    policy.write_text(policy.read_text().replace("promise:", "promize:"), encoding="utf-8")
    made = _commit(repository)
    assert made.returncode != 0
    assert "shop.yaml:9:5 " in made.stdout + made.stderr
    assert _git(repository, "rev-parse", "HEAD").returncode != 0


def test_a_control_that_fails_its_cases_cannot_be_committed(repository: Path) -> None:
    cases = repository / "controls" / "own-deletion.cases.yaml"
    text = cases.read_text(encoding="utf-8")
    changed = text.replace("verdict: pass", "verdict: fail", 1)
    assert changed != text
    cases.write_text(changed, encoding="utf-8")
    made = _commit(repository)
    assert made.returncode != 0
    assert "own-deletion" in made.stdout + made.stderr


def test_the_hooks_look_at_nothing(repository: Path) -> None:
    assert _commit(repository).returncode == 0
    assert not (repository / "runs").exists()


#: A target of each type that is looked at with a library which only an extra brings.
CLOUDS = {
    "aws": "regions: [eu-west-1]",
    "dns": "names: [example.com]",
    "gcp": "project: example-scans",
    "http": "pages: [{url: https://www.example.com/}]",
    "mysql": "host: db.example.com",
    "postgresql": "host: db.example.com",
    "prometheus": "url: https://prometheus.example.com/, series: [{selector: up, "
    "interval_seconds: 60, vantage: external}]",
}


def _reach(folder: Path) -> None:
    """Add the targets to troth.yaml."""
    config = folder / "troth.yaml"
    rows = [f"  - {{id: a-{kind}, type: {kind}, {keys}}}\n" for kind, keys in CLOUDS.items()]
    own = "targets: [{id: books, type: register, folder: registers}]\n"
    text = config.read_text(encoding="utf-8")
    assert own in text
    listed = "targets:\n  - {id: books, type: register, folder: registers}\n" + "".join(rows)
    config.write_text(text.replace(own, listed), encoding="utf-8")


def test_the_clouds_are_all_that_need_an_extra() -> None:
    needing = {one.target_type for one in plugins.checkers().values() if one.client_library[0]}
    assert set(CLOUDS) == needing


def test_the_hooks_need_no_extra(repository: Path, tmp_path: Path) -> None:
    """pre-commit installs troth and nothing of its extras; the estate may have clouds in it."""
    _reach(repository)
    without = unaided.environment(tmp_path / "unaided")
    made = _commit(repository, **without)
    assert made.returncode == 0, made.stdout + made.stderr
    # They really are not there: who looks is told of each.
    looks = subprocess.run(
        [TROTH, "check"], cwd=repository, env=bare(**without), capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert looks.returncode == 2
    for kind in CLOUDS:
        assert f"target a-{kind}: " in looks.stderr
    assert looks.stderr.count("is not installed; pip install") == len(CLOUDS)
    assert not (repository / "runs").exists()
