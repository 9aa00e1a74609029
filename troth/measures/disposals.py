"""Media that were taken out of use, joined to the records of how they were disposed of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.measures.reading import Row, Rows, rows, today
from troth.model import Failure

#: What a promised medium is called in the register of disposals.
_MEANS = {
    "paper": {"paper"},
    "data": {"data"},
    "equipment": {"equipment"},
    "storage_media": {"equipment"},
    "electronic": {"data", "equipment"},
}
_ROW = ("asset_id", "method", "disposed_on", "certificate_ref", "witness")


@measure(
    "disposed-of", per="resource", args=("types", "methods", "media"), yields=("due", "disposed")
)
def disposed_of(inputs: Inputs) -> Iterator[Measured]:
    """Yield per asset ``due``, whether it is retired and of ``types``, and ``disposed``.

    Where ``media`` promise nothing of equipment, no asset is due.

    That is True where a row of the register of disposals names the asset, is of today or before,
    has one of ``methods``, and a certificate or a witness. Names of types compare without regard
    to case.
    """
    read = rows(inputs.needs["register.disposals"], *(f"row.{name}" for name in _ROW))
    types = {str(one).strip().casefold() for one in inputs.args["types"]}
    if "equipment" not in _meant(inputs):
        types = set()
    for item in inputs.population.items:
        try:
            yield _asset(item, inputs, read, types)
        except MissingFact as signal:
            yield told(dict.fromkeys(("due", "disposed"), signal.failure), item.id)


@measure("disposal-proved", per="resource", args=("methods", "media"), yields=("due", "proved"))
def disposal_proved(inputs: Inputs) -> Iterator[Measured]:
    """Yield per row ``due``, whether it is of ``media`` and done, and ``proved``.

    That is True where the method is one of ``methods`` and there is a certificate or a witness.
    """
    now, meant = today(inputs).isoformat(), _meant(inputs)
    for item in inputs.population.items:
        try:
            done = item.get("row.disposed_on")
            due = item.get("row.medium") in meant and done is not None and done <= now
            facts: dict[str, Any] = {"due": due, "proved": _sound(item, inputs.args["methods"])}
        except MissingFact as signal:
            facts = dict.fromkeys(("due", "proved"), signal.failure)
        yield told(facts, item.id)


def _meant(inputs: Inputs) -> set[str]:
    return {word for one in inputs.args["media"] for word in _MEANS.get(str(one), {str(one)})}


def _asset(item: Item, inputs: Inputs, read: Rows, types: set[str]) -> Measured:
    kind = str(item.get("row.type")).strip().casefold()
    if item.get("row.status") != "retired" or kind not in types:
        return told({"due": False, "disposed": False}, item.id)
    name, now = item.get("row.id"), today(inputs).isoformat()
    good = any(
        row["row.asset_id"] == name
        and row["row.disposed_on"] is not None
        and row["row.disposed_on"] <= now
        and _is_sound(row, inputs.args["methods"])
        for row in read.known
    )
    answer: bool | Failure = good or read.failure or False
    return told({"due": True, "disposed": answer}, item.id)


def _is_sound(row: Row, methods: Sequence[str]) -> bool:
    said = (row["row.certificate_ref"], row["row.witness"])
    return row["row.method"] in methods and any(one and one.strip() for one in said)


def _sound(item: Item, methods: Sequence[str]) -> bool:
    said = (item.get("row.certificate_ref"), item.get("row.witness"))
    return item.get("row.method") in methods and any(one and one.strip() for one in said)
