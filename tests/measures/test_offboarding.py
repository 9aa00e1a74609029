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
AGO = st.none() | st.integers(-5, 5)


def on(ago: int | None) -> str | None:
    return None if ago is None else (TODAY - timedelta(days=ago)).isoformat()


def thing(name: str, returned: int | None = 1, revoked: int | None = None, **row: Any) -> Item:
    facts = {"person_id": "p", "item": name, "held": True}
    facts |= {"returned_on": on(returned), "revoked_on": on(revoked)}
    return item(f"o-{name}", **(facts | row))


def judged(things: list[Item], cut: Failure | None = None, **row: Any) -> Measured:
    facts = {"person_id": "p", "start_date": "2024-01-01", "end_date": on(2), "status": "active"}
    needs = {"register.offboarding": population(things, cut)}
    people = population([item("p", **(facts | row))])
    return measured("items-returned", people, {"items": ["keys", "Badges"]}, needs)["p"]


@given(AGO, AGO, st.integers(-3, 3))
def test_out_until_it_is_back_or_revoked(
    returned: int | None, revoked: int | None, end: int
) -> None:
    made = judged([thing("keys", returned, revoked), thing("badges")], end_date=on(end))
    assert made.facts["left"] is (end > 0)
    if end > 0:
        back = any(ago is not None and ago >= 0 for ago in (returned, revoked))
        assert made.facts["returned"] is back


def test_late_is_told() -> None:
    assert judged([thing("keys", 0), thing("badges", 2)]).notes == (
        f"keys: back on {on(0)}, 2 days after the end",
    )
    assert (
        judged([thing("keys", 0), thing("badges", None, 3)], end_date=None, status="ended").notes
        == ()
    )


def test_the_first_of_the_two_days_counts() -> None:
    assert judged([thing("keys", 0, 2), thing("badges", 2)]).notes == ()


@pytest.mark.parametrize(
    ("things", "returned"),
    [
        ([thing("keys"), thing("BADGES:1"), thing("badges :2", None)], False),
        ([thing("keys"), thing(" Badges : 2")], True),
        ([thing("keys"), thing("badges", None, held=False)], True),
        ([thing("keys"), thing("badges"), thing("mug", None)], True),
        ([thing("keys", None)], False),
    ],
)
def test_all_of_a_kind_and_no_others(things: list[Item], returned: bool) -> None:
    assert judged(things).facts["returned"] is returned


def test_without_a_row_nobody_knows() -> None:
    made = judged([thing("keys"), thing("badges", person_id="q")])
    assert made.missing["returned"].reason is Reason.NO_DATA
    assert "badges of p" in made.missing["returned"].message


def test_what_was_not_read() -> None:
    assert judged([thing("keys"), thing("badges")], CUT).missing == {"returned": CUT}
    assert judged([thing("keys", None), thing("badges")], CUT).facts["returned"] is False
    needs = {"register.offboarding": population([])}
    made = measured("items-returned", population([unread("x")]), {"items": ["keys"]}, needs)["x"]
    assert set(made.missing) == {"left", "returned"}
    bad = thing("keys", returned_on="2026-02-30")
    assert set(judged([bad, thing("badges")]).missing) == {"left", "returned"}
