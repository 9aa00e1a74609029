"""How findings moved from one run to the next: their spans, and what that comes to as changes.

A finding that is missing from a run is missing for a reason: its resource is gone, nobody could
look, nothing looks there any more, or its clause no longer asks. Only where nobody could look does
it stay, as unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from troth.history import compare, schema, spans
from troth.history.blobs import Blobs
from troth.history.changes import Change
from troth.history.compare import Past, State
from troth.history.resources import Inventory
from troth.history.text import storable
from troth.model import Verdict
from troth.report.account import Account

Row = Mapping[str, Any]
Clause = tuple[str, str]

_NAMES = ("policy", "clause", "binding", "control", "part", "kind", "target", "resource")


class About(NamedTuple):
    """What a finding is about; ``key`` is its id in runs, ``f-`` and 20 digits."""

    key: str
    policy: str
    clause: str
    binding: str
    control: str
    part: str
    kind: str
    target: str
    resource: str


class Step(NamedTuple):
    """A finding whose state matters: what it became, and how it stood before and stands now.

    ``why`` is the finding's own sentence where it is in the run.
    """

    change: Change
    about: About
    before: State | None
    now: State | None
    why: str


@dataclass
class Moved:
    """All findings of a scope before a run and with it."""

    about: dict[int, About] = field(default_factory=dict)
    before: dict[int, State] = field(default_factory=dict)
    now: dict[int, State] = field(default_factory=dict)
    why: dict[int, str] = field(default_factory=dict)
    details: dict[int, bytes] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


def record(
    connection: sa.Connection, scope_id: int, seq: int, account: Account, blobs: Blobs,
    inventory: Inventory,
) -> list[Step]:  # fmt: skip
    """Write the findings of a run and return the steps that matter, in the findings' order."""
    moved = _before(connection, scope_id)
    _now(connection, scope_id, account, moved, blobs)
    missing = _missing(moved, inventory, _clauses(account))
    details = _details(connection, scope_id)
    for name, lost in missing.items():
        if lost.kept:
            moved.now[name] = lost.kept
            if (name,) in details:
                moved.details[name] = details[(name,)][0]
    _steps(connection, moved, missing)
    was: dict[spans.Key, spans.Said] = {(name,): tuple(said) for name, said in moved.before.items()}
    now: dict[spans.Key, spans.Said] = {(name,): tuple(said) for name, said in moved.now.items()}
    spans.move(connection, schema.finding_span, seq, was, now)
    shown: dict[spans.Key, spans.Said] = {(name,): (one,) for name, one in moved.details.items()}
    spans.move(connection, schema.detail_span, seq, details, shown)
    return moved.steps


def state_of(row: Row) -> State:
    """Return how a finding of a run (a row of findings.jsonl) stands."""
    waiver = row.get("waiver") or {}
    return State(
        str(row["verdict"]), row.get("reason", ""), storable(waiver.get("id", "")), row["severity"]
    )


def detail_of(row: Row) -> dict[str, Any] | None:
    """Return what is kept of a finding that is not settled: why, what was expected and found."""
    if row["verdict"] not in (Verdict.FAIL, Verdict.UNKNOWN):
        return None
    names = ("expected", "found", "why", "notes", "permission", "observations")
    return {name: row[name] for name in names if row.get(name)}


def _clauses(account: Account) -> set[Clause]:
    return {(row["policy"], row["clause"]) for row in account.clauses}


def _before(connection: sa.Connection, scope_id: int) -> Moved:
    made = Moved()
    held = spans.open_spans(connection, schema.finding_span, schema.finding, scope_id)
    made.before = {key[0]: State(*said) for key, said in held.items()}
    return made


def _details(connection: sa.Connection, scope_id: int) -> dict[spans.Key, spans.Said]:
    return spans.open_spans(connection, schema.detail_span, schema.finding, scope_id)


