from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Reason
from troth.params import Parameter, parse

#: On the first of March the days judged are those of February.
NOW = datetime(2026, 3, 1, tzinfo=UTC)
FIRST = datetime(2026, 2, 1, tzinfo=UTC)
SPAN = parse(Parameter("span", "time-range"), "08:00-20:00")


def shift(name: str, person: str, start: datetime, hours: float, kind: str = "unmarked") -> Item:
    return item(name, person_id=person, role="desk", starts_at=start, shift_kind=kind,
                ends_at=start + timedelta(hours=hours))  # fmt: skip


def month(person: str, *, without: int = 0, role: str = "desk") -> list[Item]:
    days = [day for day in range(1, 29) if day != without]
    return [
        item(f"{person}-{day:02}", person_id=person, role=role, shift_kind="unmarked",
             starts_at=FIRST + timedelta(days=day - 1), ends_at=FIRST + timedelta(days=day))
        for day in days
    ]  # fmt: skip


def hour(day: int, at: float) -> datetime:
    return FIRST + timedelta(days=day - 1, hours=at)


def judged(*shifts: Item, least: int = 1, cut: bool = False, as_of: datetime = NOW,
           zone: str = "UTC", span: Any = SPAN, people: str = "abcdefgh",
           staff_cut: bool = False, **row: Any) -> Measured:  # fmt: skip
    staff = [item(name, **({"person_id": name, "start_date": "2020-01-01", "end_date": None} | row))
             for name in people]  # fmt: skip
    args = {"role": "Desk ", "least": least, "span": span}
    needs = {"register.staff": population(staff, CUT if staff_cut else None)}
    roster = population(shifts, CUT if cut else None)
    return measured("day-shifts", roster, args, needs, as_of=as_of, zone=zone)[""]


HOURS = st.integers(0, 23)
SHIFTS = st.lists(st.tuples(st.sampled_from("bcd"), HOURS, st.integers(1, 24)), max_size=6)


@given(SHIFTS, st.integers(1, 3))
def test_the_fewest_people_of_the_day(rows: list[tuple[str, int, int]], least: int) -> None:
    shifts = [shift(str(at), person, hour(10, start), length)
              for at, (person, start, length) in enumerate(rows)]  # fmt: skip
    fewest = min(
        len({person for person, start, length in rows if start <= clock < start + length})
        for clock in range(8, 20)
    )
    others = [one for person in "efg" for one in month(person, without=10)]
    # What goes on into the next morning only adds people there.
    wanted = [] if fewest >= least else [f"2026-02-10 ({fewest})"]
    assert judged(*others, *shifts, least=least).facts["short"] == wanted


@given(SHIFTS, st.integers(1, 3))
def test_the_fewest_people_of_a_marked_shift(
    rows: list[tuple[str, int, int]], least: int
) -> None:  # fmt: skip
    shifts = [shift(str(at), person, hour(10, start), length, "day")
              for at, (person, start, length) in enumerate(rows)]  # fmt: skip
    counts = [
        len({person for person, start, length in rows if start <= clock < start + length})
        for clock in range(48)
    ]
    fewest = min((count for count in counts if count), default=0)
    others = [one for person in "efg" for one in month(person, without=10)]
    wanted = [] if fewest >= least else [f"2026-02-10 ({fewest})"]
    assert judged(*others, *shifts, least=least).facts["short"] == wanted


def test_the_days_that_are_judged() -> None:
    later = datetime(2026, 3, 3, 12, tzinfo=UTC)
    assert judged(*month("a")).notes == ("judged from 2026-02-01 to 2026-02-28",)
    made = judged(*month("a"), as_of=later).facts["short"]
    assert made == ["2026-03-01 (0)", "2026-03-02 (0)"]
    plan = shift("p", "a", datetime(2026, 3, 5, 20, tzinfo=UTC), 12)
    made = judged(*month("a"), plan, as_of=later).facts["short"]
    assert made == [f"2026-03-0{day} (0)" for day in (1, 2, 3, 4, 5)]
    newyear = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert judged(*month("a"), as_of=newyear).notes[0].startswith("judged from 2025-12-01")


def test_a_plan_ends_somewhere() -> None:
    plan = shift("p", "a", datetime(2999, 1, 1, tzinfo=UTC), 12)
    made = judged(*month("a"), plan)
    assert made.notes[0] == "judged from 2026-02-01 to 2027-03-02"
    assert made.notes[1].endswith("2026-03-05 (0) and 362 more days")


def test_days_are_local() -> None:
    tokyo = [shift(f"s{day}", "a", hour(day, -1), 12) for day in range(1, 29)]
    now = datetime(2026, 2, 28, 15, tzinfo=UTC)
    assert judged(*tokyo, as_of=now, zone="Asia/Tokyo").facts["short"] == []
    assert judged(*tokyo, as_of=NOW).facts["short"]


def test_a_span_over_midnight_and_one_to_midnight() -> None:
    for text in ("20:00-08:00", "08:00-24:00", "00:00-24:00"):
        span = parse(Parameter("span", "time-range"), text)
        first = shift("last", "a", datetime(2026, 3, 1, tzinfo=UTC), 24)
        made = judged(*month("a"), first, span=span).facts["short"]
        assert made == (["2026-03-01 (0)"] if text.startswith("20") else [])


@pytest.mark.parametrize(
    ("row", "there"),
    [({}, True), ({"end_date": "2026-02-10"}, True), ({"end_date": "2026-02-09"}, False),
     ({"start_date": "2026-02-10"}, True), ({"start_date": "2026-02-11"}, False),
     ({"person_id": "z"}, False)],
)  # fmt: skip
def test_who_works_here(row: dict[str, Any], there: bool) -> None:
    made = judged(shift("s", "a", hour(10, 8), 12), people="a", **row)
    assert ("2026-02-10 (0)" not in made.facts["short"]) is there


def test_other_roles_do_not_count() -> None:
    made = judged(*month("a"), *month("b", role="sales"), least=2)
    assert len(made.facts["short"]) == 28
    assert judged(*month("b", role="sales")).missing["short"].reason is Reason.NOTHING_FOUND


@pytest.mark.parametrize(("hours", "known"), [(48, True), (49, False), (0, False), (-1, False)])
def test_a_shift_that_cannot_be(hours: int, known: bool) -> None:
    made = judged(*month("a"), shift("s", "b", hour(3, 0), hours))
    assert bool(made.facts) is known
    if not known:
        assert made.missing["short"].reason is Reason.UNPROVEN


def test_what_was_not_read() -> None:
    assert judged(*month("a"), cut=True).missing == {"short": CUT}
    assert judged(*month("a"), staff_cut=True).facts["short"] == []
    assert judged(*month("a"), least=2, staff_cut=True).missing == {"short": CUT}
    assert judged(*month("a"), unread("z")).missing
    assert judged().missing["short"].reason is Reason.NOTHING_FOUND
