"""A prepared file tree for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checkers.host.machines import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Return an empty file tree."""
    return Tree(tmp_path)
