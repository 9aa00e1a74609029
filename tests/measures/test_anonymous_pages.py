from __future__ import annotations

from typing import Any

import pytest

from tests.measures.pages import NO_ANSWER, page, texts, whole
from tests.measures.populations import CUT, measured, population
from troth.measures import Item, Measured
from troth.model import Failure, Reason


def posts(*pages: Item, cut: Failure | None = None) -> dict[str, Measured]:
    return measured("posts-refused", population(pages, cut), {"topics": ["form", "api"]})


def outcome(made: Measured) -> Any:
    (value,) = made.facts.values() or [why.reason for why in made.missing.values()]
    return value


@pytest.mark.parametrize(
    ("status", "leads_to", "wanted"),
    [
        (401, "nothing", True),
        (403, "nothing", True),
        (302, "sign-in", True),
        (303, "sign-in", True),
        (200, "nothing", False),
        (201, "sign-in", False),
        (302, "same-site", Reason.UNPROVEN),
        (302, "elsewhere", Reason.UNPROVEN),
        (400, "nothing", Reason.UNPROVEN),
        (404, "sign-in", Reason.UNPROVEN),
        (405, "nothing", Reason.UNPROVEN),
        (422, "nothing", Reason.UNPROVEN),
        (429, "nothing", Reason.UNPROVEN),
        (500, "nothing", Reason.UNPROVEN),
        (None, "sign-in", Reason.NOT_ALLOWED),
    ],
)
def test_a_post_without_credentials(status: int | None, leads_to: str, wanted: Any) -> None:
    made = page("a", "form", answer={"post": status, "leads_to": leads_to})
    assert outcome(posts(made)["a"]) is wanted


def test_every_address_that_takes_posts_is_judged_once() -> None:
    answer = {"post": 401, "leads_to": "nothing"}
    both, other = page("a", "form", "api", answer=answer), page("b", "news", answer=answer)
    unanswered = page("c", "api", answer=None)
    found = posts(both, other, unanswered)
    assert {name: outcome(made) for name, made in found.items()} == {
        "a": True,
        "c": Reason.TIMEOUT,
    }


def test_without_an_address_nothing_is_known() -> None:
    assert outcome(posts(page("a"))[""]) is Reason.NOTHING_FOUND
    assert posts(cut=CUT)[""].missing == {"refused": CUT}
    unread = Item("a", {}, {"use": NO_ANSWER})
    assert posts(unread)[""].missing == {"refused": NO_ANSWER}


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (texts(Rin=False), True),
        (texts(Rin=False, phone=True), False),
        (texts(Rin=True) | {"catch_all": True}, False),
        (texts(Rin=False) | {"catch_all": True}, Reason.UNPROVEN),
        ({"texts": whole([])}, Reason.UNPROVEN),
        ({"status": 401}, True),
        ({"status": 403}, True),
        ({"status": 404}, True),
        ({"status": 410}, True),
        ({"status": 500}, Reason.UNPROVEN),
        ({"status": 302, "site": "other"}, Reason.UNPROVEN),
        (None, Reason.TIMEOUT),
    ],
)
def test_what_a_profile_shows(shown: Any, wanted: Any) -> None:
    made = page("a", "profile", page=shown)
    found = measured("identity-hidden", population([made, page("b")]), {"topic": "profile"})
    assert {name: outcome(one) for name, one in found.items()} == {"a": wanted}


def test_without_a_profile_nothing_is_known() -> None:
    for pages, cut, reason in (
        ([page("b")], None, Reason.NOTHING_FOUND),
        ([], CUT, Reason.LISTING_INCOMPLETE),
    ):
        found = measured("identity-hidden", population(pages, cut), {"topic": "profile"})[""]
        assert outcome(found) is reason
