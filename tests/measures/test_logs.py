"""How far logs reach back, by the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from troth.measures import Inputs, Item, Measured, Population, registry
from troth.model import Failure, Reason
from troth.params import parse_duration

REFUSED = Failure(Reason.PERMISSION_DENIED, "refused", "logs:DescribeLogStreams")
AS_OF = datetime(2026, 11, 21, tzinfo=UTC)
DAYS = st.one_of(st.none(), st.integers(0, 800))


def reach(oldest: int | None, created: int | None, span: str, as_of: datetime = AS_OF) -> Measured:
    def back(days: int | None) -> datetime | None:
        return None if days is None else as_of - timedelta(days=days)

    extent = {"oldest_event_at": back(oldest), "created_at": back(created)}
    return run(Item("log", {"extent": extent}), span, as_of)


def run(item: Item, span: str, as_of: datetime = AS_OF) -> Measured:
    args = {"span": parse_duration(span), "slack_hours": 24}
    inputs = Inputs(Population((item,)), {}, args, as_of, ZoneInfo("UTC"))
    (result,) = registry()["reaches-back"].function(inputs)
    return result


@given(DAYS, DAYS)
@example(29, 400)
@example(28, 30)
def test_thirty_days(oldest: int | None, created: int | None) -> None:
    result = reach(oldest, created, "P30D")
    if oldest is not None and oldest >= 29:
        assert result.facts == {"reaches_back": True}
    elif oldest is not None and created is not None and created >= 30:
        assert result.facts == {"reaches_back": False}
    elif oldest is not None and created is not None:
        assert result.missing["reaches_back"].reason is Reason.TOO_YOUNG
    else:
        assert result.missing["reaches_back"].reason is Reason.NO_DATA


@given(st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)))
def test_exactly_kept_spans_always_reach_back(as_of: datetime) -> None:
    for span, kept in (("P6M", 184), ("P1Y", 365), ("P30D", 30), ("P3M", 92), ("P1M", 31)):
        assert reach(kept, 2000, span, as_of).facts == {"reaches_back": True}


@given(st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)))
def test_a_month_less_never_reaches_back(as_of: datetime) -> None:
    for span, kept in (("P6M", 151), ("P1Y", 334), ("P30D", 1), ("P3M", 59)):
        assert reach(kept, 2000, span, as_of).facts == {"reaches_back": False}


@pytest.mark.parametrize("missing", ["extent", "extent.oldest_event_at"])
def test_what_could_not_be_read_is_the_reason(missing: str) -> None:
    item = Item("log", {}, {missing: REFUSED})
    assert run(item, "P30D").missing == {"reaches_back": REFUSED}
