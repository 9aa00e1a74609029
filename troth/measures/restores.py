"""Restores from backups that were tried, joined to the systems that are in use."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.measures.reading import Rows, after, day, rows, today
from troth.model import Failure

_ROW = ("system", "recovery_point", "tested_on", "result")


@measure("restore-tested", per="resource", args=("within",), yields=("due", "restored"))
def restore_tested(inputs: Inputs) -> Iterator[Measured]:
    """Yield per system ``due``, whether it is in use, and ``restored``.

    That is True where the newest test that passed was at most ``within`` ago, by local days, and
    none failed on that day or later. A restore that nobody checked shows nothing, and neither does
    one that names no recovery point or whose day is to come; capitals of a system's name make no
    difference.
    """
    read = rows(inputs.needs["register.restore-tests"], *(f"row.{name}" for name in _ROW))
    for item in inputs.population.items:
        try:
            yield _system(item, inputs, read)
        except MissingFact as signal:
            yield told(dict.fromkeys(("due", "restored"), signal.failure), item.id)


def _system(item: Item, inputs: Inputs, read: Rows) -> Measured:
    if item.get("row.status") != "in-use":
        return told({"due": False, "restored": False}, item.id)
    name, now = item.get("row.system").strip().casefold(), today(inputs).isoformat()
    mine = [
        row
        for row in read.known
        if row["row.system"].strip().casefold() == name
        and row["row.tested_on"] <= now
        and row["row.recovery_point"].strip()
    ]
    newest = max((r["row.tested_on"] for r in mine if r["row.result"] == "pass"), default="")
    failed = max((r["row.tested_on"] for r in mine if r["row.result"] == "fail"), default="")
    fresh = bool(newest) and after(day(newest), inputs.args["within"]) >= today(inputs)
    restored: bool | Failure = fresh and failed < newest
    # A row that could not be read may be a newer test, whatever its result.
    answer = read.failure or restored
    notes = (f"the newest that passed was on {newest}",) if newest else ()
    return told({"due": True, "restored": answer}, item.id, notes)
