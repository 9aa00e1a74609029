"""The chain of recorded runs: each link names the one before it, and what changed with it.

A link's digest is the SHA-256 of its body and of the link before. The body holds the digests of the
spans that the run opened and closed and of its events, so that a night that is taken out, a link
that is moved and a span that is edited all show. Who may write the store could write a whole new
chain: compare its head with one that was kept elsewhere (the log, a message, a ping).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from troth import canonical
from troth.history import schema

#: Columns that name a row in this store only.
_LOCAL = frozenset({"id", "scope_id"})


def link_digest(previous: str, body: str) -> str:
    """Return the digest of a link: of the one before it (empty for the first), and its body."""
    return canonical.digest({"body": body, "previous": previous})


def opened(connection: sa.Connection, seq: int) -> str:
    """Return the digest of all spans that begin with a run."""
    return _digest(_rows(connection, "first", seq, closing=False))


def closed(connection: sa.Connection, seq: int) -> str:
    """Return the digest of all spans that a run closed: they end with the number before."""
    return _digest(_rows(connection, "last", seq - 1, closing=True))


def events(connection: sa.Connection, seq: int) -> str:
    """Return the digest of a run's events."""
    found = sa.select(schema.event).where(schema.event.c.seq == seq)
    return _digest(canonical.dumps(list(row)) for row in connection.execute(found))


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


def _rows(connection: sa.Connection, end: str, seq: int, *, closing: bool) -> Iterator[bytes]:
    for spans, owner in schema.SPANS:
        of = f"{owner.name.removeprefix('troth_')}_id"
        about = [column for column in owner.c if column.name not in _LOCAL]
        said = [c for c in spans.c if c.name not in (of, "first", "last")]
        chosen = [*about, spans.c.first] if closing else [*about, *said]
        found = (
            sa.select(*chosen)
            .select_from(spans.join(owner, spans.c[of] == owner.c.id))
            .where(spans.c[end] == seq)
        )
        # A resource's facets may change one by one: which one closed is part of what is said.
        if closing and "facet" in spans.c:
            found = found.add_columns(spans.c.facet)
        for row in connection.execute(found):
            yield canonical.dumps([spans.name, *map(_text, row)])


def _text(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def _digest(rows: Iterable[bytes]) -> str:
    """Return the digest of rows in the order of their bytes: no database's order is relied on."""
    whole = hashlib.sha256()
    for row in sorted(rows):
        whole.update(row + b"\n")
    return "sha256:" + whole.hexdigest()
