from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Reason

TODAY = "2026-11-21"
PARTS = ["exemptions", "indicators", "penalties", "responsibilities"]
DAYS = st.sampled_from(["2026-11-20", TODAY, "2026-11-22"])


def agreement(name: str = "a", **row: Any) -> Item:
    facts = {
        "id": name, "party": "c", "signed_on": "2026-01-05", "expires_on": None,
        "terminated_on": None, "indicators": ["x"], "exemptions": ["x"], "penalties": "x",
    }  # fmt: skip
    return item(name, **(facts | row))


def customer(**row: Any) -> Item:
    return item("k", **({"customer": "c", "served_from": TODAY, "served_until": TODAY} | row))


def parts(*sides: str, wanted: list[str] = PARTS, cut: bool = False, **row: Any) -> Measured:
    duties = [item(side, agreement_id="a", side=side) for side in sides]
    needs = {"register.agreement-duties": population(duties, CUT if cut else None)}
    made = measured("agreement-parts", population([agreement(**row)]), {"parts": wanted}, needs)
    return made["a"]


@given(DAYS, st.none() | DAYS, st.none() | DAYS)
def test_in_force_from_the_first_to_the_last_day(
    signed: str, expires: str | None, ended: str | None
) -> None:
    made = parts("provider", "customer", signed_on=signed, expires_on=expires, terminated_on=ended)
    within = signed <= TODAY and (expires or TODAY) >= TODAY and (ended or TODAY) >= TODAY
    assert made.facts == {"in_force": within, "lacking": []}


@pytest.mark.parametrize(
    ("row", "lacking"),
    [
        ({"penalties": ""}, ["penalties"]),
        ({"penalties": "n/a"}, ["penalties"]),
        ({"indicators": []}, ["indicators"]),
        ({"indicators": ["tbd", "speed"]}, []),
        ({"exemptions": ["-"]}, ["exemptions"]),
    ],
)
def test_a_part_says_something(row: dict[str, Any], lacking: list[str]) -> None:
    assert parts("provider", "customer", **row).facts["lacking"] == lacking
    assert parts("provider", "customer", wanted=["responsibilities"], **row).facts["lacking"] == []


@given(st.sets(st.sampled_from(["provider", "customer"])))
def test_duties_of_both_sides(sides: set[str]) -> None:
    lacking = [] if len(sides) == 2 else ["responsibilities"]
    assert parts(*sides).facts["lacking"] == lacking


def test_duties_that_were_not_read() -> None:
    assert parts("provider", cut=True).missing == {"lacking": CUT}
    assert parts("provider", "customer", cut=True).facts["lacking"] == []
    both = parts("provider", cut=True, penalties="").facts["lacking"]
    assert both == ["penalties", "responsibilities"]


def test_duties_of_another_agreement() -> None:
    assert parts("provider", "customer", id="b").facts["lacking"] == ["responsibilities"]


def test_a_part_that_nobody_knows() -> None:
    assert parts(wanted=["penalty"]).missing["lacking"].reason is Reason.NOT_SUPPORTED


def held(*agreements: Item, cut: bool = False, **row: Any) -> Measured:
    needs = {"register.agreements": population(agreements, CUT if cut else None)}
    return measured("agreements-held", population([customer(**row)]), {}, needs)["k"]


def test_a_customer_has_an_agreement() -> None:
    assert held(agreement(party=" C")).facts == {"served": True, "held": True}
    assert held(agreement(party="d")).facts["held"] is False
    assert held(agreement(expires_on="2026-11-20")).facts["held"] is False
    assert held(cut=True).missing == {"held": CUT}
    assert held(agreement(), cut=True).facts["held"] is True


@given(DAYS, st.none() | DAYS)
def test_served_from_the_first_to_the_last_day(begun: str, until: str | None) -> None:
    made = held(served_from=begun, served_until=until)
    assert made.facts["served"] is (begun <= TODAY and (until or TODAY) >= TODAY)


def ended(*others: Item, **row: Any) -> Measured:
    return measured("agreement-endings", population([agreement(**row), *others]))["a"]


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({}, False),
        ({"terminated_on": TODAY}, True),
        ({"terminated_on": "2026-11-22"}, False),
        ({"expires_on": TODAY}, False),
        ({"expires_on": "2026-11-20", "terminated_on": "2026-11-19"}, True),
    ],
)
def test_ended_by_termination(row: dict[str, Any], wanted: bool) -> None:
    assert ended(**row).facts == {"ended": wanted}


def test_expired_and_nobody_says_what_then() -> None:
    made = ended(expires_on="2026-11-20")
    assert made.missing["ended"].reason is Reason.UNPROVEN
    assert ended(agreement("b"), expires_on="2026-11-20").facts == {"ended": False}
    other = agreement("b", signed_on="2026-11-22")
    assert ended(other, expires_on="2026-11-20").missing


def test_rows_that_could_not_be_read() -> None:
    needs = {"register.agreement-duties": population([]), "register.agreements": population([])}
    for name in ("agreement-parts", "agreements-held", "agreement-endings"):
        made = measured(name, population([unread("a")]), {"parts": PARTS}, needs)["a"]
        assert {why.reason for why in made.missing.values()} == {Reason.MALFORMED_RESPONSE}
        assert not made.facts
