"""Versions that web servers name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.measures.populations import measured, population
from troth.measures import Item
from troth.model import Failure, Reason


def asked(*values: str, whole: bool = True, as_of: str = "2026-11-21") -> dict[str, Any]:
    rows = [{"name": "X-Powered-By", "value": value} for value in values]
    present = {"items": rows} | ({"complete": True} if whole else {})
    made = measured(
        "software-support",
        population([Item("https://a/", {"headers": {"present": present}})]),
        as_of=datetime.fromisoformat(as_of).replace(tzinfo=UTC),
    )["https://a/"]
    return dict(made.facts) or {name: why.reason for name, why in made.missing.items()}


@pytest.mark.parametrize(
    ("value", "known", "supported"),
    [
        ("PHP/7.1.33", True, False),
        ("php/5.6", True, False),
        ("PHP/7.2.1", False, True),
        ("PHP/8.4.1", True, True),
        ("PHP/99.1", False, True),
        ("PHP/8.4 PHP/7.1", True, False),
        ("PHP/8.4 PHP/7.2", False, True),
        ("\x1b[2Jnginx", False, True),
        ("", False, True),
    ],
)
def test_versions(value: str, known: bool, supported: bool) -> None:
    assert asked(value) == {"known": known, "supported": supported}


def test_the_last_day_is_in() -> None:
    assert asked("PHP/8.4", as_of="2030-06-30") == {"known": True, "supported": True}
    assert asked("PHP/8.4", as_of="2030-07-01") == {"known": False, "supported": True}
    assert asked("PHP/8.4", as_of="2035-06-30") == {"known": False, "supported": True}
    assert asked("PHP/8.4", as_of="2035-07-01") == {"known": True, "supported": False}


def test_half_the_headers_can_fail_and_not_pass() -> None:
    assert asked("PHP/7.1.33", whole=False) == {"known": True, "supported": False}
    missing = dict.fromkeys(("known", "supported"), Reason.LISTING_INCOMPLETE)
    assert asked("PHP/8.4", whole=False) == missing


def test_headers_that_were_not_read() -> None:
    lost = Failure(Reason.TIMEOUT, "no answer")
    made = measured("software-support", population([Item("https://a/", {}, {"headers": lost})]))
    assert made["https://a/"].missing == {"known": lost, "supported": lost}
