from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Reason
from troth.params import parse_duration

OUT = AS_OF - timedelta(days=10)
HOUR = timedelta(hours=1)


def person(name: str, *roles: str, **row: Any) -> Item:
    facts = {"person_id": name, "roles": list(roles), "start_date": "2020-01-01", "end_date": None}
    return item(name, **(facts | row))


STAFF = [person("dev", "Developer "), person("ops", "operator"), person("qa")]


def trial(hours: int, tester: str = "ops", result: str = "pass", **row: Any) -> Item:
    facts = {"change_id": "ch", "developers": ["dev"], "tester": tester, "result": result}
    return item(f"t{hours}{tester}", **(facts | {"tested_at": OUT - hours * HOUR} | row))


def judged(
    tests: list[Item], staff: Any = STAFF, cut: Any = None, gap: Any = None, **row: Any
) -> Measured:
    change = {"id": "ch", "type": "fix", "deployed_at": OUT} | row
    needs = {"register.change-tests": population(tests, cut)}
    needs["register.staff"] = population(staff, gap)
    args = {"types": ["Fix"], "roles": ["developer"], "within": parse_duration("P30D")}
    return measured("tested-outside", population([item("ch", **change)]), args, needs)["ch"]


MADE = st.lists(
    st.tuples(st.integers(-2, 5), st.sampled_from(["dev", "OPS", "qa"]),
              st.sampled_from(["pass", "fail"])),
    max_size=5, unique_by=lambda one: one[0],
)  # fmt: skip


@given(MADE)
def test_the_last_one_from_outside(made: list[Any]) -> None:
    outside = sorted((h, result) for h, who, result in made if h >= 0 and who != "dev")
    tested = judged([trial(*one) for one in made]).facts["tested"]
    assert tested is bool(outside and outside[0][1] == "pass")


@pytest.mark.parametrize(
    ("row", "looked_at"),
    [({}, True), ({"type": "other"}, False), ({"deployed_at": None}, False),
     ({"deployed_at": AS_OF}, True), ({"deployed_at": AS_OF + HOUR}, False),
     ({"deployed_at": AS_OF - timedelta(days=30)}, True),
     ({"deployed_at": AS_OF - timedelta(days=30, seconds=1)}, False)],
)  # fmt: skip
def test_which_changes(row: dict[str, Any], looked_at: bool) -> None:
    assert judged([trial(1)], **row).facts["judged"] is looked_at


@pytest.mark.parametrize(
    "made",
    [trial(1, change_id="other"), trial(1, developers=["Ops"]), trial(1, "dev", developers=[])],
)
def test_not_from_outside(made: Item) -> None:
    assert judged([made]).facts["tested"] is False


@pytest.mark.parametrize(
    ("row", "tested"),
    [({"end_date": "2026-11-10"}, False), ({"end_date": "2026-11-11"}, True),
     ({"start_date": "2026-11-12"}, False), ({"start_date": "2026-11-11"}, True)],
)  # fmt: skip
def test_the_tester_worked_here_that_day(row: dict[str, str], tested: bool) -> None:
    assert judged([trial(1)], [person("ops", **row)]).facts["tested"] is tested


def test_what_nobody_knows() -> None:
    assert judged([trial(1, "who")]).missing["tested"].reason is Reason.NO_DATA
    assert judged([trial(1, "who")], gap=CUT).missing["tested"] is CUT
    assert judged([trial(1)], gap=CUT).facts["tested"] is True
    assert judged([trial(1)], cut=CUT).missing == {"tested": CUT}
    assert judged([trial(1), unread("t")]).missing["tested"].reason is Reason.MALFORMED_RESPONSE


def test_who_tested_is_told() -> None:
    assert judged([trial(1)]).notes == ("ops tested it last: pass",)
    assert judged([trial(1, "dev")]).notes == ("only dev tested it",)
    assert judged([]).notes == ("nobody tested it before",)
