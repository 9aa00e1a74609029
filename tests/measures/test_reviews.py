from __future__ import annotations

from datetime import date, timedelta
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
    "interval": parse_duration("P100D", at_most=True),
    "delay": parse_duration("P10D", at_most=True),
}


def on(offset: int) -> str:
    return (TODAY + timedelta(days=offset)).isoformat()


def review(name: str = "r", **row: Any) -> Item:
    facts = {
        "agreement_id": "a", "kind": "joint", "period_end": on(-50), "verdict": "met",
        "satisfaction": "partly", "signoff_provider": on(-45), "signoff_customer": on(-44),
        "fees_settled_on": on(-43), "finding_refs": [],
    }  # fmt: skip
    return item(name, **(facts | row))


def judged(*reviews: Item, cut: bool = False, **row: Any) -> Measured:
    facts = {"id": "a", "signed_on": on(-500), "expires_on": None, "terminated_on": None}
    needs = {"register.service-reviews": population(reviews, CUT if cut else None)}
    made = measured("agreement-reviews", population([item("a", **(facts | row))]), ARGS, needs)
    return made["a"]


@given(st.lists(st.integers(-300, -1)), st.integers(-600, 0))
def test_the_newest_period_decides(ends: list[int], signed: int) -> None:
    rows = [
        review(str(at), period_end=on(end), signoff_provider=on(end), signoff_customer=on(0))
        for at, end in enumerate(ends)
    ]
    newest = max(ends, default=signed)
    assert judged(*rows, signed_on=on(signed)).facts["in_time"] is (newest >= -110)


@pytest.mark.parametrize(
    "row",
    [
        {"agreement_id": "b"},
        {"kind": "internal-audit"},
        {"signoff_provider": None},
        {"signoff_customer": None},
        {"signoff_customer": on(1)},
        {"signoff_provider": on(-51)},
        {"period_end": on(1), "signoff_provider": on(1), "signoff_customer": on(1)},
    ],
)
def test_what_does_not_count(row: dict[str, Any]) -> None:
    assert judged(review(**row)).facts["in_time"] is False


@pytest.mark.parametrize(
    ("end", "reviewed", "facts"),
    [
        (-10, None, (True, True)),
        (-11, None, (True, False)),
        (-11, -11, (True, True)),
        (-11, -12, (True, False)),
        (-100, -100, (True, True)),
        (-101, None, (False, False)),
        (1, -105, (True, True)),
    ],
)
def test_the_last_period_ends_with_the_agreement(
    end: int, reviewed: int | None, facts: tuple[bool, bool]
) -> None:
    rows = () if reviewed is None else (review(period_end=on(reviewed), signoff_provider=on(-1),
                                               signoff_customer=on(0)),)  # fmt: skip
    for made in (judged(*rows, signed_on=on(-105), expires_on=on(end)),
                 judged(*rows, signed_on=on(-105), terminated_on=on(end))):  # fmt: skip
        assert (made.facts["judged"], made.facts["in_time"]) == facts


def test_the_earlier_of_two_ends_counts() -> None:
    assert (
        judged(signed_on=on(-60), expires_on=on(50), terminated_on=on(-11)).facts["in_time"]
        is False
    )
    assert (
        judged(signed_on=on(-60), expires_on=on(-11), terminated_on=on(50)).facts["in_time"]
        is False
    )


def test_an_agreement_to_come_is_not_judged() -> None:
    assert judged(signed_on=on(1)).facts["judged"] is False


@pytest.mark.parametrize(
    ("period", "fees", "settled"),
    [(-10, None, True), (-11, None, False), (-11, on(0), True), (-11, on(1), False)],
)
def test_fees_have_time(period: int, fees: str | None, settled: bool) -> None:
    row = {"period_end": on(period), "signoff_provider": on(-1), "signoff_customer": on(-1)}
    assert judged(review(fees_settled_on=fees, **row)).facts["settled"] is settled


