"""What a clause asks: parts that its parameters switch off need no target and no facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.judge.boxes import KINDS, MOMENT, binding, box, control, only, part, rule, seen
from troth.definitions import Part
from troth.judge.asked import idle
from troth.judge.part import PartJudge
from troth.judge.question import Question, Seen
from troth.model import Reason, Verdict

OFF = part(rule("off", "facts.lock.closed", when="params.least > 1000"))._replace(name="off")
ON = part(rule("on", "facts.lock.closed", when="params.least > 100"))._replace(name="on")
PLAIN = part()._replace(name="plain")
ABOUT = part(
    rule("about", "facts.lock.closed", when="facts.lock.closed || params.least > 1000")
)._replace(name="about")


def questions(parts: Sequence[Part]) -> list[Question]:
    return [Question("acme", "1.1", binding(), control(one), one) for one in parts]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([OFF, PLAIN], {"off"}),
        ([OFF, ON], {"off"}),
        ([ON, ABOUT, PLAIN], set()),
        ([OFF], set()),
        ([OFF, OFF._replace(name="off-too")], set()),
    ],
)
def test_a_part_is_idle_while_another_asks(parts: list[Part], expected: set[str]) -> None:
    assert idle(questions(parts), MOMENT) == expected


@pytest.mark.parametrize("looked", [Seen((), ()), seen(), seen(box("a", closed=False))])
def test_nothing_is_missing_where_nothing_is_asked(looked: Seen) -> None:
    (question,) = questions([OFF])
    judge = PartJudge(replace(question, idle=True), KINDS, {}, MOMENT)
    made = only(judge.answer(looked, {}))
    assert (made.verdict, made.resource) == (Verdict.NOT_APPLICABLE, "population")
    assert made.notes == ("the clause asks nothing of this part",)


def test_a_promise_that_no_rule_looks_at_stays_unknown() -> None:
    (question,) = questions([OFF])
    made = only(PartJudge(question, KINDS, {}, MOMENT).answer(Seen((), ()), {}))
    assert made.failure is not None
    assert made.failure.reason is Reason.NO_TARGET


def test_what_is_expected_leaves_out_what_can_never_apply() -> None:
    both = part(rule("off", "facts.lock.closed", when="params.least > 1000"), *part().rules)
    (question,) = questions([both])
    made = only(PartJudge(question, KINDS, {}, MOMENT).answer(Seen((), ()), {}))
    assert made.expected == ("closed of 128", "strong of 128")
