"""What clauses ask of an observation, and whether it covered that.

An observation records what it was asked for (a look-back); a rule that needs more than was
covered is unknown, it is not judged on what happens to be there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from troth import params
from troth.measures import Item
from troth.model import Failure, Reason

#: The look-back that asks for the whole history.
ALL = "all"


def longest(one: str, other: str) -> str:
    """Return the longer of two look-back requests; ``all`` is longer than any duration.

    Of two that may each be the longer one (P30D and P1M), neither: what holds both, in days.
    """
    if ALL in (one, other):
        return ALL
    first, second = params.parse_duration(one), params.parse_duration(other)
    if first.at_least(second):
        return one
    if second.at_least(first):
        return other
    most = max(first.most(), second.most())
    return f"P{most.days + (1 if most.seconds else 0)}D"


def covered(
    item: Item, request: Mapping[str, Mapping[str, str]], value_of: Callable[[Any], Any]
) -> Item:
    """Return the item without the facets that were asked for less than ``request`` needs.

    ``value_of`` resolves a parameter reference of the request.
    """
    short = dict(_short(item, request, value_of))
    if not short:
        return item
    facts = {name: values for name, values in item.facts.items() if name not in short}
    return item._replace(facts=facts, missing={**item.missing, **short})


def _short(
    item: Item, request: Mapping[str, Mapping[str, str]], value_of: Callable[[Any], Any]
) -> Iterator[tuple[str, Failure]]:
    for facet, wants in request.items():
        if facet not in item.facts:
            continue
        for what, raw in wants.items():
            needed = params.plain(value_of(raw))
            had = item.covered.get(facet, {}).get(what)
            if had is None or not _holds(had, needed):
                text = f"{facet} was observed for {what} {had or 'nothing'}, {needed} is needed"
                yield facet, Failure(Reason.NO_DATA, f"{text}; look again")


def _holds(had: Any, needed: Any) -> bool:
    """Tell whether what was asked for holds what is needed: a longer look-back, more names."""
    if ALL in (had, needed):
        return bool(had == ALL)
    if isinstance(needed, list):
        return set(needed) <= set(had)
    return bool(longest(had, needed) == had)
