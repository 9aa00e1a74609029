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

YEAR = 365


def audit(name: str, ago: int, notice: int | None = 30, outcome: str = "open", **row: Any) -> Item:
    facts: dict[str, Any] = {
        "id": name,
        "kind": "audit",
        "customer": "c",
        "reason": "",
        "outcome": outcome,
    }
    facts |= {"requested_at": AS_OF - timedelta(days=ago), "notice_days": notice}
    return item(name, **(facts | row))


def judged(*audits: Item, cut: Any = None, per_year: int = 1) -> Measured:
    args = {"per_year": per_year, "notice": parse_duration("P30D", at_most=True)}
    return measured("audit-requests", population(audits, cut), args)["x"]


@given(st.integers(0, 60), st.integers(0, 60))
def test_an_audit_by_right_takes_place(ago: int, notice: int) -> None:
    made = judged(audit("x", ago, notice))
    assert made.facts["carried_out"] is (ago <= notice or notice < 30)


@given(st.lists(st.integers(-3, 3), max_size=4), st.integers(1, 3))
def test_so_many_a_year(offsets: list[int], per_year: int) -> None:
    """Each was done about a year before the day that is asked for."""
    before = [audit(f"a-{n}", 40 + YEAR + by, 30, "done") for n, by in enumerate(offsets)]
    made = judged(audit("x", 40, 30), *before, per_year=per_year)
    inside = sum(by < 0 for by in offsets)
    assert made.facts["carried_out"] is (inside >= per_year)


@pytest.mark.parametrize(
    "row",
    [{"customer": "d"}, {"kind": "other"}, {"outcome": "refused"}, {"ago": 39}],
)
def test_others_do_not_count(row: dict[str, Any]) -> None:
    other: Any = {"ago": 50, "outcome": "done"}
    assert judged(audit("x", 40), audit("a", **other)).facts["carried_out"] is True
    assert judged(audit("x", 40), audit("a", **(other | row))).facts["carried_out"] is False


@pytest.mark.parametrize(
    ("reason", "notice", "explained"),
    [("notice", 29, True), ("NOTICE is short", 29, True), ("notice", 30, False), ("", 29, False),
     ("frequency", 29, False), ("belief", None, True), ("busy", None, False)],
)  # fmt: skip
def test_a_refusal(reason: str, notice: int | None, explained: bool) -> None:
    made = judged(audit("x", 1, notice, "refused", reason=reason))
    assert made.facts == {"judged": True, "carried_out": True, "explained": explained}


def test_a_refusal_for_frequency() -> None:
    refused = audit("x", 1, 30, "refused", reason="frequency")
    assert judged(refused, audit("a", 200, 5, "done")).facts["explained"] is True
    assert judged(refused, audit("a", 1, None, "done")).facts["explained"] is True
    assert judged(refused, cut=CUT).missing == {"explained": CUT}


def test_what_is_not_judged() -> None:
    for one in (audit("x", 9, kind="other"), audit("x", 9, 9, "withdrawn"), audit("x", -1)):
        assert judged(one).facts["judged"] is False
    assert judged(audit("x", 900, None, "done")).facts["carried_out"] is True


def test_what_nobody_knows() -> None:
    assert judged(audit("x", 1, None)).missing["carried_out"].reason is Reason.NO_DATA
    refused = audit("x", 1, None, "refused", reason="notice")
    assert judged(refused).missing["explained"].reason is Reason.NO_DATA
    assert judged(audit("x", 40), cut=CUT).missing == {"carried_out": CUT}
    assert set(judged(unread("x")).missing) == {"judged", "carried_out", "explained"}
