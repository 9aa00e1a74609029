"""The history, opened anew for every page: read-only, and given back before the page is made.

A night may write, migrate or replace the store while the server runs. Nothing of it is held
between pages, and a slow reader of a page holds up no writer.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from troth.history.reading import History
from troth.history.store import Store, StoreError, shown

#: Seconds that somebody who asked for a page waits for a writer: a writer of a run waits longer.
PATIENCE = 2.0


class Source(NamedTuple):
    """Which store, and which scope of it."""

    url: str
    scope: str

    @contextlib.contextmanager
    def history(self) -> Iterator[History]:
        """Yield the history as it is at this moment.

        Raises :class:`~troth.history.store.StoreError` where there is none or it cannot be used,
        and :class:`~troth.errors.UsageError` where the scope is not in it.
        """
        self._writing()
        with Store.open(self.url) as store, store.reading() as connection:
            yield History(connection, self.scope)

    def _writing(self) -> None:
        """Raise :class:`StoreError` at once where a writer holds the file for itself alone."""
        try:
            url = sa.make_url(self.url)
        except SQLAlchemyError:
            return  # the store says it, in its own words
        if url.get_backend_name() != "sqlite":  # PostgreSQL lets whoever reads pass
            return
        name = f"file:{quote(url.database or '')}?mode=ro"
        try:
            with contextlib.closing(sqlite3.connect(name, uri=True, timeout=PATIENCE)) as plain:
                plain.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise StoreError(f"{shown(self.url)} is being written; load this again") from None
        except sqlite3.DatabaseError:
            return
