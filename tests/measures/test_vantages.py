from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import CUT, item, measured, population, unread
from troth.model import Reason

PAGES = st.lists(
    st.tuples(st.sampled_from(["admin", "public"]), st.sampled_from(["outside", "listed"])),
    max_size=4,
)
ARGS: dict[str, Any] = {"which": {"use.access": "admin"}, "field": "use.vantage"}


@given(PAGES, st.frozensets(st.sampled_from(["outside", "listed"])), st.booleans(), st.booleans())
def test_each_place_needs_a_page_of_the_kind_that_is_meant(
    pages: list[tuple[str, str]], wanted: frozenset[str], cut: bool, bad: bool
) -> None:
    items = [
        item(f"p-{at}", "use", access=access, vantage=vantage)
        for at, (access, vantage) in enumerate(pages)
    ]
    items += [unread("p-x", "use")] if bad else []
    made = measured(
        "looked-from", population(items, CUT if cut else None), {**ARGS, "wanted": sorted(wanted)}
    )[""]
    if wanted <= {vantage for access, vantage in pages if access == "admin"}:
        assert made.facts == {"lacking": []}
    else:
        assert (made.missing["lacking"].reason is Reason.UNPROVEN) is not (cut or bad)
