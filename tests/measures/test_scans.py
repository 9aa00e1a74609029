"""How long what scanners found has been open."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.measures.populations import AS_OF, CUT, measured, population
from troth.measures import Item, Population
from troth.model import Failure, Reason
from troth.params import parse_duration

LOST = Failure(Reason.TIMEOUT, "no answer")
ARGS = {
    "max_scan_age": parse_duration("P31D", at_most=True),
    "critical": parse_duration("P30D", at_most=True),
    "high": parse_duration("P60D", at_most=True),
    "medium": "any",
    "low": "any",
    "unknown": parse_duration("P60D", at_most=True),
    "fixable": False,
}


def ago(days: float) -> datetime:
    return AS_OF - timedelta(days=days)


def finding(first: float, severity: str = "critical", **more: Any) -> dict[str, Any]:
    row = {"id": "CVE-1", "package": "p", "severity": severity, "fix": "none", "suppressed": False}
    return row | {"first_seen_at": ago(first).isoformat()} | more


def scan(
    *rows: dict[str, Any], at: float = 1, since: float = 300, whole: bool = True,
    scope: str = "machine", name: str = "s", target: str = "t",
) -> Item:  # fmt: skip
    dates = {"scanned_at": ago(at), "reports_from": ago(since), "scope": scope}
    open_ = {"items": list(rows)} | ({"complete": True} if whole else {})
    return Item(name, {"scan": dates, "findings": {"open": open_}}, target=target)


def asked(item: Item, name: str = "in_limits", **more: Any) -> bool | Reason:
    (made,) = measured("scan-limits", population([item]), ARGS | more).values()
    return made.facts[name] if name in made.facts else made.missing[name].reason


@pytest.mark.parametrize(
    ("days", "answer"), [(0, True), (31, True), (31.1, False), (-0.01, True), (-1, Reason.UNPROVEN)]
)
def test_the_age_of_a_scan(days: float, answer: bool | Reason) -> None:
    assert asked(scan(at=days), "fresh") == answer


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        (finding(30), True),
        (finding(30.1), False),
        (finding(60, "high"), True),
        (finding(60.1, "high"), False),
        (finding(60.1, "unknown"), False),
        (finding(200, "medium"), True),
        (finding(200, "low"), True),
    ],
)
def test_limits_by_severity(row: dict[str, Any], answer: bool) -> None:
    assert asked(scan(row)) == answer
    assert asked(scan(finding(1), row, whole=answer)) == answer


def test_what_the_first_report_has_may_be_older() -> None:
    assert asked(scan(finding(5), since=5)) == Reason.UNPROVEN
    assert asked(scan(finding(5, issued_at=ago(29).isoformat()), since=5)) is True
    assert asked(scan(finding(5, issued_at=ago(31).isoformat()), since=5)) == Reason.UNPROVEN
    assert asked(scan(finding(5, issued_at=ago(-9).isoformat()), since=5)) == Reason.UNPROVEN
    assert asked(scan(finding(5), finding(31), since=31)) is False


def test_half_a_list_fails_and_never_passes() -> None:
    assert asked(scan(whole=False)) == Reason.LISTING_INCOMPLETE
    assert asked(scan(finding(31), whole=False)) is False


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({"owner": "alice", "suppressed_until": "2026-11-21"}, True),
        ({"owner": "alice", "suppressed_until": "2026-11-20"}, False),
        ({"owner": "", "suppressed_until": "2026-11-21"}, False),
        ({"suppressed_until": "2026-11-21"}, False),
        ({"owner": "alice"}, False),
    ],
)
def test_what_is_suppressed_needs_an_owner_and_an_end(more: dict[str, Any], answer: bool) -> None:
    assert asked(scan(finding(99, suppressed=True, **more))) == answer


def test_what_has_no_fix_cannot_be_patched() -> None:
    assert asked(scan(finding(99)), fixable=True) is True
    assert asked(scan(finding(99, fix="available")), fixable=True) is False


def machine(target: str = "t") -> Item:
    return Item("host:a", {}, target=target)


def scanned(scans: Population) -> bool | Reason:
    made = measured(
        "machines-scanned", population([machine()]), ARGS, {"vulnerability-scan": scans}
    )
    found = made["host:a"]
    return found.facts["scanned"] if found.facts else found.missing["scanned"].reason


@pytest.mark.parametrize(
    ("scans", "answer"),
    [
        (population([scan()]), True),
        (population([]), False),
        (population([], CUT), Reason.LISTING_INCOMPLETE),
        (population([scan()], CUT), True),
        (population([scan(scope="part")]), False),
        (population([scan(target="other")]), False),
        (population([scan(at=32)]), False),
        (population([scan(at=32), scan(name="s2")]), True),
        (population([scan(at=-1)]), Reason.UNPROVEN),
        (population([Item("s", {}, {"scan": LOST}, target="t")]), Reason.TIMEOUT),
    ],
)
def test_machines_that_were_scanned(scans: Population, answer: bool | Reason) -> None:
    assert scanned(scans) == answer
