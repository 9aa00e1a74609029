"""JUnit: another library reads suites, cases and counts as the run has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import junitparser

from tests.report.accounts import account, hostile, interrupted, unjudged
from tests.report.forms import written
from troth.report.account import Account
from troth.report.findings import kept

WEAK = {"id": "box-2", "bits": 64}
SOUND = {"id": "box-1", "bits": 256}
DENIED = {"id": "box-3", "failure": "the guard said no"}


def case(run: Account) -> Any:
    """Return the one test case of the one suite, after the suite's counts were compared."""
    suites = junitparser.JUnitXml.fromstring(written("junit", run).encode())
    (suite,) = suites
    (found,) = suite
    kinds = [type(one) for one in found.result]
    assert suite.tests == 1
    assert suite.failures == kinds.count(junitparser.Failure)
    assert suite.errors == kinds.count(junitparser.Error)
    assert suite.skipped == kinds.count(junitparser.Skipped)
    return found


def test_a_case_is_a_clause_of_its_document(tmp_path: Path) -> None:
    found = case(account(tmp_path, [SOUND]))
    assert found.classname == "acme"
    assert found.name == "1.1 Boxes are locked with 128 bits and opened every 90 days."
    assert found.is_passed


def test_a_broken_clause_is_a_failure_that_names_what_breaks_it(tmp_path: Path) -> None:
    (result,) = case(account(tmp_path, [SOUND, WEAK, DENIED])).result
    assert isinstance(result, junitparser.Failure)
    assert result.message == "the promise is broken"
    assert result.text == (
        "box-locked/locked: boxes box-2: expected a lock of 128 bits; found lock.bits = 64"
    )


def test_an_unknown_clause_is_an_error_because_it_must_not_look_green(tmp_path: Path) -> None:
    (result,) = case(account(tmp_path, [SOUND, DENIED])).result
    assert isinstance(result, junitparser.Error)
    assert "box-3 [permission-denied]: the guard said no" in result.text


def test_a_waived_clause_is_skipped_with_the_reason(tmp_path: Path) -> None:
    (result,) = case(account(tmp_path, [SOUND, WEAK], waived="box-2")).result
    assert isinstance(result, junitparser.Skipped)
    assert "(waived until 2026-12-31: It is on its way to the smith.)" in result.text


def test_what_is_unknown_beside_a_waiver_stays_an_error(tmp_path: Path) -> None:
    (result,) = case(account(tmp_path, [WEAK, DENIED], waived="box-2")).result
    assert isinstance(result, junitparser.Error)
    assert "box-2" in result.text
    assert "box-3" in result.text


def test_a_clause_that_does_not_apply_is_skipped(tmp_path: Path) -> None:
    run = account(tmp_path, [SOUND])
    clauses = [{**row, "verdict": "not-applicable"} for row in run.clauses if row["verdict"]]
    other = Account(run.folder, {**run.summary, "clauses": clauses}, kept([]), run.envelope)
    (result,) = case(other).result
    assert isinstance(result, junitparser.Skipped)
    assert result.message == "not applicable"


def test_an_interrupted_run_is_an_error_and_a_property_of_each_suite(tmp_path: Path) -> None:
    run = account(tmp_path, [SOUND])
    text = written("junit", interrupted(run))
    suites: Any = junitparser.JUnitXml.fromstring(text.encode())
    first, acme = suites
    assert (first.name, first.tests, first.errors, first.failures) == ("troth run", 1, 1, 0)
    (found,) = first
    (result,) = found.result
    assert isinstance(result, junitparser.Error)
    assert result.message == "this run was interrupted: what was not read is unknown"
    for suite in (first, acme):
        assert [(one.name, one.value) for one in suite.properties()] == [("partial", "true")]
    assert "properties" not in written("junit", run)


def test_a_run_that_judged_nothing_is_an_error(tmp_path: Path) -> None:
    run = unjudged(account(tmp_path))
    first, acme = junitparser.JUnitXml.fromstring(written("junit", run).encode())
    (found,) = first
    (result,) = found.result
    assert isinstance(result, junitparser.Error)
    assert result.message == "nothing was judged: there is no clause that can be"
    assert (first.errors, acme.tests) == (1, 0)


def test_hostile_names_are_text_of_one_line_each(tmp_path: Path) -> None:
    (result,) = case(hostile(tmp_path)).result
    assert len(result.text.split("\n")) == 13
    assert "<script>alert(1)</script>" in result.text
    assert "]]>&lt;x" in result.text
