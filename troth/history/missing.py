"""Why a finding of the run before is not in this one, and where a run looks at all.

A finding that is missing from a run is missing for a reason: its resource is gone, nobody could
look, nothing looks there any more, or its clause no longer asks. Only where nobody could look does
it stay, as unknown; and so does what was broken where nothing looks any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

from troth.history.about import About, Clause
from troth.history.changes import Change
from troth.history.compare import State
from troth.history.resources import Inventory, Unit
from troth.model import Reason, Verdict


class Lost(NamedTuple):
    """Why a finding is missing: its change, and the state it keeps if nobody could look."""

    change: Change | None
    kept: State | None = None
    why: str = ""


def missing(
    abouts: Mapping[int, About], before: Mapping[int, State], now: Collection[int],
    inventory: Inventory, clauses: set[Clause],
) -> dict[int, Lost]:  # fmt: skip
    """Return why findings that there were ``before`` are not there ``now``, by their ids."""
    names = before.keys() - set(now)
    places = inventory.places() if names else {}
    return {name: _lost(abouts[name], before[name], inventory, places, clauses) for name in names}


def dropped(before: State) -> State:
    """Return how a broken finding stands on once nothing looks there any more."""
    return before._replace(
        verdict=Verdict.UNKNOWN.value, reason=Reason.NO_TARGET.value, waiver="", looked=False
    )


def _lost(
    about: About, before: State, inventory: Inventory,
    places: Mapping[tuple[str, str, str], list[int]], clauses: set[Clause],
) -> Lost:  # fmt: skip
    if (about.policy, about.clause) not in clauses:
        return Lost(Change.COVERAGE_LOST)
    names = places.get((about.target, about.kind, about.resource), [])
    if any(name in inventory.now for name in names):
        return Lost(Change.NO_LONGER_ASKED)
    units = looking(about, names, inventory)
    reason = next((inventory.units[unit] for unit in units if inventory.units.get(unit)), "")
    # That a list could not be had is a finding of its own, and over once the list is there.
    if reason and (names or not about.resource.startswith(_LISTING)):
        kept = before._replace(verdict="unknown", reason=reason, waiver="", looked=False)
        return Lost(None, kept)
    if any(unit in inventory.units for unit in units):
        return Lost(Change.NO_LONGER_ASKED, why=_GONE if names else "")
    return Lost(Change.COVERAGE_LOST if units else Change.NO_LONGER_ASKED)


#: How the resource of a finding begins that says only that a list could not be had.
_LISTING = "listing "
_GONE = "was broken, and the resource is gone"


def looking(about: About, names: Iterable[int], inventory: Inventory) -> list[Unit]:
    """Return the units that looked for what a finding is about, sorted.

    ``names`` are the ids of its resource. A finding on all resources of a kind has none: every
    unit of its kind looks for those.
    """
    units = {inventory.owners[name].unit for name in names}
    return sorted(
        units
        or {
            unit
            for unit, kind in inventory.kinds.items()
            if kind == about.kind and about.target in ("", unit[0])
        }
    )


class Before:
    """Knows where the run before looked: a finding that comes back was gone, or nobody looked."""

    def __init__(self, inventory: Inventory, judged: set[Clause]) -> None:
        """Take what was listed before, and the clauses that were judged."""
        self._inventory = inventory
        self._judged = judged

    @cached_property
    def _places(self) -> Mapping[tuple[str, str, str], list[int]]:
        return self._inventory.places()

    def looked(self, about: About) -> bool:
        """Tell whether the run before would have had the finding if there had been one."""
        names = self._places.get((about.target, about.kind, about.resource), [])
        units = looking(about, names, self._inventory)
        seen = any(unit in self._inventory.listed for unit in units)
        return seen and (about.policy, about.clause) in self._judged
