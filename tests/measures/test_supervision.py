from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import CUT, item, measured, population, unread
from troth.measures import Item, Measured

PEOPLE = ("p", "q", "r", "s")


def person(name: str, **row: Any) -> Item:
    facts = {"person_id": name, "roles": ["operator"], "start_date": "2024-01-01"}
    return item(name, **(facts | {"end_date": None, "status": "active"} | row))


def judged(staff: list[Item], pairs: list[tuple[str, str]], cut: Any = None) -> dict[str, Measured]:
    above = [item(f"{low}-{high}", person_id=low, supervisor=high) for low, high in pairs]
    needs = {"register.supervision": population(above, cut)}
    return measured("supervised", population(staff), {"top_roles": ["Head "]}, needs)


@given(
    st.sets(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE))),
    st.sets(st.sampled_from(PEOPLE)),
)
def test_somebody_else_who_works_here(pairs: set[tuple[str, str]], gone: set[str]) -> None:
    staff = [person(name, status="ended" if name in gone else "active") for name in PEOPLE]
    made = judged(staff, sorted(pairs))
    for name in PEOPLE:
        above = {high for low, high in pairs if low == name} - {name} - gone
        assert made[name].facts["meant"] is (name not in gone)
        if name not in gone:
            assert made[name].facts["supervised"] is bool(above)


@pytest.mark.parametrize(
    "row", [{"status": "leave"}, {"end_date": "2026-11-20"}, {"start_date": "2026-11-22"}]
)
def test_who_is_not_here_supervises_nobody_and_needs_nobody(row: dict[str, Any]) -> None:
    made = judged([person("p"), person("q", **row)], [("p", "q")])
    assert made["p"].facts == {"meant": True, "supervised": False}
    assert made["q"].facts["meant"] is False
    assert made["p"].notes == ("q does not work here now",)


@pytest.mark.parametrize(
    ("pairs", "note"),
    [([], "no supervisor is entered"), ([("p", "p")], "supervises oneself")],
)
def test_what_lacks_is_told(pairs: list[tuple[str, str]], note: str) -> None:
    assert judged([person("p")], pairs)["p"].notes == (note,)


def test_nobody_stands_above_the_head() -> None:
    assert judged([person("p", roles=["HEAD", "x"])], [])["p"].facts["meant"] is False


def test_what_was_not_read_accuses_nobody() -> None:
    assert judged([person("p")], [], CUT)["p"].missing == {"supervised": CUT}
    assert judged([person("p"), person("q")], [("p", "q")], CUT)["p"].facts["supervised"] is True
    made = judged([person("p"), unread("q")], [("p", "q")])
    assert set(made["p"].missing) == {"supervised"}
    assert set(made["q"].missing) == {"meant", "supervised"}
    needs = {"register.supervision": population([])}
    half = measured("supervised", population([person("p")], CUT), {"top_roles": []}, needs)
    assert half["p"].missing == {"supervised": CUT}
