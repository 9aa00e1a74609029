"""How findings moved from one run to the next: their spans, and what that comes to as changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from troth.history import compare, missing, schema, spans
from troth.history.about import About, Clause
from troth.history.blobs import Blobs
from troth.history.changes import Change
from troth.history.compare import Past, State
from troth.history.missing import Before, Lost
from troth.history.resources import Inventory
from troth.history.schema import OPEN
from troth.history.text import storable
from troth.model import Verdict
from troth.report.account import Account

Row = Mapping[str, Any]

_NAMES = ("policy", "clause", "binding", "control", "part", "kind", "target", "resource")


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

    #: Of those only that do not stand as before.
    about: dict[int, About] = field(default_factory=dict)
    #: The first id that no finding had before the run.
    free: int = 0
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
    lost_ones = missing.missing(moved.about, moved.before, moved.now, inventory, _clauses(account))
    lost_ones = _dropped(connection, moved, lost_ones)
    judged = _judged(connection, scope_id)
    details = _details(connection, scope_id)
    for name, lost in lost_ones.items():
        if lost.kept:
            moved.now[name] = lost.kept
            if (name,) in details:
                moved.details[name] = details[(name,)][0]
    _steps(connection, moved, lost_ones, Before(inventory, judged))
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


def _judged(connection: sa.Connection, scope_id: int) -> set[Clause]:
    """Return the clauses that the run before judged."""
    of, table = schema.clause, schema.clause_span
    rows = connection.execute(
        sa.select(of.c.policy, of.c.clause)
        .select_from(table.join(of, table.c.clause_id == of.c.id))
        .where(of.c.scope_id == scope_id, table.c.last == OPEN)
    )
    return {(policy, clause) for policy, clause in rows}


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
    ids = _known(connection, scope_id)
    free = moved.free = spans.next_id(connection, schema.finding)
    new: list[dict[str, Any]] = []
    for row in account.findings:
        name = ids.get(row["id"])
        if name is None:
            name = ids[row["id"]] = free + len(new)
            about = moved.about[name] = _about(row)
            new.append(about._asdict() | {"id": name, "scope_id": scope_id})
        state = moved.now[name] = state_of(row)
        if name not in moved.about and moved.before.get(name) != state:
            moved.about[name] = _about(row)
        detail = detail_of(row)
        if detail is not None:
            moved.details[name] = blobs.add(detail)
            moved.why[name] = row["why"]
    spans.insert(connection, schema.finding, new)
    moved.about |= _abouts(connection, moved.before.keys() - moved.now.keys())


def _about(row: Row) -> About:
    return About(row["id"], *(storable(row[column]) for column in _NAMES))


def _known(connection: sa.Connection, scope_id: int) -> dict[str, int]:
    """Return the ids in the store of all findings that there ever were."""
    table = schema.finding.c
    rows = connection.execute(sa.select(table.key, table.id).where(table.scope_id == scope_id))
    ids: dict[str, int] = dict(rows.all())
    return ids


def _abouts(connection: sa.Connection, names: Iterable[int]) -> dict[int, About]:
    table = schema.finding
    columns = [table.c[name] for name in About._fields]
    found: dict[int, About] = {}
    for some in spans.chunks(names):
        rows = connection.execute(sa.select(table.c.id, *columns).where(table.c.id.in_(some)))
        found.update((row[0], About(*row[1:])) for row in rows)
    return found


def _dropped(
    connection: sa.Connection, moved: Moved, losses: Mapping[int, Lost]
) -> dict[int, Lost]:
    """Let what was broken stay, as unknown, where nothing looks any more: nobody mended it."""
    names = [name for name, lost in losses.items() if lost.change is Change.COVERAGE_LOST]
    pasts = _pasts(connection, names)
    return {
        name: Lost(None, missing.dropped(moved.before[name])) if _failed(pasts.get(name)) else lost
        for name, lost in losses.items()
    }


def _failed(past: Past | None) -> bool:
    return bool(past and past.known and past.known.failing)


def _steps(
    connection: sa.Connection, moved: Moved, losses: Mapping[int, Lost], night: Before
) -> None:
    """Find out what became of every finding that stands otherwise than before."""
    changed = [name for name, state in moved.now.items() if moved.before.get(name) != state] + [
        name for name, lost in losses.items() if lost.kept is None
    ]
    pasts = _pasts(connection, [name for name in changed if name < moved.free])
    for name in sorted(changed, key=lambda one: moved.about[one][1:]):
        past, now = pasts.get(name, Past()), moved.now.get(name)
        # A span that ended nights ago is no state of the night before.
        before = past._replace(last=moved.before.get(name))
        if before.last is None and before.known and now:
            past = compare.returned(before, looked=night.looked(moved.about[name]))
            found = compare.change(past, now)
        else:
            found = compare.change(before, now) if now else ended(before, losses[name].change)
        if found:
            why = moved.why.get(name, "") if now else losses[name].why
            step = Step(found, moved.about[name], before.last, now, why)
            moved.steps.append(step)


def ended(before: Past, change: Change | None) -> Change | None:
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
