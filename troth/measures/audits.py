"""Assessments that customers ask for: which are theirs by right, and what came of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.measures.reading import Row, Rows, after, local_day, rows, today
from troth.model import Failure, Reason
from troth.params import Duration

_YIELDS = ("judged", "carried_out", "explained")
_NAMES = ("kind", "customer", "requested_at", "notice_days", "outcome")
_YEAR = Duration("P12M", 12, 0, timedelta(), at_most=True)


@measure("audit-requests", per="resource", args=("per_year", "notice"), yields=_YIELDS)
def audit_requests(inputs: Inputs) -> Iterator[Measured]:
    """Yield per request whether it is ``judged``, ``carried_out`` and, if refused, ``explained``.

    The customer may ask for ``per_year`` assessments in twelve months, each with ``notice``; who
    gives more or accepts less breaks nothing. ``judged``: it asks for an audit and is not
    withdrawn. ``carried_out``: the audit was done, its day is not over, or it was none by right.
    ``explained``: the reason names a condition that was not met: ``notice``, ``frequency``, or
    ``belief``, which only people can judge.
    """
    read = rows(inputs.population, *(f"row.{name}" for name in _NAMES))
    for item in inputs.population.items:
        try:
            yield told(_request(item, read, inputs), item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(_YIELDS, signal.failure), item.id)


def _request(item: Item, read: Rows, inputs: Inputs) -> dict[str, bool | Failure]:
    outcome, asked = item.get("row.outcome"), item.get("row.requested_at")
    if item.get("row.kind") != "audit" or outcome == "withdrawn" or asked > inputs.as_of:
        return dict.fromkeys(_YIELDS, False)
    facts: dict[str, bool | Failure] = {"judged": True, "carried_out": True, "explained": True}
    if outcome == "refused":
        return facts | {"explained": _explained(item, read, inputs)}
    if outcome == "open":
        return facts | {"carried_out": _waits(item, read, inputs)}
    return facts


def _waits(item: Item, read: Rows, inputs: Inputs) -> bool | Failure:
    """Return whether nothing is late about an audit that was not done yet."""
    notice = item.get("row.notice_days")
    if notice is None:
        return _undated(item)
    start = local_day(item.get("row.requested_at"), inputs.zone)
    if today(inputs) <= start + timedelta(days=notice) or _short(start, notice, inputs):
        return True
    return _frequent(item, start + timedelta(days=notice), read, inputs) or read.failure or False


def _explained(item: Item, read: Rows, inputs: Inputs) -> bool | Failure:
    said, notice = item.get("row.reason").casefold(), item.get("row.notice_days")
    if "belief" in said:
        return True
    named = {word for word in ("notice", "frequency") if word in said}
    if named and notice is None:
        return _undated(item)
    start = local_day(item.get("row.requested_at"), inputs.zone)
    if "notice" in named and _short(start, notice, inputs):
        return True
    if "frequency" in named:
        on = start + timedelta(days=notice)
        return _frequent(item, on, read, inputs) or read.failure or False
    return False


def _undated(item: Item) -> Failure:
    text = f"nobody says for when {item.id} asks; enter notice_days"
    return Failure(Reason.NO_DATA, text)


def _short(start: date, notice: int, inputs: Inputs) -> bool:
    return start + timedelta(days=notice) < after(start, inputs.args["notice"])


def _frequent(item: Item, on: date, read: Rows, inputs: Inputs) -> bool:
    """Tell whether the customer had its audits in the twelve months before a day."""
    customer = item.get("row.customer")
    days = [
        _held(row, inputs)
        for row in read.known
        if row["row.kind"] == "audit"
        and row["row.outcome"] == "done"
        and row["row.customer"] == customer
    ]
    return bool(sum(one <= on < after(one, _YEAR) for one in days) >= inputs.args["per_year"])


def _held(row: Row, inputs: Inputs) -> date:
    start = local_day(row["row.requested_at"], inputs.zone)
    return start + timedelta(days=row["row.notice_days"] or 0)
