from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import CUT, item, measured, population, unread
from troth.measures import Measured, Population
from troth.model import Reason


def judged(of: Population, most: int = 1) -> Measured:
    return measured("assets-at-most", of, {"types": ["Tape "], "most": most})[""]


TYPES, STATES = ["tape", "TAPE", "laptop"], ["active", "spare", "retired"]
ROWS = st.lists(
    st.tuples(st.sampled_from(TYPES), st.sampled_from(STATES)), min_size=1, max_size=6
)  # fmt: skip


@given(ROWS, st.integers(0, 3))
def test_all_but_the_retired_count(rows: list[tuple[str, str]], most: int) -> None:
    items = [item(f"a{n}", id=f"a{n}", type=t, status=s) for n, (t, s) in enumerate(rows)]
    held = sum(t.casefold() == "tape" and s != "retired" for t, s in rows)
    assert judged(population(items), most).facts["within"] is (held <= most)


def test_what_was_not_read_may_be_one() -> None:
    tape = item("t", id="t", type="tape", status="active")
    assert judged(population([tape], CUT)).missing["within"] == CUT
    assert judged(population([tape, unread("x")])).missing["within"].reason
    assert judged(population([tape], CUT), 0).facts["within"] is False
    assert judged(population([])).missing["within"].reason == Reason.NOTHING_FOUND
