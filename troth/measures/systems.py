"""Measures that join stores with the recovery points of them, and the stores of one system.

A store that was made so recently that its first backup need not have happened is too young to
blame. A store without a backup set is unprotected only if somebody looked for backups of such
stores at its target.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from troth.measures.backups import CREATED, POINTS, STATE, usable
from troth.measures.base import Inputs, Item, Measured, MissingFact, Population, measure
from troth.measures.coverage import listed
from troth.model import Failure, Reason


@measure("backed-up", per="resource", args=["young_hours"], yields=["usable_points"])
def backed_up(inputs: Inputs) -> Iterator[Measured]:
    """Yield how many usable points each data store has, by the backup set of the same id."""
    sets = inputs.needs["backup-set"]
    by_id = {item.id: item for item in sets.items}
    beside = {(item.target, item.id): item for item in sets.items}
    for store in inputs.population.items:
        points: int | Failure = 0
        try:
            known = beside.get((store.target, store.id), by_id.get(store.id))
            points = _looked_for(store, sets) or 0 if known is None else _usable(known, inputs)
            if points == 0 and _young(store.get("nature.created_at"), inputs):
                points = Failure(Reason.TOO_YOUNG, f"{store.id} is too young to have a backup")
        except MissingFact as signal:
            points = signal.failure
        if isinstance(points, Failure):
            yield Measured({}, {"usable_points": points}, resource=store.id)
        else:
            yield Measured({"usable_points": points}, resource=store.id)


@measure(
    "captured-together", per="resource", args=["within_minutes", "young_hours"], yields=["lacking"]
)
def captured_together(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``lacking``: which volumes of the store's system were not captured with the others.

    The run that decides is the newest one of the volume that was captured least recently: every
    other volume needs a usable point started within ``within_minutes`` of it, so a run that is
    still under way, or more frequent snapshots of one volume, hide nothing and break nothing. A
    store that belongs to no system needs a usable point of its own. A system of which only a
    database or files are copied lacks its volumes. With volumes unseen, which run decides and
    whether it was whole cannot be told.
    """
    for item in inputs.population.items:
        try:
            members = _members(item, inputs.population)
            lacking = _lacking(members, inputs)
        except MissingFact as signal:
            yield Measured({}, {"lacking": signal.failure}, resource=item.id)
            continue
        unread = inputs.population.failure if item.get("subject.system") else None
        if unread is not None:
            yield Measured({}, {"lacking": unread}, resource=item.id)
        else:
            yield Measured({"lacking": lacking}, resource=item.id)


def _looked_for(store: Item, sets: Population) -> Failure | None:
    """Return why it is not known that a store without a backup set has no backups, or None."""
    form = store.get("nature.form")
    if sets.failure is not None:
        return sets.failure
    unread: Failure | None = None
    for other in sets.items:
        try:
            if other.target == store.target and other.get("subject.form") == form:
                return None
        except MissingFact as signal:
            unread = unread or signal.failure
    text = f"nothing looks for backups of a {form} at {store.target or 'its target'}"
    return unread or Failure(Reason.NO_DATA, text)


def _usable(known: Item, inputs: Inputs) -> int:
    """Return how many usable points a backup set has; raise if none is seen but some may be."""
    points, unread = listed(known, POINTS)
    count = sum(usable(point, inputs.as_of) for point in points)
    if not count and unread is not None:
        raise MissingFact(unread)
    return count


def _young(created: datetime | None, inputs: Inputs) -> bool:
    limit = timedelta(hours=inputs.args["young_hours"])
    return created is not None and inputs.as_of - created < limit


def _members(item: Item, population: Population) -> list[Item]:
    """Return the stores that its system has now; the item alone if it belongs to none."""
    system = item.get("subject.system")
    if not system:
        return [item]
    mates = (other for other in population.items if other.target == item.target)
    found = [mate for mate in mates if mate.get("subject.system") == system]
    return [mate for mate in found if mate is item or mate.get(STATE) == "present"]


def _lacking(members: Sequence[Item], inputs: Inputs) -> list[str]:
    system = members[0].get("subject.system")
    forms = {member.get("subject.form") for member in members}
    if system and not forms & {"volume", "system"}:
        return [f"the volumes of {system}"]
    starts = {member.id: _starts(member, inputs) for member in members}
    grown = [m for m in members if starts[m.id] or not _young(m.get(CREATED), inputs)]
    if not grown:
        raise MissingFact(Failure(Reason.TOO_YOUNG, "too young to have a backup"))
    newest = [max(starts[member.id]) for member in grown if starts[member.id]]
    if len(newest) < len(grown):
        return sorted(member.id for member in grown if not starts[member.id])
    reach = timedelta(minutes=inputs.args["within_minutes"])
    return sorted(
        member.id
        for member in grown
        if not any(abs(at - min(newest)) <= reach for at in starts[member.id])
    )


def _starts(member: Item, inputs: Inputs) -> list[datetime]:
    points: list[Any] = member.items(POINTS)
    return [point["started_at"] for point in points if usable(point, inputs.as_of)]
