"""Population files: per unit what was asked, listed, read and left out.

They answer the auditor's question about completeness without a tool: every listed resource is in
one of two counts, read whole or not, and every scope says how many of them it left out and why.
Nothing is sampled.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from troth.collect import shards
from troth.evidence import bag
from troth.judge.scope import Scope, place
from troth.judge.subjects import Unit, subject
from troth.kinds import Kind
from troth.measures import Item
from troth.model import TAGS
from troth.run import Setup

FOLDER = "population"
SUFFIX = ".json"


@dataclass
class Scoped:
    """A scope, the clauses that look at a unit in it, and what it leaves out and why."""

    scope: Scope
    clauses: list[str] = field(default_factory=list)
    outside: Counter[str] = field(default_factory=Counter)

    def as_json(self, listed: int) -> dict[str, Any]:
        """Return the scope with how many of the listed resources it holds and leaves out."""
        return {
            "classes": list(self.scope.classes),
            "where": self.scope.where,
            "clauses": self.clauses,
            "in_scope": listed - self.outside.total(),
            "excluded": dict(sorted(self.outside.items())),
        }


@dataclass
class Tally:
    """Counts over the resources of one unit, taken in one go through its shard.

    ``unread`` is facet → reason → resources. ``first`` and ``last`` are the ISO 8601 instants
    between which it was read, empty when nothing was.
    """

    scopes: list[Scoped]
    observed: int = 0
    failed: int = 0
    unread: dict[str, Counter[str]] = field(default_factory=dict)
    first: str = ""
    last: str = ""

    def add(self, line: Mapping[str, Any], item: Item) -> None:
        """Count one resource."""
        failures = {name: seen["failure"] for name, seen in line["facets"].items()
                    if "failure" in seen}  # fmt: skip
        self.observed += not failures
        self.failed += bool(failures)
        for facet, failure in failures.items():
            self.unread.setdefault(facet, Counter())[failure["reason"]] += 1
        for scoped in self.scopes:
            placed = place(item, scoped.scope)
            if not placed.inside:
                scoped.outside[placed.note] += 1
        for seen in line["facets"].values():
            at = seen["observed_at"]
            self.first = min(self.first or at, at, key=datetime.fromisoformat)
            self.last = max(self.last or at, at, key=datetime.fromisoformat)


def write(run: Path, setup: Setup, plan: Mapping[str, Any], as_of: datetime, into: Path) -> None:
    """Write a file per unit of a run into the folder ``into``; ``as_of`` is the judged time.

    Raises :class:`~troth.errors.IntegrityError` for an observation file that is not a shard.
    """
    for path in sorted((run / "observations").glob("*.jsonl")):
        body = of_unit(path, setup, plan["reads"], as_of)
        text = json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        bag.write(into / f"{path.stem}{SUFFIX}", text.encode())


def of_unit(
    shard: Path, setup: Setup, reads: Iterable[Mapping[str, Any]], as_of: datetime
) -> dict[str, Any]:
    """Return the population of one unit as JSON."""
    unit, lines = shards.read(shard)
    kind = setup.books.kinds[unit.kind]
    tally = Tally(scopes(setup, unit))
    for line in lines:
        tally.add(line, _tagged(kind, unit, line, as_of))
    listing, failure = unit.listing, unit.listing.failure
    return {
        "schema": 1,
        "target": unit.target,
        "checker": unit.checker,
        "partition": unit.partition,
        "kind": unit.kind,
        "asked": _asked(unit, reads),
        "sampling": "none: every resource that was listed was read",
        "listed": listing.count,
        "complete": listing.complete,
        "why_not_complete": failure.as_json() if failure else None,
        "content_at": listing.content_at,
        "observed": tally.observed,
        "failed": tally.failed,
        "unread_facets": {name: dict(sorted(tally.unread[name].items())) for name in tally.unread},
        "read_from": tally.first,
        "read_until": tally.last,
        "scopes": [one.as_json(listing.count) for one in tally.scopes],
    }


def scopes(setup: Setup, unit: Unit) -> list[Scoped]:
    """Return every scope in which clauses look at a unit's resources, with those clauses."""
    found: dict[tuple[tuple[str, ...], str], Scoped] = {}
    for one in setup.chosen:
        if unit.target not in one.selection.targets:
            continue
        where = one.selection.where
        for clause, binding, part in one.parts(setup.books.controls):
            if part.kind != unit.kind:
                continue
            scope = Scope(binding.classes, setup.config.classes, where)
            scoped = found.setdefault((binding.classes, where), Scoped(scope))
            name = f"{one.policy.id}/{clause.id}"
            if name not in scoped.clauses:
                scoped.clauses.append(name)
    return list(found.values())


def _tagged(kind: Kind, unit: Unit, line: Mapping[str, Any], as_of: datetime) -> Item:
    """Return a resource with its tags only, which is all that a scope asks for."""
    tags = {name: seen for name, seen in line["facets"].items() if name == TAGS}
    return subject(kind, unit.target, {**line, "facets": tags}, as_of)


def _asked(unit: Unit, reads: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the planned reads of a unit without what names the unit again."""
    key = (unit.target, unit.checker, unit.partition)
    return [
        {name: read[name] for name in read if name not in ("target", "checker", "partition")}
        for read in reads
        if (read["target"], read["checker"], read["partition"]) == key
    ]
