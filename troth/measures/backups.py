"""Measures over the recovery points of a store: the newest one, and those of the wrong sort.

A point counts as usable when it is completed and nothing in it lies after the stated time: failed,
suspect and running points do not count. A failed one holds no data, any other does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.coverage import listed
from troth.model import Failure, Reason

POINTS = "points.recovery_points"
CREATED = "subject.created_at"
STATE = "subject.state"


@measure("newest-backup", per="resource", args=["max_age"], yields=["newest_started_at"])
def newest_backup(inputs: Inputs) -> Iterator[Measured]:
    """Yield when the newest usable point of each store was started; None if there is none.

    A store without any point that was made less than ``max_age`` ago is ``too-young``: its first
    backup need not have happened.
    """
    since = inputs.args["max_age"].before(inputs.as_of, inputs.zone)
    for item in inputs.population.items:
        points, unread = listed(item, POINTS)
        started = [point["started_at"] for point in points if usable(point, inputs.as_of)]
        newest = max(started, default=None)
        if newest is None or newest < since:
            unread = unread or (_too_young(item, since) if newest is None else None)
            if unread is not None:
                yield Measured({}, {"newest_started_at": unread}, resource=item.id)
                continue
        yield Measured({"newest_started_at": newest}, resource=item.id)


@measure(
    "points-with",
    per="resource",
    args=["field", "allowed", "told_by"],
    yields=["judged", "others"],
)
def points_with(inputs: Inputs) -> Iterator[Measured]:
    """Yield which points have another value of ``field`` than the ``allowed`` ones.

    ``judged`` is the number of points that hold data. ``others`` are ``id: value``. An allowed
    place also covers what lies inside it (``aws:eu-west-1`` covers ``aws:eu-west-1:vault``). With
    nothing allowed the answer is not known until the parameter ``told_by`` is set.
    """
    field, allowed = inputs.args["field"], _values(inputs.args["allowed"])
    for item in inputs.population.items:
        points, unread = listed(item, POINTS)
        holding = [point for point in points if point["state"] != "failed"]
        if any(field not in point for point in holding):
            unread = unread or Failure(Reason.NO_DATA, f"{field} of some points was not read")
        others = sorted(
            f"{point['id']}: {_say(point[field])}"
            for point in holding
            if field in point and not any(_covers(one, point[field]) for one in allowed)
        )
        if not allowed:
            others, unread = [], _not_told(inputs.args["told_by"])
        yield _odd(item.id, len(holding), others, unread)


def usable(point: dict[str, Any], as_of: datetime) -> bool:
    """Tell whether a point could be restored from at ``as_of``."""
    ended = point["completed_at"]
    return (
        point["state"] == "completed"
        and point["started_at"] <= as_of
        and (ended is None or ended <= as_of)
    )


def _too_young(item: Item, since: datetime) -> Failure | None:
    """Return why a store without points cannot be blamed yet, or None if it can."""
    try:
        created = item.get(CREATED)
    except MissingFact as signal:
        return signal.failure
    if created is None or created <= since:
        return None
    return Failure(Reason.TOO_YOUNG, f"{item.id} is too young to have a backup")


def _values(allowed: Any) -> list[Any]:
    return list(allowed) if isinstance(allowed, list | tuple | set | frozenset) else [allowed]


def _covers(allowed: Any, value: Any) -> bool:
    """Tell whether a value is the allowed one, or a place inside it."""
    if not isinstance(allowed, str) or not isinstance(value, str):
        return bool(allowed == value)
    return value == allowed or value.startswith((f"{allowed}:", f"{allowed.rstrip('/')}/"))


def _say(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _not_told(parameter: str) -> Failure:
    return Failure(
        Reason.NO_DATA, f"which values are allowed was not told; set {parameter} in troth.yaml"
    )


def _odd(resource: str, judged: int, others: list[str], unread: Failure | None) -> Measured:
    """Return what was found; that nothing was found needs that everything was read."""
    facts: dict[str, Any] = {"judged": judged, "others": others}
    doubtful = [name for name, value in facts.items() if not value and unread is not None]
    known = {name: value for name, value in facts.items() if name not in doubtful}
    missing = {name: unread for name in doubtful if unread is not None}
    return Measured(known, missing, resource=resource)
