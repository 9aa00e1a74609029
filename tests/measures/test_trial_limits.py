from __future__ import annotations

from typing import Any

import pytest

from tests.measures.populations import item, measured, population, unread
from troth.measures import Item, Measured, Population
from troth.model import Reason
from troth.params import parse_duration

UNSHOWN = "not shown"


def drill(kind: str, minutes: float | None, result: str, held: str = "2026-05-01") -> Item:
    return item(f"{kind}{held}", kind=kind, held_on=held, result=result, measured_minutes=minutes)


def answer(name: str, items: list[Item], **args: Any) -> Any:
    args |= {"within": parse_duration("P1Y")}
    (one,) = measured(name, population(items), args).values()
    assert one.facts["asked"] is True
    if "held" in one.facts:
        return one.facts["held"]
    reason = one.missing["held"].reason
    return UNSHOWN if reason is Reason.NOTHING_FOUND else reason


def locked(*items: Item) -> Any:
    args = {"kind": "lock", "of": ["app"], "attempts": 10, "minutes": 5}
    return answer("lockouts-held", list(items), **args)


@pytest.mark.parametrize(
    ("kind", "minutes", "wanted"),
    [
        ("lock:app:10", 5, True),
        ("Lock : App : 1", 5, True),
        ("lock:app:11", 5, UNSHOWN),
        ("lock:app:0", 5, UNSHOWN),
        ("lock:app:10", 4.9, UNSHOWN),
        ("lock:app:10", None, UNSHOWN),
        ("lock:app", 5, UNSHOWN),
        ("lock:app:ten", 5, UNSHOWN),
        ("lock:app:-5", 5, UNSHOWN),
        ("lock:app:9:9", 5, UNSHOWN),
        ("lock:app:" + "0" * 5000 + "1", 5, UNSHOWN),
        ("lock:other:10", 5, UNSHOWN),
        ("lock:10", 5, UNSHOWN),
    ],
)
def test_what_a_lock_shows(kind: str, minutes: float | None, wanted: Any) -> None:
    assert locked(drill(kind, minutes, "pass")) is wanted


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("lock:app:9", UNSHOWN),
        ("lock:app:10", False),
        ("lock:app:11", False),
        ("lock:app", False),
        ("lock", False),
        ("lock:other:10", UNSHOWN),
    ],
)
def test_what_an_open_door_shows(kind: str, wanted: Any) -> None:
    assert locked(drill(kind, None, "fail")) is wanted


def test_the_newest_counts_and_a_failure_of_the_same_day() -> None:
    good = drill("lock:app:10", 5, "pass")
    assert locked(good, drill("lock:app:12", None, "fail", "2026-04-30")) is True
    assert locked(good, drill("lock:app:12", None, "fail", "2026-05-01")) is False
    assert locked(good, drill("lock:app:9", None, "fail", "2026-06-01")) is True
    assert locked(good, drill("lock:app:20", 5, "pass", "2026-06-01")) is True


@pytest.mark.parametrize("result", ["pass", "fail"])
def test_a_row_that_could_not_be_read(result: str) -> None:
    assert locked(drill("lock:app:10", 5, result), unread("d-x")) is Reason.MALFORMED_RESPONSE


def ended(*items: Item, limit: str = "PT15M") -> Any:
    args: dict[str, Any] = {
        "kind": "idle",
        "of": ["app"],
        "limit": parse_duration(limit, at_most=True),
    }
    return answer("sessions-end", list(items), **args)


@pytest.mark.parametrize(
    ("minutes", "refused", "alive"),
    [
        (None, UNSHOWN, False),
        (0, UNSHOWN, UNSHOWN),
        (0.5, True, UNSHOWN),
        (15, True, UNSHOWN),
        (15.1, True, False),
        (16, True, False),
        (16.1, UNSHOWN, False),
    ],
)
def test_what_a_wait_shows(minutes: float | None, refused: Any, alive: Any) -> None:
    assert ended(drill("idle:app", minutes, "pass")) is refused
    assert ended(drill("idle:app", minutes, "fail")) is alive


def test_hours_are_minutes_as_well() -> None:
    assert ended(drill("idle:app", 721, "pass"), limit="PT12H") is True
    assert ended(drill("idle:app", 722, "pass"), limit="PT12H") is UNSHOWN
    assert ended(drill("idle:app", 721, "fail"), limit="PT12H") is False


def test_an_old_trial_shows_nothing_of_today() -> None:
    assert ended(drill("idle:app", 15, "pass", "2025-11-20")) is Reason.UNPROVEN
    assert ended(drill("idle:app", 15, "pass", "2025-11-21")) is True


def beside(*items: Item, where: str = "servers", bad: bool = False) -> dict[str, Measured]:
    args: dict[str, Any] = {"kind": "idle"}
    args["of"] = ["servers", "server_programs", "app"]
    args |= {"limit": parse_duration("PT15M"), "within": parse_duration("P1Y")}
    place = Item("web1", {"place": {"where": where}} if where else {})
    needs = {"sign-in": Population((place,))}
    mine = [*items, unread("d-x")] if bad else list(items)
    return measured("sessions-end", population(mine), args, needs=needs)


def test_settings_decide_where_nobody_tried() -> None:
    made = beside()
    asked = {name: one.facts["asked"] for name, one in made.items()}
    assert asked == {"idle:servers": False, "idle:server_programs": False, "idle:app": True}
    assert all(one.facts["asked"] for one in beside(where="databases").values())
    assert all(one.facts["asked"] for one in beside(where="").values())


def test_a_trial_counts_beside_settings() -> None:
    made = beside(drill("idle:servers", 16, "fail"), drill("idle:server_programs", 15, "pass"))
    assert made["idle:servers"].facts == {"held": False, "asked": True}
    assert made["idle:server_programs"].facts == {"held": True, "asked": True}


def test_a_row_that_could_not_be_read_may_be_a_failure() -> None:
    made = beside(bad=True)
    assert {one.facts["asked"] for one in made.values()} == {True}
    assert all("held" in one.missing for one in made.values())
