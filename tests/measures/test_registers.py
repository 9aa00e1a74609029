from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import CUT, item, measured, population
from troth.measures import Measured
from troth.model import Reason
from troth.params import parse_duration

#: With P12M and a judged day of 2026-11-21 the first two are too old and the last is to come.
OLD = ("2019-05-05", "2025-11-20")
YOUNG = ("2025-11-21", "2026-11-21")
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["backup", "Backup ", "access", "crypto"]),
        st.sampled_from([*OLD, *YOUNG, "2026-11-22"]),
    ),
    max_size=8,
)
WANTED = st.lists(st.sampled_from(["backup", "access", "leavers"]), unique=True)


def judged(rows: list[tuple[str, str]], wanted: list[str], cut: bool) -> Measured:
    args = {
        "name": "row.policy",
        "date": "row.reviewed_on",
        "wanted": wanted,
        "within": parse_duration("P12M", at_most=True),
    }
    items = [item(f"r-{at}", policy=name, reviewed_on=on) for at, (name, on) in enumerate(rows)]
    return measured("newest-by-name", population(items, CUT if cut else None), args)[""]


def by_thought(rows: list[tuple[str, str]], wanted: list[str]) -> tuple[list[str], list[str]]:
    happened = [(name.strip().lower(), on) for name, on in rows if on <= "2026-11-21"]
    there = {name for name, _ in happened}
    young = {name for name, on in happened if on in YOUNG}
    names = set(wanted) or there
    return sorted(names - there), sorted((names & there) - young)


@given(ROWS, WANTED)
def test_lacking_and_overdue_names(rows: list[tuple[str, str]], wanted: list[str]) -> None:
    made = judged(rows, wanted, False)
    lacking, overdue = by_thought(rows, wanted)
    if not wanted and all(on == "2026-11-22" for _, on in rows):
        assert {why.reason for why in made.missing.values()} == {Reason.NOTHING_FOUND}
    else:
        assert made.facts == {"lacking": lacking, "overdue": overdue}


@given(ROWS, WANTED)
def test_half_a_register_accuses_nobody(rows: list[tuple[str, str]], wanted: list[str]) -> None:
    made = judged(rows, wanted, True)
    lacking, overdue = by_thought(rows, wanted)
    assert not any(made.facts.values())
    if wanted:
        assert ("lacking" in made.facts) is not bool(lacking)
        assert ("overdue" in made.facts) is not bool(overdue)
    else:
        assert not made.facts


def test_a_day_that_the_calendar_has_not_is_unknown() -> None:
    made = judged([("backup", "0000-01-01")], [], False)
    assert {why.reason for why in made.missing.values()} == {Reason.MALFORMED_RESPONSE}
