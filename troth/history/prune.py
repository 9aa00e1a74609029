"""Take old spans out of a history, so that what remains can still be verified.

What ended before the last run that was judged before a day goes: spans, the events of earlier runs,
the content that nothing names any more, and subjects without a span. Kept whatever its age:

- every link of the chain, so that no night can be left out without a trace;
- the spans of clauses: since when one is broken, how often, and how long mending took rest on them;
- of a finding that still stands, the last state that was known and the last one that failed: by
  them a broken one is told from a new one, and one that is broken again from one that never was.

A last link says what was taken and holds a digest of what was kept (:mod:`troth.history.chain`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from troth import canonical
from troth.errors import IntegrityError, UsageError
from troth.history import chain, schema, spans
from troth.history.store import Store
from troth.history.verify import verified
from troth.model import Verdict

#: Spans that are told by what was seen; those of findings and clauses have rules of their own.
_WHOLLY = (
    (schema.resource_span, schema.resource),
    (schema.fact_span, schema.resource),
    (schema.listing_span, schema.listing),
    (schema.detail_span, schema.finding),
)
#: Subjects, and the tables that name them.
_SUBJECTS = (
    (schema.resource, (schema.resource_span, schema.fact_span)),
    (schema.listing, (schema.listing_span,)),
    (schema.finding, (schema.finding_span, schema.detail_span)),
)


class Pruned(NamedTuple):
    """What was taken out, in numbers.

    ``horizon`` is the id of the first run whose state is still there whole, empty if nothing was
    taken out. ``head`` is the end of the chain.
    """

    horizon: str
    spans: int
    events: int
    subjects: int
    contents: int
    head: str


def prune(store: Store, scope: str, before: datetime, at: datetime) -> Pruned:
    """Take out of a scope what ended before the last run judged before a time.

    Where runs were not recorded in the order in which they were judged, only those count that no
    later judged one came before. ``at`` is the current time; both are aware. Afterwards
    :meth:`~troth.history.store.Store.vacuum` gives the space back. Raises
    :class:`~troth.errors.IntegrityError` if the history does not verify: what was edited must not
    be taken for what was kept.
    """
    with store.writing() as connection:
        scope_id = _scope(connection, scope)
        found = verified(connection)
        if found.problems:
            text = "the history was changed, nothing is taken out of it; troth history verify shows"
            raise IntegrityError(f"{text} all of {len(found.problems)}: {found.problems[0]}")
        run = _horizon(connection, scope_id, before)
        nothing = Pruned("", 0, 0, 0, 0, found.head)
        if run is None or run[0] <= chain.horizon(connection, scope_id):
            return nothing
        taken = _take(connection, scope_id, run[0])
        if not any(taken.values()):
            return nothing
        head = _link(connection, (scope_id, scope), run, taken, before, at)
        return Pruned(run[1], **taken, head=head)


def _scope(connection: sa.Connection, name: str) -> int:
    found = connection.execute(sa.select(schema.scope.c.id).where(schema.scope.c.name == name))
    scope_id = found.scalar()
    if scope_id is None:
        raise UsageError(f"the history has no scope '{name}'; troth history shows what it has")
    return int(scope_id)


def _horizon(
    connection: sa.Connection, scope_id: int, before: datetime
) -> tuple[int, str, str] | None:
    """Return number, id and judged time of the last run that no later judged one is before."""
    table = schema.run.c
    rows = connection.execute(
        sa.select(table.seq, table.id, table.as_of)
        .where(table.scope_id == scope_id, table.sort == chain.RUN)
        .order_by(table.seq)
    )
    last = None
    for seq, name, as_of in rows:
        if datetime.fromisoformat(as_of) >= before:
            return last
        last = (seq, name, as_of)
    return last


def _take(connection: sa.Connection, scope_id: int, horizon: int) -> dict[str, int]:
    """Delete what is not needed any more and return how much of what."""
    taken = sum(
        _rows(connection, sa.delete(table).where(_old(table, owner, scope_id, horizon)))
        for table, owner in _WHOLLY
    )
    taken += _rows(connection, _findings(scope_id, horizon))
    return {
        "spans": taken,
        "events": _rows(connection, _events(scope_id, horizon)),
        "subjects": sum(
            _rows(connection, _unnamed(owner, tables, scope_id)) for owner, tables in _SUBJECTS
        ),
        "contents": _contents(connection, {scope_id: horizon}),
    }


def _old(table: sa.Table, owner: sa.Table, scope_id: int, horizon: int) -> sa.ColumnElement[bool]:
    ours = sa.select(owner.c.id).where(owner.c.scope_id == scope_id)
    return sa.and_(table.c.last < horizon, chain.owner_id(table, owner).in_(ours))


def _findings(scope_id: int, horizon: int) -> sa.Delete:
    """Delete old spans of findings, but for the two that a standing one's next step needs."""
    table = schema.finding_span
    other = table.alias()
    same = other.c.finding_id == table.c.finding_id
    stands = sa.exists().where(same, other.c.last >= horizon)
    last = sa.select(sa.func.max(other.c.first)).where(same, other.c.last < horizon)
    known = last.where(other.c.verdict != Verdict.UNKNOWN.value).scalar_subquery()
    failed = last.where(other.c.verdict == Verdict.FAIL.value).scalar_subquery()
    needed = sa.and_(stands, sa.or_(table.c.first == known, table.c.first == failed))
    # Either may be missing, and a comparison with nothing is neither true nor false.
    kept = sa.func.coalesce(needed, sa.false())
    return sa.delete(table).where(_old(table, schema.finding, scope_id, horizon), sa.not_(kept))


