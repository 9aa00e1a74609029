from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.measures.blanks import says_nothing
from troth.model import Reason

FOUND = AS_OF - timedelta(days=20)
CLOSED = AS_OF - timedelta(days=10)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def notice(at: Any, nature: Any = "a theft", **more: Any) -> Item:
    facts = {"incident_id": "i", "sent_at": at, "nature": nature, "identified_on": "2026-11-01"}
    return item(str(at), **(facts | more))


def judged(
    *notices: Item, fields: tuple[str, ...] = ("nature",), cut: bool = False, **row: Any
) -> Measured:
    facts = {
        "id": "i", "detected_at": FOUND, "confirmed_at": None, "resolved_at": CLOSED,
        "customer_notified_at": FOUND + HOUR,
    }  # fmt: skip
    needs = {"register.incident-notices": population(notices, CUT if cut else None)}
    rows = population([item("x", **(facts | row))])
    return measured("notice-content", rows, {"fields": list(fields)}, needs)["x"]


@given(st.dictionaries(st.integers(-48, 48), st.sampled_from(["a theft", "", "tbd"])))
def test_the_last_notice_up_to_the_closing_counts(sent: dict[int, str]) -> None:
    made = judged(*(notice(CLOSED + hours * HOUR, text) for hours, text in sent.items()))
    counts = [hours for hours in sent if hours <= 0]
    if counts:
        assert made.facts["complete"] is (sent[max(counts)] == "a theft")
    else:
        assert made.missing["complete"].reason is Reason.NO_DATA


@pytest.mark.parametrize(
    ("closed", "complete"),
    [(AS_OF, False), (AS_OF + SECOND, True), (None, True)],
)
def test_while_it_is_open_nothing_is_late(closed: Any, complete: bool) -> None:
    made = judged(notice(FOUND, ""), resolved_at=closed)
    assert made.facts["complete"] is complete
    assert made.notes == ("the last notice lacks nature",)


@pytest.mark.parametrize(
    ("found", "complete"),
    [(0, True), (-1, False), (86399, True), (86400, False)],
)
def test_a_date_is_the_local_day_of_the_instant(found: int, complete: bool) -> None:
    midnight = FOUND.replace(hour=0)
    made = judged(notice(CLOSED), fields=("identified_on",), detected_at=midnight + found * SECOND)
    assert made.facts["complete"] is complete


def test_a_date_without_an_instant_to_compare_with() -> None:
    made = judged(notice(CLOSED, confirmed_on="2026-11-01"), fields=("confirmed_on",))
    assert made.missing["complete"].reason is Reason.NOTHING_FOUND
    none = judged(notice(CLOSED, confirmed_on=None), fields=("confirmed_on",))
    assert none.facts["complete"] is False


@pytest.mark.parametrize(
    ("at", "was"), [(None, False), (AS_OF + SECOND, False), (AS_OF, True), (FOUND, True)]
)
def test_nobody_was_told(at: Any, was: bool) -> None:
    assert judged(notice(FOUND), customer_notified_at=at).facts["told"] is was


def test_a_notice_that_was_not_read_may_be_the_last() -> None:
    assert judged(notice(CLOSED), cut=True).missing == {"complete": CUT}
    assert judged(notice(CLOSED), cut=True, resolved_at=None).facts["complete"] is True
    assert judged(notice(CLOSED), cut=True, customer_notified_at=None).missing == {}


def test_a_field_that_no_register_has() -> None:
    assert judged(notice(CLOSED), fields=("colour",)).missing["complete"].reason is Reason.NO_DATA


def test_an_incident_that_could_not_be_read() -> None:
    needs = {"register.incident-notices": population([])}
    made = measured("notice-content", population([unread("x")]), {"fields": []}, needs)["x"]
    assert set(made.missing) == {"told", "complete"}


@pytest.mark.parametrize("text", [None, "", " ", "-", "—", "...", "?", "n/a", "N/A", "TBD", "tba "])
def test_placeholders_say_nothing(text: str | None) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize("text", ["none", "no", "7", "なし", "n/a for now: a report follows"])
def test_words_say_something(text: str) -> None:
    assert not says_nothing(text)
