"""The fixtures of the areas that are looked at again here."""

from __future__ import annotations

from tests.cli.conftest import installed, workspace
from tests.collect.conftest import folder

__all__ = ["folder", "installed", "workspace"]
