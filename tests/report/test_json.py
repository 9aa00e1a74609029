"""The JSON document holds the summary and every finding, and is harmless to look at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.report.accounts import HOSTILE, account, hostile
from tests.report.forms import faults, only, written
from troth import record
from troth.report.account import Account


@pytest.fixture
def run(tmp_path: Path) -> Account:
    return account(tmp_path, waived="box-2")


def test_it_holds_what_the_run_folder_holds(run: Account) -> None:
    body = json.loads(written("json", run))
    assert body == {
        "schema": 1,
        "summary": json.loads((run.folder / record.RESULTS).read_bytes()),
        "findings": [
            json.loads(line) for line in (run.folder / record.FINDINGS).read_bytes().splitlines()
        ],
    }
    assert len(body["findings"]) == 3
    assert faults("report-json", body) == []


def test_it_is_indented_with_its_keys_sorted_and_the_same_each_time(run: Account) -> None:
    text = written("json", run)
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"
    assert text == written("json", run)


def test_a_run_without_findings_is_a_document_too(run: Account) -> None:
    body = json.loads(written("json", only(run)))
    assert body["findings"] == []
    assert faults("report-json", body) == []


def test_names_are_kept_exactly_and_nothing_steers_a_terminal(tmp_path: Path) -> None:
    text = written("json", hostile(tmp_path))
    resources = {row["resource"] for row in json.loads(text)["findings"]}
    assert resources == {f"{name} {what}" for name in HOSTILE.values()
                         for what in ("broken", "unknown")}  # fmt: skip
    assert "\\u202egnp.exe" in text
    assert "\u202e" not in text


@pytest.mark.parametrize(
    ("sign", "escape"),
    [
        ("\x7f", "\\u007f"),
        ("\x9b", "\\u009b"),
        ("\u2028", "\\u2028"),
        ("\ufeff", "\\ufeff"),
        ("\U000e0041", "\\udb40\\udc41"),
        ("\U0001ffff", "\\ud83f\\udfff"),
    ],
    ids=lambda sign: ascii(sign).strip("'\\"),
)
def test_what_cannot_be_seen_is_escaped_and_reads_as_itself(
    tmp_path: Path, sign: str, escape: str
) -> None:
    text = written("json", account(tmp_path, [{"id": f"a{sign}箱", "bits": 64}]))
    assert f"a{escape}箱" in text
    assert sign not in text
    assert json.loads(text)["findings"][0]["resource"] == f"a{sign}箱"
