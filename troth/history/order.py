"""Whether a run may follow the last recorded one: a history goes forward, and not ahead of time."""

from __future__ import annotations

from datetime import datetime, timedelta

from troth.history.reading import History, scopes
from troth.history.store import Store

#: How far the clock of another machine may be ahead.
AHEAD = timedelta(minutes=5)


def misplaced(store: Store, scope: str, run: str, judged: datetime, now: datetime) -> str:
    """Return why a run that was judged at a time has no place in a scope, empty if it has one.

    Both times are aware. A run that is recorded already has its place.
    """
    with store.reading() as connection:
        history = History(connection, scope) if scope in scopes(connection) else None
        if history and history.has(run):
            return ""
        last = next(iter(history.nights(1)), None) if history else None
    if judged > now + AHEAD:
        return "was judged for a time that is still to come"
    if last and judged < datetime.fromisoformat(last.as_of):
        return f"was judged before {last.id}, the last recorded run"
    return ""
