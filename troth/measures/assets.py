"""Devices in the inventory: whether they are labelled and counted, and which ones lack in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.blanks import says_nothing
from troth.measures.outcomes import told, unproven
from troth.measures.people import plain
from troth.measures.reading import Row, Rows, after, day, local_day, rows, today
from troth.model import Failure, Reason

_INVENTORIED = ("judged", "labelled", "counted")
_REGISTERED = ("judged", "registered")
_ALWAYS = "remote_access"
#: Whose devices are not given to staff by the provider.
_OTHERS = frozenset({"customer", "employee"})
_ACTIVE = "active"
#: How old an export of the register of assets may be.
_EXPORT = timedelta(days=35)
_USED = ("row.type", "row.ownership", "row.status", "row.label", "row.last_inventoried_on")


@measure(
    "devices-inventoried", per="resource", args=("types", "within"), yields=_INVENTORIED
)  # fmt: skip
def devices_inventoried(inputs: Inputs) -> Iterator[Measured]:
    """Yield per asset whether it is ``judged``, ``labelled`` and ``counted``.

    ``judged``: it is active, of one of ``types`` or of the type ``remote_access``, and belongs to
    neither a customer nor an employee. ``labelled``: its label says something and no other active
    asset has the same. ``counted``: the last count or the first day of use lies ``within`` back.
    If all that are judged were counted on one day that may be the day of the export, ``counted``
    is missing unless ``register.counts`` names the sheet of that count.
    """
    read = rows(inputs.population, *_USED)
    used = [row for row in read.known if row["row.status"] == _ACTIVE]
    labels = Counter(_folded(row["row.label"]) for row in used)
    try:
        doubt = _doubt(used, inputs)
    except MissingFact as signal:
        doubt = signal.failure
    for item in inputs.population.items:
        try:
            yield _asset(item, inputs, read.failure, labels, doubt)
        except MissingFact as signal:
            yield told(dict.fromkeys(_INVENTORIED, signal.failure), item.id)


def _asset(
    item: Item, inputs: Inputs, gap: Failure | None, labels: Counter[str], doubt: Failure | None
) -> Measured:
    meant = _meant(item.get("row.type"), item.get("row.ownership"), inputs)
    if not meant or item.get("row.status") != _ACTIVE:
        return told(dict.fromkeys(_INVENTORIED, False), item.id)
    label = item.get("row.label")
    blank, twin = says_nothing(label), labels[_folded(label)] > 1
    facts = {
        "judged": True,
        "labelled": not blank and not twin and (gap or True),
        "counted": _counted(item, inputs, doubt),
    }
    notes = (f"another active asset is labelled {label} too",) if twin and not blank else ()
    return told(facts, item.id, notes)


def _meant(kind: str, ownership: str, inputs: Inputs) -> bool:
    wanted = plain([*inputs.args["types"], _ALWAYS])
    return bool(plain([kind]) & wanted) and not plain([ownership]) & _OTHERS


def _counted(item: Item, inputs: Inputs, doubt: Failure | None) -> bool | Failure:
    """Return whether the newest of the count and the first day of use is young enough."""
    text, first = item.get("row.last_inventoried_on"), item.get("row.installed_on")
    if text is not None and day(text) > today(inputs):
        raise unproven(f"{item.id} is counted on {text}, a day to come; enter the last count")
    if text is None and first is None:
        text = f"{item.id} is active, and neither counted nor installed; enter one of the days"
        return Failure(Reason.NO_DATA, text)
    if text is not None and doubt is not None:
        return doubt
    newest = max(day(one) for one in (text, first) if one is not None)
    return after(newest, inputs.args["within"]) >= today(inputs)


def _doubt(used: list[Row], inputs: Inputs) -> Failure | None:
    """Return why the day of the counts may be that of the export: it is one, and has no sheet."""
    days = [row["row.last_inventoried_on"] for row in used
            if _meant(row["row.type"], row["row.ownership"], inputs)]  # fmt: skip
    if len(days) < 2 or len(set(days)) > 1 or days[0] is None:
        return None
    if day(days[0]) < today(inputs) - _EXPORT:
        return None
    sheets = rows(inputs.needs["register.counts"], "row.counted_on", "row.sheet_ref")
    if any(
        row["row.counted_on"] == days[0] and not says_nothing(row["row.sheet_ref"])
        for row in sheets.known
    ):
        return None
    text = f"all devices were counted on {days[0]}, which may be the day of the export"
    return sheets.failure or Failure(
        Reason.UNPROVEN, f"{text}; enter the sheet of that count in register.counts"
    )


@measure("devices-registered", per="resource", args=("within",), yields=_REGISTERED)
def devices_registered(inputs: Inputs) -> Iterator[Measured]:
    """Yield per device that was seen whether it is ``judged``, and whether it is ``registered``.

    ``judged``: it was seen ``within`` the time before today. ``registered``: the register of
    assets has it. That it is not active there is no proof that it was not when it was seen, so
    ``registered`` is missing then. Without such a row, one that was not read may be it.
    """
    read = rows(inputs.needs["register.assets"], "row.id", "row.status")
    for item in inputs.population.items:
        try:
            yield _device(item, inputs, read)
        except MissingFact as signal:
            yield told(dict.fromkeys(_REGISTERED, signal.failure), item.id)


def _device(item: Item, inputs: Inputs, read: Rows) -> Measured:
    asset, seen = item.get("row.asset_id"), local_day(item.get("row.last_seen_at"), inputs.zone)
    if after(seen, inputs.args["within"]) < today(inputs):
        return told(dict.fromkeys(_REGISTERED, False), item.id, (f"last seen on {seen}",))
    return told({"judged": True, "registered": _registered(asset, seen, read)}, item.id)


def _registered(asset: str | None, seen: date, read: Rows) -> bool | Failure:
    if asset is None:
        return False
    status = next((row["row.status"] for row in read.known if row["row.id"] == asset.strip()), "")
    if not status:
        return read.failure or False
    if status == _ACTIVE:
        return True
    text = f"{asset} was seen on {seen} and is {status} in the register of assets"
    return Failure(Reason.UNPROVEN, f"{text}; correct one of both")


def _folded(label: str) -> str:
    return label.strip().casefold()
