"""Which fields logs carry, by samples and by people who looked."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import CUT, item, measured, population
from troth.measures import Item, Measured, Population
from troth.model import Failure, Reason
from troth.params import parse_duration

FIELD = st.sampled_from(["who", "where"])
HELD = st.sampled_from(["2025-11-20", "2025-11-21", "2026-05-01", "2026-11-22"])
DRILLS = st.lists(st.tuples(FIELD, HELD, st.sampled_from(["pass", "fail"])), max_size=5)


def sample(*fields: str) -> Item:
    carried = {"items": list(fields), "complete": True}
    return Item("s-" + "-".join(fields), {"fields": {"carried": carried}})


def carried(
    samples: list[Item], drills: list[Any], cut: Failure | None = None, shut: Failure | None = None
) -> Measured:
    rows = [
        item(f"d-{at}", kind=f"Log_Fields:{name}", held_on=day, result=how)
        for at, (name, day, how) in enumerate(drills)
    ]
    args = {
        "field": "fields.carried",
        "wanted": ["who", "where"],
        "kind": "log_fields",
        "within": parse_duration("P1Y"),
    }
    needs: dict[str, Population] = {"register.drills": population(rows, shut)}
    return measured("fields-carried", population(samples, cut), args, needs=needs)[""]


def expected(fields: set[str], drills: list[Any]) -> Any:
    """The rule in plain words."""
    missing, untold = [], False
    for name in sorted({"who", "where"} - fields):
        mine = [(day, how) for of, day, how in drills if of == name and day <= "2026-11-21"]
        newest = max((day for day, _ in mine), default="")
        if newest < "2025-11-21":
            untold = True
        elif (newest, "fail") in mine:
            missing.append(name)
    return missing if missing or not untold else Reason.NO_DATA


@given(st.sets(FIELD), DRILLS)
def test_a_sample_or_a_person_tells(fields: set[str], drills: list[Any]) -> None:
    made = carried([sample(name) for name in sorted(fields)], drills)
    found = made.facts["missing"] if made.facts else made.missing["missing"].reason
    assert found == expected(fields, drills)


def test_what_could_not_be_read_is_the_reason_where_nobody_tells() -> None:
    assert carried([sample("who")], [], cut=CUT).missing["missing"] == CUT
    assert carried([sample("who")], [], shut=CUT).missing["missing"] == CUT
    assert carried([sample("who", "where")], [], cut=CUT).facts == {"missing": []}
