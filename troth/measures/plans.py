"""Improvements that were announced: on their way with owner and date, or there."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Measured, MissingFact, measure
from troth.measures.blanks import says_nothing
from troth.measures.outcomes import nothing, told, unproven
from troth.measures.reading import Row, Rows, after, day, rows, today
from troth.model import Failure

_YIELDS = ("open", "owned", "on_time", "delivered")
_COLUMNS = ("source_ref", "owner", "opened_on", "due_on", "closed_on")


@measure(
    "plan-tracked", per="population", args=("plan", "asset", "undated"), yields=_YIELDS,
    on_empty=True,
)  # fmt: skip
def plan_tracked(inputs: Inputs) -> Iterator[Measured]:
    """Yield how an announced improvement stands: the actions whose source is ``plan``.

    ``delivered``: the register of assets has an active row of the type ``asset`` that is in use.
    As long as an action is ``open``: ``owned``, each of these has an owner; ``on_time``, none is
    past its due date. One without a due date has no time any more after ``undated``; until then
    nobody can say. Without an action and without the asset nothing is known.
    """
    read = rows(inputs.population, *(f"row.{name}" for name in _COLUMNS))
    try:
        yield told(_facts(read, inputs))
    except MissingFact as signal:
        yield told(dict.fromkeys(_YIELDS, signal.failure))


def _facts(read: Rows, inputs: Inputs) -> dict[str, bool | Failure]:
    now, plan = today(inputs).isoformat(), inputs.args["plan"].strip()
    meant = [row for row in read.known
             if row["row.source_ref"].strip() == plan and row["row.opened_on"] <= now]  # fmt: skip
    waiting = [row for row in meant
               if row["row.closed_on"] is None or row["row.closed_on"] > now]  # fmt: skip
    delivered = _delivered(inputs)
    if not meant and delivered is not True:
        text = f"no action has the source {plan}; enter one with owner and due date"
        raise MissingFact(read.failure or nothing(text))
    owned = all(not says_nothing(row["row.owner"]) for row in waiting)
    times = [_on_time(row, inputs) for row in waiting]
    return {
        "open": bool(waiting) or read.failure or False,
        "owned": owned and (read.failure or True),
        "on_time": _all(times) and (read.failure or _all(times)),
        "delivered": delivered,
    }


def _all(times: list[bool | Failure]) -> bool | Failure:
    """Return False if one is, else the first failure, else True."""
    unknown = next((each for each in times if isinstance(each, Failure)), True)
    return False if False in times else unknown


def _on_time(row: Row, inputs: Inputs) -> bool | Failure:
    due = row["row.due_on"]
    if due is not None:
        return today(inputs) <= day(due)
    if today(inputs) > after(day(row["row.opened_on"]), inputs.args["undated"]):
        return False
    return unproven(f"{row.id} has no due date; set one").failure


def _delivered(inputs: Inputs) -> bool | Failure:
    wanted, now = inputs.args["asset"].strip().casefold(), today(inputs).isoformat()
    paths = (f"row.{name}" for name in ("type", "status", "installed_on"))
    assets = rows(inputs.needs["register.assets"], *paths)
    there = any(
        row["row.type"].strip().casefold() == wanted
        and row["row.status"] == "active"
        and (row["row.installed_on"] or "9999") <= now
        for row in assets.known
    )
    return there or assets.failure or False
