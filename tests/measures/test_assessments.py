from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Failure, Reason
from troth.params import parse_duration

TODAY = AS_OF.date()
WITHIN = parse_duration("P30D", at_most=True)
AGES = st.integers(-2, 100)


def on(ago: int) -> str:
    return (TODAY - timedelta(days=ago)).isoformat()


def held(ago: int, kind: str = "risk", **row: Any) -> Item:
    facts = {"kind": kind, "performed_on": on(ago), "trigger_changes": [], "action_refs": ["ac"]}
    return item(f"{kind}-{ago}", **(facts | {"conclusions": []} | row))


def action(name: str = "ac", owner: str = "p", opened: int = 0) -> Item:
    return item(name, id=name, owner=owner, opened_on=on(opened))


ACTIONS = [action(), action("ac-2", "n/a"), action("ac-3", opened=-1)]


def judged(
    name: str, rows: list[Item], args: dict[str, Any], cut: Any = None, acts: Any = None
) -> Measured:
    needs = {"register.actions": population(ACTIONS, acts)}
    args = args | {"within": WITHIN}
    return measured(name, population(rows, cut), args, needs)[""]


@given(st.sets(AGES, max_size=6), st.booleans())
def test_intervals(ages: set[int], cut: bool) -> None:
    made = judged("assessments-held", [held(ago) for ago in ages], {}, CUT if cut else None)
    past = sorted(ago for ago in ages if ago >= 0)
    kept = bool(past) and past[0] <= 30
    assert made.facts.get("in_time") is (True if kept else None if cut else False)
    gaps = sum(b - a > 30 for a, b in pairwise(past))
    if cut:
        assert made.missing["gaps"] is CUT
    else:
        assert len(made.facts["gaps"]) == gaps


REFS = st.sampled_from([(), ("ac",), ("ac", "ac-2"), ("ac-9",), ("ac-3",)])


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([-1, 0, 30, 31]), REFS)))
def test_every_kind_leads_to_actions(given_rows: list[Any]) -> None:
    rows = {(kind, ago): refs for kind, ago, refs in given_rows}
    items = [held(ago, kind, action_refs=list(refs)) for (kind, ago), refs in rows.items()]
    made = judged("inputs-assessed", items, {"kinds": ["A", "b"]})
    young = {kind: [refs for (k, ago), refs in rows.items() if k == kind and 0 <= ago <= 30]
             for kind in "ab"}  # fmt: skip
    assert made.facts["lacking"] == [kind for kind in "ab" if not young[kind]]
    assert made.facts["idle"] == [
        kind for kind in "ab" if young[kind] and ("ac",) not in young[kind]
    ]


def test_what_was_not_read_may_be_what_lacks() -> None:
    kinds = {"kinds": ["risk"]}
    assert judged("inputs-assessed", [held(1)], kinds, CUT, CUT).facts == {
        "lacking": [],
        "idle": [],
    }
    assert judged("inputs-assessed", [], kinds, CUT).missing == {"lacking": CUT}
    idle = [held(1, action_refs=["ac-9"])]
    assert judged("inputs-assessed", idle, kinds, None, CUT).missing == {"idle": CUT}
    topics = {"topics": ["t"]}
    assert judged("topics-concluded", [unread("x")], topics).missing["open"]
    done = [held(1, conclusions=["t: fine"])]
    assert judged("topics-concluded", done, topics, CUT, CUT).facts == {"open": []}
    assert judged("topics-concluded", [held(1)], topics, None, CUT).missing == {"open": CUT}


@pytest.mark.parametrize(
    ("texts", "still"),
    [(["a: x", "B : y"], []), (["a: x"], ["b"]), (["a: x", "b:"], ["b"]), (["a", "b"], ["a", "b"]),
     (["a: n/a", "b: no: none"], ["a"])],
)  # fmt: skip
def test_topics(texts: list[str], still: list[str]) -> None:
    made = judged("topics-concluded", [held(30, conclusions=texts)], {"topics": ["A", "b"]})
    assert made.facts["open"] == still


def test_one_assessment_has_all_topics() -> None:
    rows = [held(1, conclusions=["a: x"]), held(2, conclusions=["b: y"])]
    assert judged("topics-concluded", rows, {"topics": ["a", "b"]}).facts["open"] == ["b"]
    old = [held(31, conclusions=["a: x"])]
    assert judged("topics-concluded", old, {"topics": ["a"]}).facts["open"] == ["a"]
    idle = [held(1, conclusions=["a: x"], action_refs=[])]
    assert judged("topics-concluded", idle, {"topics": ["a"]}).facts["open"] == ["a"]


def changed(ago: int, rows: list[Item], cut: Failure | None = None) -> Measured:
    change = population([item("c", id="mc", effective_on=on(ago))])
    needs = {"register.assessments": population(rows, cut)}
    return measured("changes-assessed", change, {"within": WITHIN}, needs)["c"]


@given(AGES, AGES, st.booleans())
def test_after_a_change(ago: int, done: int, named: bool) -> None:
    made = changed(ago, [held(done, trigger_changes=["x", " mc" if named else "y"])])
    assert made.facts == {"followed": named and done >= 0 and 0 <= ago - done <= 30,
                          "over": ago > 30}  # fmt: skip


def test_after_a_change_that_lacks() -> None:
    assert changed(40, [], CUT).missing == {"followed": CUT}
    assert changed(40, [held(20, trigger_changes=["mc"])], CUT).facts["followed"] is True


@pytest.mark.parametrize("name", ["assessments-held", "inputs-assessed", "topics-concluded"])
def test_a_day_that_there_is_not(name: str) -> None:
    args = {"kinds": ["risk"], "topics": ["a"]}
    made = judged(name, [held(1, performed_on="2026-02-30")], args)
    assert {failure.reason for failure in made.missing.values()} == {Reason.MALFORMED_RESPONSE}


def test_an_assessment_to_come_is_none_yet() -> None:
    rows = [held(-1, trigger_changes=["mc"])]
    assert changed(5, rows).facts == {"followed": False, "over": False}
