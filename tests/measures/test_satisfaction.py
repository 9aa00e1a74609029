from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Reason
from troth.params import parse_duration

WITHIN = parse_duration("P100D", at_most=True)


def on(offset: int) -> str:
    return (AS_OF.date() + timedelta(days=offset)).isoformat()


def surveys(rows: list[tuple[int, int]], cut: bool = False) -> Measured:
    items = [item(str(at), held_on=on(held), respondents=count)
             for at, (held, count) in enumerate(rows)]  # fmt: skip
    made = measured("surveys-held", population(items, CUT if cut else None), {"within": WITHIN})
    return made[""]


@given(st.lists(st.tuples(st.integers(-200, 5), st.integers(0, 2))))
@example([(0, 1)])
@example([(-100, 1)])
@example([(-101, 1)])
def test_the_newest_that_somebody_answered(rows: list[tuple[int, int]]) -> None:
    kept = any(-100 <= held <= 0 and count for held, count in rows)
    assert surveys(rows).facts == {"in_time": kept}
    assert surveys(rows, cut=True).facts == ({"in_time": True} if kept else {})


def test_a_day_that_there_is_not() -> None:
    rows = population([item("s", held_on="2026-02-30", respondents=1)])
    made = measured("surveys-held", rows, {"within": WITHIN})[""]
    assert made.missing["in_time"].reason is Reason.MALFORMED_RESPONSE


def action(name: str, **row: Any) -> Item:
    return item(name, **({"id": name, "owner": "p", "opened_on": on(0)} | row))


def used(*actions: Item, refs: list[str], cut: bool = False, **row: Any) -> Measured:
    facts = {"held_on": on(-50), "score": 10, "action_refs": refs}
    needs = {"register.actions": population(actions, CUT if cut else None)}
    args = {"low": 60, "within": parse_duration("P10D", at_most=True)}
    return measured("survey-actions", population([item("s", **(facts | row))]), args, needs)["s"]


@pytest.mark.parametrize(
    ("refs", "wanted"), [(["a", "b"], True), (["a", " b "], True), (["a", "c"], False), ([], False)]
)
def test_every_action_is_there(refs: list[str], wanted: bool) -> None:
    assert used(action("a"), action("b"), refs=refs).facts["used"] is wanted


def test_an_action_has_an_owner_and_has_begun() -> None:
    assert used(action("a", owner=""), refs=["a"]).facts["used"] is False
    assert used(action("a", opened_on=on(1)), refs=["a"]).facts["used"] is False


def test_an_action_that_was_not_read_may_be_the_one() -> None:
    assert used(refs=["a"], cut=True).missing == {"used": CUT}
    assert used(refs=[], cut=True).facts["used"] is False
    assert used(action("a"), refs=["a"], cut=True).facts["used"] is True


@given(st.none() | st.integers(0, 100), st.integers(0, 20))
@example(60, 20)
@example(59, 10)
@example(59, 11)
def test_due_after_a_low_score(score: int | None, ago: int) -> None:
    made = used(refs=[], score=score, held_on=on(-ago))
    assert made.facts["due"] is (score is not None and score < 60 and ago > 10)


def tickets(rows: list[tuple[bool, bool]], cut: bool = False, **row: Any) -> Measured:
    items = [
        item(f"t-{at}", **({"id": f"t-{at}", "closed_at": AS_OF,
             "first_response_at": AS_OF if answered else None,
             "satisfaction": 50 if rated else None} | row))
        for at, (answered, rated) in enumerate(rows)
    ]  # fmt: skip
    args = {"within": WITHIN, "least": 2}
    return measured("tickets-rated", population(items, CUT if cut else None), args)[""]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_answers_and_ratings(rows: list[tuple[bool, bool]]) -> None:
    made = tickets(rows)
    assert len(made.facts["unanswered"]) == sum(not answered for answered, _ in rows)
    assert made.facts["rated"] is (sum(rated for _, rated in rows) >= 2)


def test_tickets_that_were_not_read() -> None:
    assert set(tickets([(True, True)], cut=True).missing) == {"unanswered", "rated"}
    made = tickets([(False, True), (True, True)], cut=True)
    assert made.facts == {"unanswered": ["t-0"], "rated": True}


@pytest.mark.parametrize(
    ("closed", "counts"),
    [(timedelta(0), True), (timedelta(days=100), True), (timedelta(days=100, seconds=1), False),
     (timedelta(seconds=-1), False)],
)  # fmt: skip
def test_tickets_of_the_time_before_now(closed: timedelta, counts: bool) -> None:
    made = tickets([(True, True)], closed_at=AS_OF - closed)
    assert bool(made.facts) is counts
    if not counts:
        assert {why.reason for why in made.missing.values()} == {Reason.NOTHING_FOUND}
    assert not tickets([(True, True)], closed_at=None).facts


def test_rows_that_could_not_be_read() -> None:
    args = {"low": 60, "within": WITHIN, "least": 1}
    needs = {"register.actions": population([])}
    made = measured("survey-actions", population([unread("s")]), args, needs)["s"]
    assert set(made.missing) == {"due", "used"}
    closed = measured("tickets-rated", population([unread("s")]), args)[""]
    assert {why.reason for why in closed.missing.values()} == {Reason.MALFORMED_RESPONSE}
