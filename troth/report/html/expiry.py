"""What ends when: waivers, signed statements, certificates and agreements, by date and as marks.

Days are counted from the date of the judged time. A date is the last day on which something holds;
an instant (a TLS certificate's notAfter) counts by its date.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

Row = Mapping[str, Any]

#: How many that are still to come, and how many that have passed, are listed by name.
COMING = 40
LAPSED = 15
#: Days within which something ends soon.
SOON = 30

#: The lines of the picture, in order: what they hold, in the words of their label.
LANES: Mapping[str, str] = {
    "waiver": "Waivers",
    "statement": "Signed statements",
    "certificate": "Certificates and certifications",
    "agreement": "Agreements and exceptions",
}

#: Kind → (facet, fact with the date, lane, what it is).
_DATES: Mapping[str, tuple[tuple[str, str, str, str], ...]] = {
    "attestation": (("statement", "expires_on", "statement", "signed statement"),),
    "tls-endpoint": (("trust", "not_after", "certificate", "TLS certificate"),),
    "register.certificates": (
        ("row", "expires_on", "certificate", "certification"),
        ("row", "bridge_letter_until", "certificate", "bridge letter"),
    ),
    "register.agreements": (("row", "expires_on", "agreement", "agreement"),),
    "register.public-resources": (("row", "expires_on", "agreement", "public on purpose"),),
}


class Ending(NamedTuple):
    """Something that ends: its last day (ISO date) and the days until then, negative after it."""

    on: str
    lane: str
    what: str
    name: str
    days: int

    @property
    def away(self) -> int:
        """Return the days between then and the judged time."""
        return abs(self.days)

    @property
    def state(self) -> str:
        """Return ``lapsed``, ``soon`` or ``later``."""
        return "lapsed" if self.days < 0 else "soon" if self.days <= SOON else "later"


class Expiries:
    """Collects endings: the nearest by name, all of them as counts per lane and day."""

    def __init__(self, as_of: str) -> None:
        """Count days from the date of ``as_of``, an ISO 8601 instant."""
        self.today = datetime.fromisoformat(as_of).date()
        self.days: Counter[tuple[str, int]] = Counter()
        #: The nearest that still hold, soonest first.
        self.coming: list[Ending] = []
        #: Those that passed last, the latest first.
        self.lapsed: list[Ending] = []

    def resource(self, kind: str, line: Row) -> None:
        """Add what ends by a resource's facts (a line of a shard)."""
        for facet, fact, lane, what in _DATES.get(kind, ()):
            facts = line["facets"].get(facet, {}).get("facts") or {}
            if facts.get(fact):
                self._add(facts[fact], lane, what, line["name"] or line["id"])

    def waiver(self, waiver: Row) -> None:
        """Add a waiver of the summary."""
        name = f"{waiver['id']}, for {waiver['policy']}/{waiver['clause']}"
        self._add(waiver["expires_on"], "waiver", f"waiver, {waiver['state']}", name)

    def _add(self, when: str, lane: str, what: str, name: str) -> None:
        on = date.fromisoformat(when[:10])
        days = (on - self.today).days
        ending = Ending(on.isoformat(), lane, what, name, days)
        self.days[lane, days] += 1
        if days < 0:
            _keep(self.lapsed, ending, LAPSED)
        else:
            _keep(self.coming, ending, COMING)

    def count(self, *, lapsed: bool) -> int:
        """Return how many have passed, or still hold."""
        return sum(number for (_, days), number in self.days.items() if (days < 0) is lapsed)

    def day(self, days: int) -> date:
        """Return the date that lies so many days after the judged time's."""
        return self.today + timedelta(days=days)


class Group(NamedTuple):
    """What ends on the same day and is the same sort of thing: the first of it, and all names."""

    first: Ending
    names: Sequence[str]


def grouped(endings: Iterable[Ending]) -> list[Group]:
    """Return endings with neighbours of the same day and sort in one group."""
    return [
        Group(group[0], [one.name for one in group])
        for group in (list(same) for _, same in groupby(endings, _sort_of))
    ]


def _sort_of(ending: Ending) -> tuple[str, str]:
    return ending.on, ending.what


def _keep(endings: list[Ending], ending: Ending, most: int) -> None:
    """Put an ending in its place among the nearest, of which there are at most so many."""
    bisect.insort(endings, ending, key=lambda one: (one.away, one.lane, one.what, one.name))
    del endings[most:]
