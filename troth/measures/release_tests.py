"""Tests before a release: whether people outside the development group tested each change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.measures.people import plain
from troth.measures.reading import Row, Rows, local_day, rows
from troth.model import Failure, Reason

_YIELDS = ("judged", "tested")
_TESTS = ("change_id", "developers", "tester", "tested_at", "result")
_STAFF = ("person_id", "roles", "start_date", "end_date")


@measure("tested-outside", per="resource", args=("types", "roles", "within"), yields=_YIELDS)
def tested_outside(inputs: Inputs) -> Iterator[Measured]:
    """Yield per change whether it is ``judged``, and whether it was ``tested`` outside.

    ``judged``: it is of one of ``types`` and was released ``within`` the time before now.
    ``tested``: the last test up to the release by somebody outside the development group passed.
    Outside is who worked here on that day, has none of ``roles`` and did not develop the change.
    Of somebody whom ``register.staff`` does not know, nobody can say that.
    """
    tests = rows(inputs.needs["register.change-tests"], *(f"row.{name}" for name in _TESTS))
    staff = rows(inputs.needs["register.staff"], *(f"row.{name}" for name in _STAFF))
    for item in inputs.population.items:
        try:
            yield _change(item, tests, staff, inputs)
        except MissingFact as signal:
            yield told(dict.fromkeys(_YIELDS, signal.failure), item.id)


def _change(item: Item, tests: Rows, staff: Rows, inputs: Inputs) -> Measured:
    out = item.get("row.deployed_at")
    meant = plain([item.get("row.type")]) & plain(inputs.args["types"])
    since = inputs.args["within"].before(inputs.as_of, inputs.zone)
    if not meant or out is None or not since <= out <= inputs.as_of:
        return told(dict.fromkeys(_YIELDS, False), item.id)
    name = item.get("row.id")
    mine = [row for row in tests.known if row["row.change_id"] == name]
    mine = [row for row in mine if row["row.tested_at"] <= out]
    mine.sort(key=lambda row: (row["row.tested_at"], row.id), reverse=True)
    tested, note = _last(mine, staff, inputs)
    # A test that was not read may be the one, or a later one that failed.
    return told({"judged": True, "tested": tests.failure or tested}, item.id, (note,))


def _last(mine: list[Row], staff: Rows, inputs: Inputs) -> tuple[bool | Failure, str]:
    """Return how the last test from outside went, and who made it."""
    for row in mine:
        outside = _outside(row, staff, inputs)
        if outside is not False:
            who = f"{row['row.tester']} tested it last: {row['row.result']}"
            return outside if isinstance(outside, Failure) else row["row.result"] == "pass", who
    inside = sorted({row["row.tester"] for row in mine})
    return False, f"only {', '.join(inside)} tested it" if inside else "nobody tested it before"


def _outside(row: Row, staff: Rows, inputs: Inputs) -> bool | Failure:
    who, on = row["row.tester"], local_day(row["row.tested_at"], inputs.zone)
    if plain([who]) & plain(row["row.developers"]):
        return False
    for person in staff.known:
        if plain([person["row.person_id"]]) == plain([who]):
            here = _works(person, on)
            return here and not plain(person["row.roles"]) & plain(inputs.args["roles"])
    text = f"{who} tested a change and stands in no row of register.staff; enter who that is"
    return staff.failure or Failure(Reason.NO_DATA, text)


def _works(person: Row, on: date) -> bool:
    end = person["row.end_date"]
    return bool(person["row.start_date"] <= on.isoformat() <= (end or on.isoformat()))
