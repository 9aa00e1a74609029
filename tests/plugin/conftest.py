"""Install Acme's package as its customer would, and stand in the customer's folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
TROTH = Path(sys.executable).with_name("troth")

Ran = subprocess.CompletedProcess[str]
Run = Callable[..., Ran]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build Acme's package and install it into a folder of its own; no index is asked."""
    source = tmp_path_factory.mktemp("source") / "acme"
    shutil.copytree(HERE / "acme", source, ignore=shutil.ignore_patterns("__pycache__"))
    folder = tmp_path_factory.mktemp("site")
    options = ("--no-deps", "--no-index", "--no-build-isolation", "--quiet", "--no-cache-dir")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", str(folder), str(source)],
        check=True, timeout=120,
    )  # fmt: skip
    return folder


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    """Return a copy of the customer's folder: troth.yaml, policies, and the access system."""
    folder = tmp_path / "estate"
    shutil.copytree(HERE / "estate", folder)
    return folder


@pytest.fixture
def troth(site: Path, estate: Path) -> Run:
    """Return a function that runs the installed command with Acme's package beside it."""

    def run(*arguments: str, path: Path | None = site) -> Ran:
        env = {name: value for name, value in os.environ.items() if name != "TROTH_CONFIG"}
        env |= {"PYTHONPATH": str(path)} if path else {}
        return subprocess.run(
            [TROTH, *arguments], cwd=estate, env=env, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip

    return run


def findings(ran: Ran) -> dict[tuple[str, str, str], tuple[str, str, str]]:
    """Return verdict, reason and permission by clause, part and resource of a JSON report."""
    rows: list[dict[str, Any]] = json.loads(ran.stdout)["findings"]
    return {
        (row["clause"], row["part"], row["resource"].removeprefix("acme:door/")): (
            row["verdict"], row.get("reason", ""), row.get("permission", ""),
        )
        for row in rows
    }  # fmt: skip
