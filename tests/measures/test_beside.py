"""What another kind says beside the part's own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.measures.populations import CUT, measured, population
from troth.measures import Item, Measured, Population
from troth.model import Failure, Reason

ARGS = {"kind": "web-server", "field": "tls.sites"}
NOBODY = Failure(Reason.NO_TARGET, "nobody looks")


def server(name: str, *rows: dict[str, Any], whole: bool = True) -> Item:
    sites: dict[str, Any] = {"items": list(rows)} | ({"complete": True} if whole else {})
    return Item(name, {"tls": {"sites": sites}})


def said(seen: Population) -> Measured:
    made = measured("said-beside", population([]), ARGS, needs={"web-server": seen})
    return made[""]


def test_rows_come_with_where_they_are() -> None:
    made = said(population([server("a", {"x": 1}), server("b"), server("c", {"x": 2})]))
    rows = [{"at": "a", "x": 1}, {"at": "c", "x": 2}]
    assert made.facts == {"asked": True, "rows": rows, "whole": True}


@pytest.mark.parametrize("seen", [population([]), population([], NOBODY)])
def test_where_nobody_looks_or_nothing_is_there_nothing_is_asked(seen: Population) -> None:
    assert said(seen).facts == {"asked": False, "rows": [], "whole": True}


def test_a_thing_with_nothing_to_say_was_asked_all_the_same() -> None:
    assert said(population([server("a")])).facts == {"asked": True, "rows": [], "whole": True}


@pytest.mark.parametrize(
    "seen",
    [
        population([server("a", {"x": 1})], CUT),
        population([server("a", {"x": 1}), server("b", whole=False)]),
        population([server("a", {"x": 1}), Item("b", {}, {"tls": CUT})]),
    ],
)
def test_what_is_known_stands_though_there_may_be_more(seen: Population) -> None:
    made = said(seen)
    assert made.facts == {"asked": True, "rows": [{"at": "a", "x": 1}]}
    assert set(made.missing) == {"whole"}


def test_a_list_that_could_not_be_made_is_asked_and_not_whole() -> None:
    made = said(population([], CUT))
    assert (made.facts, set(made.missing)) == ({"asked": True, "rows": []}, {"whole"})
