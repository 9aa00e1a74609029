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

LONGEST = 14
Row = tuple[int, int | None, int | None]


def at(days: int | None) -> Any:
    return None if days is None else AS_OF + timedelta(days=days)


def change(name: str, requested: int, deployed: int | None, withdrawn: int | None = None,
           kind: str = "minor_release") -> Item:  # fmt: skip
    return item(name, id=name, type=kind, requested_at=at(requested), deployed_at=at(deployed),
                withdrawn_at=at(withdrawn))  # fmt: skip


def gaps(*changes: Item, cut: bool = False) -> Measured:
    args = {
        "type": "minor_release",
        "longest": parse_duration(f"P{LONGEST}D", at_most=True),
        "shortest": parse_duration("P1D"),
    }
    return measured("release-gaps", population(changes, CUT if cut else None), args)[""]


@st.composite
def requests(draw: st.DrawFn) -> Row:
    begun = draw(st.integers(-80, 5))
    ahead = st.none() | st.integers(begun, 10)
    return begun, draw(ahead), draw(ahead)


def waits_too_long(rows: list[Row]) -> bool:
    """Count half days: how long, at each of them, a request has been open without a release."""
    releases = {2 * done for begun, done, _ in rows if done is not None and done <= 0 >= begun}
    waited = 0
    for half in range(-160, 1):
        open_ = any(
            2 * begun < half <= 2 * min(end for end in (done, gone, 0) if end is not None)
            for begun, done, gone in rows
        )
        waited = waited + 1 if open_ else 0
        if waited > 2 * LONGEST:
            return True
        if half in releases:
            waited = 0
    return False


@given(st.lists(requests(), max_size=6))
def test_against_a_count_of_half_days(rows: list[Row]) -> None:
    made = gaps(*(change(str(at), *row) for at, row in enumerate(rows)))
    assert made.facts["asked"] is any(begun <= 0 for begun, *_ in rows)
    assert bool(made.facts["waits"]) is waits_too_long(rows)


@pytest.mark.parametrize(("took", "waits"), [(14, 0), (15, 1)])
def test_a_wait_is_told(took: int, waits: int) -> None:
    made = gaps(change("a", -40, took - 40))
    assert len(made.facts["waits"]) == waits


def test_other_types_are_no_releases() -> None:
    made = gaps(change("a", -20, 0), change("b", -20, -10, kind="fix"))
    assert len(made.facts["waits"]) == 1
    assert gaps(change("b", -20, None, kind="fix")).facts == {"asked": False, "waits": []}


def test_what_comes_sooner_is_told() -> None:
    close = change("b", -5, -4)
    assert gaps(change("a", -5, -4), close).notes[0].endswith("promised: 0")  # one instant
    assert gaps(change("a", -5, -3), close).notes[0].endswith("promised: 0")
    sooner = item("c", **{**close.facts["row"], "deployed_at": at(-4) + timedelta(hours=23)})
    assert gaps(close, sooner).notes[0] == (
        "releases: 2; sooner after the one before than promised: 1")  # fmt: skip
    assert gaps().notes == ()


def test_over_before_it_was_asked_for() -> None:
    for made in (gaps(change("a", -5, -6)), gaps(change("a", -5, None, -6))):
        assert {why.reason for why in made.missing.values()} == {Reason.UNPROVEN}


def test_a_change_that_was_not_read_may_wait_or_end_a_wait() -> None:
    assert gaps(change("a", -40, 0), cut=True).missing == {"waits": CUT}
    assert set(gaps(cut=True).missing) == {"asked", "waits"}
    assert set(gaps(unread("a")).missing) == {"asked", "waits"}
