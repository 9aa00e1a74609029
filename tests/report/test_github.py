"""GitHub Actions: a summary that fits, and commands that a name can neither forge nor break."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.report.accounts import HOSTILE, account, hostile, unjudged
from tests.report.many import Row, broken, copies, with_findings, written
from tests.report.rendered import RENDERERS, Page
from troth.report import github
from troth.report.account import Account, Region
from troth.report.github import write_annotations, write_summary


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Account:
    return account(tmp_path_factory.mktemp("mixed"))


class Command(NamedTuple):
    """A workflow command as the runner reads it."""

    name: str
    properties: dict[str, str]
    data: str


def commands(text: str) -> list[Command]:
    """Return the commands of a step's output; any other line is a mistake."""
    assert not text or text.endswith("\n")
    return [_command(line) for line in re.split(r"\r\n|\r|\n", text)[:-1]]


def _command(line: str) -> Command:
    """Read a line as the runner does: name, properties after a blank, then ``::`` and data."""
    found = re.fullmatch(r"::([a-z]+)(?: (.*?))?::(.*)", line)
    assert found, line
    pairs = (pair.split("=", 1) for pair in (found[2] or "").split(",") if pair)
    properties = {key: _plain(value, property_too=True) for key, value in pairs}
    return Command(found[1], properties, _plain(found[3]))


def _plain(text: str, *, property_too: bool = False) -> str:
    signs = {"%0D": "\r", "%0A": "\n"} | ({"%3A": ":", "%2C": ","} if property_too else {})
    for escape, sign in signs.items():
        text = text.replace(escape, sign)
    return text.replace("%25", "%")


def with_clauses(run: Account, number: int, severities: dict[int, str] | None = None) -> Account:
    """Return a run with more broken clauses, each of one finding."""
    (row,) = broken(run)
    (clause,) = [one for one in run.clauses if one["clause"] == "1.1"]
    clauses: list[Row] = []
    rows: list[Row] = []
    for index in range(number):
        clauses.append({**clause, "clause": f"c{index}", "promise": f"Promise {index}."})
        severity = (severities or {}).get(index, "low")
        rows += copies(row, ["box-2"], clause=f"c{index}", severity=severity)
    one = dataclasses.replace(run, summary={**run.summary, "clauses": clauses})
    return with_places(with_findings(one, rows), run.place("acme", "1.1"), clauses)


def with_places(one: Account, place: Region, clauses: Sequence[Row]) -> Account:
    """Return a run that finds every clause at one place."""
    # What a frozen run works out once is kept beside its fields.
    object.__setattr__(one, "_places", {("acme", row["clause"]): place for row in clauses})
    return one


def test_a_broken_clause_is_an_error_at_its_line(run: Account) -> None:
    error, warning = commands(written(write_annotations, account_of_unknown(run)))
    assert error.name == "error"
    assert error.properties == {
        "file": "policies/acme.yaml",
        "line": "7",
        "endLine": "7",
        "title": "Broken: acme 1.1",
    }
    promise, finding = error.data.split("\n")
    assert promise == "Boxes are locked with 128 bits and opened every 90 days."
    assert finding.startswith("box-locked/locked: boxes box-2: ")
    assert warning == Command("warning", {}, "1 clause could not be decided")


def account_of_unknown(run: Account) -> Account:
    """Return the run with its informative clause unknown instead."""
    clauses = [{**row, "verdict": row["verdict"] or "unknown"} for row in run.clauses]
    return dataclasses.replace(run, summary={**run.summary, "clauses": clauses})


def test_what_is_waived_is_no_error(tmp_path: Path) -> None:
    one = account(tmp_path, [{"id": "box-2", "bits": 64}], waived="box-2")
    assert commands(written(write_annotations, one)) == []


def test_what_is_unknown_beside_a_waiver_is_a_warning(tmp_path: Path) -> None:
    (warning,) = commands(written(write_annotations, account(tmp_path, waived="box-2")))
    told = "1 waived clause with findings that could not be decided"
    assert warning == Command("warning", {}, told)


def test_a_run_that_judged_nothing_is_a_warning(run: Account) -> None:
    for one in (unjudged(run), with_clauses(run, 0)):
        (warning,) = commands(written(write_annotations, one))
        told = "nothing was judged: there is no clause that can be"
        assert warning == Command("warning", {}, told)


def test_what_two_parts_say_alike_is_counted_once(run: Account) -> None:
    (row,) = broken(run)
    names = [f"box-{number}" for number in range(github.SHOWN + 2)]
    rows = [*copies(row, names), *copies(row, names, part="other")]
    (error,) = commands(written(write_annotations, with_findings(run, rows)))
    assert error.data.split("\n")[-1].startswith("… and 2 more findings: ")


