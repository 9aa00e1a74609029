from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population
from troth.measures import Measured

TODAY = AS_OF.date()
TERMS = st.lists(
    st.tuples(st.sets(st.sampled_from(["leak", "Destruction ", "fire"])), st.integers(-2, 2),
              st.integers(-2, 2)),
    max_size=4,
)  # fmt: skip


def on(ago: int) -> str:
    return (TODAY - timedelta(days=ago)).isoformat()


def judged(terms: list[Any], cut: Any = None, **more: Any) -> Measured:
    rows = [
        item(f"i-{n}", covers=sorted(words), starts_on=on(first), expires_on=on(last))
        for n, (words, first, last) in enumerate(terms)
    ]
    args = {"covers": ["Leak", "destruction"]}
    return measured("covers-in-force", population(rows, cut), args, **more)[""]


@given(TERMS, st.booleans())
def test_what_the_terms_of_today_cover(terms: list[Any], cut: bool) -> None:
    made = judged(terms, CUT if cut else None)
    paid = {word.strip().lower() for words, first, last in terms if last <= 0 <= first
            for word in words}  # fmt: skip
    lacking = sorted({"leak", "destruction"} - paid)
    if cut and lacking:
        assert made.missing == {"uncovered": CUT}
    else:
        assert made.facts["uncovered"] == lacking


def test_days_are_local_and_the_end_is_told() -> None:
    terms = [({"leak", "destruction"}, -1, -1)]
    assert judged(terms).facts["uncovered"] == ["destruction", "leak"]
    made = judged(terms, zone="Asia/Tokyo", as_of=AS_OF.replace(hour=15))
    assert made.facts["uncovered"] == []
    assert made.notes == (f"the last one in force expires on {on(-1)}",)


def test_the_last_end_is_told() -> None:
    both = {"leak", "destruction"}
    assert judged([(both, 1, -1), (both, 1, -2)]).notes == (
        f"the last one in force expires on {on(-2)}",
    )
