from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.params import parse_duration

TODAY = date(2026, 11, 21)
GOOD = {
    "kind": "penetration_test",
    "independent": "third-party",
    "accreditation": "CREST",
    "accreditation_expires_on": "2030-01-01",
    "scope": "Receipt Desk",
}
LAST_DAYS = [TODAY - timedelta(days=100), TODAY - timedelta(days=101), TODAY]
days = st.dates(date(2022, 1, 1), date(2027, 6, 1)) | st.sampled_from(LAST_DAYS)


def row(name: str, on: date, **change: Any) -> Item:
    return item(name, **{**GOOD, "performed_on": on.isoformat(), **change})


def judged(items: list[Item], cut: bool = False, independence: str = "any") -> Measured:
    args = {
        "kinds": ["penetration_test"],
        "interval": parse_duration("P100D", at_most=True),
        "independence": independence,
        "service": "receipt desk",
    }
    return measured("test-intervals", population(items, CUT if cut else None), args)[""]


@given(st.lists(days | st.sampled_from([date.min, date.max]), max_size=8))
def test_the_newest_and_the_gaps(found: list[date]) -> None:
    made = judged([row(f"t-{at}", day) for at, day in enumerate(found)])
    over = sorted({day for day in found if day <= TODAY})
    in_time = bool(over) and (TODAY - over[-1]).days <= 100
    assert (made.facts["lacking"] == []) is in_time
    wide = [1 for at in range(1, len(over)) if (over[at] - over[at - 1]).days > 100]
    assert len(made.facts["gaps"]) == len(wide)


@given(st.lists(days, max_size=6), st.booleans())
def test_what_was_not_read_neither_accuses_nor_closes_a_gap(found: list[date], cut: bool) -> None:
    items = [row(f"t-{at}", day) for at, day in enumerate(found)]
    made = judged(items if cut else [*items, unread("t-x")], cut)
    in_time = any(0 <= (TODAY - day).days <= 100 for day in found)
    assert made.facts == ({"lacking": []} if in_time else {})


INDEPENDENT = st.sampled_from(["third-party", "internal-body", "none"])
ENDS = st.sampled_from([None, "2026-05-19", "2026-05-20", "2030-01-01"])


@given(INDEPENDENT, st.sampled_from(["", " ", "CREST"]), ENDS)
def test_who_is_independent_enough(who: str, accreditation: str, ends: str | None) -> None:
    test = row(
        "t-1",
        TODAY - timedelta(days=1),
        independent=who,
        accreditation=accreditation,
        accreditation_expires_on=ends,
        performed_on="2026-09-20" if ends == "2030-01-01" else "2026-05-20",
    )
    accepted = {
        "any": True,
        "third_party_or_internal_body": who != "none",
        "independent_certified_vendor": who == "third-party"
        and accreditation == "CREST"
        and ends in ("2026-05-20", "2030-01-01"),
    }
    for wanted, counts in accepted.items():
        made = judged([test], independence=wanted)
        assert any("does not count" in note for note in made.notes) is not counts


@given(st.sampled_from(["", "  ", "the web site", "RECEIPT DESK and its API", "Receipt"]))
def test_the_scope_has_to_name_the_service(scope: str) -> None:
    made = judged([row("t-1", TODAY, scope=scope)])
    assert (made.facts["lacking"] == []) is ("RECEIPT DESK" in scope.upper())
