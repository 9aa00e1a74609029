"""Served histories: a small story, one of hostile names, and a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.history.world import World
from tests.report.html.conftest import browser  # noqa: F401 - a fixture
from tests.serve import nights
from tests.serve.served import Site, running


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of a store with the six nights of :data:`tests.serve.nights.STORY`."""
    return nights.story(tmp_path_factory.mktemp("story"))


@pytest.fixture(scope="session")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of a store with hostile names."""
    return nights.hostile(tmp_path_factory.mktemp("nasty"))


@pytest.fixture(scope="session")
def site(story: str) -> Iterator[Site]:
    """Serve the story."""
    with running(story) as made:
        yield made


@pytest.fixture(scope="session")
def nasty_site(nasty: str) -> Iterator[Site]:
    """Serve hostile names."""
    with running(nasty) as made:
        yield made


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return the file of a store with one night, for a test to spoil."""
    nights.told(nights.at(tmp_path), World(tmp_path), *nights.STORY[:1])
    return tmp_path / "history.db"
