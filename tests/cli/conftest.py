"""A workspace in which everything is right, with the toy checker installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import toy
from troth import offline, plugins


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.install(tmp_path_factory.mktemp("site"))


@pytest.fixture
def workspace(tmp_path: Path, installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stand in a folder with a sound troth.yaml; the toy is found as any installed checker is."""
    monkeypatch.syspath_prepend(str(installed))
    monkeypatch.chdir(toy.furnish(tmp_path))
    monkeypatch.delenv("TROTH_CONFIG", raising=False)
    plugins.plugins.cache_clear()
    yield tmp_path
    plugins.plugins.cache_clear()
    plugins.load.cache_clear()
    offline.allow_sockets()
