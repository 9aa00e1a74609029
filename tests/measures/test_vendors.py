from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.pages import page, whole
from tests.measures.populations import CUT, item, measured, population
from troth.measures import Item, Measured
from troth.model import Reason

NAMES = st.lists(st.sampled_from(["Cloud", "Mail", "Print"]), unique=True)
#: With 2026-11-21: current through the same day, over, to come.
CURRENT, OVER, TO_COME = (
    ("2024-01-01", "2026-11-21"),
    ("2024-01-01", "2026-11-20"),
    ("2026-11-22", None),
)


def vendor(name: str, personal: bool = True, term: tuple[str, str | None] = CURRENT) -> Item:
    start, end = term
    return item(name, name=name, personal_data=personal, contracted_on=start, contract_ends_on=end)


def judged(pages: list[Item], vendors: list[Item], cut: bool = False) -> Measured:
    needs = {"register.vendors": population(vendors, CUT if cut else None)}
    return measured("listed-vendors", population(pages), {"topic": "list"}, needs)[""]


def named(*names: str) -> Item:
    return page("https://a.test/", "list", page={"names": whole(list(names))})


@given(NAMES, NAMES)
def test_both_sides_are_compared(shown: list[str], held: list[str]) -> None:
    made = judged([named(*shown)], [vendor(name) for name in held])
    if not shown and not held:
        assert {why.reason for why in made.missing.values()} == {Reason.NOTHING_FOUND}
    else:
        assert made.facts == {
            "unpublished": sorted(set(held) - set(shown)),
            "unregistered": sorted(set(shown) - set(held)),
        }


@given(NAMES, NAMES)
def test_half_a_register_accuses_no_name_and_clears_none(shown: list[str], held: list[str]) -> None:
    made = judged([named(*shown)], [vendor(name) for name in held], cut=True)
    lacking, strange = set(held) - set(shown), set(shown) - set(held)
    assert made.facts.get("unpublished") == (sorted(lacking) or None)
    assert made.facts.get("unregistered") == (None if strange else [])


def test_only_processors_of_today_count() -> None:
    vendors = [vendor("A"), vendor("B", personal=False), vendor("C", term=OVER)]
    made = judged([named("A", "B", "C")], [*vendors, vendor("D", term=TO_COME)])
    assert made.facts == {"unpublished": [], "unregistered": ["B", "C"]}


def test_every_list_has_to_name_all() -> None:
    pages = [named("A", "B"), page("https://b.test/", "list", page={"names": whole(["a"])})]
    made = judged(pages, [vendor("A"), vendor("B")])
    assert made.facts == {"unpublished": ["B"], "unregistered": []}


def test_without_a_list_nothing_is_known() -> None:
    for pages in ([], [page("https://b.test/", "list", page=None)], [page("https://b.test/")]):
        made = judged(pages, [vendor("A")])
        assert set(made.missing) == {"unpublished", "unregistered"}


def test_a_list_that_could_not_be_read_clears_nobody() -> None:
    made = judged([named("A"), page("https://b.test/", "list", page=None)], [vendor("A")])
    assert {why.reason for why in made.missing.values()} == {Reason.TIMEOUT}
