"""The store as a file of SQLite: how it is made, opened and healed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from troth.history.unusable import PATIENCE, NoHistory, StoreAway, StoreError

#: How the name of a file ends.
_READ_ONLY, _READ_WRITE = "?mode=ro", "?mode=rw"

#: What SQLite says where neither the file nor its folder may be written.
_NOT_WRITABLE = frozenset(
    f"SQLITE_{name}"
    for name in ("READONLY", "READONLY_DIRECTORY", "READONLY_ROLLBACK", "CANTOPEN", "PERM")
)


def in_memory() -> sa.Engine:
    """Return the engine of a database of its own, of which nothing is left."""
    made = sa.create_engine(
        "sqlite://", creator=lambda: _connected(":memory:"), poolclass=sa.pool.StaticPool
    )
    sa.event.listen(made, "begin", _begin)
    return made


def is_undecodable(error: BaseException | None) -> bool:
    """Tell whether an error is about bytes in the place of a text."""
    return "Could not decode to UTF-8" in str(error)


def engine(path: Path, *, create: bool) -> sa.Engine:
    """Return the engine of a file; ``create`` makes it and lets it be written.

    Raises :class:`~troth.history.unusable.StoreError`.
    """
    if create:
        _own_file(path)
    elif not path.is_file():
        raise NoHistory(f"{path}: there is no history; troth history record RUN begins one")
    mode = _READ_WRITE if create else _READ_ONLY
    made = sa.create_engine(
        "sqlite://",
        creator=lambda: _connected(f"file:{quote(str(path))}{mode}", path),
        poolclass=sa.pool.NullPool,
        hide_parameters=True,
    )
    sa.event.listen(made, "begin", _begin)
    return made


def _own_file(path: Path) -> None:
    """Make the file, readable by its owner only: a history tells what to attack."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        text = f"{path}: {error.strerror}; name another place in history: of troth.yaml"
        raise StoreError(text) from None


def _connected(name: str, path: Path | None = None) -> Any:
    """Open the file; never one that somebody else deleted, and never with half a transaction.

    A rollback journal and a full sync, not a write-ahead log: one commit a night may be slow, and
    the history stays one file that works on every file system and can be read where nothing may
    be written.
    """
    made = _plain(name)
    if path is not None and name.endswith(_READ_ONLY):
        made = _healed(made, name, path)
    made.execute("PRAGMA synchronous = FULL")
    made.execute("PRAGMA foreign_keys = ON")
    made.execute("PRAGMA temp_store = MEMORY")
    return made


def _healed(made: Any, name: str, path: Path) -> Any:
    """Return a connection for reading to a file in which nothing is half done.

    Where a writer was killed, what it left is taken back, which a reader may not.
    """
    import sqlite3

    try:
        made.execute("SELECT 1 FROM sqlite_master").fetchall()
    except sqlite3.OperationalError as error:
        made.close()
        if error.sqlite_errorname != "SQLITE_READONLY_ROLLBACK":
            raise
        _heal(name.removesuffix(_READ_ONLY) + _READ_WRITE, path)
        return _plain(name)
    return made


def _heal(name: str, path: Path) -> None:
    import sqlite3

    try:
        healing = _plain(name)
        try:
            healing.execute("SELECT 1 FROM sqlite_master").fetchall()
        finally:
            healing.close()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname not in _NOT_WRITABLE:
            raise
        text = f"{path}: a writer was killed, and what it left in {path.name}-journal has to be"
        step = f"open it once where it may be written: troth history verify --history {path.name}"
        raise StoreAway(f"{text} taken back, but nothing may be written here; {step}") from None


def _plain(name: str) -> Any:
    import sqlite3

    return sqlite3.connect(
        name, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False
    )


def _begin(connection: sa.Connection) -> None:
    """Begin a transaction ourselves: the driver would only begin one at the first change."""
    options = connection.get_execution_options()
    if not options.get("begins", True):
        return
    writes = options.get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
