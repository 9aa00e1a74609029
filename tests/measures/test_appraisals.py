from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Reason
from troth.params import parse_duration

TODAY = AS_OF.date()
ARGS = {
    "roles": ["Cook ", "driver"], "indicators": ["taste"],
    "within": parse_duration("P365D", at_most=True),
}  # fmt: skip


def on(ago: int) -> str:
    return (TODAY - timedelta(days=ago)).isoformat()


def person(**row: Any) -> Item:
    facts = {"person_id": "p", "roles": ["cook"], "start_date": on(900), "end_date": None}
    return item("p", **(facts | {"status": "active"} | row))


def appraisal(ago: int, role: str = "cook", by: tuple[str, ...] = ("Taste",)) -> Item:
    row = {"person_id": "p", "role": role, "held_on": on(ago), "indicators": list(by)}
    return item(f"{role}-{ago}", **row)


def judged(who: Item, appraisals: list[Item], cut: Any = None, **args: Any) -> Measured:
    needs = {"register.appraisals": population(appraisals, cut)}
    return measured("appraised", population([who]), ARGS | args, needs)["p"]


@given(st.sets(st.integers(-30, 800), max_size=4), st.integers(0, 800))
def test_one_appraisal_in_the_time_is_enough(ages: set[int], started: int) -> None:
    made = judged(person(start_date=on(started)), [appraisal(ago) for ago in ages])
    held = any(0 <= ago <= 365 for ago in ages)
    assert made.facts == {"meant": True, "appraised": held or started <= 365}


@pytest.mark.parametrize(
    ("by", "wanted", "appraised"),
    [
        (("taste",), ["taste"], True),
        (("speed", "taste"), ["taste"], True),
        (("speed",), ["taste"], False),
        (("taste",), ["taste", "speed"], False),
        (("speed",), [], True),
        ((), [], False),
    ],
)
def test_all_indicators_in_one_appraisal(
    by: tuple[str, ...], wanted: list[str], appraised: bool
) -> None:
    made = judged(person(), [appraisal(9, by=by)], indicators=wanted)
    assert made.facts["appraised"] is appraised


@pytest.mark.parametrize(("ago", "good"), [(0, True), (365, True), (366, False), (-1, False)])
def test_the_last_day_of_an_appraisal(ago: int, good: bool) -> None:
    assert judged(person(), [appraisal(ago)]).facts["appraised"] is good


@pytest.mark.parametrize(("ago", "due"), [(365, False), (366, True)])
def test_who_is_new_has_a_year(ago: int, due: bool) -> None:
    assert judged(person(start_date=on(ago)), []).facts["appraised"] is not due


def test_spelling_hides_no_appraisal() -> None:
    made = judged(person(roles=[" COOK"]), [appraisal(9, "Cook ")], indicators=[" TASTE"])
    assert made.facts == {"meant": True, "appraised": True}


def test_two_halves_are_no_whole() -> None:
    halves = [appraisal(9, by=("a",)), appraisal(8, by=("b",))]
    assert judged(person(), halves, indicators=["a", "b"]).facts["appraised"] is False


def test_each_role_for_itself() -> None:
    both = person(roles=["cook", "DRIVER", "poet"])
    assert judged(both, [appraisal(9)]).notes == ("no appraisal in time as driver",)
    assert judged(both, [appraisal(9), appraisal(9, "driver")]).facts["appraised"] is True


@pytest.mark.parametrize(
    "row", [{"status": "leave"}, {"end_date": on(1)}, {"start_date": on(-1)}, {"roles": ["poet"]}]
)
def test_who_is_not_meant(row: dict[str, Any]) -> None:
    made = judged(person(**row), [])
    assert made.facts["meant"] is False
    assert made.notes != ("",)


def test_what_was_not_read_accuses_nobody() -> None:
    assert judged(person(), [], CUT).missing == {"appraised": CUT}
    assert judged(person(), [appraisal(9)], CUT).facts["appraised"] is True
    needs = {"register.appraisals": population([])}
    made = measured("appraised", population([unread("p")]), ARGS, needs)["p"]
    assert set(made.missing) == {"meant", "appraised"}


def test_a_role_that_nobody_has_is_not_known() -> None:
    args = {"roles": ["Cook", "driver"]}
    made = measured("roles-held", population([person(status="leave")]), args)
    assert made["cook"].facts["held"] is True
    spelt = measured("roles-held", population([person(roles=[" COOK"])]), args)
    assert spelt["cook"].facts["held"] is True
    assert made["driver"].missing["held"].reason is Reason.SCOPE_UNKNOWN
    gone = measured("roles-held", population([person(end_date=on(1))]), args)
    assert set(gone["cook"].missing) == {"held"}
    half = measured("roles-held", population([person()], CUT), args)
    assert half["cook"].facts["held"] is True
    assert half["driver"].missing == {"held": CUT}
    made = measured("roles-held", population([unread("p")]), args)
    assert made["cook"].missing["held"].reason is Reason.MALFORMED_RESPONSE
