"""GitLab Code Quality: the documented form, one entry for each broken finding, unique prints."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.report.accounts import HOSTILE, account, hostile, interrupted, unjudged
from tests.report.many import Counted, Watched, broken, copies, with_findings, written
from troth.report.account import Account
from troth.report.gitlab import write
from troth.report.words import harmless

#: GitLab's documentation of the report's format, as a schema.
FORM = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!/|\\./|[a-z]+:).+$"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Account:
    return account(tmp_path_factory.mktemp("mixed"))


def entries(one: Account) -> list[dict[str, Any]]:
    """Return what is written, after it was held against the form."""
    text = written(write, one)
    assert text.startswith("[")
    body: list[dict[str, Any]] = json.loads(text)
    assert list(jsonschema_rs.Draft202012Validator(FORM).iter_errors(body)) == []
    prints = [row["fingerprint"] for row in body]
    assert len(set(prints)) == len(prints)
    return body


def test_what_is_broken_is_an_entry_at_its_clause(run: Account) -> None:
    (row,) = broken(run)
    (entry,) = entries(run)
    told = "acme 1.1: Boxes are locked with 128 bits and opened every 90 days. box-locked/locked: "
    assert entry["description"].startswith(told + "boxes box-2: ")
    assert entry["fingerprint"] == row["id"]
    assert entry["check_name"] == "acme/1.1/box-locked"
    assert entry["location"] == {"path": "policies/acme.yaml", "lines": {"begin": 7}}


def test_what_is_waived_or_unknown_is_none(tmp_path: Path) -> None:
    one = account(tmp_path, waived="box-2")
    assert entries(one) == []
    assert written(write, one) == "[]\n"


def test_an_interrupted_run_and_one_that_judged_nothing_say_so(run: Account) -> None:
    first, finding = entries(interrupted(run))
    assert first["description"] == "this run was interrupted: what was not read is unknown"
    assert first["location"] == {"path": "troth.yaml", "lines": {"begin": 1}}
    assert finding["check_name"] == "acme/1.1/box-locked"
    (only,) = entries(unjudged(run))
    assert only["description"] == "nothing was judged: there is no clause that can be"
    assert len(entries(interrupted(unjudged(run)))) == 2


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("low", "minor"), ("medium", "major"), ("high", "critical"), ("critical", "blocker")],
)
def test_severities(run: Account, ours: str, theirs: str) -> None:
    (row,) = broken(run)
    one = with_findings(run, [*copies(row, ["box-2"], severity=ours)])
    assert [entry["severity"] for entry in entries(one)] == [theirs]


def test_hostile_names_are_harmless(tmp_path: Path) -> None:
    one = hostile(tmp_path)
    found = [row["description"] for row in entries(one)]
    assert len(found) == len(HOSTILE)
    unseen = "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]"
    assert [text for text in found if re.search(unseen, text) or len(text) > 3_000] == []
    for name in HOSTILE.values():
        assert any(harmless(name)[:200] in text for text in found)


def test_entries_are_written_as_findings_are_read(run: Account) -> None:
    (row,) = broken(run)
    findings = Counted([*copies(row, [f"box-{number}" for number in range(50)])])
    out = Watched(findings, '"check_name"')
    write(dataclasses.replace(run, findings=findings), out)
    assert out.seen == list(range(1, 51))
