"""Find what no recording leaves behind: values of another type, links that are not as digested.

Whoever edits a file of SQLite may put anything anywhere. Readers take what they read for what was
recorded; when that goes wrong, this tells an edited store from a fault of ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from troth import canonical
from troth.canonical import CanonicalError
from troth.history import chain, schema

#: What can go wrong where a value is not what it has to be.
SIGNS = (AttributeError, LookupError, RecursionError, TypeError, ValueError)

#: How many links are read at once.
_PAGE = 500


def problems(connection: sa.Connection) -> Iterator[str]:
    """Yield what is wrong with single values and links, as sentences without a next step."""
    strange = list(ill_typed(connection))
    yield from strange
    if not strange:
        yield from _links(connection)


def ill_typed(connection: sa.Connection) -> Iterator[str]:
    """Yield the columns with values of a type that is not theirs; PostgreSQL allows none."""
    if connection.dialect.name != "sqlite":
        return
    for table in schema.metadata.sorted_tables:
        counted = [sa.func.coalesce(sa.func.sum(_wrong(column)), 0) for column in table.c]
        row = connection.execute(sa.select(*counted).select_from(table)).one()
        for column, number in zip(table.c, row, strict=True):
            if number:
                name = f"{column.name} of {table.name}"
                yield f"the column {name} holds {number} of a type that is not its own"


def _wrong(column: sa.Column[Any]) -> sa.ColumnElement[int]:
    kind, plain = sa.func.typeof(column), sa.type_coerce(column, sa.Integer)
    if isinstance(column.type, sa.Boolean):
        wrong = sa.or_(kind != "integer", plain.not_in((0, 1)))
    elif isinstance(column.type, sa.Integer):
        wrong = kind != "integer"
    else:
        wrong = kind != ("blob" if isinstance(column.type, sa.LargeBinary) else "text")
    return sa.case((wrong, 1), else_=0)


def _links(connection: sa.Connection) -> Iterator[str]:
    table = schema.run.c
    columns = (table.seq, table.sort, table.id, table.as_of, table.body)
    found = sa.select(*columns, table.previous, table.digest).order_by(table.seq)
    after = -schema.OPEN
    while rows := connection.execute(found.where(table.seq > after).limit(_PAGE)).all():
        for seq, *named, text, previous, digest in rows:
            body = body_of(text)
            if digest != chain.link_digest(previous, text):
                yield f"the link with number {seq} is not what its digest says"
            elif [body.get(name) for name in ("sort", "id", "as_of")] != named:
                yield f"the link with number {seq} is called otherwise than it was recorded"
        after = rows[-1][0]


def body_of(text: str) -> dict[str, Any]:
    """Return the body of a link as JSON, empty if that cannot be read."""
    try:
        body = canonical.loads(text.encode())
    except CanonicalError:
        return {}
    return body if isinstance(body, dict) else {}
