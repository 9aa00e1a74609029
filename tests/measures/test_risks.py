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

TODAY = AS_OF.date()
WITHIN = parse_duration("P12M", at_most=True)
YEAR = 365  # from 21 November 2025 to that of 2026


def on(ago: int) -> str:
    return (TODAY - timedelta(days=ago)).isoformat()


def risk(name: str, ago: int = 10, **row: Any) -> Item:
    facts = {"id": name, "kind": "k", "source": "internal", "service": None, "owner": "p"}
    return item(name, **(facts | {"assessed_on": on(ago), "treatment": "watched"} | row))


def assessed(
    risks: list[Item], kinds: tuple[str, ...] = ("internal",), cut: Any = None, each: bool = False
) -> Measured:
    args = {"kinds": list(kinds), "within": WITHIN, "per_service": each}
    return measured("risks-assessed", population(risks, cut), args)[""]


RISKS = st.lists(
    st.tuples(st.sampled_from(["internal", "external"]), st.sampled_from([None, "a", "b"]),
              st.sampled_from([-1, 0, YEAR, YEAR + 1])),
    max_size=6,
)  # fmt: skip


@given(RISKS, st.booleans(), st.booleans())
def test_the_newest_of_each_kind_and_service(rows: list[Any], each: bool, cut: bool) -> None:
    risks = [risk(f"r-{n}", ago, source=s, service=of) for n, (s, of, ago) in enumerate(rows)]
    made = assessed(risks, ("external", "internal"), CUT if cut else None, each)
    services = sorted({of for _, of, _ in rows if of})
    if each and not services:
        assert set(made.missing) == {"lacking", "overdue"}
        return
    lacking, overdue = [], []
    for service in services if each else [None]:
        for source in ("external", "internal"):
            meant = (None, service) if service else (None, "a", "b")
            mine = [ago for s, of, ago in rows if s == source and of in meant]
            ages = [ago for ago in mine if ago >= 0]
            name = f"{source} ({service})" if service else source
            lacking += [] if ages else [name]
            overdue += [f"{name}: {on(min(ages))}"] if ages and min(ages) > YEAR else []
    if cut and (each or lacking or overdue):
        assert "overdue" in made.missing
        assert ("lacking" in made.missing) is bool(each or lacking)
    else:
        assert made.facts == {"lacking": lacking, "overdue": overdue}


def test_kinds_compare_without_case() -> None:
    assert assessed([risk("r", kind="Delivery ")], ("delivery",)).facts["lacking"] == []


def test_a_day_that_there_is_not() -> None:
    made = assessed([risk("r", assessed_on="2026-02-30")])
    assert made.missing["overdue"].reason is Reason.MALFORMED_RESPONSE


def handled(row: dict[str, Any], staff: list[Item], cut: Any = None) -> Measured:
    needs = {"register.staff": population(staff, cut)}
    args = {"kinds": ["Internal"], "within": WITHIN}
    return measured("risks-handled", population([risk("r", **row)]), args, needs)["r"]


def person(name: str = "p", **row: Any) -> Item:
    facts = {"person_id": name, "start_date": on(0), "end_date": None, "status": "active"}
    return item(name, **(facts | row))


@given(st.sampled_from([-1, 0, 1, YEAR, YEAR + 1]))
def test_risks_of_the_last_year_are_judged(ago: int) -> None:
    assert handled({"ago": ago}, [person()]).facts["judged"] is (0 <= ago <= YEAR)


def test_of_other_kinds_none_is() -> None:
    assert handled({"source": "external"}, [person()]).facts["judged"] is False
    assert handled({"source": "external", "kind": "internal"}, [person()]).facts["judged"] is True


@pytest.mark.parametrize(
    ("staff", "owned"),
    [([person()], True), ([], False), ([person(start_date=on(-1))], False),
     ([person(status="ended")], False), ([person(end_date=on(1))], False),
     ([person(end_date=on(0))], True), ([person("q")], False)],
)  # fmt: skip
def test_the_owner_works_here(staff: list[Item], owned: bool) -> None:
    made = handled({}, staff)
    assert made.facts["owned"] is owned
    assert bool(made.notes) is not owned


@pytest.mark.parametrize(("text", "treated"), [("watched", True), ("", False), ("n/a", False)])
def test_a_treatment_says_something(text: str, treated: bool) -> None:
    assert handled({"treatment": text}, [person()]).facts["treated"] is treated


def test_what_was_not_read() -> None:
    assert handled({}, [person("q")], CUT).missing == {"owned": CUT}
    assert handled({}, [unread("p")]).missing["owned"].reason is Reason.MALFORMED_RESPONSE
    assert handled({}, [person(end_date=on(1))], CUT).facts["owned"] is False
    assert handled({"owner": ""}, [], CUT).facts["owned"] is False
    args = {"kinds": ["internal"], "within": WITHIN}
    needs = {"register.staff": population([])}
    made = measured("risks-handled", population([unread("x")]), args, needs)["x"]
    assert set(made.missing) == {"judged", "owned", "treated"}
