"""A stored run is read whole and again: findings by clause, evidence by digest, places in files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.report.accounts import account, hostile
from troth import record
from troth.errors import IntegrityError
from troth.report.account import Account
from troth.report.findings import kept, stored


@pytest.fixture
def run(tmp_path: Path) -> Account:
    return account(tmp_path)


def test_findings_are_read_again_whole_and_by_clause(run: Account) -> None:
    rows = list(run.findings)
    assert rows == list(run.findings) == record.get_lines(run.folder / record.FINDINGS)
    assert len(run.findings) == len(rows) == 3
    assert [row["verdict"] for row in run.findings.of("acme", "1.1")] == ["pass", "fail", "unknown"]
    assert list(run.findings.of("acme", "1.2")) == []


def test_a_clause_whose_findings_lie_apart_has_them_all(tmp_path: Path) -> None:
    rows = [{"policy": "a", "clause": clause, "n": n} for n, clause in enumerate("xyxxyz")]
    path = tmp_path / "findings.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    for findings in (stored(path), kept(rows)):
        assert [row["n"] for row in findings.of("a", "x")] == [0, 2, 3]
        assert [row["n"] for row in findings.of("a", "y")] == [1, 4]
        assert len(findings) == 6


def test_counts_are_of_clauses_and_every_verdict_is_named(run: Account) -> None:
    assert run.counts() == {
        "acme": {"pass": 0, "fail": 1, "unknown": 0, "not-applicable": 0, None: 1}
    }


def test_evidence_names_the_shard_that_holds_it(run: Account) -> None:
    digests = {digest for row in run.findings for digest in row["observations"]}
    assert len(digests) == 3
    for digest in digests:
        (name,) = run.evidence(digest)
        assert digest in (run.folder / name).read_text()
    assert run.evidence("sha256:" + "0" * 64) == ()


def test_a_clause_of_ones_own_policy_is_found_where_it_stands(run: Account) -> None:
    place = run.place("acme", "1.2")
    lines = (run.folder.parents[1] / place.path).read_text().splitlines()
    assert place.path == "policies/acme.yaml"
    assert lines[place.line - 1].strip() == '- id: "1.2"'
    assert place.columns == len(lines[place.line - 1])


def test_paths_are_relative_to_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    run = account(tmp_path)
    assert run.place("acme", "1.1").path == "workspace/policies/acme.yaml"
    assert run.envelope["places"]["config"] == "workspace/troth.yaml"


def test_a_policy_that_is_no_file_of_the_repository_is_where_it_is_selected(
    run: Account,
) -> None:
    """Runs made before the places were recorded are the same case."""
    old = Account(run.folder, run.summary, run.findings, {**run.envelope, "places": {}})
    assert old.place("acme", "1.1") == ("troth.yaml", 3, len("  - policy: acme"))


def test_listings_tell_what_was_listed(run: Account) -> None:
    boxes = next(one for one in run.listings if one.kind == "box")
    assert (boxes.target, boxes.checker, boxes.count, boxes.complete) == (
        "boxes", "toy.box", 3, True,
    )  # fmt: skip
    assert (run.folder / boxes.file).is_file()


def test_a_changed_run_is_not_reported(run: Account) -> None:
    path = run.folder / record.FINDINGS
    path.write_bytes(path.read_bytes().replace(b'"fail"', b'"pass"'))
    with pytest.raises(IntegrityError, match=r"findings\.jsonl was changed after the run"):
        Account.of_run(run.folder)


def test_hostile_names_are_recorded_as_they_are(tmp_path: Path) -> None:
    run = hostile(tmp_path)
    verdicts = [row["verdict"] for row in run.findings.of("acme", "1.1")]
    assert verdicts.count("fail") == verdicts.count("unknown") == 13
