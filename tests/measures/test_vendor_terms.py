from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population
from troth.measures import Item, Measured
from troth.model import Reason
from troth.params import parse_duration

TODAY = AS_OF.date()
AGES = st.sampled_from([0, 1, 30, 31])


def on(ago: int | None) -> str | None:
    return None if ago is None else (TODAY - timedelta(days=ago)).isoformat()


def vendor(at: int, name: str, begun: int, ends: int | None = None, seen: int | None = 0) -> Item:
    return item(f"v-{at}", name=name, service="Hosting", contracted_on=on(begun),
                contract_ends_on=on(ends), last_reviewed_on=on(seen))  # fmt: skip


def judged(
    vendors: list[Item], cut: Any = None, services: tuple[str, ...] = ("hosting",)
) -> Measured:
    args = {"services": list(services), "within": parse_duration("P30D", at_most=True)}
    return measured("vendor-terms", population(vendors, cut), args)[""]


@given(st.lists(st.tuples(st.sampled_from(["A", "a ", "B"]), st.integers(-1, 1),
                          st.none() | st.integers(-1, 1)), min_size=1, max_size=5))  # fmt: skip
def test_one_contract_of_today(rows: list[Any]) -> None:
    made = judged([vendor(n, name, b, e) for n, (name, b, e) in enumerate(rows)])
    under = {name.strip().lower() for name, b, e in rows if b >= 0 and (e is None or e <= 0)}
    assert made.facts["uncontracted"] == sorted(
        {name for name, _, _ in rows if name.strip().lower() not in under}
    )


@given(AGES, st.none() | AGES)
def test_reviewed_in_time(begun: int, seen: int | None) -> None:
    late = min(begun, begun if seen is None else seen) > 30
    assert bool(judged([vendor(0, "A", begun, None, seen)]).facts["unreviewed"]) is late


def test_only_what_is_under_contract_is_reviewed() -> None:
    rows = [vendor(0, "A", 90, 1, 80), vendor(1, "A", 1, None, None)]
    assert judged(rows).facts == {"uncontracted": [], "unreviewed": []}
    assert judged([vendor(0, "A", 90, None, 31)]).facts["unreviewed"] == [f"A: {on(31)}"]
    assert judged([vendor(0, "A", 90, None, None)]).facts["unreviewed"] == ["A: never"]


def test_what_nobody_knows() -> None:
    assert judged([vendor(0, "A", 9, None, -1)]).missing["unreviewed"].reason is Reason.UNPROVEN
    assert judged([vendor(0, "A", 9)], CUT).missing["uncontracted"] is CUT
    assert judged([vendor(0, "A", 9)], CUT, ("mail",)).missing["unreviewed"] is CUT
    none = judged([vendor(0, "A", 9)], None, ("mail",))
    assert none.missing["unreviewed"].reason is Reason.NOTHING_FOUND
