"""A real browser without a head, and pages to open in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.report.accounts import account, hostile
from tests.report.html.browser import Browser, launched
from tests.report.html.pages import put

#: Two as promised, two not (one of them waived), one that nobody was allowed to see.
ROWS = (
    {"id": "box-1", "bits": 256, "holders": ["rin"]},
    {"id": "box-2", "bits": 64},
    {"id": "box-3", "failure": "the guard said no"},
    {"id": "box-4", "bits": 32},
    {"id": "box-5", "bits": 256},
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    for program in ("chromium", "chromedriver"):
        if shutil.which(program) is None:
            pytest.skip(f"missing: {program}")
    pytest.importorskip("selenium")
    with launched() as made:
        yield made


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    return put(account(folder, ROWS, waived="box-2"), folder / "report.html")


@pytest.fixture(scope="session")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    return put(hostile(folder), folder / "report.html")
