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

from tests.examples.estate import bare, document, furnish
from tests.house.tree import ROOT
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


def _git(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    who = {
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_CONFIG_NOSYSTEM": "1",
    }  # fmt: skip
    return subprocess.run(
        ["git", *argv], cwd=folder, env=bare(**who), capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip


def _commit(folder: Path) -> subprocess.CompletedProcess[str]:
    _git(folder, "add", "--all").check_returncode()
    return _git(folder, "commit", "--quiet", "--message", "a change")


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
