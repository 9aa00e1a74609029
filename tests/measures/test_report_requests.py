from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Reason
from troth.params import parse_duration

WITHIN = parse_duration("P30D", at_most=True)
AGES = st.integers(0, 90)


def at(ago: float | None) -> datetime | None:
    return None if ago is None else AS_OF - timedelta(days=ago)


def judged(
    asked: float, signed: float | None, given: float | None, nda: bool = True, **row: Any
) -> Measured:
    facts = {"report": "summary", "in_writing": True, "nda_required": nda, "outcome": "open"}
    facts |= {"requested_at": at(asked), "nda_signed_at": at(signed), "delivered_at": at(given)}
    always = row.pop("always", False)
    condition = "written_request_and_nda" if always else "written_request"
    args = {"report": "summary", "condition": condition, "within": WITHIN}
    return measured("reports-delivered", population([item("r", **(facts | row))]), args)["r"]


@given(AGES, st.none() | AGES, st.none() | AGES, st.booleans(), st.booleans())
def test_the_time_begins_with_the_request_or_the_agreement(
    asked: int, signed: int | None, took: int | None, nda: bool, always: bool
) -> None:
    given_ = None if took is None else asked - took
    made = judged(asked, signed, given_, nda, always=always)
    needed = nda or always
    begun = asked if not needed or signed is None else min(asked, signed)
    assert made.facts["due"] is (not needed or signed is not None)
    done = given_ is not None and given_ >= 0
    assert made.facts["delivered"] is (begun - (given_ if done and given_ is not None else 0) <= 30)
    early = given_ is not None and (signed is None or signed < given_)
    assert made.facts["confidential"] is not (always and early)


@pytest.mark.parametrize(
    "row",
    [{"report": "other"}, {"in_writing": False}, {"outcome": "withdrawn"},
     {"requested_at": at(-1)}],
)  # fmt: skip
def test_not_due(row: dict[str, Any]) -> None:
    assert judged(40, 40, None).facts["due"] is True
    assert judged(40, 40, None, **row).facts["due"] is False


def test_outcomes() -> None:
    assert judged(1, 1, None, outcome="refused").facts["delivered"] is False
    assert judged(31, 31, None, outcome="delivered").missing["delivered"].reason is Reason.NO_DATA
    assert judged(30, 30, None, outcome="delivered").facts["delivered"] is True
    assert set(judged(1, 1, 2).missing) == {"due", "delivered", "confidential"}
    assert judged(1, -1, None).facts["due"] is False


def statement(text: str, document: str | None = "9f") -> Item:
    facts: dict[str, Any] = {
        "control": "c",
        "clauses": [],
        "statement": text,
        "document_sha256": document,
    }
    facts |= {"signer_name": "Rin", "signer_role": "CISO"}
    facts |= {"signed_on": "2026-06-01", "expires_on": "2027-05-31"}
    return item(text, "statement", **facts)


def belongs(dates: list[str], *statements: Item, cut: Any = None, kind: str = "pen") -> Measured:
    tests = [item(f"t-{one}", kind=kind, performed_on=one) for one in dates]
    needs = {"register.tests": population(tests, cut)}
    args = {"kind": "pen", "within": WITHIN}
    return measured("summary-of-newest", population(statements), args, needs, control="c")[""]


@pytest.mark.parametrize(
    ("dates", "good"),
    [(["2026-05-20"], True), (["2026-05-20", "2026-10-22"], True),
     (["2026-05-20", "2026-10-21"], False), (["2026-05-20", "2026-11-22"], True),
     (["2026-05-20", "2026-01-01"], True), (["2026-05-19"], False)],
)  # fmt: skip
def test_the_summary_is_of_the_newest_test(dates: list[str], good: bool) -> None:
    made = belongs(dates, statement("none"), statement("test of 2026-05-20"))
    if good:
        assert made.facts == {"belongs": True}
        assert made.notes == ("signed by Rin (CISO) on 2026-06-01, until 2027-05-31",)
    else:
        assert made.missing["belongs"].reason is Reason.NOT_ATTESTED


def test_what_nobody_knows() -> None:
    good, dates = statement("test of 2026-05-20"), ["2026-05-20"]
    assert belongs(dates, good, cut=CUT).missing["belongs"] is CUT
    assert belongs(dates, good, kind="other").missing["belongs"].reason is Reason.NOTHING_FOUND
    assert belongs(dates, statement("test of 2026-05-20", None)).missing
    assert belongs(dates).missing["belongs"].reason is Reason.NOT_ATTESTED
    bad = belongs(dates, unread("x", "statement")).missing["belongs"]
    assert bad.reason is Reason.MALFORMED_RESPONSE
    assert belongs(["2026-02-30"], good).missing["belongs"].reason is Reason.MALFORMED_RESPONSE


def test_an_agreement_that_is_not_needed_gains_no_time() -> None:
    assert judged(40, 20, 5, nda=False).facts["delivered"] is False
    assert judged(40, 20, 5, nda=True).facts["delivered"] is True


def test_delivered_at_the_instant_of_the_agreement() -> None:
    assert judged(9, 5, 5, always=True).facts["confidential"] is True
    assert judged(9, 5, 6, always=True).facts["confidential"] is False


def test_a_test_to_come_has_no_summary() -> None:
    made = belongs(["2026-11-22"], statement("test of 2026-11-22"))
    assert made.missing["belongs"].reason is Reason.NOTHING_FOUND
