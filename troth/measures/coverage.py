"""Measures that ask whether values are covered: by some resource, recently, at every place.

A value that nobody has is lacking only if everybody was asked: an incomplete population, or one
resource whose facts could not be read, turns "none there" into an unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, Population, measure
from troth.model import Failure


@measure("covered-values", per="population", args=["field", "wanted"], yields=["missing"])
def covered_values(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``missing``: the ``wanted`` values that no resource has in its list fact ``field``."""
    held: set[Any] = set()
    unread = inputs.population.failure
    for item in inputs.population.items:
        values, failure = listed(item, inputs.args["field"])
        held.update(values)
        unread = unread or failure
    yield _none_there("missing", set(inputs.args["wanted"]) - held, unread)


@measure(
    "fresh-values",
    per="population",
    args=["field", "wanted", "instant", "max_age"],
    yields=["missing", "stale"],
)
def fresh_values(inputs: Inputs) -> Iterator[Measured]:
    """Yield which ``wanted`` values nobody has, and where they are no longer fresh.

    A system is one partition of one target. A value of the list fact ``field`` is fresh there if
    one resource that has it also has an ``instant`` at most ``max_age`` before the stated time,
    whatever a neighbour that could not be read has.
    ``missing`` holds values that no system has, ``stale`` holds ``value at partition``. An instant
    after the stated time is fresh: events go on arriving while they are read.
    """
    since = inputs.args["max_age"].before(inputs.as_of, inputs.zone)
    missing, stale = set(inputs.args["wanted"]), set()
    unread = inputs.population.failure
    undecided: Failure | None = None
    for system, items in _by_system(inputs.population):
        held, failure = _holders(items, inputs.args["field"])
        unread = unread or failure
        for value in sorted(set(inputs.args["wanted"])):
            holders = held.get(value, [])
            if holders:
                missing.discard(value)
            fresh, unseen = _any_since(holders, inputs.args["instant"], since)
            if fresh:
                continue
            why = unseen or failure or inputs.population.failure
            undecided = undecided or why
            if holders and why is None:
                stale.add(f"{value} at {system}")
    absent = _none_there("missing", missing, unread)
    old = _counted("stale", stale, undecided or inputs.population.failure)
    yield Measured({**absent.facts, **old.facts}, {**absent.missing, **old.missing})


@measure("each-target-has", per="population", args=["wanted"], yields=["without"])
def each_target_has(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``without``: the targets at which no single resource has all ``wanted`` facts.

    ``wanted`` maps ``facet.fact`` to the value that it must have. A target that was looked at and
    has no resource of the kind is without it too.
    """
    without: set[str] = set()
    undecided: Failure | None = None
    by_target = dict(_grouped(inputs.population.items, lambda item: item.target))
    for target in sorted({*inputs.population.targets, *by_target}):
        items = by_target.get(target, [])
        answers = [_has_all(item, inputs.args["wanted"]) for item in items]
        if any(answer is True for answer in answers):
            continue
        failures = [answer for answer in answers if isinstance(answer, Failure)]
        failure = next(iter(failures), inputs.population.failure)
        undecided = undecided or failure
        if failure is None:
            without.add(target)
    yield _counted("without", without, undecided)


def listed(item: Item, path: str) -> tuple[list[Any], Failure | None]:
    """Return what is known of a list fact, and why that is not all of it (None if it is)."""
    try:
        return item.items(path), None
    except MissingFact as signal:
        facet, _, fact = path.partition(".")
        value = item.facts.get(facet, {}).get(fact, {"items": []})
        return list(value["items"]), signal.failure


def _none_there(name: str, lacking: set[Any], unread: Failure | None) -> Measured:
    """Return the fact that ``lacking`` are not there, which needs that everything was read."""
    if lacking and unread is not None:
        return Measured({}, {name: unread})
    return Measured({name: sorted(lacking)})


def _counted(name: str, found: set[Any], unread: Failure | None) -> Measured:
    """Return the fact that ``found`` are there; that none are needs that everything was read."""
    if not found and unread is not None:
        return Measured({}, {name: unread})
    return Measured({name: sorted(found)})


def _grouped(items: Iterable[Item], key: Any) -> list[tuple[Any, list[Item]]]:
    groups: dict[Any, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return sorted(groups.items())


def _by_system(population: Population) -> Iterator[tuple[str, list[Item]]]:
    for (target, partition), items in _grouped(
        population.items, lambda item: (item.target, item.partition)
    ):
        yield partition or target, items


def _holders(items: Iterable[Item], field: str) -> tuple[dict[Any, list[Item]], Failure | None]:
    """Return who has each value of the list fact, and why that may not be all."""
    held: dict[Any, list[Item]] = {}
    unread: Failure | None = None
    for item in items:
        values, failure = listed(item, field)
        unread = unread or failure
        for value in values:
            held.setdefault(value, []).append(item)
    return held, unread


def _any_since(items: Sequence[Item], instant: str, since: datetime) -> tuple[bool, Failure | None]:
    """Tell whether one instant is recent enough; with a failure when that cannot be told."""
    unread: Failure | None = None
    for item in items:
        try:
            newest = item.get(instant)
        except MissingFact as signal:
            unread = unread or signal.failure
            continue
        if newest is not None and newest >= since:
            return True, None
    return False, unread


def _has_all(item: Item, wanted: Mapping[str, Any]) -> bool | Failure:
    """Tell whether every fact has its wanted value; one that differs settles it."""
    unread: Failure | None = None
    for path, value in sorted(wanted.items()):
        try:
            if item.get(path) != value:
                return False
        except MissingFact as signal:
            unread = unread or signal.failure
    return unread or True