def _events(scope_id: int, horizon: int) -> sa.Delete:
    run = schema.run.c
    ours = sa.select(run.seq).where(run.scope_id == scope_id, run.seq < horizon)
    return sa.delete(schema.event).where(schema.event.c.seq.in_(ours))


def _unnamed(owner: sa.Table, tables: tuple[sa.Table, ...], scope_id: int) -> sa.Delete:
    named = [sa.exists().where(chain.owner_id(table, owner) == owner.c.id) for table in tables]
    return sa.delete(owner).where(owner.c.scope_id == scope_id, sa.not_(sa.or_(*named)))


def _contents(connection: sa.Connection, horizons: dict[int, int]) -> int:
    """Delete the content that no span names and no run from its scope's horizon on."""
    by_spans = [sa.select(table.c.digest) for table in (schema.fact_span, schema.detail_span)]
    column = schema.blob.c.digest
    unnamed = sa.select(column).where(column.not_in(sa.union(*by_spans)))
    taken = set(connection.execute(unnamed).scalars()) - _by_runs(connection, horizons)
    for some in spans.chunks(sorted(taken)):
        connection.execute(sa.delete(schema.blob).where(column.in_(some)))
    return len(taken)


def _by_runs(connection: sa.Connection, horizons: dict[int, int]) -> set[bytes]:
    """Return the digests that runs name which are still there whole."""
    table = schema.run.c
    first: dict[int, int] = {}
    named: set[bytes] = set()
    rows = connection.execute(
        sa.select(table.seq, table.scope_id, table.body).where(table.sort == chain.RUN)
    )
    for seq, scope_id, text in rows:
        if scope_id not in first:
            first[scope_id] = max(chain.horizon(connection, scope_id), horizons.get(scope_id, 0))
        if seq >= first[scope_id]:
            body = canonical.parse(text.encode())
            named.update(bytes.fromhex(body[name]) for name in schema.CONTENTS)
    return named


def _link(
    connection: sa.Connection, scope: tuple[int, str], run: tuple[int, str, str],
    counts: dict[str, int], before: datetime, at: datetime,
) -> str:  # fmt: skip
    seq = chain.length(connection) + 1
    said: dict[str, Any] = {
        "sort": chain.PRUNE,
        "id": f"prune/{seq}",  # no folder of a run is called so
        "as_of": at.isoformat(timespec="milliseconds"),
        "scope": scope[1],
        "before": before.isoformat(timespec="milliseconds"),
        "horizon": {"seq": run[0], "id": run[1], "as_of": run[2]},
        "taken": counts,
        "kept": chain.kept(connection, scope[0], run[0]),
    }
    text = canonical.dumps(said).decode()
    return chain.append(connection, seq, scope[0], said, text)


def _rows(connection: sa.Connection, statement: sa.Delete) -> int:
    return int(connection.execute(statement).rowcount)
