"""Whether a sensor watches each place for intruders, sees something, and has rules of late."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.model import Failure, Reason

_YIELDS = ("running", "seeing", "current")
Sensor = Mapping[str, Any]


@measure("sensors-work", per="resource", args=("kinds", "silence", "rule_age"), yields=_YIELDS)
def sensors_work(inputs: Inputs) -> Iterator[Measured]:
    """Yield per place whether one sensor of ``kinds`` is ``running``, ``seeing`` and ``current``.

    ``seeing``: it told of something at most ``silence`` ago. ``current``: its rules changed at
    most ``rule_age`` ago, or a manager keeps them. What could not be seen of any sensor leaves the
    answer open, unless another has it; so does a time to come.
    """
    for item in inputs.population.items:
        try:
            yield told(_place(item, inputs), item.id, _names(item))
        except MissingFact as signal:
            yield told(dict.fromkeys(_YIELDS, signal.failure), item.id)


def _place(item: Item, inputs: Inputs) -> dict[str, bool | Failure]:
    sensors = item.get("watch.sensors")["items"]
    mine = [each for each in sensors if each["watches"] in inputs.args["kinds"]]
    quiet = inputs.args["silence"].before(inputs.as_of, inputs.zone)
    old = inputs.args["rule_age"].before(inputs.as_of, inputs.zone)

    def running(sensor: Sensor) -> bool | None:
        return sensor["state"] == "running" if "state" in sensor else None

    def seeing(sensor: Sensor) -> bool | None:
        return _both(running(sensor), _since(sensor, "newest_event_at", quiet, inputs.as_of))

    def current(sensor: Sensor) -> bool | None:
        late = sensor["rules_managed"] or _since(sensor, "rules_at", old, inputs.as_of)
        return _both(running(sensor), late)

    answers = zip(_YIELDS, (running, seeing, current), strict=True)
    return {name: _any(item, mine, test) for name, test in answers}


def _any(item: Item, mine: list[Sensor], test: Callable[[Sensor], bool | None]) -> bool | Failure:
    answers = [test(sensor) for sensor in mine]
    if True in answers:
        return True
    try:
        item.items("watch.sensors")
    except MissingFact as signal:
        return signal.failure
    if None in answers:
        product = mine[answers.index(None)]["product"]
        text = f"not all of {product} could be seen; look at the running machine, as root"
        return Failure(Reason.NO_DATA, text)
    return False


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _since(sensor: Sensor, name: str, since: datetime, now: datetime) -> bool | None:
    """Tell whether an instant lies between two; None where it is not known, or to come."""
    if name not in sensor:
        return None
    moment = sensor[name]
    if moment is None:
        return False
    return None if moment > now else bool(moment >= since)


def _names(item: Item) -> tuple[str, ...]:
    names = [sensor["product"] for sensor in item.get("watch.sensors")["items"]]
    return (f"there: {', '.join(names)}",) if names else ()
