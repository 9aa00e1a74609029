"""How long batch work ran, over a window."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, measured, population
from troth.measures import Item, Measured
from troth.model import Reason
from troth.params import parse_duration

HOURS = st.integers(min_value=0, max_value=24 * 40)
RUNS = st.lists(st.tuples(HOURS, st.none() | st.integers(0, 9)), max_size=5)


def run(ago: int, took: int | None) -> dict[str, Any]:
    begun = AS_OF - timedelta(hours=ago)
    ended = min(begun + timedelta(hours=took), AS_OF) if took is not None else None
    return {"started_at": begun, "ended_at": ended, "outcome": "succeeded" if ended else "lost"}


def ran(runs: list[Any], since: datetime) -> Measured:
    facts = {"known_since": since, "runs": {"items": runs, "complete": True}}
    args = {"limit": parse_duration("PT4H"), "window": parse_duration("P31D")}
    return measured("runs-within", population([Item("a", {"runs": facts})]), args)["a"]


@given(RUNS, st.integers(0, 40))
def test_every_run_in_the_window_counts(runs: list[Any], days: int) -> None:
    known = AS_OF - timedelta(days=days)
    made = ran([run(*one) for one in runs], known)
    inside = [(a, min(a, a if t is None else t)) for a, t in runs]
    inside = [(a, t) for a, t in inside if a - t <= 24 * 31]
    late = [(AS_OF - timedelta(hours=a)).isoformat() for a, t in inside if t > 4]
    found = made.facts["late"] if "late" in made.facts else made.missing["late"].reason
    assert found == (late if inside else Reason.NO_DATA)
    whole = made.facts.get("whole") or made.missing["whole"].reason
    assert whole == (True if days >= 31 else Reason.TOO_YOUNG)


def test_a_run_that_ends_before_it_begins_proves_nothing() -> None:
    odd = run(2, 1) | {"ended_at": AS_OF - timedelta(hours=3)}
    made = ran([odd], AS_OF - timedelta(days=40))
    assert {why.reason for why in made.missing.values()} == {Reason.MALFORMED_RESPONSE}