def _now(
    connection: sa.Connection, scope_id: int, account: Account, moved: Moved, blobs: Blobs
) -> None:
    """Read the run's findings, and give new ones their ids in the store."""
    moved.about = _known(connection, scope_id)
    ids = {about.key: name for name, about in moved.about.items()}
    free = spans.next_id(connection, schema.finding)
    new: list[dict[str, Any]] = []
    for row in account.findings:
        name = ids.get(row["id"])
        if name is None:
            name = ids[row["id"]] = free + len(new)
            about = About(row["id"], *(storable(row[column]) for column in _NAMES))
            moved.about[name] = about
            new.append(about._asdict() | {"id": name, "scope_id": scope_id})
        moved.now[name] = state_of(row)
        detail = detail_of(row)
        if detail is not None:
            moved.details[name] = blobs.add(detail)
            moved.why[name] = row["why"]
    spans.insert(connection, schema.finding, new)


def _known(connection: sa.Connection, scope_id: int) -> dict[int, About]:
    table = schema.finding
    columns = [table.c[name] for name in ("key", *_NAMES)]
    rows = connection.execute(sa.select(table.c.id, *columns).where(table.c.scope_id == scope_id))
    return {row[0]: About(*row[1:]) for row in rows}


class _Lost(NamedTuple):
    """Why a finding is missing: its change, and the state it keeps if nobody could look."""

    change: Change | None
    kept: State | None = None
    why: str = ""


def _missing(moved: Moved, inventory: Inventory, clauses: set[Clause]) -> dict[int, _Lost]:
    places = inventory.places()
    return {
        name: _lost(moved.about[name], moved.before[name], inventory, places, clauses)
        for name in moved.before.keys() - moved.now.keys()
    }


def _lost(
    about: About, before: State, inventory: Inventory,
    places: Mapping[tuple[str, str, str], list[int]], clauses: set[Clause],
) -> _Lost:  # fmt: skip
    if (about.policy, about.clause) not in clauses:
        return _Lost(Change.COVERAGE_LOST)
    names = places.get((about.target, about.kind, about.resource), [])
    if any(name in inventory.now for name in names):
        return _Lost(Change.NO_LONGER_ASKED)
    units = {inventory.owners[name].unit for name in names}
    for unit in sorted(units):
        reason = inventory.units.get(unit)
        if reason:
            return _Lost(
                None, before._replace(verdict="unknown", reason=reason, waiver="", looked=False)
            )
    if any(unit in inventory.units for unit in units):
        return _Lost(Change.NO_LONGER_ASKED, why="was broken, and the resource is gone")
    return _Lost(Change.COVERAGE_LOST if units else Change.NO_LONGER_ASKED)


def _steps(connection: sa.Connection, moved: Moved, missing: Mapping[int, _Lost]) -> None:
    """Find out what became of every finding that stands otherwise than before."""
    changed = [name for name, state in moved.now.items() if moved.before.get(name) != state] + [
        name for name, lost in missing.items() if lost.kept is None
    ]
    pasts = _pasts(connection, changed)
    for name in sorted(changed, key=lambda one: moved.about[one][1:]):
        past, now = pasts.get(name, Past()), moved.now.get(name)
        # A span that ended nights ago is no state of the night before.
        before = past._replace(last=moved.before.get(name))
        found = compare.change(before, now) if now else _ended(before, missing[name].change)
        if found:
            why = moved.why.get(name, "") if now else missing[name].why
            step = Step(found, moved.about[name], before.last, now, why)
            moved.steps.append(step)


def _ended(before: Past, change: Change | None) -> Change | None:
    """Return what it means that a finding ended: little, unless it was known or broken."""
    if change is Change.COVERAGE_LOST:
        return change if before.last and before.last.known else None
    return change if before.known and before.known.failing else None


def _pasts(connection: sa.Connection, names: Iterable[int]) -> dict[int, Past]:
    """Return the pasts of findings by their ids, for those that have one."""
    table = schema.finding_span
    values = spans.values_of(table)
    found: dict[int, list[State]] = {}
    for some in spans.chunks(names):
        rows = connection.execute(
            sa.select(table.c.finding_id, *values)
            .where(table.c.finding_id.in_(some))
            .order_by(table.c.finding_id, table.c.first)
        )
        for row in rows:
            found.setdefault(row[0], []).append(State(*row[1:]))
    return {name: compare.past(states) for name, states in found.items()}
