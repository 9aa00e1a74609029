"""The chain of recorded runs: each link names the one before it, and what changed with it.

A link's digest is the SHA-256 of its body and of the link before. A run's body holds the digests of
the spans that it opened and closed and of its events, so that a night that is taken out, a link
that is moved and a span that is edited all show. Who may write the store could write a whole new
chain: compare its head with one that was kept elsewhere (the log, a message, a ping).

When old spans are taken out, a link of sort ``prune`` says so. It names the run that is the first
one whose state is still there whole (the horizon), and holds the digest of every span that began
before it and was kept. From then on that digest stands in for those of the earlier runs, but for
how clauses stood: their spans are never taken out, so each run's own digest of them counts on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from troth import canonical
from troth.history import schema

#: The sorts of links.
RUN, PRUNE = "run", "prune"

#: Columns that name a row in this store only.
_LOCAL = frozenset({"id", "scope_id"})


def link_digest(previous: str, body: str) -> str:
    """Return the digest of a link: of the one before it (empty for the first), and its body."""
    return canonical.digest({"body": body, "previous": previous})


def opened(connection: sa.Connection, seq: int) -> str:
    """Return the digest of all spans that begin with a run."""
    return _digest(
        row
        for spans, owner in schema.SPANS
        for row in _rows(connection, spans, owner, _said(spans, owner), spans.c.first == seq)
    )


def closed(connection: sa.Connection, seq: int) -> str:
    """Return the digest of all spans that a run closed: they end with the number before."""
    found = []
    for spans, owner in schema.SPANS:
        # A resource's facets may change one by one: which one closed is part of what is said.
        facet = [spans.c.facet] if "facet" in spans.c else []
        columns = [*_about(owner), spans.c.first, *facet]
        found.append(_rows(connection, spans, owner, columns, spans.c.last == seq - 1))
    return _digest(row for rows in found for row in rows)


def clauses(connection: sa.Connection, seq: int) -> str:
    """Return the digest of the spans of clauses that a run began and ended.

    They are part of :func:`opened` and :func:`closed` too; but no removal ever takes them out, so
    this one stands for good.
    """
    spans, owner = schema.clause_span, schema.clause
    begun = _rows(connection, spans, owner, _said(spans, owner), spans.c.first == seq)
    columns = [*_about(owner), spans.c.first]
    return _digest([*begun, *_rows(connection, spans, owner, columns, spans.c.last == seq - 1)])


def kept(connection: sa.Connection, scope_id: int, horizon: int) -> str:
    """Return the digest of all spans of a scope that began before a run, of whatever age.

    Where one ended counts only if that was before the run too: later ends have links of their own.
    """
    found = []
    for spans, owner in schema.SPANS:
        ended = sa.case((spans.c.last < horizon, spans.c.last), else_=0)
        columns = [*_said(spans, owner), spans.c.first, ended]
        chosen = sa.and_(owner.c.scope_id == scope_id, spans.c.first < horizon)
        found.append(_rows(connection, spans, owner, columns, chosen))
    return _digest(row for rows in found for row in rows)


def events(connection: sa.Connection, seq: int) -> str:
    """Return the digest of a run's events."""
    found = sa.select(schema.event).where(schema.event.c.seq == seq)
    return _digest(canonical.dumps(list(row)) for row in connection.execute(found))


def horizon(connection: sa.Connection, scope_id: int) -> int:
    """Return the number of the first run of a scope whose state is there whole, 0 for all."""
    table = schema.run.c
    found = (
        sa.select(table.body)
        .where(table.scope_id == scope_id, table.sort == PRUNE)
        .order_by(table.seq.desc())
        .limit(1)
    )
    body = connection.execute(found).scalar()
    return int(canonical.parse(body.encode())["horizon"]["seq"]) if body else 0


def append(
    connection: sa.Connection, seq: int, scope_id: int, body: Mapping[str, Any], text: str
) -> str:
    """Put a link at the end of the chain and return its digest, the new head.

    ``body`` has at least ``sort``, ``id`` and ``as_of``; ``text`` is its canonical form.
    """
    previous = connection.execute(sa.select(schema.store.c.head)).scalar_one()
    digest = link_digest(previous, text)
    row = {"seq": seq, "scope_id": scope_id, "body": text, "previous": previous, "digest": digest}
    named = {name: body[name] for name in ("sort", "id", "as_of")}
    connection.execute(sa.insert(schema.run), row | named)
    connection.execute(sa.update(schema.store).values(head=digest, length=seq))
    return digest


def length(connection: sa.Connection) -> int:
    """Return the number of the last link, 0 for an empty chain."""
    return int(connection.execute(sa.select(schema.store.c.length)).scalar_one())


def owner_id(spans: sa.Table, owner: sa.Table) -> sa.Column[Any]:
    """Return the column of a table of spans that says whose they are."""
    return spans.c[f"{owner.name.removeprefix('troth_')}_id"]


def _about(owner: sa.Table) -> list[sa.Column[Any]]:
    return [column for column in owner.c if column.name not in _LOCAL]


def _said(spans: sa.Table, owner: sa.Table) -> list[sa.Column[Any]]:
    of = owner_id(spans, owner).name
    return [*_about(owner), *(c for c in spans.c if c.name not in (of, "first", "last"))]


def _rows(
    connection: sa.Connection, spans: sa.Table, owner: sa.Table,
    columns: Iterable[sa.ColumnElement[Any]], chosen: sa.ColumnElement[bool],
) -> Iterator[bytes]:  # fmt: skip
    name, columns = str(spans.name), list(columns)
    raw = [at for at, column in enumerate(columns, 1) if isinstance(column.type, sa.LargeBinary)]
    found = (
        sa.select(*columns)
        .select_from(spans.join(owner, owner_id(spans, owner) == owner.c.id))
        .where(chosen)
    )
    for row in connection.execute(found):
        said = [name, *row]
        for at in raw:
            said[at] = said[at].hex()
        yield canonical.dumps(said)


def _digest(rows: Iterable[bytes]) -> str:
    """Return the digest of rows in the order of their digests: no database's order counts."""
    ordered = sorted(hashlib.sha256(row).digest() for row in rows)
    return "sha256:" + hashlib.sha256(b"".join(ordered)).hexdigest()
