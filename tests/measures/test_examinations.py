from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Failure, Reason

TODAY = AS_OF.date()


def on(ago: int) -> str:
    return (TODAY - timedelta(days=ago)).isoformat()


def training(ago: int, course: str = "c", **row: Any) -> Item:
    facts = {"person_id": "p", "course": course, "completed_on": on(ago)}
    return item(f"t-{course}-{ago}", **(facts | {"topic": "security", "passed": True} | row))


def result(ago: int, course: str = "c", **row: Any) -> Item:
    facts: dict[str, Any] = {"person_id": "p", "course": course, "completed_on": on(ago)}
    facts |= {"delivery": "electronic", "score": 80, "pass_mark": 80}
    return item(f"x-{course}-{ago}", **(facts | row))


def judged(
    trainings: list[Item], results: list[Item], delivery: str = "electronic",
    cut: tuple[Failure | None, Failure | None] = (None, None), **row: Any,
) -> Measured:  # fmt: skip
    needs = {
        "register.trainings": population(trainings, cut[0]),
        "register.training-results": population(results, cut[1]),
    }
    facts = {"person_id": "p", "end_date": None, "status": "active"}
    people = population([item("p", **(facts | row))])
    args = {"topics": ["Security "], "delivery": delivery}
    return measured("training-tests", people, args, needs)["p"]


@given(st.dictionaries(st.integers(-30, 300), st.integers(0, 100), min_size=1, max_size=5))
def test_the_score_of_the_newest_training_that_is_over_counts(scores: dict[int, int]) -> None:
    made = judged(
        [training(ago) for ago in scores], [result(a, score=s) for a, s in scores.items()]
    )
    over = [ago for ago in scores if ago >= 0]
    assert made.facts["trained"] is bool(over)
    assert made.facts["passed"] is (bool(over) and scores[min(over)] >= 80)


@pytest.mark.parametrize(
    ("row", "tested", "passed"),
    [
        ({}, True, True),
        ({"score": 79.99}, True, False),
        ({"score": 0, "pass_mark": 0}, False, False),
        ({"score": 1, "pass_mark": 0.5}, True, True),
        ({"score": None}, False, False),
        ({"pass_mark": None}, False, False),
        ({"person_id": "q"}, False, False),
        ({"course": "d"}, False, False),
        ({"completed_on": on(4)}, False, False),
    ],
)
def test_a_test_has_a_score_and_a_mark(row: dict[str, Any], tested: bool, passed: bool) -> None:
    made = judged([training(3)], [result(3, **row)])
    assert (made.facts["tested"], made.facts["passed"]) == (tested, passed)


@pytest.mark.parametrize(
    ("delivery", "wanted", "delivered"),
    [
        ("electronic", "electronic", True),
        ("in-person", "electronic", False),
        ("in-person", "in-person", True),
        ("in-person", "any", True),
    ],
)
def test_the_way_it_was_given(delivery: str, wanted: str, delivered: bool) -> None:
    made = judged([training(3)], [result(3, delivery=delivery)], wanted)
    assert made.facts["delivered"] is delivered


def test_without_a_result_any_way_will_do_and_no_other() -> None:
    assert judged([training(3)], [], "any").facts["delivered"] is True
    assert judged([training(3)], []).facts["delivered"] is False


def test_all_of_one_day() -> None:
    both = [training(3), training(3, "d")]
    assert judged(both, [result(3)]).facts["tested"] is False
    assert judged(both, [result(3), result(3, "d")]).facts["tested"] is True
    assert judged(both, [result(3), result(3, "d", score=1)]).facts["passed"] is False
    one = [result(3), result(3, "d", delivery="in-person")]
    assert judged(both, one).facts["delivered"] is False


@pytest.mark.parametrize("row", [{"status": "ended"}, {"end_date": on(1)}])
def test_who_has_left_was_trained_for_nothing(row: dict[str, Any]) -> None:
    assert judged([training(3)], [result(3)], **row).facts["trained"] is False


def test_the_last_day_and_other_topics() -> None:
    assert judged([training(3)], [result(3)], end_date=on(0)).facts["trained"] is True
    assert judged([training(3, topic="fire")], [result(3)]).facts["trained"] is False
    assert judged([training(3, topic=" SECURITY")], [result(3)]).facts["trained"] is True


def test_registers_that_disagree() -> None:
    made = judged([training(3, passed=False)], [result(3)])
    assert made.missing["passed"].reason is Reason.UNPROVEN
    assert judged([training(3, passed=False)], [result(3, score=1)]).facts["passed"] is False


def test_what_was_not_read() -> None:
    assert set(judged([training(3)], [result(3)], cut=(CUT, None)).missing.values()) == {CUT}
    made = judged([training(3)], [], cut=(None, CUT))
    assert made.facts == {"trained": True}
    assert judged([training(3)], [result(3)], cut=(None, CUT)).facts["passed"] is True
    needs = {"register.trainings": population([]), "register.training-results": population([])}
    args = {"topics": [], "delivery": "any"}
    made = measured("training-tests", population([unread("x")]), args, needs)["x"]
    assert set(made.missing) == {"trained", "tested", "passed", "delivered"}
