"""Check that the rows of a history fit together: spans, events, and the content that they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from troth.errors import IntegrityError
from troth.history import blobs, chain, schema, spans
from troth.history.schema import OPEN

#: How many blobs are read at once.
_PAGE = 500
#: How many rows of one sort of problem are told.
_MOST = 5


def problems(connection: sa.Connection, horizons: Mapping[int, int]) -> Iterator[str]:
    """Yield what is wrong, as sentences without a next step.

    ``horizons`` maps scopes that were pruned to the number of their first whole run.
    """
    for table, owner in schema.SPANS:
        yield from _ends(connection, table, owner)
        yield from _overlaps(connection, table)
    yield from unseen(connection)
    for table in (schema.fact_span, schema.detail_span):
        yield from _missing(connection, table)
    yield from _events(connection, horizons)
    yield from _told(connection)
    yield from _blobs(connection)


def is_there(connection: sa.Connection, digest: str) -> bool:
    """Tell whether the content of a digest (hexadecimal) is in the store."""
    try:
        wanted = bytes.fromhex(digest)
    except ValueError:
        return False
    column = schema.blob.c.digest
    return connection.execute(sa.select(column).where(column == wanted)).first() is not None


def _ends(connection: sa.Connection, table: sa.Table, owner: sa.Table) -> Iterator[str]:
    """Yield spans that do not begin and end with recorded runs of their scope."""
    of = table.join(owner, chain.owner_id(table, owner) == owner.c.id)
    for what, number, chosen in (
        ("begins", table.c.first, sa.true()),
        ("is ended", table.c.last + 1, table.c.last != OPEN),
    ):
        run = schema.run.alias()
        same = sa.and_(
            run.c.seq == number, run.c.scope_id == owner.c.scope_id, run.c.sort == chain.RUN
        )
        found = (
            sa.select(*spans.keys_of(table), number)
            .select_from(of.outerjoin(run, same))
            .where(run.c.seq.is_(None), chosen)
            .limit(_MOST)
        )
        for *key, seq in connection.execute(found):
            yield f"{_of(table, key)} {what} with number {seq}, which is no run of its scope"


def _overlaps(connection: sa.Connection, table: sa.Table) -> Iterator[str]:
    """Yield spans that end before they begin, or hold while another of the same thing does."""
    keys = spans.keys_of(table)
    before = sa.func.lag(table.c.last).over(partition_by=keys, order_by=table.c.first)
    rows = sa.select(*keys, table.c.first, table.c.last, before.label("before")).subquery()
    wrong = sa.or_(rows.c.last < rows.c.first, rows.c.before >= rows.c.first)
    names = [rows.c[key.name] for key in keys]
    found = sa.select(*names, rows.c.first).where(wrong).limit(_MOST)
    for *key, first in connection.execute(found):
        yield f"{_of(table, key)} has two states at number {first}, or ends before it begins"


def unseen(connection: sa.Connection) -> Iterator[str]:
    """Yield what spans could be about and no run ever had.

    Put there beforehand, it would be taken for what a later run finds by the same key.
    """
    tables: dict[sa.Table, list[sa.Table]] = {}
    for table, owner in schema.SPANS:
        tables.setdefault(owner, []).append(table)
    for owner, of in tables.items():
        named = [sa.exists().where(chain.owner_id(table, owner) == owner.c.id) for table in of]
        found = sa.select(owner.c.id).where(sa.not_(sa.or_(*named))).limit(_MOST)
        for name in connection.execute(found).scalars():
            yield f"{_of(owner, [name])} was in no run"


def _told(connection: sa.Connection) -> Iterator[str]:
    """Yield the channels that are noted to know of a run that there is not."""
    table, run = schema.told, schema.run
    same = sa.and_(
        run.c.seq == table.c.seq, run.c.scope_id == table.c.scope_id, run.c.sort == chain.RUN
    )
    found = (
        sa.select(table.c.channel, table.c.seq)
        .select_from(table.outerjoin(run, same))
        .where(run.c.seq.is_(None), table.c.seq != 0)
        .limit(_MOST)
    )
    for channel, seq in connection.execute(found):
        yield f"{channel} is noted as told up to number {seq}, which is no run of its scope"


def _missing(connection: sa.Connection, table: sa.Table) -> Iterator[str]:
    """Yield the content that spans name and that is not there."""
    found = (
        sa.select(table.c.digest)
        .select_from(table.outerjoin(schema.blob, table.c.digest == schema.blob.c.digest))
        .where(schema.blob.c.digest.is_(None))
        .distinct()
        .limit(_MOST)
    )
    for digest in connection.execute(found).scalars():
        yield f"the content sha256:{digest.hex()} is missing"


def _events(connection: sa.Connection, horizons: Mapping[int, int]) -> Iterator[str]:
    """Yield runs that there are not and that have events, or whose events were taken out."""
    table, run = schema.event, schema.run
    rows = connection.execute(
        sa.select(table.c.seq, run.c.scope_id, run.c.sort)
        .select_from(table.outerjoin(run, table.c.seq == run.c.seq))
        .distinct()
        .order_by(table.c.seq)
    )
    for seq, scope_id, sort in rows:
        if sort != chain.RUN or seq < horizons.get(scope_id, 0):
            yield f"there are events of number {seq}, for which none are kept"


def _blobs(connection: sa.Connection) -> Iterator[str]:
    """Yield every content that is not what its digest says."""
    table = schema.blob
    found = sa.select(table).order_by(table.c.digest).limit(_PAGE)
    after = b""
    while rows := connection.execute(found.where(table.c.digest > after)).all():
        for digest, body in rows:
            try:
                blobs.checked(digest, body)
            except IntegrityError:
                yield f"the content sha256:{digest.hex()} was edited"
        after = rows[-1][0]


def _of(table: sa.Table, key: list[Any]) -> str:
    what = str(table.name).removeprefix("troth_").replace("_", " ")
    return f"the {what} of {' '.join(map(str, key))}"
