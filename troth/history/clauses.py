"""How clauses stand in the history, which forgets no breach because nobody looks any more.

A clause's state is that of the run, with two exceptions where a breach was going on and the run
calls the promise kept or not applicable. While something that was broken is looked at by nothing,
the clause is ``unknown``. And where what was broken did not pass, because its resource is gone or
nothing asks any more, the breach is over and was not mended: the state is ``kept`` and says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from troth.history import schema, spans
from troth.history.about import UNMENDED
from troth.history.schema import OPEN
from troth.model import Reason, Verdict
from troth.report.account import Account

Row = Mapping[str, Any]

#: The state of a clause in the history, by its verdict; a waived fail is ``waived``.
STATES = {
    Verdict.PASS: "kept",
    Verdict.FAIL: "broken",
    Verdict.UNKNOWN: "unknown",
    Verdict.NOT_APPLICABLE: "not-applicable",
}

_KEPT = "kept"
_SEPARATOR = ", "
_KEPT_UNMENDED = f"{_KEPT}{_SEPARATOR}{UNMENDED}"
_FAILING = ("broken", "waived")
_SETTLED = (_KEPT, _KEPT_UNMENDED, "not-applicable")


def record(
    connection: sa.Connection, scope_id: int, seq: int, account: Account
) -> dict[str, int]:  # fmt: skip
    """Write the clauses' states and return how many stand how in the run.

    Informative ones have none. The findings of the run were written before.
    """
    table = schema.clause
    found = sa.select(table.c.policy, table.c.clause, table.c.id).where(
        table.c.scope_id == scope_id
    )
    ids = {(policy, clause): name for policy, clause, name in connection.execute(found)}
    free = spans.next_id(connection, table)
    new: list[dict[str, Any]] = []
    now: dict[int, str] = {}
    for row in account.clauses:
        if row["verdict"] is None:
            continue
        key = (row["policy"], row["clause"])
        if key not in ids:
            ids[key] = free + len(new)
            named = {"policy": row["policy"], "clause": row["clause"]}
            new.append({"id": ids[key], "scope_id": scope_id, **named})
        now[ids[key]] = state_of(row)
    spans.insert(connection, table, new)
    counted = Counter(now.values())
    before = spans.open_spans(connection, schema.clause_span, table, scope_id)
    stood = {name: said[0] for (name,), said in before.items()}
    _settle(connection, seq, {name for name in now if name < free}, stood, now)
    said = {(name,): (state,) for name, state in now.items()}
    spans.move(connection, schema.clause_span, seq, before, said)
    return {state: counted[state] for state in (*STATES.values(), "waived")}


def state_of(row: Row) -> str:
    """Return how a clause (a row of results.json) stands, in the words of the history."""
    return "waived" if row["waived"] else STATES[Verdict(row["verdict"])]


def said_of(state: str) -> tuple[str, ...]:
    """Return what a span of a clause says: the state, and ``unmended`` where that is so."""
    return tuple(state.split(_SEPARATOR))


def _settle(
    connection: sa.Connection, seq: int, known: Collection[int], before: Mapping[int, str],
    now: dict[int, str],
) -> None:  # fmt: skip
    """Let no breach end as mended that was not; ``known`` are the clauses that are not new."""
    asked: set[int] = set()
    for name, state in now.items():
        if state == _KEPT and before.get(name) == _KEPT_UNMENDED:
            now[name] = _KEPT_UNMENDED
        elif state in _SETTLED and before.get(name) not in _SETTLED and name in known:
            asked.add(name)
    going_on = {name: min(last, seq - 1) for name, last in _going_on(connection, asked).items()}
    ends = _ends(connection, going_on)
    for name in going_on:
        end = ends.get(name, _End())
        if end.unseen:
            now[name] = "unknown"
        elif now[name] == _KEPT and not end.passed:
            now[name] = _KEPT_UNMENDED


def _going_on(connection: sa.Connection, names: Collection[int]) -> dict[int, int]:
    """Return the clauses with a breach that goes on, with the last run in which it was seen."""
    table = schema.clause_span.c
    found: dict[int, int] = {}
    for some in spans.chunks(sorted(names)):
        rows = connection.execute(
            sa.select(table.clause_id, table.last, table.state)
            .where(table.clause_id.in_(some))
            .order_by(table.clause_id, table.first)
        )
        for name, last, state in rows:
            if state in _FAILING:
                found[name] = last
            elif state in _SETTLED:
                found.pop(name, None)
    return found


class _End(NamedTuple):
    """What became of all that was broken: whether it passed, or nothing looks at some of it."""

    passed: bool = False
    unseen: bool = False


def _ends(connection: sa.Connection, breaches: Mapping[int, int]) -> dict[int, _End]:
    """Return what became of what was broken when breaches were last seen, by clause.

    ``breaches`` maps clauses to that run's number; what became broken no later than it counts.
    """
    of, table, clause = schema.finding, schema.finding_span, schema.clause
    same = sa.and_(
        of.c.scope_id == clause.c.scope_id, of.c.policy == clause.c.policy,
        of.c.clause == clause.c.clause,
    )  # fmt: skip
    failed = sa.select(table.c.finding_id).where(table.c.verdict == Verdict.FAIL.value)
    names = [table.c[name] for name in ("first", "last", "verdict", "reason", "looked")]
    made: dict[int, dict[int, list[Any]]] = {}
    for some in spans.chunks(sorted(breaches)):
        rows = connection.execute(
            sa.select(clause.c.id, of.c.id, *names)
            .select_from(clause.join(of, same).join(table, table.c.finding_id == of.c.id))
            .where(clause.c.id.in_(some), of.c.id.in_(failed))
            .where(table.c.last >= min(breaches[name] for name in some))
        )
        for row in rows:
            made.setdefault(row[0], {}).setdefault(row[1], []).append(row[2:])
    return {name: _end(findings, breaches[name]) for name, findings in made.items()}


def _end(findings: Mapping[int, list[Any]], seen: int) -> _End:
    """Return what became of a clause's findings, by their spans."""
    broken, passed, unseen = 0, 0, False
    for held in findings.values():
        fails = any(v == Verdict.FAIL and first <= seen <= last for first, last, v, *_ in held)
        later = {verdict for first, _, verdict, *_ in held if first > seen}
        broken += fails
        passed += fails and Verdict.PASS in later
        unseen = unseen or any(
            last == OPEN and reason == Reason.NO_TARGET and not looked
            for _, last, _, reason, looked in held
        )
    return _End(bool(broken) and passed == broken, unseen)
