"""Notices of incidents: whether customers were told in time, and whether the mail log agrees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.measures.reading import Rows, rows
from troth.model import Failure, Reason

_YIELDS = ("running", "in_time", "sent", "logged")
#: How far the instant of the register and that of the message may lie apart.
_CLOSE = timedelta(minutes=15)


@measure(
    "notified-in-time", per="resource", args=("clock", "within", "unconfirmed"), yields=_YIELDS
)
def notified_in_time(inputs: Inputs) -> Iterator[Measured]:
    """Yield per incident ``running``, ``in_time``, ``sent`` and ``logged``.

    The clock starts at the column ``clock`` and runs for ``within``. ``running`` is False as long
    as it has not started; it is missing once the incident was found more than ``unconfirmed`` ago
    and is not over. While an order of an authority lasts, nobody is late. The register says
    when the order ends and not when it began, so what came after the limit, and at most ``within``
    after the end of the order, is missing. ``sent`` is whether customers were told;
    ``logged`` whether the last message of ``register.incident-notices`` went out within 15
    minutes of that; without a message it is missing.
    """
    paths = ("row.incident_id", "row.sent_at")
    read = rows(inputs.needs["register.incident-notices"], *paths)
    for item in inputs.population.items:
        try:
            yield _notice(item, read, inputs)
        except MissingFact as signal:
            yield told(dict.fromkeys(_YIELDS, signal.failure), item.id)


def _notice(item: Item, read: Rows, inputs: Inputs) -> Measured:
    start, notes = item.get(f"row.{inputs.args['clock']}"), tuple(_notes(item))
    if start is None or start > inputs.as_of:
        waiting = _unconfirmed(item, inputs)
        return told(
            {"running": waiting, "in_time": waiting, "sent": False, "logged": False}, item.id
        )
    at = item.get("row.customer_notified_at")
    sent = at is not None and at <= inputs.as_of
    facts: dict[str, Any] = {
        "running": True,
        "in_time": _in_time(at if sent else inputs.as_of, start, sent, item, inputs),
        "sent": sent,
        "logged": _logged(item.get("row.id"), at, read) if sent else False,
    }
    return told(facts, item.id, notes)


def _unconfirmed(item: Item, inputs: Inputs) -> bool | Failure:
    found, over = item.get("row.detected_at"), item.get("row.resolved_at")
    limit = inputs.args["unconfirmed"].after(found, inputs.zone)
    if inputs.as_of <= limit or (over is not None and over <= inputs.as_of):
        return False
    since = found.isoformat(timespec="minutes")
    return Failure(
        Reason.UNPROVEN,
        f"{inputs.args['clock']} of {item.id} is empty, and it was found at {since}; "
        "confirm the incident or close it",
    )


def _in_time(
    at: datetime, start: datetime, sent: bool, item: Item, inputs: Inputs
) -> bool | Failure:
    within, hold = inputs.args["within"], item.get("row.hold_by_authority")
    limit = within.after(start, inputs.zone)
    if hold is None:
        return bool(at <= limit)
    if at <= max(limit, hold):
        return True
    if at > within.after(hold, inputs.zone):
        return False
    what = "was told" if sent else "is not told"
    text = f"{item.id} {what} after the order's end; the register does not say when the order began"
    return Failure(Reason.UNPROVEN, text)


def _logged(incident: str, at: datetime, read: Rows) -> bool | Failure:
    sent = [row["row.sent_at"] for row in read.known if row["row.incident_id"] == incident]
    if sent and abs(max(sent) - at) <= _CLOSE:
        return True
    if read.failure:
        return read.failure
    if sent:
        return False
    text = f"register.incident-notices has no message about {incident}; export the mail log"
    return Failure(Reason.NO_DATA, text)


def _notes(item: Item) -> Iterator[str]:
    found, confirmed = item.get("row.detected_at"), item.get("row.confirmed_at")
    if confirmed is not None:
        hours = (confirmed - found) / timedelta(hours=1)
        yield f"confirmed {hours:.1f} hours after it was detected"
