from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.pages import page, texts
from tests.measures.populations import CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Failure, Reason
from troth.params import parse_duration

TODAY = date(2026, 11, 21)


def earliest(announced: str | None) -> Measured:
    args = {"announced": "row.on", "notice": parse_duration("P3M")}
    return measured("earliest-end", population([item("s", on=announced)]), args)["s"]


@pytest.mark.parametrize(
    ("announced", "ends"),
    [("2025-11-30", "2026-02-28"), ("2026-07-01", "2026-10-01"), ("2026-11-21", "2027-02-21")],
)
def test_months_are_those_of_the_calendar(announced: str, ends: str) -> None:
    assert earliest(announced).facts == {"announced": True, "ends_on": ends}


@given(st.none() | st.integers(1, 400))
def test_what_is_not_announced_yet_counts_from_today(ahead: int | None) -> None:
    text = None if ahead is None else (TODAY + timedelta(days=ahead)).isoformat()
    assert earliest(text).facts == {"announced": False, "ends_on": "2027-02-21"}


def test_a_day_that_the_calendar_has_not() -> None:
    assert {why.reason for why in earliest("2026-02-30").missing.values()} == {
        Reason.MALFORMED_RESPONSE
    }


def notice(*pages: Item, cut: Failure | None = None, **row: Any) -> Measured:
    facts = {"announced_on": "2026-09-01", "ends_on": "2026-12-31", "url": "https://a.test/end"}
    needs = {"http-endpoint": population(pages, cut)}
    return measured("notice-page", population([item("s", **(facts | row))]), {}, needs)["s"]


@pytest.mark.parametrize(
    "text", ["2026-12-31", "2026年12月31日", "31 December 2026", "Dec. 31, 2026", "31/12/2026"]
)
def test_the_page_has_the_last_day(text: str) -> None:
    made = notice(page("https://a.test/end", page=texts(**{text: True})))
    assert made.facts == {"due": True, "shown": True}


@pytest.mark.parametrize("text", ["2026-12-30", "2027-12-31", "2026 31", "the end"])
def test_another_text_is_not_the_last_day(text: str) -> None:
    made = notice(page("https://a.test/end", page=texts(**{text: True})))
    assert made.missing["shown"].reason is Reason.UNPROVEN


def test_a_page_that_lacks_it_or_is_gone() -> None:
    for shown in (texts(**{"2026-12-31": False}), {"status": 404}):
        made = notice(page("https://a.test/end", page=shown))
        assert made.facts == {"due": True, "shown": False}
        assert made.notes


def test_every_address_of_the_page_is_looked_at() -> None:
    good = page("https://a.test/end", page=texts(**{"2026-12-31": True}))
    other = page("https://a.test/end#address=192.0.2.1", page={"status": 404})
    assert notice(good, other).facts["shown"] is False


@pytest.mark.parametrize(
    "row",
    [
        {"announced_on": None},
        {"announced_on": "2026-11-22"},
        {"ends_on": None},
        {"ends_on": "2026-11-20"},
    ],
)
def test_a_notice_is_due_from_its_announcement_to_the_end(row: dict[str, Any]) -> None:
    assert notice(**row).facts == {"due": False, "shown": False}


def test_on_both_days_it_is_due() -> None:
    assert notice(url=None, announced_on="2026-11-21").missing
    assert notice(url=None, ends_on="2026-11-21").missing


def test_a_page_that_is_not_asked() -> None:
    assert notice().missing["shown"].reason is Reason.NOTHING_FOUND
    assert notice(cut=CUT).missing["shown"] is CUT
    unanswered = page("https://a.test/end", page=None)
    assert notice(unanswered).missing["shown"].reason is Reason.TIMEOUT


def test_a_row_that_could_not_be_read() -> None:
    needs = {"http-endpoint": population([])}
    made = measured("notice-page", population([unread("s")]), {}, needs)["s"]
    assert set(made.missing) == {"due", "shown"}
