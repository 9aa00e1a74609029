"""The exit code: which findings count, and which code takes precedence."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from troth.errors import PRECEDENCE, Exit
from troth.model import Assess
from troth.verdicts import Gate, Results, exit_code, first

ALL = frozenset({Assess.OBSERVED, Assess.RECORDED, Assess.ATTESTED})


def results(*findings: dict[str, Any], assess: str = "observed", clauses: int = 1) -> Results:
    verdicts = {row["verdict"] for row in findings}
    verdict = next((v for v in ("fail", "unknown", "pass") if v in verdicts), "not-applicable")
    row = {"policy": "acme", "clause": "1.1", "assess": assess, "verdict": verdict}
    if assess == "informative":
        row["verdict"] = None  # type: ignore[assignment]
    return Results({"clauses": [row] * clauses}, findings)


def finding(verdict: str, severity: str = "high", **more: Any) -> dict[str, Any]:
    about = {"policy": "acme", "clause": "1.1", "verdict": verdict, "severity": severity}
    return about | more


KEPT, BROKEN = finding("pass"), finding("fail")
UNSEEN = finding("unknown", reason="timeout")
WAIVED = finding("fail", waiver={"id": "w-1"})
BUG = finding("unknown", reason="rule-error")


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([KEPT], Exit.OK),
        ([finding("not-applicable")], Exit.OK),
        ([KEPT, BROKEN], Exit.BROKEN),
        ([KEPT, UNSEEN], Exit.INCOMPLETE),
        ([UNSEEN, BROKEN], Exit.BROKEN),
        ([KEPT, WAIVED], Exit.OK),
        ([WAIVED, BROKEN], Exit.BROKEN),
        ([WAIVED, UNSEEN], Exit.INCOMPLETE),
        ([BUG], Exit.BUG),
        ([BUG, BROKEN, UNSEEN], Exit.BUG),
    ],
)
def test_what_findings_come_to(findings: list[dict[str, Any]], code: Exit) -> None:
    for order in itertools.permutations(findings):
        assert exit_code(results(*order), Gate()) is code


def test_nothing_to_judge_is_incomplete() -> None:
    assert exit_code(results(clauses=0), Gate()) is Exit.INCOMPLETE
    assert exit_code(results(assess="informative"), Gate()) is Exit.INCOMPLETE


@pytest.mark.parametrize(
    ("severity", "fail_on", "code"),
    [
        ("low", "low", 1), ("low", "medium", 0), ("medium", "medium", 1), ("high", "critical", 0),
        ("critical", "critical", 1), ("critical", "none", 0),
    ],
)  # fmt: skip
def test_from_which_severity_on(severity: str, fail_on: str, code: int) -> None:
    assert exit_code(results(finding("fail", severity)), Gate(fail_on, ALL)) == code


def test_a_fail_below_the_threshold_does_not_hide_an_unknown() -> None:
    made = results(finding("fail", "low"), UNSEEN)
    assert exit_code(made, Gate("high", ALL)) is Exit.INCOMPLETE


@pytest.mark.parametrize(
    ("assess", "gate", "code"),
    [
        ("observed", ALL, 3), ("observed", {Assess.RECORDED}, 0),
        ("attested", {Assess.OBSERVED}, 0),
        ("attested", {Assess.ATTESTED}, 3), ("recorded", set(), 0),
    ],
)  # fmt: skip
def test_whose_unknowns_count(assess: str, gate: set[Assess], code: int) -> None:
    assert exit_code(results(UNSEEN, assess=assess), Gate("low", frozenset(gate))) == code


def test_a_gate_never_hides_a_broken_promise_or_a_bug() -> None:
    nobody = Gate("low", frozenset())
    assert exit_code(results(BROKEN), nobody) is Exit.BROKEN
    assert exit_code(results(BUG), nobody) is Exit.BUG


def test_by_default_every_assessed_clause_counts() -> None:
    assert Gate().assess == ALL
    assert Gate().fail_on == "low"


def test_the_order_of_precedence() -> None:
    assert [int(code) for code in PRECEDENCE] == [130, 143, 70, 2, 4, 1, 3, 0]
    assert set(PRECEDENCE) == set(Exit)
    for stronger, weaker in itertools.combinations(PRECEDENCE, 2):
        assert first([weaker, stronger]) is stronger
