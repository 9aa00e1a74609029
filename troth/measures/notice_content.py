"""What notices of incidents say: whether the last one has every field that was promised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.blanks import says_nothing
from troth.measures.grouping import grouped
from troth.measures.outcomes import nothing, told
from troth.measures.reading import Row, local_day, rows
from troth.model import Failure, Reason

_YIELDS = ("told", "complete")
#: Columns of a notice that are dates, to the column of the incident with the instant.
_DATES = {"identified_on": "detected_at", "confirmed_on": "confirmed_at"}


@measure("notice-content", per="resource", args=("fields",), yields=_YIELDS)
def notice_content(inputs: Inputs) -> Iterator[Measured]:
    """Yield per incident whether customers were ``told``, and whether that is ``complete``.

    It is complete when the last notice of ``register.incident-notices`` up to the incident's
    closing has something in each of ``fields``; a date has to be the local day of the incident's
    own instant. While the incident is open the next notice may bring what lacks, so nothing is
    late. Without any notice ``complete`` is missing. A notice that was not read may be the last.
    """
    paths = ["row.incident_id", "row.sent_at", *(f"row.{name}" for name in inputs.args["fields"])]
    read = rows(inputs.needs["register.incident-notices"], *paths)
    notices = grouped(read, "row.incident_id")
    for item in inputs.population.items:
        try:
            sent = notices.get(item.get("row.id"), [])
            yield _incident(item, sent, read.failure, inputs)
        except MissingFact as signal:
            yield told(dict.fromkeys(_YIELDS, signal.failure), item.id)


def _incident(item: Item, sent: list[Row], failure: Failure | None, inputs: Inputs) -> Measured:
    at, closed = item.get("row.customer_notified_at"), item.get("row.resolved_at")
    if at is None or at > inputs.as_of:
        return told({"told": False, "complete": False}, item.id, ("no customer was told of it",))
    over = closed is not None and closed <= inputs.as_of
    last = _last(sent, closed if over else inputs.as_of)
    lacking = list(_lacking(last, item, inputs)) if last else []
    notes = (f"the last notice lacks {', '.join(lacking)}",) if lacking else ()
    if not over:
        return told({"told": True, "complete": True}, item.id, notes)
    text = f"the register of notices has none of {item.id} up to its closing; export the mail log"
    none = failure or (None if last else Failure(Reason.NO_DATA, text))
    return told({"told": True, "complete": none or not lacking}, item.id, notes)


def _last(sent: list[Row], end: datetime) -> Row | None:
    """Return the last notice that was sent up to ``end``."""
    early = [row for row in sent if row["row.sent_at"] <= end]
    return max(early, key=lambda row: (row["row.sent_at"], row.id), default=None)


def _lacking(last: Row, item: Item, inputs: Inputs) -> Iterator[str]:
    for name in inputs.args["fields"]:
        value = last[f"row.{name}"]
        if says_nothing(value):
            yield name
        elif name in _DATES:
            instant = item.get(f"row.{_DATES[name]}")
            if instant is None:
                raise MissingFact(nothing(f"{item.id} has no {_DATES[name]} to compare with"))
            if date.fromisoformat(value) != local_day(instant, inputs.zone):
                yield f"{name} ({value} is another day than that of the incident)"
