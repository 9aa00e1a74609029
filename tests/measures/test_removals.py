from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.measures.pages import page
from tests.measures.populations import AS_OF, CUT, item, measured, population
from troth.measures import Item, Measured
from troth.model import Failure, Reason

ARGS = {"topic": "removed", "categories": ["banned"]}


def row(name: str = "r", **more: Any) -> Item:
    found = AS_OF - timedelta(days=3)
    facts: dict[str, Any] = {
        "url": "a", "category": "banned", "found_at": found,
        "removed_at": found + timedelta(hours=1),
    }  # fmt: skip
    return item(name, **(facts | more))


def judged(*pages: Item, rows: tuple[Item, ...], cut: Failure | None = None) -> dict[str, Measured]:
    needs = {"register.moderation": population(rows, cut)}
    return measured("removed-pages", population(pages), ARGS, needs)


@pytest.mark.parametrize(
    ("shown", "gone"),
    [
        ({"status": 404}, True),
        ({"status": 410}, True),
        ({}, False),
        ({"catch_all": True}, True),
        ({"status": 403}, None),
        ({"status": 500}, None),
        ({"status": 302, "site": "other"}, None),
    ],
)
def test_what_a_removed_address_answers(shown: dict[str, Any], gone: bool | None) -> None:
    for made in (page("a", page=shown), page("b", "removed", page=shown)):
        found = judged(made, rows=(row(),))[made.id]
        assert found.facts.get("gone") is gone
        assert found.facts["removed"] is True


def test_an_address_at_another_host_address_is_one_too() -> None:
    assert set(judged(page("a#address=192.0.2.1"), rows=(row(),))) == {"a#address=192.0.2.1"}


@pytest.mark.parametrize(
    "rows",
    [
        (row(category="unlawful"),),
        (row(removed_at=None),),
        (row(removed_at=AS_OF + timedelta(seconds=1)),),
        (row(), row("s", found_at=AS_OF, removed_at=None)),
        (),
    ],
)
def test_what_was_not_removed_need_not_be_gone(rows: tuple[Item, ...]) -> None:
    assert judged(page("a"), rows=rows)[""].facts == {"removed": False, "gone": False}


def test_an_address_of_which_something_older_is_open_counts() -> None:
    older = row("s", found_at=AS_OF - timedelta(days=9), removed_at=None)
    assert judged(page("a"), rows=(older, row()))["a"].facts == {"removed": True, "gone": False}


def test_a_removal_of_which_no_address_is_asked() -> None:
    made = judged(page("b"), rows=(row(),))[""]
    assert made.facts == {"removed": True}
    assert made.missing["gone"].reason is Reason.NOTHING_FOUND


def test_a_removal_that_could_not_be_read() -> None:
    assert judged(page("b"), rows=(), cut=CUT)[""].missing == {"removed": CUT, "gone": CUT}
