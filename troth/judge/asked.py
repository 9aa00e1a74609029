"""What a clause asks of a control: its parameters may switch all rules of a part off.

Such a part comes out the same whatever there is to see, so nothing has to be looked at for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from troth.errors import RuleBug
from troth.judge.question import Moment, Question
from troth.judge.telling import bench_of


def idle(questions: Sequence[Question], moment: Moment) -> frozenset[str]:
    """Return the parts of one binding of which the clause asks nothing, while it asks others.

    If it asks nothing of any part, none is returned: a promise that no rule looks at must stay
    unknown.
    """
    off = frozenset(question.part.name for question in questions if _asks_nothing(question, moment))
    return off if len(off) < len(questions) else frozenset()


def _asks_nothing(question: Question, moment: Moment) -> bool:
    rules = question.part.rules
    if not all(rule.when for rule in rules):
        return False
    bench = bench_of(question, moment)
    try:
        return all(bench.rules_out(rule.when, rule.when_reading) for rule in rules)
    except RuleBug:  # judging the part will meet it again, and say so
        return False
