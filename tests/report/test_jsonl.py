"""JSON Lines: a line on the run, then a line per finding, each of which names its run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report.accounts import account, hostile
from tests.report.forms import faults, lines, only, written
from troth.report.account import Account


@pytest.fixture
def run(tmp_path: Path) -> Account:
    return account(tmp_path, waived="box-2")


def test_the_first_line_tells_of_the_run(run: Account) -> None:
    head = lines(written("jsonl", run))[0]
    assert head["record"] == "run"
    assert head["schema"] == 1
    assert head["run"] == run.folder.name
    assert head["as_of"] == "2026-11-21T00:00:00+00:00"
    assert (head["findings"], head["partial"]) == (3, False)
    assert head["policies"] == [
        {
            "id": "acme",
            "title": "What Acme promises",
            "clauses": {
                "pass": 0, "fail": 1, "unknown": 0, "not-applicable": 0, "informative": 1,
            },
        }
    ]  # fmt: skip
    assert [(one["id"], one["state"]) for one in head["waivers"]] == [("w-1", "used")]


def test_every_further_line_is_a_finding_with_its_run(run: Account) -> None:
    rest = lines(written("jsonl", run))[1:]
    same = {"record": "finding", "run": run.folder.name, "as_of": "2026-11-21T00:00:00+00:00"}
    assert rest == [{**same, **row} for row in run.findings]
    assert len(rest) == 3


def test_a_run_without_findings_is_its_head(run: Account) -> None:
    (head,) = lines(written("jsonl", only(run)))
    assert head["findings"] == 0


def test_no_name_starts_a_line_and_every_line_is_as_its_schema_says(tmp_path: Path) -> None:
    rows = lines(written("jsonl", hostile(tmp_path)))
    assert [row["record"] for row in rows] == ["run"] + ["finding"] * 26
    assert [faults("report-jsonl", row) for row in rows] == [[]] * 27


@pytest.mark.parametrize(
    "change",
    [
        {"record": "other"},
        {"run": None},
        {"verdict": "ok"},
        {"further": 1},
        {"id": "f-1"},
        {"waiver": {"id": "w"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_schema_refuses_another_line(run: Account, change: dict[str, object]) -> None:
    row = lines(written("jsonl", run))[1]
    assert faults("report-jsonl", row) == []
    assert faults("report-jsonl", row | change)
