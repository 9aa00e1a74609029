"""One store for the history: a file of SQLite, or a PostgreSQL database for a team.

A run is written in one transaction, by one writer at a time: whoever is killed while writing
leaves nothing, and of two that write at once the second waits for the first.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

from troth import credentials
from troth.errors import UsageError
from troth.history import schema

#: Seconds that a writer waits for another one.
PATIENCE = 60
#: The newest form of the tables: the migration that makes it.
VERSION = "0001"


class StoreError(UsageError):
    """The store cannot be used; what is wrong with it and the next step."""


class Store:
    """An open store; use it as a context manager, or :meth:`close` it."""

    def __init__(self, engine: sa.Engine, shown: str) -> None:
        """Use an engine; ``shown`` is how the store is called in messages, without secrets."""
        self.engine = engine
        self.shown = shown

    @classmethod
    def open(cls, url: str, *, create: bool = False) -> Self:
        """Open the store at a SQLAlchemy URL; ``create`` makes or migrates its tables.

        Without ``create`` nothing is written. Raises :class:`StoreError`.
        """
        made = cls(_engine(url, create=create), shown(url))
        try:
            made._prepare(create=create)
        except BaseException:
            made.close()
            raise
        return made

    @classmethod
    def in_memory(cls) -> Self:
        """Return a new store that nothing is left of: two runs are compared in it."""
        engine = sa.create_engine(
            "sqlite://", creator=lambda: _connected(":memory:"), poolclass=sa.pool.StaticPool
        )
        sa.event.listen(engine, "begin", _begin)
        made = cls(engine, "memory")
        made._prepare(create=True)
        return made

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Yield a connection that sees one state of the store; raises :class:`StoreError`."""
        with self._told(), self.engine.connect() as plain:
            connection = plain
            if self.engine.dialect.name == "postgresql":  # else each statement sees another state
                connection = plain.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Yield a connection that alone writes; all of it is there afterwards, or nothing.

        Raises :class:`StoreError`, also when another writer does not end within a minute.
        """
        with self._told(), self.engine.connect() as plain:
            connection = plain.execution_options(writes=True)
            with connection.begin():
                connection.execute(sa.select(schema.store).with_for_update()).one()
                yield connection

    def _prepare(self, *, create: bool) -> None:
        with self._told():
            found = self._version()
            if found == VERSION:
                return
            if not create:
                text = "holds no history yet" if found is None else f"has tables of form {found}"
                step = "troth history record RUN begins one" if found is None else _OTHER
                raise StoreError(f"{self.shown} {text}; {step}")
            from troth.history.migrate import upgrade

            upgrade(self.engine)

    def _version(self) -> str | None:
        with self.engine.connect() as connection:
            if not sa.inspect(connection).has_table("troth_version"):
                return None
            row = connection.execute(sa.text("SELECT version_num FROM troth_version")).first()
            return str(row[0]) if row else None

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the database says into one line that names the store."""
        try:
            yield
        except OperationalError as error:
            text = f"{self.shown} cannot be used: {_words(error)}; {_advice(error)}"
            raise StoreError(text) from None
        except DatabaseError as error:
            text = f"{self.shown} is damaged or no history: {_words(error)}; restore a copy of it"
            raise StoreError(text) from None
        except SQLAlchemyError as error:
            raise StoreError(f"{self.shown} cannot be used: {_words(error)}") from None


_OTHER = "record a run with this troth to migrate it, or use the troth that made it"


def shown(url: str) -> str:
    """Return a URL as messages show it: a path for SQLite, and never a password."""
    try:
        made = sa.make_url(url)
    except SQLAlchemyError:
        return credentials.redacted(url)
    if made.get_backend_name() == "sqlite":
        return made.database or ":memory:"
    return made.render_as_string(hide_password=True)


def _engine(url: str, *, create: bool) -> sa.Engine:
    try:
        made = sa.make_url(url)
    except SQLAlchemyError:
        text = f"'{credentials.redacted(url)}' is no store; write a path or postgresql://HOST/NAME"
        raise StoreError(text) from None
    if made.get_backend_name() == "sqlite":
        return _sqlite(made, create=create)
    if made.get_backend_name() == "postgresql":
        return _postgres(made)
    text = f"{shown(url)}: only SQLite and PostgreSQL keep a history; write a path or postgresql://"
    raise StoreError(text)


def _postgres(url: sa.URL) -> sa.Engine:
    try:
        import psycopg  # noqa: F401  (asked for here, so that a missing one is told in words)
    except ImportError:
        raise StoreError("psycopg is not installed; pip install 'troth[history]'") from None
    options = {
        "connect_timeout": 10,
        "options": f"-c lock_timeout={PATIENCE}s",
    }
    driver = url.set(drivername="postgresql+psycopg")
    return sa.create_engine(driver, connect_args=_without(options, url), hide_parameters=True)


def _without(options: dict[str, Any], url: sa.URL) -> dict[str, Any]:
    """Return the options that the user's own URL does not set."""
    return {name: value for name, value in options.items() if name not in url.query}


def _sqlite(url: sa.URL, *, create: bool) -> sa.Engine:
    path = Path(url.database or "")
    if create:
        _own_file(path)
    elif not path.is_file():
        raise StoreError(f"{path}: there is no history; troth history record RUN begins one")
    mode = "rw" if create else "ro"
    engine = sa.create_engine(
        "sqlite://",
        creator=lambda: _connected(f"file:{quote(str(path))}?mode={mode}"),
        poolclass=sa.pool.NullPool,
        hide_parameters=True,
    )
    sa.event.listen(engine, "begin", _begin)
    return engine


def _own_file(path: Path) -> None:
    """Make the file, readable by its owner only: a history tells what to attack."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        text = f"{path}: {error.strerror}; name another place in history: of troth.yaml"
        raise StoreError(text) from None


def _connected(name: str) -> Any:
    """Open the file; never one that somebody else deleted, and never with half a transaction.

    A rollback journal and a full sync, not a write-ahead log: one commit a night may be slow, and
    the history stays one file that works on every file system and can be read where nothing may
    be written.
    """
    import sqlite3

    made = sqlite3.connect(
        name, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False
    )
    made.execute("PRAGMA synchronous = FULL")
    made.execute("PRAGMA foreign_keys = ON")
    made.execute("PRAGMA temp_store = MEMORY")
    return made


def _begin(connection: sa.Connection) -> None:
    """Begin a transaction ourselves: the driver would only begin one at the first change."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _words(error: SQLAlchemyError) -> str:
    """Return what the database said, as one line."""
    said = str(getattr(error, "orig", None) or error)
    return credentials.redacted(" ".join(said.split()))[:300]


def _advice(error: OperationalError) -> str:
    said = str(error.orig)
    if "locked" in said or "lock timeout" in said:
        return "another run is writing; try again"
    if "full" in said or "disk" in said:
        return "free space on that disk and record the run again"
    return "check that it is there and may be used"
