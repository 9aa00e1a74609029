"""Versions that web servers name, against a table of those that nobody keeps up any more.

Distributions keep many versions up for years after their makers stopped, some of them against
payment only. A version that nobody keeps up fails, one that somebody keeps up for everyone passes;
whatever lies between, or is not listed, decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.measures.reading import today

#: When the table was last compared with its source.
CHECKED_ON = "2026-11-22"
#: Makers' end dates; and the distributions that carried the version longest.
SOURCE = "php.net/eol.php, with the ends of Debian, Ubuntu and Red Hat releases that carried it"
#: Product and first two numbers to two dates: the last day on which somebody kept it up for
#: everyone, and the last on which anybody does, also against payment.
_ENDS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("php", "5.2"): ("2012-02-06", "2012-02-06"),
    ("php", "5.3"): ("2020-11-30", "2024-06-30"),
    ("php", "5.4"): ("2024-06-30", "2028-06-30"),
    ("php", "5.5"): ("2019-04-25", "2026-04-28"),
    ("php", "5.6"): ("2020-06-30", "2025-06-30"),
    ("php", "7.0"): ("2022-06-30", "2028-04-25"),
    ("php", "7.1"): ("2019-12-01", "2019-12-01"),
    ("php", "7.2"): ("2023-05-31", "2030-04-30"),
    ("php", "7.3"): ("2024-06-30", "2029-06-30"),
    ("php", "7.4"): ("2029-05-31", "2032-04-27"),
    ("php", "8.2"): ("2028-06-30", "2033-06-30"),
    ("php", "8.4"): ("2030-06-30", "2035-06-30"),
}
_NAMED = re.compile(r"\b(php)/(\d{1,3}\.\d{1,3})\b", re.IGNORECASE)
_HEADERS = {"server", "x-powered-by"}


@measure("software-support", per="resource", yields=("known", "supported"))
def software_support(inputs: Inputs) -> Iterator[Measured]:
    """Yield per address whether it names a ``known`` version, and whether that is ``supported``."""
    day = today(inputs).isoformat()
    for item in inputs.population.items:
        try:
            yield _address(item, day)
        except MissingFact as signal:
            yield told(dict.fromkeys(("known", "supported"), signal.failure), item.id)


def _address(item: Item, day: str) -> Measured:
    value: Mapping[str, Any] = item.get("headers.present")
    named = {
        (product.lower(), version)
        for row in value["items"]
        if row["name"].lower() in _HEADERS
        for product, version in _NAMED.findall(row["value"][:1000])
    }
    read = {one: _ENDS[one] for one in sorted(named & _ENDS.keys())}
    over = [one for one, (_, last) in read.items() if last < day]
    if over:
        notes = tuple(f"{product} {version} was kept up until {_ENDS[product, version][1]}"
                      for product, version in over)  # fmt: skip
        return told({"known": True, "supported": False}, item.id, notes)
    item.items("headers.present")
    known = bool(read) and all(day <= everyone for everyone, _ in read.values())
    return told({"known": known, "supported": True}, item.id)
