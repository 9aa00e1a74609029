"""Storage that customers were promised, and what their file systems let them have."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.coverage import listed
from troth.measures.outcomes import told
from troth.measures.reading import Row, rows
from troth.model import Failure

_GB = 10**9


@measure(
    "storage-promised",
    per="resource",
    args=("server", "min_gb"),
    yields=("applies", "short"),
)
def storage_promised(inputs: Inputs) -> Iterator[Measured]:
    """Yield per space ``short``: who gets less than was promised; sizes are of 10^9 bytes.

    ``server`` is ``shared`` or ``dedicated``; the register of storage plans says which a space
    is, and a space that it does not name is shared. A shared one must let everybody with a quota
    fill ``min_gb``, and hold that much itself; a dedicated one must have a disk of the plan's
    size. ``applies`` is False for the other sort. A note tells where what is promised and not yet
    used is more than what is free.
    """
    names = ("customer", "space", "server", "plan_gb")
    read = rows(inputs.needs["register.storage-plans"], *(f"row.{name}" for name in names))
    plans = [row for row in read.known if row["row.server"] == "dedicated"]
    for item in inputs.population.items:
        mine = [row for row in plans if row["row.space"] == item.id]
        dedicated = inputs.args["server"] == "dedicated"
        if read.failure and not mine:
            yield told({"applies": read.failure, "short": read.failure}, item.id)
        elif dedicated != bool(mine):
            yield Measured({"applies": False, "short": []}, resource=item.id)
        elif dedicated:
            yield told({"applies": True, "short": _disk(item, mine)}, item.id)
        else:
            yield _shared(item, int(Decimal(str(inputs.args["min_gb"])) * _GB))


def _disk(item: Item, plans: list[Row]) -> list[str] | Failure:
    try:
        disk = item.get("space.disk_bytes")
    except MissingFact as signal:
        return signal.failure
    return sorted(
        f"{row['row.customer']}: {disk} of {row['row.plan_gb']} GB"
        for row in plans
        if disk < Decimal(str(row["row.plan_gb"])) * _GB
    )


def _shared(item: Item, least: int) -> Measured:
    limits, unread = listed(item, "quotas.limits")
    short = [
        f"{one['account']}: {one['limit_bytes']} bytes"
        for one in limits
        if one["limit_bytes"] is not None and one["limit_bytes"] < least
    ]
    try:
        if item.get("space.size_bytes") < least:
            short.append(f"the whole: {item.get('space.size_bytes')} bytes")
        notes = _oversold(limits, item.get("space.free_bytes"))
    except MissingFact as signal:
        unread, notes = unread or signal.failure, ()
    answer: list[str] | Failure = sorted(short) if short or unread is None else unread
    return told({"applies": True, "short": answer}, item.id, notes)


def _oversold(limits: list[dict[str, Any]], free: int) -> tuple[str, ...]:
    unused = sum(max(0, (one["limit_bytes"] or 0) - one["used_bytes"]) for one in limits)
    if unused <= free:
        return ()
    return (f"oversold: {unused} bytes are promised and not yet used, and {free} are free",)
