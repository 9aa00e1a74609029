from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.measures.pages import NO_ANSWER, page, whole
from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Failure, Reason
from troth.params import parse_duration

URL = "https://status.example.test/"
BEGAN = AS_OF - timedelta(days=2)
ENDED = BEGAN + timedelta(hours=3)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def incident(name: str = "i", **more: Any) -> Item:
    facts: dict[str, Any] = {
        "id": name, "occurred_at": BEGAN, "service_restored_at": ENDED, "resolved_at": ENDED,
        "impact": "outage", "report_ref": None,
    }  # fmt: skip
    return item(f"incidents/{name}", **(facts | more))


def entry(key: str = "k", posted: Any = BEGAN, **more: Any) -> dict[str, Any]:
    facts = {"key": key, "started_at": posted, "first_posted_at": posted, "resolved_at": ENDED}
    return facts | more


def portal(*entries: dict[str, Any], half: bool = False) -> Item:
    reported: dict[str, Any] = {"items": list(entries)}
    return page(URL, "status", incidents={"reported": reported if half else whole(list(entries))})


def shown(
    pages: list[Item], *rows: Item, cut: Failure | None = None, delay: str = "PT15M"
) -> dict[str, Measured]:
    args = {
        "topic": "status",
        "delay": parse_duration(delay, at_most=True),
        "lookback": parse_duration("P12M"),
    }
    needs = {"register.incidents": population(rows, cut)}
    return measured("incidents-shown", population(pages), args, needs)


def test_an_entry_in_time_with_its_end() -> None:
    made = shown([portal(entry(posted=BEGAN + 15 * MINUTE))], incident())["i"]
    wanted = dict.fromkeys(("visible", "shown", "in_time", "over", "resolution_shown"), True)
    assert made.facts == wanted
    assert made.notes == ("first posted 15 minutes after it began",)


@pytest.mark.parametrize("key", ["i", "R-1"])
def test_an_entry_of_its_key_counts_whenever_it_was_posted(key: str) -> None:
    late = portal(entry(key, BEGAN + timedelta(days=1)), entry("other"))
    made = shown([late], incident(report_ref="R-1"))["i"].facts
    assert (made["shown"], made["in_time"]) == (True, False)


@pytest.mark.parametrize(
    ("posted", "counts"),
    [
        (BEGAN - 15 * MINUTE, True),
        (BEGAN - 15 * MINUTE - SECOND, False),
        (ENDED + 15 * MINUTE, True),
        (ENDED + 15 * MINUTE + SECOND, False),
    ],
)
def test_without_a_key_the_time_tells(posted: Any, counts: bool) -> None:
    assert shown([portal(entry(posted=posted))], incident())["i"].facts["shown"] is counts


def test_what_was_entered_afterwards_is_shown_and_late() -> None:
    afterwards = entry(posted=ENDED + timedelta(days=1), started_at=BEGAN)
    made = shown([portal(afterwards)], incident())["i"].facts
    assert (made["shown"], made["in_time"]) == (True, False)


def test_a_green_page_shows_nothing() -> None:
    made = shown([portal()], incident())["i"].facts
    assert (made["shown"], made["in_time"], made["resolution_shown"]) == (False, False, False)


def test_half_a_list_shows_what_it_shows() -> None:
    assert shown([portal(entry(), half=True)], incident())["i"].facts["shown"] is True
    made = shown([portal(half=True)], incident())["i"]
    assert {why.reason for why in made.missing.values()} == {Reason.LISTING_INCOMPLETE}
    late = portal(entry("i", ENDED), half=True)
    assert shown([late], incident())["i"].missing["in_time"].reason is Reason.LISTING_INCOMPLETE


def test_entries_that_differ_decide_nothing() -> None:
    two = portal(entry("a"), entry("b", BEGAN + timedelta(hours=1), resolved_at=None))
    made = shown([two], incident())["i"]
    assert made.missing["in_time"].reason is made.missing["resolution_shown"].reason
    assert made.missing["in_time"].reason is Reason.UNPROVEN


@pytest.mark.parametrize(
    "row",
    [
        incident(impact="none"),
        incident(occurred_at=AS_OF + SECOND),
        incident(occurred_at=AS_OF - timedelta(days=366)),
    ],
)
def test_what_customers_did_not_meet_lately_is_left_out(row: Item) -> None:
    assert set(shown([portal()], row)[""].facts.values()) == {False}


def test_while_the_delay_runs_nothing_is_missed() -> None:
    young = incident(occurred_at=AS_OF - 15 * MINUTE, service_restored_at=None, resolved_at=None)
    made = shown([portal()], young)["i"].facts
    assert (made["shown"], made["in_time"], made["over"]) == (True, True, False)


@pytest.mark.parametrize(("ended", "over"), [(AS_OF - 15 * MINUTE, False), (ENDED, True)])
def test_an_end_has_to_be_shown_after_the_delay(ended: Any, over: bool) -> None:
    row = incident(service_restored_at=ended, resolved_at=None)
    assert shown([portal(entry())], row)["i"].facts["over"] is over


def test_what_could_not_be_read() -> None:
    assert shown([portal()], cut=CUT)[""].missing["visible"] is CUT
    assert shown([page(URL)], incident())["i"].missing["shown"].reason is Reason.NOTHING_FOUND
    unanswered = page(URL, "status", incidents=None)
    assert shown([unanswered], incident())["i"].missing["shown"] is NO_ANSWER


def test_a_history_is_listed_also_when_it_is_empty_or_long() -> None:
    for pages in ([portal()], [portal(entry(), half=True)]):
        made = measured("status-history", population(pages), {"topic": "status"})[""]
        assert made.facts == {"listed": True}
    for pages, reason in (
        ([portal(), page(URL, "status", incidents=None)], Reason.TIMEOUT),
        ([page(URL)], Reason.NOTHING_FOUND),
    ):
        made = measured("status-history", population(pages), {"topic": "status"})[""]
        assert made.missing["listed"].reason is reason


def test_the_portals_neighbours_are_noted() -> None:
    def name(text: str, *addresses: str) -> Item:
        return item(text, "addresses", found=[{"address": each} for each in addresses])

    own = name("Status.example.test.", "192.0.2.1", "192.0.2.2")
    names = [own, name("www.example.test", "192.0.2.2"), name("a.test", "192.0.2.3")]

    def notes(*found: Item) -> tuple[str, ...]:
        needs = {"dns-name": population([*found, unread("x", "addresses")])}
        pages = population([page(URL, "status")])
        made = measured("status-portal", pages, {"topic": "status"}, needs)["status"]
        assert made.facts == {"published": True}
        return made.notes

    (shared,) = notes(*names)
    assert "192.0.2.2 as www.example.test" in shared
    (unknown,) = notes(names[1])
    assert "was not looked at" in unknown
    assert notes(own) == ()
