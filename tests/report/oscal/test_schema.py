"""NIST's own schemas, of the oldest release in wide use and of the newest, take every document."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from tests.report import accounts
from tests.report.oscal import documents, runs
from troth.errors import UsageError
from troth.report import oscal
from troth.report.account import Account

RELEASES = ("1.1.3", "1.2.3")


@pytest.mark.parametrize("release", RELEASES)
def test_every_document_is_valid(written: dict[str, Any], release: str) -> None:
    assert sorted(written) == [
        "assessment-plan.json",
        "assessment-results.json",
        "catalog.json",
        "component-definition.json",
        "poam.json",
        "profile.json",
    ]
    for name, document in written.items():
        assert documents.invalid(document, release) == [], name


@pytest.mark.parametrize("release", RELEASES)
def test_results_written_alone_are_valid(run: Account, release: str) -> None:
    assert documents.invalid(documents.alone(run), release) == []


def test_the_schema_refuses_what_is_wrong(written: dict[str, Any]) -> None:
    wrong = copy.deepcopy(written["assessment-results.json"])
    result = wrong["assessment-results"]["results"][0]
    result["observations"][0]["uuid"] = "00000000-0000-1000-8000-000000000000"
    result["findings"][0]["target"]["target-id"] = "1/2"
    result["risks"] = []
    wrong["assessment-results"]["metadata"]["last-modified"] = "2026-11-21T00:00:00"
    for release in RELEASES:
        assert len(documents.invalid(wrong, release)) >= 4


@pytest.mark.parametrize("version", oscal.VERSIONS)
def test_every_document_says_its_version(run: Account, tmp_path: Path, version: str) -> None:
    made = documents.together(run, tmp_path / "set", version)
    for (body,) in (tuple(one.values()) for one in made.values()):
        assert body["metadata"]["oscal-version"] == version
    release = "1.1.3" if version.startswith("1.1") else "1.2.3"
    assert [documents.invalid(one, release) for one in made.values()] == [[]] * 6


def test_an_unknown_version_is_refused(run: Account, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown OSCAL version '1\.1\.33'.*1\.1\.3"):
        oscal.write_set(run, tmp_path / "set", "1.1.33")
    assert not (tmp_path / "set").exists()


def test_runs_with_little_in_them_are_valid(tmp_path: Path) -> None:
    nothing = runs.run(tmp_path / "informative", clauses=["acme/1.2"])
    waiverless = runs.run(tmp_path / "waiverless", waived="nobody")
    boxless = runs.run(tmp_path / "boxless", rows=())
    plain = accounts.account(tmp_path / "plain")
    for index, run in enumerate((nothing, waiverless, boxless, plain)):
        made = documents.together(run, tmp_path / str(index))
        assert "poam.json" not in made
        for document in (*made.values(), documents.alone(run)):
            assert documents.invalid(document, "1.1.3") == []
