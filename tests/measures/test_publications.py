from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.measures.pages import page, whole
from tests.measures.populations import AS_OF, CUT, item, measured, population
from troth.measures import Item, Measured
from troth.model import Failure, Reason

OUT = AS_OF - timedelta(days=10)  # 2026-11-11, noon


def person(name: str, start: str = "2020-01-01", end: str | None = None, **more: Any) -> Item:
    facts = {"person_id": name, "start_date": start, "end_date": end, "status": "active"}
    return item(name, **(facts | more))


STAFF = [person("ann"), person("bo")]


def judged(cut: Failure | None = None, staff: list[Item] | None = None, **more: Any) -> Measured:
    row: dict[str, Any] = {
        "author": "ann", "reviewer": "bo", "published_at": OUT,
        "reviewed_at": OUT - timedelta(hours=1),
    }  # fmt: skip
    needs = {"register.staff": population(STAFF if staff is None else staff, cut)}
    return measured("publication-people", population([item("p", **(row | more))]), {}, needs)["p"]


def test_a_second_person_of_the_staff_reviewed_it() -> None:
    assert judged().facts == {"published": True, "by_staff": True, "reviewed": True}
    assert judged(reviewed_at=OUT).facts["reviewed"] is True


@pytest.mark.parametrize(
    "row",
    [
        {"reviewed_at": OUT + timedelta(seconds=1)},
        {"reviewed_at": None},
        {"reviewer": None},
        {"reviewer": "Ann"},
        {"reviewer": "ann "},
        {"reviewer": "cy"},
    ],
)
def test_it_was_not_reviewed(row: dict[str, Any]) -> None:
    made = judged(**row)
    assert made.facts["reviewed"] is False
    assert made.notes


@pytest.mark.parametrize(
    ("ann", "works"),
    [
        (person("ann", "2026-11-11", "2026-11-11"), True),
        (person("ann", "2026-11-12"), False),
        (person("ann", end="2026-11-10", status="ended"), False),
        (person("ANN"), True),
    ],
)
def test_people_work_from_their_first_through_their_last_day(ann: Item, works: bool) -> None:
    assert judged(staff=[ann, person("bo")]).facts["by_staff"] is works


def test_the_day_is_the_local_one() -> None:
    staff = {"register.staff": population([person("ann", end="2026-11-11")])}
    row = item("p", author="ann", reviewer=None, reviewed_at=None, published_at=OUT)
    made = measured("publication-people", population([row]), {}, staff, zone="Pacific/Kiritimati")
    assert made["p"].facts["by_staff"] is False


def test_who_is_not_read_may_work_here() -> None:
    made = judged(CUT, [person("ann")])
    assert made.facts == {"published": True, "by_staff": True}
    assert made.missing == {"reviewed": CUT}


def test_who_left_on_no_day_is_unknown() -> None:
    made = judged(staff=[person("ann", status="ended"), person("bo")])
    assert made.missing["by_staff"].reason is Reason.MALFORMED_RESPONSE


def test_what_is_planned_is_not_out() -> None:
    assert judged(published_at=AS_OF + timedelta(seconds=1)).facts["published"] is False


def listed(*pages: Item, rows: tuple[str, ...] = ("x/1",), cut: Failure | None = None) -> Measured:
    needs = {"register.publications": population([item(url, url=url) for url in rows], cut)}
    return measured("unregistered-pages", population(pages), {"topic": "news"}, needs)[""]


def feed(*keys: str, **more: Any) -> Item:
    entries = whole([{"key": key, "at": OUT} for key in keys])
    return page("feed", "news", feed={"format": "rss", "entries": entries} | more)


def names(*found: str) -> Item:
    return page("list", "news", feed={"format": "not-asked"}, page={"names": whole(list(found))})


def test_every_entry_needs_a_row() -> None:
    assert listed(feed("x/1/")).facts == {"unregistered": []}
    assert listed(feed("x/1", "x/2"), names("x/3")).facts == {"unregistered": ["x/2", "x/3"]}


def test_an_entry_without_a_row_may_have_one_that_was_not_read() -> None:
    assert listed(feed("x/2"), cut=CUT).missing == {"unregistered": CUT}
    assert listed(feed("x/1"), cut=CUT).facts == {"unregistered": []}


def test_half_a_feed_accuses_and_does_not_clear() -> None:
    half = {"items": [{"key": "x/2", "at": OUT}]}
    assert listed(feed(entries=half)).facts == {"unregistered": ["x/2"]}
    made = listed(feed(entries={"items": [{"key": "x/1", "at": OUT}]}))
    assert made.missing["unregistered"].reason is Reason.LISTING_INCOMPLETE


def test_without_a_list_nothing_is_known() -> None:
    assert listed(page("list")).missing["unregistered"].reason is Reason.NOTHING_FOUND
    unanswered = page("feed", "news", feed=None)
    assert listed(unanswered).missing["unregistered"].reason is Reason.TIMEOUT
