from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, item, measured, population, unread
from troth.params import Delay

ZONES = st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati"])
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 1), timezones=st.just(UTC))
ARGS = {"from": "row.requested_at", "done": "row.deleted_at", "calendar": "all-days"}


@given(instants, st.none() | instants, st.integers(0, 60), ZONES)
def test_due_and_done_are_local_dates(
    begun: datetime, done: datetime | None, count: int, zone: str
) -> None:
    row = item("d-1", requested_at=begun, deleted_at=done)
    args = {**ARGS, "within": Delay(f"{count} days", count, False)}
    facts = measured("due-date", population([row]), args, zone=zone)["d-1"].facts
    local = ZoneInfo(zone)
    assert facts["due_on"] == str(begun.astimezone(local).date() + timedelta(days=count))
    if done is None or done > AS_OF:
        assert facts["done_on"] is None
    else:
        assert facts["done_on"] == str(done.astimezone(local).date())


def test_one_bad_row_costs_one_unknown() -> None:
    rows = [item("a", requested_at=AS_OF, deleted_at=None), unread("b")]
    found = measured("due-date", population(rows), {**ARGS, "within": Delay("5 days", 5, False)})
    assert found["a"].facts == {"due_on": "2026-11-26", "done_on": None}
    assert set(found["b"].missing) == {"due_on", "done_on"}


@given(st.sampled_from([datetime.min, datetime.max]), st.sampled_from([-14, 0, 14]), ZONES)
def test_the_ends_of_the_calendar_are_no_crash(naive: datetime, hours: int, zone: str) -> None:
    begun = naive.replace(tzinfo=timezone(timedelta(hours=hours)))
    row = item("d-1", requested_at=begun, deleted_at=None)
    for delay in (Delay("5 days", 5, False), Delay("5 working days", 5, True)):
        args = {**ARGS, "within": delay, "calendar": "japan"}
        made = measured("due-date", population([row]), args, zone=zone)["d-1"]
        assert made.missing or made.facts["due_on"].startswith("0001-01")
