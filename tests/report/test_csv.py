"""CSV: what is written comes back, in rows of equal length, and nothing is a formula."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from tests.report.accounts import HOSTILE, account, hostile, interrupted
from tests.report.forms import only, written
from troth.report.account import Account
from troth.report.csv import COLUMNS, LONGEST, SIGNS
from troth.report.words import harmless

#: What makes a formula of a cell, in Excel, LibreOffice and Google Sheets (OWASP, CSV injection).
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def rows(text: str) -> list[dict[str, str]]:
    """Return the rows by column, strictly by RFC 4180."""
    found = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert {len(row) for row in found} == {len(COLUMNS)}
    assert found[0] == list(COLUMNS)
    return [dict(zip(COLUMNS, row, strict=True)) for row in found[1:]]


def value(cell: str) -> str:
    """Return what a cell was before it was made harmless, by the rule of docs/formats.md."""
    text = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    ((pattern, by),) = re.findall(r'`re\.sub\(r"(.*)", r"(.*)", cell\)`', text)
    return re.sub(pattern, by, cell)


@pytest.fixture
def run(tmp_path: Path) -> Account:
    return account(tmp_path, waived="box-2")


def test_a_finding_comes_back_from_its_row(run: Account) -> None:
    found = rows(written("csv", run))
    assert len(found) == 3
    for cells, finding in zip(found, run.findings, strict=True):
        for name in ("policy", "clause", "verdict", "severity", "control", "part", "kind",
                     "target", "resource", "why"):  # fmt: skip
            assert value(cells[name]) == finding[name]
        assert cells["finding"] == finding["id"]
        assert cells["expected"] == "; ".join(finding["expected"])
        assert json.loads(cells["found"] or "{}") == finding["found"]
        assert cells["observations"].split() == finding["observations"]
    passed, failed, unknown = found
    assert (failed["waiver"], failed["waived_until"]) == ("w-1", "2026-12-31")
    assert (passed["waiver"], passed["proof"]) == ("", "outcome")
    assert (unknown["reason"], unknown["permission"]) == ("permission-denied", "toy:Look")
    assert failed["promise"] == "Boxes are locked with 128 bits and opened every 90 days."


def test_lines_end_as_rfc_4180_says_and_nowhere_else(run: Account) -> None:
    text = written("csv", run)
    assert text.count("\r\n") == 4
    assert text.replace("\r\n", "").isprintable()


def test_a_run_without_findings_is_a_header(run: Account) -> None:
    assert written("csv", only(run)) == ",".join(COLUMNS) + "\r\n"


def test_no_cell_is_a_formula_and_names_come_back(tmp_path: Path) -> None:
    found = rows(written("csv", hostile(tmp_path)))
    for cells in found:
        # Where the comma parts decimals, spreadsheets part cells at semicolons.
        parts = [part.lstrip() for cell in cells.values() for part in cell.split(";")]
        assert [part for part in parts if part.startswith(FORMULAS)] == []
    assert {value(cells["resource"]) for cells in found} == {
        harmless(f"{name} {what}") for name in HOSTILE.values() for what in ("broken", "unknown")
    }


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("-1", "'-1"),
        ("+1", "'+1"),
        ("  =1", "  '=1"),
        ("\u00a0=1", "\u00a0'=1"),
        ("\uff1d1", "'\uff1d1"),
        ("'=1", "''=1"),
        ("x;=1", "x;'=1"),
        ("x; ''@y;z", "x; '''@y;z"),
        ("\t=1", "\N{REPLACEMENT CHARACTER}=1"),
        ('a"b,c', 'a"b,c'),
        ("'a=1", "'a=1"),
    ],
    ids=["equals", "at", "minus", "plus", "blanks", "no-break", "wide", "quoted", "semicolon",
         "semicolons", "tab", "comma", "inside"],
)  # fmt: skip
def test_a_cell_that_could_be_a_formula_is_told_to_be_text(
    tmp_path: Path, name: str, cell: str
) -> None:
    (row,) = rows(written("csv", account(tmp_path, [{"id": name, "bits": 64}])))
    assert row["resource"] == cell
    assert value(cell) == harmless(name)


@pytest.mark.parametrize("sign", SIGNS)
def test_every_sign_comes_back(tmp_path: Path, sign: str) -> None:
    name = f"{sign}1;'{sign}2"
    (row,) = rows(written("csv", account(tmp_path, [{"id": name, "bits": 64}])))
    assert row["resource"] == f"'{sign}1;''{sign}2"
    assert value(row["resource"]) == name


def test_every_row_of_an_interrupted_run_says_so(run: Account) -> None:
    assert [row["partial"] for row in rows(written("csv", run))] == ["false"] * 3
    assert [row["partial"] for row in rows(written("csv", interrupted(run)))] == ["true"] * 3


def test_a_cell_is_no_longer_than_spreadsheets_keep(tmp_path: Path) -> None:
    (row,) = rows(written("csv", account(tmp_path, [{"id": "x" * 40_000, "bits": 64}])))
    assert row["resource"] == "x" * (LONGEST - len(" … (cut)")) + " … (cut)"
    assert max(map(len, row.values())) == LONGEST == 32_767


def test_the_docs_name_every_column_in_order() -> None:
    text = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    told = text.partition("\n## csv\n")[2].partition("\n\nWhat a")[0]
    assert tuple(re.findall(r"`(\w+)`", told)) == COLUMNS
