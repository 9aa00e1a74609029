"""One pass over what was recorded: how much was seen, what could not be seen, and what ends when.

Only counts and examples are kept, so a run of any size needs little memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from troth.collect import shards
from troth.report.account import Account, Listed
from troth.report.html.expiry import Expiries
from troth.report.html.gaps import Gaps


class Kind(NamedTuple):
    """How many resources of a kind were listed, where, and whether all lists were complete."""

    kind: str
    targets: int
    resources: int
    complete: bool


class Looked(NamedTuple):
    """What a run looked at."""

    kinds: Sequence[Kind]
    gaps: Gaps
    expiries: Expiries

    @property
    def resources(self) -> int:
        """Return how many resources were listed."""
        return sum(kind.resources for kind in self.kinds)


def at(account: Account) -> Looked:
    """Return what the run looked at; raises :class:`~troth.errors.IntegrityError`."""
    found = Looked(_kinds(account.listings), Gaps(), Expiries(account.summary["as_of"]))
    for listed in account.listings:
        found.gaps.head(listed)
        _, lines = shards.read(account.folder / listed.file)
        for line in lines:
            found.gaps.resource(listed, line)
            found.expiries.resource(listed.kind, line)
    for waiver in account.summary["waivers"]:
        found.expiries.waiver(waiver)
    return found


def _kinds(listings: Sequence[Listed]) -> list[Kind]:
    found = []
    for name in sorted({listed.kind for listed in listings}):
        mine = [listed for listed in listings if listed.kind == name]
        targets = len({listed.target for listed in mine})
        counted = sum(listed.count for listed in mine)
        found.append(Kind(name, targets, counted, all(listed.complete for listed in mine)))
    return found
