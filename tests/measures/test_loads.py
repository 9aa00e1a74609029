"""Load tests: what the newest with enough users shows."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import item, measured, population, unread
from troth.measures import Measured
from troth.model import Reason
from troth.params import parse_duration

HELD = st.sampled_from(["2025-11-20", "2025-11-21", "2026-05-01", "2026-11-21", "2026-11-22"])
USERS = st.sampled_from([None, "many", "49", "50", "51", "²"])
DRILLS = st.lists(st.tuples(USERS, HELD, st.sampled_from(["pass", "fail"])), max_size=6)


def held(drills: list[Any], bad: bool = False) -> Measured:
    items = [
        item(
            f"d-{at}",
            kind="Load_Test" if users is None else f"load_test:{users}",
            held_on=day,
            result=how,
        )
        for at, (users, day, how) in enumerate(drills)
    ]
    args = {"kind": "load_test", "users": 50, "within": parse_duration("P1Y")}
    register = population([*items, unread("d-x")] if bad else items)
    return measured("load-held", register, args)[""]


def expected(drills: list[Any]) -> Any:
    """The rule in plain words."""
    known = [(users, day, how) for users, day, how in drills if day <= "2026-11-21"]
    good = max([d for u, d, how in known if how == "pass" and u in ("50", "51")], default="")
    if any(how == "fail" and u not in ("51",) and d >= good for u, d, how in known):
        return False
    if not good:
        return Reason.NOTHING_FOUND
    return True if good >= "2025-11-21" else Reason.UNPROVEN


@given(DRILLS)
def test_only_tests_with_enough_users_show_and_only_those_with_few_refute(
    drills: list[Any],
) -> None:
    made = held(drills)
    found = made.facts["held"] if made.facts else made.missing["held"].reason
    assert found == expected(drills)


def test_a_row_that_cannot_be_read_may_be_the_newest() -> None:
    assert held([("50", "2026-05-01", "pass")], bad=True).missing["held"].reason
