"""Up to which run each channel was told: what could not be sent is told with the next run."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from troth.history import schema
from troth.history.reading import History, Night


def last_told(history: History, channel: str, new: Night) -> Night | None:
    """Return the run up to which a channel was told of changes, or None for none.

    A channel that was never told anything is told what changed with ``new`` alone: it is new
    itself, and years of history are no message.
    """
    table = schema.told.c
    found = sa.select(table.seq).where(table.scope_id == history.scope_id, table.channel == channel)
    seq = history.connection.execute(found).scalar()
    if seq is None:
        return history.before(new)
    return next((night for night in history.nights() if night.seq <= seq), None)


def mark(connection: sa.Connection, scope_id: int, channel: str, seq: int, at: datetime) -> None:
    """Note that a channel knows of everything up to a run."""
    table = schema.told
    named = table.c.scope_id == scope_id, table.c.channel == channel
    row = {"seq": seq, "at": at.isoformat(timespec="seconds")}
    if not connection.execute(sa.update(table).where(*named).values(row)).rowcount:
        connection.execute(sa.insert(table), row | {"scope_id": scope_id, "channel": channel})
