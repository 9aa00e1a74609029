"""Whole documents: from parts to a clause's verdict; a bug in one control leaves the others."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.judge.boxes import (
    AS_OF,
    CLOSED,
    DENIED,
    KINDS,
    STRONG,
    binding,
    box,
    control,
    part,
    rule,
    seen,
)
from troth.definitions import Clause, Control, Policy
from troth.judge.document import Books, Document, Judged, judge
from troth.judge.findings import Finding, roll_up, strongest, weakest
from troth.judge.question import Seen
from troth.measures import Item
from troth.model import Assess, Failure, Proof, Reason, Severity, Verdict

PASS, FAIL, UNKNOWN, NEUTRAL = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE


def clause(number: str = "1.1", **more: Any) -> Clause:
    made = Clause(number, "Boxes are locked.", Assess.OBSERVED, (binding(),))
    return made._replace(**more)


def judged(
    *clauses: Clause, made: Control | None = None, looked: Seen | None = None,
    shelves: Seen | None = None, absent: dict[str, str] | None = None, zone: str = "Asia/Tokyo",
) -> Judged:  # fmt: skip
    policy = Policy("acme", "Acme", "en", zone, "", clauses)
    known = made or control(part())
    books = Books(KINDS, {known.id: known}, {}, {})
    boxes = seen(box("a")) if looked is None else looked
    there = {"box": boxes, "shelf": shelves or Seen((), ())}
    document = Document(policy, clauses, ("cellar",), "", absent or {})
    return judge([document], books, lambda kind, targets: there[kind], AS_OF)


def of(made: Judged) -> dict[str, tuple[Verdict | None, Proof | None]]:
    return {result.clause.id: (result.verdict, result.proof) for result in made.clauses}


@pytest.mark.parametrize(
    ("verdicts", "wanted"),
    [
        ([PASS, FAIL, UNKNOWN, NEUTRAL], FAIL),
        ([PASS, UNKNOWN, NEUTRAL], UNKNOWN),
        ([PASS, NEUTRAL], PASS),
        ([NEUTRAL, NEUTRAL], NEUTRAL),
        ([], NEUTRAL),
    ],
)
def test_how_verdicts_roll_up(verdicts: list[Verdict], wanted: Verdict) -> None:
    for order in itertools.permutations(verdicts):
        assert roll_up(order) is wanted


@given(st.lists(st.sampled_from(Verdict)), st.lists(st.sampled_from(Verdict)))
def test_rolling_up_in_steps_is_rolling_up(one: list[Verdict], two: list[Verdict]) -> None:
    assert roll_up([roll_up(one), roll_up(two)]) is roll_up(one + two)


def test_the_strength_of_several_proofs() -> None:
    several = [Proof.SETTING, None, Proof.STATEMENT, Proof.OUTCOME, Proof.RECORD]
    assert (weakest(several), strongest(several)) == (Proof.STATEMENT, Proof.OUTCOME)
    assert (weakest([None]), strongest([])) == (None, None)


ON_SHELVES = part(STRONG)._replace(name="shelved", kind="shelf")


@pytest.mark.parametrize(
    ("shelves", "wanted"),
    [
        (seen(box("s")), (PASS, Proof.SETTING)),
        (seen(box("s", bits=1)), (FAIL, Proof.SETTING)),
        (seen(failure=DENIED), (UNKNOWN, None)),
        (None, (UNKNOWN, None)),
    ],
)
def test_parts_are_joined_by_and(
    shelves: Seen | None, wanted: tuple[Verdict, Proof | None]
) -> None:
    made = judged(clause(), made=control(part(CLOSED), ON_SHELVES), shelves=shelves)
    assert of(made) == {"1.1": wanted}


def test_a_part_that_does_not_apply_is_neutral() -> None:
    known = control(part(CLOSED), ON_SHELVES._replace(when_empty="not-applicable"))
    made = judged(clause(), made=known, shelves=seen())
    assert of(made) == {"1.1": (PASS, Proof.OUTCOME)}
    none = judged(clause(), made=known, looked=Seen((), ()), absent={"box": "sold"}, shelves=seen())
    assert of(none) == {"1.1": (NEUTRAL, None)}


def test_a_fail_shows_its_strongest_proof() -> None:
    looked = seen(box("a", bits=1), box("b", closed=False))
    made = judged(clause(), made=control(part(CLOSED), part(STRONG)), looked=looked)
    assert of(made) == {"1.1": (FAIL, Proof.OUTCOME)}


def test_a_control_that_is_awaited_is_unknown() -> None:
    made = judged(clause(awaits=("box-guarded",)))
    assert of(made) == {"1.1": (UNKNOWN, None)}
    awaited = made.findings[0]
    assert awaited.control == "box-guarded"
    assert awaited.failure is not None
    assert awaited.failure.reason is Reason.NO_CONTROL


def test_a_broken_promise_stays_broken_while_a_control_is_awaited() -> None:
    made = judged(clause(awaits=("box-guarded",)), looked=seen(box("a", bits=1)))
    assert of(made)["1.1"][0] is FAIL


def test_an_informative_clause_has_no_verdict_and_no_findings() -> None:
    made = judged(clause(assess=Assess.INFORMATIVE))
    assert of(made) == {"1.1": (None, None)}
    assert made.findings == ()
    assert made.clauses[0].as_json()["verdict"] is None


def test_a_bug_in_one_control_is_an_unknown_that_names_it() -> None:
    known = control(part(rule("late", "facts.lock.opened_at <= as_of")), part(STRONG))
    made = judged(clause(), made=known)
    (bug,) = [one for one in made.findings if one.verdict is UNKNOWN]
    assert bug.failure is not None
    assert bug.failure.reason is Reason.RULE_ERROR
    assert "control box-locked, part locked" in bug.failure.message
    assert [one.verdict for one in made.findings if one is not bug] == [PASS]


def test_a_bug_does_not_hide_a_broken_promise() -> None:
    known = control(part(rule("late", "facts.lock.opened_at <= as_of")), part(STRONG))
    assert of(judged(clause(), made=known, looked=seen(box("a", bits=1))))["1.1"][0] is FAIL


def test_today_is_the_policys_today() -> None:
    evening = rule("today", "today == '2026-11-22'")
    late = AS_OF.replace(hour=20)
    policy = Policy("acme", "Acme", "en", "Asia/Tokyo", "", (clause(),))
    known = control(part(evening))
    books = Books(KINDS, {known.id: known}, {}, {})
    for zone, wanted in (("Asia/Tokyo", PASS), ("UTC", FAIL)):
        document = Document(replace(policy, timezone=zone), policy.clauses, ("cellar",))
        made = judge([document], books, lambda kind, targets: seen(box("a")), late)
        assert made.clauses[0].verdict is wanted


def test_the_counts_say_what_became_of_everything() -> None:
    looked = seen(box("a"), box("b", bits=1), box("c", missing={"lock": DENIED}))
    (result,) = judged(clause(), looked=looked).clauses
    assert result.counts == {"pass": 1, "fail": 1, "unknown": 1}


ITEMS = st.lists(
    st.builds(
        lambda name, bits, gone: box(
            name, bits=bits, missing={"lock.closed": DENIED} if gone else {}
        ),
        st.text("abc", min_size=1, max_size=2),
        st.integers(0, 256),
        st.booleans(),
    ),
    max_size=5,
    unique_by=lambda item: item.id,
)


@given(ITEMS, st.randoms())
def test_the_order_of_looking_decides_nothing(items: list[Item], chance: object) -> None:
    mixed = list(items)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    one, two = (judged(clause(), looked=seen(*order)) for order in (items, mixed))
    assert [finding.as_json() for finding in one.findings] == [
        finding.as_json() for finding in two.findings
    ]


@given(ITEMS)
def test_seeing_less_never_makes_a_broken_promise_kept(items: list[Item]) -> None:
    """Each resource in turn cannot be read: whatever failed before fails or is unknown."""
    whole = of(judged(clause(), looked=seen(*items)))["1.1"][0]
    for index, item in enumerate(items):
        blind = item._replace(facts={}, missing={"lock": DENIED})
        rest = [*items[:index], blind, *items[index + 1 :]]
        less = of(judged(clause(), looked=seen(*rest)))["1.1"][0]
        assert less is not PASS
        assert less is not FAIL or whole is FAIL


def finding(**more: Any) -> Finding:
    made = Finding(
        "acme", "1.1", "box-locked", "box-locked", "locked", "box", "cellar", "a", FAIL,
        Severity.HIGH, expected=("closed",), found={"lock.closed": False}, proof=Proof.OUTCOME,
    )  # fmt: skip
    return made._replace(**more)


def test_an_id_is_made_of_what_the_finding_is_about() -> None:
    same = finding(
        verdict=UNKNOWN, failure=Failure(Reason.TIMEOUT, "later"), severity=Severity.LOW,
        found={}, expected=(), proof=None, notes=("other words",),
    )  # fmt: skip
    assert finding().id == same.id
    for name in ("policy", "clause", "binding", "control", "part", "target", "resource"):
        assert finding(**{name: "other"}).id != finding().id


def test_names_that_run_together_are_not_one_id() -> None:
    assert finding(target="a", resource="bc").id != finding(target="ab", resource="c").id


def test_a_long_list_is_shown_by_its_beginning() -> None:
    made = judged(
        clause(),
        made=control(
            part(
                rule(
                    "few",
                    "facts.lock.keys.complete && facts.lock.keys.items.size() < 3",
                )
            )
        ),
        looked=seen(box("a", keys={"items": [{"id": str(n)} for n in range(9)], "complete": True})),
    )
    shown = made.findings[0].found["lock.keys.items"]
    assert shown["count"] == 9
    assert shown["first"] == [{"id": str(n)} for n in range(5)]
