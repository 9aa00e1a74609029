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
    seq = _seq(history, channel)
    if seq is None:
        return history.before(new)
    return next((night for night in history.nights() if night.seq <= seq), None)


def is_new(history: History, channel: str) -> bool:
    """Tell whether nothing is noted of a channel."""
    return _seq(history, channel) is None


def introduce(history: History, channel: str, new: Night, at: datetime) -> None:
    """Note of a new channel that it knows of everything before a run, so that ``new`` is owed.

    Without that what it could not be sent at first would never be told.
    """
    before = history.before(new)
    mark(history, channel, before.seq if before else 0, at)


def mark(history: History, channel: str, seq: int, at: datetime) -> None:
    """Note that a channel knows of everything up to a run; never less than it knew."""
    table = schema.told
    known = _seq(history, channel)
    row = {"seq": seq, "at": at.isoformat(timespec="seconds")}
    if known is None:
        named = {"scope_id": history.scope_id, "channel": channel}
        history.connection.execute(sa.insert(table), row | named)
    elif known < seq:
        one = table.c.scope_id == history.scope_id, table.c.channel == channel
        history.connection.execute(sa.update(table).where(*one).values(row))


def _seq(history: History, channel: str) -> int | None:
    """Return the number that is noted; for one beyond the last run that of the run before it.

    No digest covers what is noted: a number that no run has silences nobody.
    """
    table = schema.told.c
    found = sa.select(table.seq).where(table.scope_id == history.scope_id, table.channel == channel)
    seq: int | None = history.connection.execute(found).scalar()
    last = next(iter(history.nights(1)), None)
    if seq is None or last is None or seq <= last.seq:
        return seq
    before = history.before(last)
    return before.seq if before else 0
