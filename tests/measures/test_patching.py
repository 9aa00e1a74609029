"""Whether updates were installed in time, from dates that may be missing or wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, measured, population
from troth.measures import Item
from troth.model import Failure, Reason
from troth.params import parse_duration

LOST = Failure(Reason.TIMEOUT, "no answer")
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2099, 1, 1)).map(
    lambda at: at.replace(tzinfo=UTC)
)
ARGS = {
    "max_age": parse_duration("P30D", at_most=True),
    "max_interval": parse_duration("P12M", at_most=True),
    "max_list_age": parse_duration("P8D", at_most=True),
}


def ago(days: float) -> datetime:
    return AS_OF - timedelta(days=days)


def host(**more: Any) -> Item:
    facts: dict[str, Any] = {
        "updates": {"lists_at": ago(1), "pending": {"items": [], "complete": True}},
        "patching": {"last_upgrade_at": ago(5), "history_from": ago(900)},
        "automatic_updates": {"mode": "installs", "left_nothing_at": ago(2)},
        "kernel": {"own": "newest", "booted_at": ago(90), "restart_asked_at": None},
        "clock": {"machine_at": AS_OF, "our_at": AS_OF},
    }
    missing = {}
    for name, values in more.items():
        if values is LOST:
            del facts[name]
            missing[name] = LOST
        else:
            facts[name] = facts[name] | values
    return Item("host:a", facts, missing)


def asked(name: str, **more: Any) -> bool | Reason:
    (made,) = measured("patched", population([host(**more)]), ARGS).values()
    return made.facts[name] if name in made.facts else made.missing[name].reason


def pending(*issued: float | None) -> dict[str, Any]:
    rows = [{"package": "p", "version": "1"} for _ in issued]
    for row, days in zip(rows, issued, strict=True):
        if days is not None:
            row["issued_at"] = ago(days).isoformat()
    return {"pending": {"items": rows, "complete": True}}


@pytest.mark.parametrize(
    ("updates", "runs", "answer"),
    [
        (pending(), {}, True),
        (pending(29.9, 30), {}, True),
        (pending(29.9, 30.1), {}, False),
        (pending(None), {}, True),
        (pending(None, 31), {}, False),
        (pending(None), {"left_nothing_at": ago(31)}, Reason.UNPROVEN),
        (pending(None), {"left_nothing_at": None}, Reason.UNPROVEN),
        (pending(None), LOST, Reason.TIMEOUT),
        (pending(1), LOST, True),
        (pending() | {"lists_at": ago(8.1)}, {}, Reason.STALE),
        (pending() | {"lists_at": ago(400)}, {}, Reason.STALE),
        (pending(None) | {"lists_at": ago(31)}, {}, False),
        (pending() | {"lists_at": ago(-0.9)}, {}, True),
        (pending() | {"lists_at": ago(-1.1)}, {}, Reason.UNPROVEN),
    ],
)
def test_updates_that_are_offered(updates: Any, runs: Any, answer: bool | Reason) -> None:
    assert asked("installed", updates=updates, automatic_updates=runs) == answer


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_wrong_clock_is_no_evidence(hours: int) -> None:
    clock = {"machine_at": AS_OF + timedelta(hours=hours)}
    assert asked("recent", clock=clock) == Reason.UNPROVEN
    assert asked("installed", updates=pending(None), clock=clock) == Reason.UNPROVEN
    assert asked("installed", updates=pending(31), clock=clock) is False
    due = {"own": "older", "booted_at": ago(1), "restart_asked_at": ago(2)}
    assert asked("restarted", kernel=due, clock=clock) == Reason.UNPROVEN


@pytest.mark.parametrize(
    ("kernel", "answer"),
    [
        ({}, True),
        ({"own": "none"}, True),
        ({"own": "older", "booted_at": ago(30), "restart_asked_at": ago(20)}, True),
        ({"own": "older", "booted_at": ago(31), "restart_asked_at": ago(30)}, Reason.UNPROVEN),
        ({"own": "older", "booted_at": ago(90), "restart_asked_at": ago(31)}, False),
        ({"booted_at": ago(90), "restart_asked_at": ago(31)}, False),
        ({"own": "older"}, Reason.UNPROVEN),
        (LOST, Reason.TIMEOUT),
    ],
)
def test_restarts(kernel: Any, answer: bool | Reason) -> None:
    assert asked("restarted", kernel=kernel) == answer


@pytest.mark.parametrize(
    ("patching", "answer"),
    [
        ({"last_upgrade_at": ago(365)}, True),
        ({"last_upgrade_at": ago(366)}, False),
        ({"last_upgrade_at": None}, False),
        ({"last_upgrade_at": None, "history_from": ago(100)}, Reason.TOO_YOUNG),
        ({"last_upgrade_at": datetime(1970, 1, 1, tzinfo=UTC)}, Reason.UNPROVEN),
        ({"last_upgrade_at": datetime(2099, 1, 1, tzinfo=UTC)}, Reason.UNPROVEN),
        (LOST, Reason.TIMEOUT),
    ],
)
def test_upgrades_that_were_made(patching: Any, answer: bool | Reason) -> None:
    assert asked("recent", patching=patching) == answer


@given(lists=MOMENTS, clean=MOMENTS, upgraded=MOMENTS, started=MOMENTS, clock=MOMENTS)
def test_no_date_whatever_makes_a_machine_younger_than_it_is(
    lists: datetime, clean: datetime, upgraded: datetime, started: datetime, clock: datetime
) -> None:
    """A pass needs fresh lists, and of the machine's dates only those that a right clock wrote."""
    more = {
        "updates": pending(None) | {"lists_at": lists},
        "automatic_updates": {"left_nothing_at": clean},
        "patching": {"last_upgrade_at": upgraded},
        "kernel": {"own": "older", "booted_at": started, "restart_asked_at": started},
        "clock": {"machine_at": clock},
    }
    right = abs(clock - AS_OF) <= timedelta(hours=1)
    if asked("installed", **more) is True:
        assert right
        assert ago(8) <= lists <= ago(-1)
        assert ago(30) <= clean <= ago(-1)
    if asked("recent", **more) is True:
        assert right
        assert ago(366) <= upgraded <= ago(-1)
    if asked("restarted", **more) is True:
        assert right
        assert ago(30) <= started <= ago(-1)
