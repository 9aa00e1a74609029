"""Vendors of some services: whether they are under contract, and were reviewed lately."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Measured, MissingFact, measure
from troth.measures.outcomes import nothing, told, unproven
from troth.measures.people import plain
from troth.measures.reading import Row, after, day, rows, today

_YIELDS = ("uncontracted", "unreviewed")
_NAMES = ("name", "service", "contracted_on", "contract_ends_on", "last_reviewed_on")


@measure(
    "vendor-terms", per="population", args=("services", "within"), yields=_YIELDS, on_empty=True
)
def vendor_terms(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``uncontracted`` and ``unreviewed`` vendors of ``services``, sorted.

    A vendor has a contract when one of its rows has begun and not ended. What it renders under a
    contract of today is reviewed ``within`` after the last review, at first after the contract.
    Without a vendor of those services both are missing. One that was not read may be another.
    """
    read = rows(inputs.population, *(f"row.{name}" for name in _NAMES))
    wanted = plain(inputs.args["services"])
    meant = [row for row in read.known if plain([row["row.service"]]) & wanted]
    if not meant:
        words = ", ".join(sorted(wanted))
        why = read.failure or nothing(f"register.vendors has nobody for {words}; enter them")
        yield told(dict.fromkeys(_YIELDS, why))
        return
    now = today(inputs).isoformat()
    current = [
        row
        for row in meant
        if row["row.contracted_on"] <= now <= (row["row.contract_ends_on"] or now)
    ]
    under = {_folded(row) for row in current}
    try:
        late = sorted({_told(row) for row in current if _late(row, inputs)})
    except MissingFact as signal:
        yield told(dict.fromkeys(_YIELDS, signal.failure))
        return
    without = sorted({row["row.name"] for row in meant if _folded(row) not in under})
    yield told({"uncontracted": read.failure or without, "unreviewed": read.failure or late})


def _folded(row: Row) -> str:
    return " ".join(row["row.name"].split()).casefold()


def _told(row: Row) -> str:
    return f"{row['row.name']}: {row['row.last_reviewed_on'] or 'never'}"


def _late(row: Row, inputs: Inputs) -> bool:
    seen = row["row.last_reviewed_on"]
    if seen is not None and day(seen) > today(inputs):
        raise unproven(f"{row.id} is reviewed on {seen}, a day to come; enter the last review")
    newest = max(seen or row["row.contracted_on"], row["row.contracted_on"])
    return after(day(newest), inputs.args["within"]) < today(inputs)
