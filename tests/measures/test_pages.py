from __future__ import annotations

from typing import Any

import pytest

from tests.measures.pages import NO_ANSWER, page, texts, whole
from tests.measures.populations import CUT, measured, population
from troth.measures import Item, Measured
from troth.model import Failure, Reason

URL = "https://www.example.test/privacy"


def judged(*pages: Item, cut: Failure | None = None) -> Measured:
    found = measured("published-topics", population(pages, cut), {"topics": ["privacy"]})
    return found["privacy"]


def test_what_everybody_can_read_is_published() -> None:
    assert judged(page(URL, "privacy"), page(URL + "2", "other")).facts == {"published": True}


@pytest.mark.parametrize("shown", [{"status": 404}, {"status": 403}, texts(Title=False)])
def test_what_nobody_can_read_is_not_whatever_else_was_not_read(shown: dict[str, Any]) -> None:
    other = page(URL + "2", "privacy", page=None)
    assert judged(page(URL, "privacy", page=shown), other, cut=CUT).facts == {"published": False}


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (page("http://www.example.test/", "privacy"), Reason.UNPROVEN),
        (page(URL, "privacy", use={"vantage": "listed"}), Reason.UNPROVEN),
        (page(URL, "privacy", page={"status": 429}), Reason.UNPROVEN),
        (page(URL, "privacy", page={"status": 500}), Reason.UNPROVEN),
        (page(URL, "privacy", page={"status": 302, "site": "other"}), Reason.UNPROVEN),
        (page(URL, "privacy", page={"catch_all": True} | texts(Title=False)), Reason.UNPROVEN),
        (page(URL, "privacy", page={"texts": whole([])}), Reason.UNPROVEN),
        (page(URL, "privacy", page=None), Reason.TIMEOUT),
        (page(URL, "other"), Reason.NOTHING_FOUND),
    ],
)
def test_what_shows_nothing_is_missing(made: Item, reason: Reason) -> None:
    assert judged(made).missing["published"].reason is reason


def test_half_a_list_of_addresses_publishes_nothing() -> None:
    assert judged(page(URL, "privacy"), cut=CUT).missing == {"published": CUT}


def test_no_topic_asks_for_nothing() -> None:
    made = measured("published-topics", population([page(URL, "privacy")]), {"topics": []})[""]
    assert made.missing["published"].reason is Reason.NOTHING_FOUND


def surfaces(*pages: Item, access: str = "", cut: Failure | None = None) -> Measured:
    args = {"topics": ["one", "two"], "access": access}
    return measured("topics-named", population(pages, cut), args)[""]


def test_every_topic_needs_an_address() -> None:
    both = page("a", "one"), page("b", "two", "three")
    assert surfaces(*both, cut=CUT).facts == {"lacking": []}
    assert surfaces(both[0]).missing["lacking"].reason is Reason.NOTHING_FOUND
    assert "two" in surfaces(both[0]).missing["lacking"].message
    assert surfaces(both[0], cut=CUT).missing == {"lacking": CUT}


def test_an_address_of_another_access_is_none() -> None:
    one = page("a", "one", use={"access": "private"})
    private = page("b", "two", use={"access": "private"})
    assert surfaces(one, private, access="private").facts == {"lacking": []}
    made = surfaces(one, page("b", "two"), access="private")
    assert made.missing["lacking"].reason is Reason.NOTHING_FOUND


def test_what_an_address_is_for_may_be_unknown() -> None:
    unread = Item("a", {}, {"use": NO_ANSWER})
    assert surfaces(unread).missing == {"lacking": NO_ANSWER}
    assert judged(unread).missing == {"published": NO_ANSWER}
