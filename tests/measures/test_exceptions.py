from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import CUT, item, measured, population, unread

REGISTER = "register.public-resources"
ARGS = {"register": REGISTER, "resource": "row.resource", "until": "row.expires_on"}
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["2025-12-31", "2026-11-20", "2026-11-21", "2026-11-22"]),
    ),
    max_size=6,
)


@given(ROWS, st.booleans(), st.booleans())
def test_listed_means_a_row_that_still_holds(
    rows: list[tuple[str, str]], cut: bool, bad: bool
) -> None:
    register = [
        item(f"r-{at}", resource=resource, expires_on=until)
        for at, (resource, until) in enumerate(rows)
    ]
    register += [unread("r-x")] if bad else []
    found = measured(
        "listed-exception",
        population(item(name, "exposure", public=True) for name in "ab"),
        ARGS,
        {REGISTER: population(register, CUT if cut else None)},
    )
    for name in "ab":
        listed = any(resource == name and until >= "2026-11-21" for resource, until in rows)
        if listed or not (cut or bad):
            assert found[name].facts == {"listed": listed}
        else:
            assert set(found[name].missing) == {"listed"}
