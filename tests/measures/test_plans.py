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

YIELDS = {"open", "owned", "on_time", "delivered"}


def on(offset: int) -> str:
    return (AS_OF.date() + timedelta(days=offset)).isoformat()


def action(name: str = "a", **row: Any) -> Item:
    facts = {"source_ref": "news/wall", "owner": "p", "opened_on": on(-5), "due_on": on(5),
             "closed_on": None}  # fmt: skip
    return item(name, **(facts | row))


def asset(**row: Any) -> Item:
    return item("w", **({"type": "Wall ", "status": "active", "installed_on": on(0)} | row))


def tracked(*actions: Item, assets: tuple[Item, ...] = (), cut: bool = False,
            assets_cut: bool = False) -> Measured:  # fmt: skip
    args = {
        "plan": "news/wall", "asset": "wall", "undated": parse_duration("P100D", at_most=True),
    }  # fmt: skip
    needs = {"register.assets": population(assets, CUT if assets_cut else None)}
    return measured("plan-tracked", population(actions, CUT if cut else None), args, needs)[""]


DAYS = st.integers(-9, 9)


@given(DAYS, st.none() | DAYS)
def test_open_and_not_past_its_date(due: int, closed: int | None) -> None:
    made = tracked(action(due_on=on(due), closed_on=None if closed is None else on(closed)))
    waits = closed is None or closed > 0
    assert made.facts == {
        "open": waits, "owned": True, "on_time": not waits or due >= 0, "delivered": False,
    }  # fmt: skip


@pytest.mark.parametrize(("opened", "late"), [(-100, False), (-101, True)])
def test_without_a_date(opened: int, late: bool) -> None:
    made = tracked(action(opened_on=on(opened), due_on=None))
    assert ("on_time" in made.facts) is late
    assert made.facts.get("on_time", False) is False
    if not late:
        assert made.missing["on_time"].reason is Reason.UNPROVEN


def test_every_action_counts() -> None:
    late, undated = action("b", due_on=on(-1)), action("c", due_on=None)
    assert tracked(action(), late).facts["on_time"] is False
    assert tracked(undated, late).facts["on_time"] is False
    assert "on_time" in tracked(action(), undated).missing
    assert tracked(action(), action("b", owner="tbd")).facts["owned"] is False
    assert tracked(action(), action("b", owner="tbd", closed_on=on(0))).facts["owned"] is True


@pytest.mark.parametrize("row", [{"source_ref": " news/wall "}, {"opened_on": on(0)}])
def test_actions_that_are_meant(row: dict[str, Any]) -> None:
    assert tracked(action(**row)).facts["open"] is True


def test_words_of_the_clause_have_spaces_and_capitals() -> None:
    args = {"plan": " news/wall", "asset": " Wall", "undated": parse_duration("P1D")}
    needs = {"register.assets": population([asset()])}
    made = measured("plan-tracked", population([action()]), args, needs)[""]
    assert made.facts["open"] is True
    assert made.facts["delivered"] is True


@pytest.mark.parametrize("row", [{"source_ref": "news/wal"}, {"opened_on": on(1)}])
def test_actions_that_are_not_meant(row: dict[str, Any]) -> None:
    made = tracked(action(**row))
    assert {why.reason for why in made.missing.values()} == {Reason.NOTHING_FOUND}
    assert set(made.missing) == YIELDS


@pytest.mark.parametrize(
    ("row", "there"),
    [({}, True), ({"status": "ordered"}, False), ({"installed_on": None}, False),
     ({"installed_on": on(1)}, False), ({"type": "walls"}, False)],
)  # fmt: skip
def test_what_is_there(row: dict[str, Any], there: bool) -> None:
    assert tracked(action(), assets=(asset(**row),)).facts["delivered"] is there
    assert ("delivered" in tracked(assets=(asset(**row),)).facts) is there


def test_what_was_not_read() -> None:
    assert set(tracked(action(), cut=True).missing) == {"owned", "on_time"}
    assert set(tracked(action(closed_on=on(0)), cut=True).missing) == {"open", "owned", "on_time"}
    bad = tracked(action(due_on=on(-1), owner=""), cut=True)
    assert bad.facts == {"open": True, "owned": False, "on_time": False, "delivered": False}
    assert set(tracked(cut=True).missing) == YIELDS
    assert tracked(action(), assets_cut=True).missing == {"delivered": CUT}
    assert tracked(unread("a")).missing["open"].reason is Reason.MALFORMED_RESPONSE
    assert tracked(action(due_on="2026-02-30")).missing["open"].reason is Reason.MALFORMED_RESPONSE
