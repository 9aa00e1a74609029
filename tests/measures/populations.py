"""Populations for tests of measures: items from rows, and a call of a measure by its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from troth.measures import Inputs, Item, Measured, Population, registry
from troth.model import Failure, Reason

AS_OF = datetime(2026, 11, 21, 12, tzinfo=UTC)
CUT = Failure(Reason.LISTING_INCOMPLETE, "page 2 was refused")


def item(name: str, facet: str = "row", /, **facts: Any) -> Item:
    """Return a resource with one facet; lists become complete list facts."""
    values = {
        key: {"items": value, "complete": True} if isinstance(value, list) else value
        for key, value in facts.items()
    }
    return Item(name, {facet: values})


def unread(name: str, facet: str = "row") -> Item:
    """Return a resource whose facet could not be read."""
    return Item(name, {}, {facet: Failure(Reason.MALFORMED_RESPONSE, "not a date")})


def population(items: Iterable[Item], failure: Failure | None = None) -> Population:
    """Return the population, sorted as a run sorts it."""
    return Population(tuple(sorted(items, key=lambda one: one.id)), failure)


def measured(
    name: str,
    of: Population,
    args: Mapping[str, Any] | None = None,
    needs: Mapping[str, Population] | None = None,
    **more: Any,
) -> dict[str, Measured]:
    """Return what the measure yields by resource; population measures yield under ``""``."""
    inputs = Inputs(
        population=of,
        needs=needs or {},
        args=args or {},
        as_of=more.pop("as_of", AS_OF),
        zone=ZoneInfo(more.pop("zone", "UTC")),
        **more,
    )
    made = registry()[name]
    found = list(made.function(inputs))
    for one in found:
        assert set(one.facts) | set(one.missing) == set(made.yields)
        assert not set(one.facts) & set(one.missing)
    assert len({one.resource for one in found}) == len(found)
    return {one.resource: one for one in found}
