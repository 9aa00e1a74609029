"""Waivers: what they cover, until when, and what becomes of those that cover nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from troth.judge.findings import Finding
from troth.model import Severity, Verdict
from troth.waivers import Waiver, apply

WAIVER = Waiver(
    "w-1", "acme", "1.1", "on its way to the smith", "Rin", "Kei", "2026-01-01", "2026-11-21"
)
FAIL = Finding(
    "acme", "1.1", "box-locked", "box-locked", "locked", "box", "cellar", "arn:box/9/a[1]",
    Verdict.FAIL, Severity.HIGH,
)  # fmt: skip


def test_a_fail_is_waived_and_the_waiver_used() -> None:
    made = apply([WAIVER], [FAIL], "2026-11-21")
    assert made.by_finding == {FAIL.id: WAIVER}
    assert made.states == {"w-1": "used"}


@pytest.mark.parametrize(
    ("today", "state"),
    [("2026-11-20", "used"), ("2026-11-21", "used"), ("2026-11-22", "expired")],
)
def test_it_holds_through_its_last_day(today: str, state: str) -> None:
    made = apply([WAIVER], [FAIL], today)
    assert made.states == {"w-1": state}
    assert bool(made.by_finding) is (state == "used")


def test_it_does_not_hold_before_it_was_approved() -> None:
    made = apply([WAIVER], [FAIL], "2025-12-31")
    assert (made.by_finding, made.states) == ({}, {"w-1": "not yet valid"})


@pytest.mark.parametrize("verdict", [Verdict.UNKNOWN, Verdict.PASS, Verdict.NOT_APPLICABLE])
def test_only_a_broken_promise_can_be_waived(verdict: Verdict) -> None:
    made = apply([WAIVER], [FAIL._replace(verdict=verdict)], "2026-06-01")
    assert (made.by_finding, made.states) == ({}, {"w-1": "unused"})


@pytest.mark.parametrize(
    ("name", "value", "covers"),
    [
        ("policy", "other", False),
        ("clause", "1.10", False),
        ("control", "box-locked", True),
        ("control", "box-lock", False),
        ("target", "cellar", True),
        ("target", "attic", False),
        ("resource", "arn:box/9/a[[]1]", True),
        ("resource", "arn:box/9/*", True),
        ("resource", "*", True),
        ("resource", "arn:box/?/*", True),
        ("resource", "arn:box/9", False),
        ("resource", "ARN:BOX/9/*", False),
    ],
)
def test_what_it_covers(name: str, value: str, covers: bool) -> None:
    assert replace(WAIVER, **{name: value}).covers(FAIL) is covers


def test_a_resource_id_written_out_covers_that_resource() -> None:
    """An id may hold what a glob takes for a pattern: it still means itself."""
    assert replace(WAIVER, resource=FAIL.resource).covers(FAIL)


def test_the_first_of_two_is_named_and_both_are_used() -> None:
    second = replace(WAIVER, id="w-2", resource="arn:*")
    made = apply([WAIVER, second], [FAIL], "2026-06-01")
    assert made.by_finding == {FAIL.id: WAIVER}
    assert made.states == {"w-1": "used", "w-2": "used"}


def test_an_expired_one_leaves_it_to_the_other() -> None:
    second = replace(WAIVER, id="w-2", expires_on="2027-01-01")
    made = apply([WAIVER, second], [FAIL], "2026-12-01")
    assert made.by_finding == {FAIL.id: second}
    assert made.states == {"w-1": "expired", "w-2": "used"}


def test_the_verdict_beneath_stays() -> None:
    apply([WAIVER], [FAIL], "2026-06-01")
    assert FAIL.verdict is Verdict.FAIL