def test_the_ten_worst_are_shown_and_the_rest_is_counted(run: Account) -> None:
    one = with_clauses(run, 14, {13: "critical", 5: "high"})
    found = commands(written(write_annotations, one))
    errors = [row for row in found if row.name == "error"]
    assert len(errors) == 10
    titles = [row.properties["title"] for row in errors]
    assert titles[:3] == ["Broken: acme c13", "Broken: acme c5", "Broken: acme c0"]
    assert [row.data.split(" more")[0] for row in found if row.name == "notice"] == ["4"]


def test_many_resources_of_one_clause_are_one_annotation(run: Account) -> None:
    (row,) = broken(run)
    rows = [*copies(row, [f"box-{number}" for number in range(500)])]
    (error,) = commands(written(write_annotations, with_findings(run, rows)))
    lines = error.data.split("\n")
    assert len(lines) == 1 + github.SHOWN + 1
    assert lines[-1] == "… and 497 more findings: troth explain acme/1.1 --run RUN"


def test_hostile_names_forge_no_command(tmp_path: Path) -> None:
    text = written(write_annotations, with_every_name(hostile(tmp_path)))
    found = commands(text)
    assert {row.name for row in found} == {"error", "notice"}
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", text
    )
    assert max(map(len, text.splitlines())) < 10_000


def with_every_name(one: Account) -> Account:
    """Return a run with a clause for each hostile name, so that each is in an annotation."""
    (clause,) = [row for row in one.clauses if row["clause"] == "1.1"]
    names, place = list(HOSTILE.values()), one.place("acme", "1.1")
    clauses = [
        {**clause, "clause": f"c{index}", "promise": name} for index, name in enumerate(names)
    ]
    rows = [
        {**row, "clause": f"c{index}"}
        for row in broken(one)
        for index, name in enumerate(names)
        if row["resource"] == f"{name} broken"
    ]
    assert len(rows) == len(names)
    made = dataclasses.replace(one, summary={**one.summary, "clauses": clauses})
    return with_places(with_findings(made, rows), place, clauses)


def test_a_strange_path_is_one_property(run: Account) -> None:
    name = "a,b:c%0A::error,line=3.yaml"
    envelope = {**run.envelope, "places": {"policies": {"acme": name}}}
    (error,) = commands(written(write_annotations, dataclasses.replace(run, envelope=envelope)))
    assert error.properties["file"] == name
    assert error.properties["line"] == "7"


def test_a_percent_sign_stays_one(run: Account) -> None:
    (row,) = broken(run)
    (error,) = commands(
        written(write_annotations, with_findings(run, [*copies(row, ["50%0Aoff"])]))
    )
    assert "boxes 50%0Aoff: " in error.data


def test_an_interrupted_run_says_so(run: Account) -> None:
    one = dataclasses.replace(run, summary={**run.summary, "partial": True})
    *_, last = commands(written(write_annotations, one))
    assert last.name == "warning"
    assert "interrupted" in last.data


def test_the_summary_names_three_findings_of_a_clause(run: Account) -> None:
    (row,) = broken(run)
    rows = [*copies(row, [f"box-{number}" for number in range(9)])]
    text = written(write_summary, with_findings(run, rows))
    assert [number for number in range(9) if f"`box-{number}`" in text] == [0, 1, 2]
    assert "… and 6 more findings" in text
    assert "is left out" not in text


def test_a_summary_too_large_is_cut_and_says_so(run: Account) -> None:
    text = written(write_summary, with_clauses(run, 6_000))
    assert 990_000 < len(text.encode()) <= 1_000_000
    assert "1024 kB" in text.splitlines()[-1]
    assert "| `acme` |  | 6000 |" in text


def test_a_summary_is_cut_between_two_clauses(
    run: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github, "SUMMARY_BYTES", 10_000)
    text = written(write_summary, with_clauses(run, 100))
    assert 9_500 < len(text.encode()) <= 10_000
    shown = len(re.findall(r"(?m)^- `c\d+` Promise", text))
    assert 0 < shown < 100
    for render in RENDERERS.values():
        page = Page(render(text))
        # A clause, its finding, what is beside it and its fix are items; severity is bold.
        assert page.tags["li"] == 4 * shown
        assert page.tags["strong"] == shown + 1
        assert page.text.rstrip().endswith("writes it.")


def test_a_summary_of_hostile_names_is_text(tmp_path: Path) -> None:
    text = written(write_summary, with_every_name(hostile(tmp_path)))
    for render in RENDERERS.values():
        page = Page(render(text))
        assert not {"a", "img", "script", "b", "em", "h4"} & set(page.tags)
        assert page.others == []
        assert page.tags["strong"] == len(HOSTILE)


def test_the_same_run_gives_the_same_bytes(run: Account) -> None:
    for form in (write_summary, write_annotations):
        assert written(form, run) == written(form, Account.of_run(run.folder))
