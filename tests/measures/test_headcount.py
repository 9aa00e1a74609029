from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Reason


def person(name: str, **row: Any) -> Item:
    facts = {"person_id": name, "roles": ["x", "Desk "], "start_date": "2026-11-21",
             "end_date": None, "status": "active"}  # fmt: skip
    return item(name, **(facts | row))


def people(*rows: Item, least: int = 1, cut: bool = False) -> Measured:
    args = {"role": "desk", "least": least}
    return measured("people-in-role", population(rows, CUT if cut else None), args)[""]


@given(st.integers(1, 5), st.integers(0, 5))
def test_enough_people(there: int, least: int) -> None:
    rows = [person(str(at)) for at in range(there)]
    made = people(*rows, least=least)
    assert made.facts == {"enough": there >= least}
    assert made.notes == (f"{there} of {least}",)
    assert people(*rows, least=least, cut=True).facts == (
        {"enough": True} if there >= least else {}
    )


@pytest.mark.parametrize(
    ("row", "there"),
    [
        ({"start_date": "2026-11-22"}, False),
        ({"end_date": "2026-11-21"}, True),
        ({"end_date": "2026-11-20"}, False),
        ({"status": "leave"}, False),
        ({"status": "ended"}, False),
        ({"roles": ["desktop"]}, False),
        ({"roles": []}, False),
    ],
)
def test_who_counts(row: dict[str, Any], there: bool) -> None:
    assert people(person("a", **row)).facts["enough"] is there


def test_one_person_of_two_targets_is_one() -> None:
    assert people(person("a"), item("b", **person("a").facts["row"]), least=2).facts == {
        "enough": False
    }


def things(*rows: tuple[str, str], cut: bool = False) -> Measured:
    items = [item(str(at), type=kind, status=status) for at, (kind, status) in enumerate(rows)]
    args = {"type": "seat", "least": 2}
    return measured("things-of-type", population(items, CUT if cut else None), args)[""]


def test_enough_things() -> None:
    two = (("seat", "active"), (" Seat", "active"))
    assert things(*two).facts == {"enough": True}
    assert things(*two, cut=True).facts == {"enough": True}
    for other in ("spare", "retired", "ordered"):
        assert things(two[0], ("seat", other)).facts == {"enough": False}
    assert things(two[0], ("table", "active")).facts == {"enough": False}
    assert things(two[0], cut=True).missing == {"enough": CUT}


def test_an_empty_register_shows_nothing() -> None:
    for made in (people(), things()):
        assert made.missing["enough"].reason is Reason.NOTHING_FOUND
    assert people(unread("a")).missing["enough"].reason is Reason.MALFORMED_RESPONSE


def sites(*places: tuple[str, str], cut: bool = False, staff: str = "ab") -> Measured:
    items = [item(f"{at}", person_id=who, site=site) for at, (who, site) in enumerate(places)]
    needs = {"register.workplaces": population(items, CUT if cut else None)}
    args = {"role": "desk", "sites": ["north", "south"]}
    rows = population([person(name) for name in staff])
    return measured("sites-staffed", rows, args, needs)[""]


NAMES = st.sampled_from(["a", "b", "c"])


@given(st.lists(st.tuples(NAMES, st.sampled_from(["North ", "south", "east"])), min_size=1))
def test_sites_without_anybody(places: list[tuple[str, str]]) -> None:
    found = {site.strip().casefold() for who, site in places if who in "ab"}
    without = [site for site in ("north", "south") if site not in found]
    assert sites(*places).facts == {"without": without}
    assert sites(*places, cut=True).facts == ({} if without else {"without": []})


@pytest.mark.parametrize("row", [{"roles": ["sales"]}, {"status": "leave"}])
def test_who_counts_at_a_site(row: dict[str, Any]) -> None:
    needs = {"register.workplaces": population([item("w", person_id="a", site="north")])}
    args = {"role": "desk", "sites": ["north"]}
    made = measured("sites-staffed", population([person("a", **row)]), args, needs)[""]
    assert made.facts == {"without": ["north"]}


def test_nobody_wrote_down_who_or_where() -> None:
    for made in (sites(), sites(("a", "north"), staff="")):
        assert made.missing["without"].reason is Reason.NOTHING_FOUND
    assert sites(cut=True).missing == {"without": CUT}
