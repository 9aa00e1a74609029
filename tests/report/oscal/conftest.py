"""Runs that several tests read; none changes them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.report.oscal import documents, runs
from troth.report.account import Account


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Account:
    return runs.run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def written(run: Account, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the documents of the run, written where no file of the run is."""
    return documents.together(run, tmp_path_factory.mktemp("set"))


@pytest.fixture(scope="session")
def result(written: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = written["assessment-results.json"]["assessment-results"]["results"][0]
    return found
