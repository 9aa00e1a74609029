"""Measures over log stores: how far back the events that are there reach."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.model import Failure, Reason


@measure("reaches-back", per="resource", args=["span", "slack_hours"], yields=["reaches_back"])
def reaches_back(inputs: Inputs) -> Iterator[Measured]:
    """Yield whether the oldest event of each log is at least ``span`` old.

    A year is read at 365 days where the calendar gives 366. ``slack_hours`` is how much less is
    enough, since events do not come every second. A log that
    is itself younger, has no event, or does not record when it was made, cannot tell: too-young or
    no-data, unless its events do reach back.
    """
    span = inputs.args["span"]
    shortest = inputs.as_of - timedelta(seconds=span.seconds)
    since = max(span.before(inputs.as_of, inputs.zone), shortest)
    for item in inputs.population.items:
        try:
            known = _reaches(item, since, timedelta(hours=inputs.args["slack_hours"]))
        except MissingFact as signal:
            known = signal.failure
        if isinstance(known, Failure):
            yield Measured({}, {"reaches_back": known}, resource=item.id)
        else:
            yield Measured({"reaches_back": known}, resource=item.id)


def _reaches(item: Item, since: datetime, slack: timedelta) -> bool | Failure:
    oldest, created = item.get("extent.oldest_event_at"), item.get("extent.created_at")
    if oldest is not None and oldest <= since + slack:
        return True
    if oldest is None:
        return Failure(Reason.NO_DATA, f"{item.id} has no event yet")
    if created is None:
        return Failure(Reason.NO_DATA, f"when {item.id} was made is not recorded")
    if created > since:
        return Failure(Reason.TOO_YOUNG, f"{item.id} is younger than the time to be kept")
    return False
