"""Content that was removed: whether its addresses give it no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import nothing, told, unproven
from troth.measures.pages import named
from troth.measures.reading import rows
from troth.model import Failure


@measure(
    "removed-pages", per="population", args=("topic", "categories"), yields=("removed", "gone"),
    on_empty=True,
)  # fmt: skip
def removed_pages(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``removed`` and ``gone`` for each address asked that content was removed from.

    These are the addresses whose newest row of ``register.moderation`` in one of ``categories``
    says so, and those named for ``topic`` (a copy, a mobile page). ``gone`` is whether they answer
    404 or 410, or what an address that cannot exist meets. If content was removed and no such
    address was asked, ``gone`` is missing; if none was removed, ``removed`` is False.
    """
    addresses, gap = _removed(inputs)
    copies, failure = named(inputs.population, inputs.args["topic"])
    asked = {id(item): item for item in copies}
    asked |= {id(item): item for item in inputs.population.items if _address(item) in addresses}
    for item in asked.values():
        yield told({"removed": True, "gone": _gone(item)}, item.id)
    if asked:
        return
    if addresses:
        none = nothing("no address that content was removed from is asked; name some")
        yield told({"removed": True, "gone": failure or none})
    else:
        yield told({"removed": gap or False, "gone": gap or False})


def _removed(inputs: Inputs) -> tuple[set[str], Failure | None]:
    paths = (f"row.{name}" for name in ("url", "category", "found_at", "removed_at"))
    read = rows(inputs.needs["register.moderation"], *paths)
    newest: dict[str, tuple[datetime, datetime | None]] = {}
    for row in read.known:
        if row["row.category"] in inputs.args["categories"]:
            found = row["row.found_at"], row["row.removed_at"]
            newest[row["row.url"]] = max(newest.get(row["row.url"], found), found, key=_found)
    gone = {url for url, (_, at) in newest.items() if at is not None and at <= inputs.as_of}
    return gone, read.failure


def _found(row: tuple[datetime, datetime | None]) -> datetime:
    return row[0]


def _address(item: Item) -> str:
    return item.id.partition("#address=")[0]


def _gone(item: Item) -> bool | Failure:
    try:
        status = item.get("page.status")
        if status in (404, 410):
            return True
        if status != 200 or item.get("page.site") == "other":
            raise unproven(f"{item.id} answers {status}, which does not say that it is gone")
        return bool(item.get("page.catch_all"))
    except MissingFact as signal:
        return signal.failure
