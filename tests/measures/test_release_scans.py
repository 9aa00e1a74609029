from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.params import parse_duration

OUT = AS_OF - timedelta(days=10)
HOUR = timedelta(hours=1)


def scan(hours: int, result: str = "clean", kind: str = "malware") -> Item:
    row = {"change_id": "ch", "scan": kind, "scanned_at": OUT - hours * HOUR, "result": result}
    return item(f"s{hours}", **row)


def judged(scans: list[Item], cut: Any = None, **row: Any) -> Measured:
    change = {"id": "ch", "type": "fix", "deployed_at": OUT} | row
    args = {"types": ["Fix"], "scans": ["Malware"], "within": parse_duration("P30D")}
    needs = {"register.release-scans": population(scans, cut)}
    return measured("released-clean", population([item("ch", **change)]), args, needs)["ch"]


MADE = st.lists(st.tuples(st.integers(-2, 5), st.sampled_from(["clean", "findings"])),
                max_size=5, unique_by=lambda one: one[0])  # fmt: skip


@given(MADE)
def test_the_last_scan_by_the_release_counts(made: list[Any]) -> None:
    before = sorted((hours, result) for hours, result in made if hours >= 0)
    clean = judged([scan(*one) for one in made]).facts["clean"]
    assert clean is bool(before and before[0][1] == "clean")


def test_what_was_not_released_in_the_period_is_not_judged() -> None:
    old = AS_OF - timedelta(days=31)
    for row in ({"type": "other"}, {"deployed_at": None}, {"deployed_at": AS_OF + HOUR},
                {"deployed_at": old}):  # fmt: skip
        assert judged([], **row).facts["judged"] is False


def test_what_was_not_read_may_be_a_later_one() -> None:
    assert judged([scan(1)], CUT).missing["clean"] == CUT
    assert "clean" in judged([scan(1), unread("x")]).missing
