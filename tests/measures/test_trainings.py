from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Reason
from troth.params import parse_duration

TODAY = date(2026, 11, 21)
REGISTER = "register.trainings"
PERSON = {
    "person_id": "p-1",
    "worker_type": "employee",
    "start_date": "2024-04-01",
    "end_date": None,
    "status": "active",
}
LAST_DAYS = [TODAY - timedelta(days=365), TODAY - timedelta(days=366), TODAY]
days = st.dates(date(2022, 1, 1), date(2027, 6, 1)) | st.sampled_from(LAST_DAYS)
ENDS = (date.min, date.max)
TRAININGS = st.lists(
    st.tuples(days, st.booleans(), st.sampled_from(["security", "Security ", "first aid"])),
    max_size=6,
)


def training(at: int, on: date, passed: bool, topic: str, who: str = "p-1") -> Item:
    return item(f"t-{at}", person_id=who, completed_on=on.isoformat(), passed=passed, topic=topic)


def judged(
    person: dict[str, Any],
    trainings: list[Item],
    cut: bool = False,
    audience: tuple[str, ...] = ("employees",),
) -> Measured:
    args = {
        "audience": list(audience),
        "topics": ["security"],
        "delay": parse_duration("P30D", at_most=True),
        "interval": parse_duration("P365D", at_most=True),
    }
    register = {REGISTER: population(trainings, CUT if cut else None)}
    return measured(
        "trainings-due", population([item("p", **{**PERSON, **person})]), args, register
    )["p"]


@given(days, TRAININGS)
def test_entry_and_next_training(start: date, rows: list[tuple[date, bool, str]]) -> None:
    made = judged(
        {"start_date": start.isoformat()}, [training(at, *one) for at, one in enumerate(rows)]
    )
    good = [on for on, passed, topic in rows if passed and "ec" in topic and on <= TODAY]
    assert made.facts["entry_due_on"] == str(start + timedelta(days=30))
    assert made.facts["entry_met"] is any(-365 <= (on - start).days <= 30 for on in good)
    due = [on + timedelta(days=365) for on in good] + [start + timedelta(days=30)]
    assert made.facts["next_due_on"] == str(max(due))
    assert made.facts["in_audience"] is (start <= TODAY)


@given(TRAININGS)
def test_half_a_list_of_trainings_accuses_nobody(rows: list[tuple[date, bool, str]]) -> None:
    items = [training(at, *one) for at, one in enumerate(rows)]
    whole = judged({}, items).facts
    for made in (judged({}, items, cut=True), judged({}, [*items, unread("t-x")])):
        assert ("entry_met" in made.facts) is whole["entry_met"]
        assert ("next_due_on" in made.facts) is (whole["next_due_on"] >= str(TODAY))


@given(TRAININGS)
def test_other_people_s_trainings_change_nothing(rows: list[tuple[date, bool, str]]) -> None:
    others = [training(at, *one, who="p-2") for at, one in enumerate(rows)]
    assert judged({}, others).facts == judged({}, []).facts


AUDIENCES = {"employees": "employee", "contractors": "contractor", "agents": "agent"}


@given(
    st.sets(st.sampled_from([*AUDIENCES, "relevant_staff", "interns"]), min_size=1),
    st.sampled_from([*AUDIENCES.values(), " Employee", "interns", "robot"]),
)
def test_the_audience_by_worker_type(audience: set[str], kind: str) -> None:
    made = judged({"worker_type": kind}, [], audience=tuple(sorted(audience)))
    known = kind.strip().lower()
    if "relevant_staff" in audience:
        assert made.facts["in_audience"] is True
    elif known in AUDIENCES.values():
        assert made.facts["in_audience"] is (known in {AUDIENCES.get(one) for one in audience})
    elif known in audience:
        assert made.facts["in_audience"] is True
    else:
        assert {why.reason for why in made.missing.values()} == {Reason.SCOPE_UNKNOWN}


@given(
    st.sampled_from(["active", "leave", "ended"]),
    st.sampled_from([None, "2026-11-20", "2026-11-21", "2027-01-01"]),
    st.sampled_from(["2024-04-01", "2026-11-21", "2026-11-22"]),
)
def test_who_works_here_now(status: str, ends: str | None, starts: str) -> None:
    made = judged({"status": status, "end_date": ends, "start_date": starts}, [])
    works = status == "active" and ends != "2026-11-20" and starts != "2026-11-22"
    assert made.facts["in_audience"] is works
    assert bool(made.notes) is not works


@given(st.sampled_from(ENDS), st.sampled_from(ENDS))
def test_the_ends_of_the_calendar_are_no_crash(start: date, on: date) -> None:
    made = judged({"start_date": start.isoformat()}, [training(0, on, True, "security")])
    assert made.facts["in_audience"] is (start == date.min)
    assert made.facts["entry_met"] is (start == on == date.min)
