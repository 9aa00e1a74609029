"""Write what changed from one run to the next into a table of spans, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa

from troth.history.schema import OPEN

#: What a span is about: the owner's id, and the facet where there is one.
Key = tuple[Any, ...]
#: What a span says: the other columns, in the table's order.
Said = tuple[Any, ...]

#: How many values one statement names.
CHUNK = 500


def keys_of(table: sa.Table) -> list[sa.Column[Any]]:
    """Return the columns that say what a span is about."""
    return [column for column in table.primary_key if column.name != "first"]


def values_of(table: sa.Table) -> list[sa.Column[Any]]:
    """Return the columns of what a span says."""
    return [c for c in table.c if not c.primary_key and c.name != "last"]


def open_spans(
    connection: sa.Connection, table: sa.Table, owner: sa.Table, scope_id: int
) -> dict[Key, Said]:
    """Return what holds in a scope: by what it is about."""
    keys, values = keys_of(table), values_of(table)
    found = (
        sa.select(*keys, *values)
        .select_from(table.join(owner, keys[0] == owner.c.id))
        .where(owner.c.scope_id == scope_id, table.c.last == OPEN)
    )
    split = len(keys)
    return {tuple(row[:split]): tuple(row[split:]) for row in connection.execute(found).all()}


def move(
    connection: sa.Connection,
    table: sa.Table,
    seq: int,
    before: Mapping[Key, Said],
    now: Mapping[Key, Said],
) -> None:
    """Close the spans that say something else at ``seq`` or nothing, and open those that do."""
    ended = [key for key, said in before.items() if now.get(key) != said]
    begun = [(key, said) for key, said in now.items() if before.get(key) != said]
    close(connection, table, seq, ended)
    names = [column.name for column in (*keys_of(table), *values_of(table))]
    insert(
        connection,
        table,
        (
            dict(zip(names, (*key, *said), strict=True)) | {"first": seq, "last": OPEN}
            for key, said in begun
        ),
    )


def close(connection: sa.Connection, table: sa.Table, seq: int, keys: Sequence[Key]) -> None:
    """End open spans with the run before ``seq``."""
    if not keys:
        return
    columns = keys_of(table)
    bound = [column == sa.bindparam(f"k{at}") for at, column in enumerate(columns)]
    statement = sa.update(table).where(*bound, table.c.last == OPEN).values(last=seq - 1)
    rows = [{f"k{at}": value for at, value in enumerate(key)} for key in keys]
    connection.execute(statement, rows)


def insert(connection: sa.Connection, table: sa.Table, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows with all columns, some thousands at a time.

    The driver gets them as they are: the library would copy each value of each row, which takes
    most of a first night.
    """
    names = [column.name for column in table.c]
    made = sa.insert(table).compile(dialect=connection.dialect, column_keys=names)
    order, waiting = made.positiontup, iter(rows)
    while some := list(islice(waiting, 10 * CHUNK)):
        given = [tuple(row[name] for name in order) for row in some] if order else some
        connection.exec_driver_sql(str(made), given)


def chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield values some hundred at a time: a statement takes only so many."""
    waiting = iter(values)
    while some := list(islice(waiting, CHUNK)):
        yield some


def next_id(connection: sa.Connection, table: sa.Table) -> int:
    """Return the first free id; the caller alone writes."""
    highest = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0))
    return int(connection.execute(highest).scalar_one()) + 1
