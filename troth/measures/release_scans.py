"""Scans of releases for harmful code: whether each release had clean ones before it went out."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.measures.people import plain
from troth.measures.reading import Rows, rows

_YIELDS = ("judged", "clean")
_SCANS = ("change_id", "scan", "scanned_at", "result")


@measure("released-clean", per="resource", args=("types", "scans", "within"), yields=_YIELDS)
def released_clean(inputs: Inputs) -> Iterator[Measured]:
    """Yield per change whether it is ``judged``, and whether it went out ``clean``.

    ``judged``: it is of one of ``types`` and was released ``within`` the time before now.
    ``clean``: of each of ``scans`` the last one by the moment of the release found nothing. A row
    of ``register.release-scans`` that was not read may be the one, or a later one.
    """
    read = rows(inputs.needs["register.release-scans"], *(f"row.{name}" for name in _SCANS))
    for item in inputs.population.items:
        try:
            yield _change(item, read, inputs)
        except MissingFact as signal:
            yield told(dict.fromkeys(_YIELDS, signal.failure), item.id)


def _change(item: Item, read: Rows, inputs: Inputs) -> Measured:
    out = item.get("row.deployed_at")
    meant = plain([item.get("row.type")]) & plain(inputs.args["types"])
    since = inputs.args["within"].before(inputs.as_of, inputs.zone)
    if not meant or out is None or not since <= out <= inputs.as_of:
        return told(dict.fromkeys(_YIELDS, False), item.id)
    name = item.get("row.id")
    last = {}
    for row in sorted(read.known, key=lambda row: (row["row.scanned_at"], row.id)):
        if row["row.change_id"] == name and row["row.scanned_at"] <= out:
            last[row["row.scan"].strip().casefold()] = row["row.result"]
    lacking = sorted(scan for scan in plain(inputs.args["scans"]) if last.get(scan) != "clean")
    notes = (f"not clean before the release: {', '.join(lacking)}",) if lacking else ()
    return told({"judged": True, "clean": read.failure or not lacking}, item.id, notes)
