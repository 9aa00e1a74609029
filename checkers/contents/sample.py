"""From the values of a sample to facts: counts and names of columns, never a value; pure.

Rows come as lists of texts beside the columns' names; a missing value is None.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from troth.checker import complete
from troth.checkers.contents import cards as card
from troth.checkers.contents import identifiers as identifier
from troth.checkers.contents.readable import is_readable

Rows = Iterable[Sequence[str | None]]


def cards(columns: Sequence[str], rows: Rows, *, whole: bool) -> dict[str, Any]:
    """Return the facet ``cards`` of a sample of a table or of a log (one column, its lines)."""
    looked_at = numbers = 0
    places, named = set(), set()
    by_name = {name for name in columns if card.is_named(name)}
    for row in rows:
        for name, value in zip(columns, row, strict=True):
            if value is None:
                continue
            looked_at += 1
            found = card.count(value)
            numbers += found
            if found:
                places.add(name)
            if name in by_name and not card.is_shown_only(name, value):
                named.add(name)
    return {
        "looked_at": looked_at,
        "whole": whole,
        "numbers": numbers,
        "places": complete(places),
        "named": complete(named),
    }


def identifiers(
    columns: Sequence[str], rows: Rows, names: re.Pattern[str] | None, *, whole: bool
) -> dict[str, Any]:
    """Return what the facet ``identifiers`` tells; ``names`` finds the names of customers."""
    looked_at = 0
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        for name, value in zip(columns, row, strict=True):
            if value is not None:
                looked_at += 1
                found.update((what, name) for what in identifier.kinds_in(name, value, names))
    return {
        "looked_at": looked_at,
        "whole": whole,
        "found": [
            {"what": what, "column": name, "values": count} for (what, name), count in found.items()
        ],
    }


def readable(by_tenant: Mapping[str, Iterable[bytes]]) -> dict[str, Any]:
    """Return what the facet ``protection`` tells of samples of each customer's values."""
    looked_at = count = tenants = 0
    plain = set()
    for tenant, values in sorted(by_tenant.items()):
        there = [value for value in values if value.strip()]
        tenants += bool(there)
        looked_at += len(there)
        seen = sum(map(is_readable, there))
        count += seen
        if seen:
            plain.add(tenant)
    return {"looked_at": looked_at, "readable": count, "tenants": tenants, "plain": sorted(plain)}