def test_every_review_counts_for_fees_and_judgement() -> None:
    old = review("old", period_end=on(-90), fees_settled_on=None, verdict="open")
    made = judged(old, review()).facts
    assert (made["settled"], made["concluded"], made["in_time"]) == (False, False, True)
    assert judged(review(satisfaction="open")).facts["concluded"] is False


def test_a_review_that_was_not_read() -> None:
    assert set(judged(cut=True).missing) == {"in_time", "settled", "concluded"}
    assert set(judged(review(), cut=True).missing) == {"settled", "concluded"}
    bad = judged(review(verdict="open", fees_settled_on=None), cut=True)
    assert not bad.missing


def audits(*ends: int, cut: bool = False, **row: Any) -> Measured:
    rows = [
        review(str(at), **({"kind": "internal-audit", "period_end": on(end),
                            "signoff_provider": on(end)} | row))
        for at, end in enumerate(ends)
    ]  # fmt: skip
    return measured("audits-held", population(rows, CUT if cut else None), ARGS)[""]


@given(st.lists(st.integers(-300, 5)))
def test_the_newest_audit_decides(ends: list[int]) -> None:
    kept = any(-110 <= end <= 0 for end in ends)
    assert audits(*ends).facts == {"in_time": kept}
    assert audits(*ends, cut=True).facts == ({"in_time": True} if kept else {})


@pytest.mark.parametrize(("end", "kept"), [(-110, True), (-111, False), (0, True), (1, False)])
def test_an_audit_has_time(end: int, kept: bool) -> None:
    assert audits(end).facts["in_time"] is kept


@pytest.mark.parametrize("row", [{"kind": "joint"}, {"signoff_provider": None}])
def test_no_audit(row: dict[str, Any]) -> None:
    assert audits(-5, **row).facts == {"in_time": False}


def test_an_audit_on_a_day_that_there_is_not() -> None:
    made = audits(-5, period_end="2026-02-30", signoff_provider=on(-1))
    assert made.missing["in_time"].reason is Reason.MALFORMED_RESPONSE


def gaps(*actions: Item, cut: bool = False, **row: Any) -> Measured:
    needs = {"register.actions": population(actions, CUT if cut else None)}
    rows = population([review(**({"finding_refs": ["g-1", " g-2"]} | row))])
    return measured("gaps-answered", rows, {"delay": ARGS["delay"]}, needs)["r"]


def action(ref: str, **row: Any) -> Item:
    facts = {"source_ref": f"service-reviews/{ref}", "owner": "p", "opened_on": on(0)}
    return item(ref, **(facts | row))


def test_each_gap_has_an_action() -> None:
    assert gaps(action("g-1"), action("g-2")).facts["answered"] is True
    assert gaps(action("g-1")).facts["answered"] is False
    assert gaps(action("g-1"), action("g-2", owner="tbd")).facts["answered"] is False
    assert gaps(action("g-1"), action("g-2", opened_on=on(1))).facts["answered"] is False
    assert gaps(finding_refs=[]).facts["answered"] is True
    assert gaps(action("g-1"), cut=True).missing == {"answered": CUT}


@pytest.mark.parametrize(("signed", "over"), [(on(-10), False), (on(-11), True), (None, False)])
def test_an_action_has_time(signed: str | None, over: bool) -> None:
    assert gaps(signoff_provider=signed).facts["over"] is over


def test_rows_that_could_not_be_read() -> None:
    needs = {"register.service-reviews": population([]), "register.actions": population([])}
    for name in ("agreement-reviews", "gaps-answered"):
        made = measured(name, population([unread("a")]), ARGS, needs)["a"]
        assert {why.reason for why in made.missing.values()} == {Reason.MALFORMED_RESPONSE}
        assert not made.facts


def test_the_end_of_the_calendar() -> None:
    far = date.max.isoformat()
    assert judged(expires_on=far, signed_on=on(-5)).facts["in_time"] is True
