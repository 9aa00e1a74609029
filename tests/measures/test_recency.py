from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Measured
from troth.model import Reason
from troth.params import parse_duration

DATES = st.lists(
    st.sampled_from(["2019-05-05", "2025-11-20", "2025-11-21", "2026-11-21", "2026-11-22"])
)


def newest(dates: list[str], cut: bool = False) -> Measured:
    args = {"date": "row.on", "within": parse_duration("P12M", at_most=True)}
    items = [item(str(at), on=on) for at, on in enumerate(dates)]
    return measured("newest-row", population(items, CUT if cut else None), args)[""]


@given(DATES)
def test_the_newest_that_has_come_decides(dates: list[str]) -> None:
    young = bool({"2025-11-21", "2026-11-21"} & set(dates))
    assert newest(dates).facts == {"in_time": young}
    assert newest(dates, cut=True).facts == ({"in_time": True} if young else {})


def test_a_date_that_the_calendar_has_not_is_unknown() -> None:
    assert newest(["2026-02-30"]).missing["in_time"].reason is Reason.MALFORMED_RESPONSE


def limit(begun: Any, done: Any, within: str = "PT24H", **more: Any) -> Measured:
    args = {"from": "row.a", "done": "row.b", "within": parse_duration(within, at_most=True)}
    return measured("within-limit", population([item("x", a=begun, b=done)]), args, **more)["x"]


HOURS = st.integers(-100, 100)


@given(st.integers(0, 100), st.none() | HOURS)
def test_instants_against_a_limit(ago: int, took: int | None) -> None:
    begun = AS_OF - timedelta(hours=ago)
    done = None if took is None else begun + timedelta(hours=took)
    finished = done is not None and done <= AS_OF
    wanted = took <= 24 if finished and took is not None else ago <= 24
    assert limit(begun, done).facts == {"in_time": wanted, "over": ago > 24}


@pytest.mark.parametrize(
    ("begun", "done", "facts"),
    [
        ("2026-10-22", None, {"in_time": True, "over": False}),
        ("2026-10-21", None, {"in_time": False, "over": True}),
        ("2026-10-21", "2026-11-20", {"in_time": True, "over": True}),
        ("2026-10-21", "2026-11-21", {"in_time": False, "over": True}),
        ("2026-10-22", "2026-11-22", {"in_time": True, "over": False}),
    ],
)
def test_dates_are_local_days(begun: str, done: str | None, facts: dict[str, bool]) -> None:
    assert limit(begun, done, "P30D").facts == facts


def test_today_is_that_of_the_zone() -> None:
    assert limit("2026-10-22", None, "P30D", zone="Pacific/Kiritimati").facts["over"] is True


def test_without_an_end_only_the_limit_matters() -> None:
    args = {"from": "row.a", "done": "", "within": parse_duration("P30D", at_most=True)}
    made = measured("within-limit", population([item("x", a="2026-10-21")]), args)["x"]
    assert made.facts == {"in_time": False, "over": True}


def test_a_row_that_could_not_be_read() -> None:
    args = {"from": "row.a", "done": "", "within": parse_duration("P30D")}
    made = measured("within-limit", population([unread("x")]), args)["x"]
    assert {why.reason for why in made.missing.values()} == {Reason.MALFORMED_RESPONSE}
