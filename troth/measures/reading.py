"""What measures share: reading rows with the reason for what lacks, and dates as dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from troth.measures.base import Inputs, Item, MissingFact, Population
from troth.model import Failure, Reason
from troth.params import Duration


@dataclass(frozen=True)
class Row:
    """The facts that were asked for of one resource, by their paths."""

    id: str
    values: Mapping[str, Any]

    def __getitem__(self, path: str) -> Any:
        """Return the value at ``facet.fact``."""
        return self.values[path]


@dataclass(frozen=True)
class Rows:
    """What could be read of a population; ``failure`` is why that may not be all of it."""

    known: tuple[Row, ...]
    failure: Failure | None

    def or_missing(self, facts: Mapping[str, Any], definite: bool) -> dict[str, Any]:
        """Return keywords for ``Measured``: the facts if nothing lacks or they hold regardless."""
        if self.failure is None or definite:
            return {"facts": dict(facts)}
        return {"facts": {}, "missing": dict.fromkeys(facts, self.failure)}


def read(item: Item, path: str) -> Any:
    """Return a fact, a list fact as a list; raises :class:`MissingFact`, also for half a list."""
    value = item.get(path)
    return item.items(path) if isinstance(value, Mapping) and "items" in value else value


def rows(population: Population, *paths: str) -> Rows:
    """Return every row of which all ``paths`` could be read, and why others are not there."""
    known, failure = [], population.failure
    for item in population.items:
        try:
            known.append(Row(item.id, {path: read(item, path) for path in paths}))
        except MissingFact as missing:
            failure = failure or missing.failure
    return Rows(tuple(known), failure)


def today(inputs: Inputs) -> date:
    """Return the local date of the time that is judged, in the policy's zone."""
    return inputs.as_of.astimezone(inputs.zone).date()


def day(text: str) -> date:
    """Return an ISO 8601 date; raises :class:`MissingFact` if the calendar has no such day."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        failure = Failure(Reason.MALFORMED_RESPONSE, f"{text!r} is not a date of the calendar")
        raise MissingFact(failure) from error


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """Return an instant's date in a zone; raises :class:`MissingFact` outside the calendar."""
    try:
        return instant.astimezone(zone).date()
    except OverflowError as error:
        text = f"{instant.isoformat()} lies at the end of the calendar"
        raise MissingFact(Failure(Reason.MALFORMED_RESPONSE, text)) from error


def after(start: date, duration: Duration) -> date:
    """Return the date one duration after ``start``, or the last date that there is."""
    try:
        return duration.after_date(start)
    except (OverflowError, ValueError):
        return date.max


def before(end: date, duration: Duration) -> date:
    """Return the date one duration before ``end``, or the first date that there is."""
    try:
        return duration.before_date(end)
    except (OverflowError, ValueError):
        return date.min
