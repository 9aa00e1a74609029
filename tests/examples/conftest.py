"""What the examples' tests share: troth installed as the Dockerfile installs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.examples import image


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> image.Built:
    """Carry out the build stage of the Dockerfile in a clean folder, from a mirror of packages."""
    return image.build(tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="session")
def wheels(built: image.Built) -> Path:
    """Return a folder with the wheels of troth and of what it needs."""
    return built.root / "wheels"
