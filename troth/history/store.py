"""One store for the history: a file of SQLite, or a PostgreSQL database for a team.

A run is written in one transaction, by one writer at a time: whoever is killed while writing
leaves nothing, and of two that write at once the second waits for the first.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

from troth import credentials
from troth.errors import IntegrityError
from troth.history import edited, schema, sqlite
from troth.history.unusable import PATIENCE, NoHistory, StoreAway, StoreError

__all__ = ["PATIENCE", "NoHistory", "Store", "StoreAway", "StoreError", "shown"]

#: The newest form of the tables: the migration that makes it.
VERSION = "0001"
#: Earlier forms, which are migrated when something is recorded.
OLDER: frozenset[str] = frozenset()

#: How the URL of a file of SQLite begins; the rest is its path, as it is.
_FILE = "sqlite:///"

#: What to do by what PostgreSQL calls a refusal (SQLSTATE).
_STEPS = {
    "42501": "grant this role SELECT on the tables to read; to record it has to own the database",
    "25006": "this server or session only reads: name the one that may be written",
}


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
        made = cls(sqlite.in_memory(), "memory")
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
            with connection.begin(), self._explained(connection):
                yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Yield a connection that alone writes; all of it is there afterwards, or nothing.

        Raises :class:`StoreError`, also when another writer does not end within a minute.
        """
        with self._told(), self.engine.connect() as plain:
            connection = plain.execution_options(writes=True)
            with connection.begin(), self._explained(connection):
                ends = connection.execute(sa.select(schema.store).with_for_update()).all()
                if len(ends) != 1:
                    text = f"where it ends is noted {len(ends)} times instead of once"
                    raise self._edited(text)
                yield connection

    def vacuum(self) -> bool:
        """Give the space back that was freed, and tell whether that was for us to do.

        PostgreSQL does it by itself (autovacuum). SQLite writes the file anew, which takes as much
        space again until it is done. Raises :class:`StoreError`.
        """
        if self.engine.dialect.name != "sqlite":
            return False
        with self._told(), self.engine.connect() as plain:
            connection = plain.execution_options(isolation_level="AUTOCOMMIT", begins=False)
            # In a file: a store of years need not fit into the memory.
            connection.exec_driver_sql("PRAGMA temp_store = FILE")
            connection.exec_driver_sql("VACUUM")
        return True

    def _prepare(self, *, create: bool) -> None:
        with self._told():
            found = self._version()
            if found == VERSION:
                return
            if found is not None and found not in OLDER:
                text = f"{self.shown} was made by another troth (form {found}, this one knows"
                raise StoreError(f"{text} {VERSION}); use that one, or another store")
            if not create:
                text = "holds no history yet" if found is None else f"has tables of form {found}"
                step = "begins one" if found is None else "migrates it"
                kind = NoHistory if found is None else StoreError
                raise kind(f"{self.shown} {text}; troth history record RUN {step}")
            from troth.history.migrate import upgrade

            upgrade(self.engine)

    def _version(self) -> str | None:
        """Return which form the tables have, None if there are none of ours."""
        with self.engine.connect() as connection:
            there = sa.inspect(connection)
            if there.has_table("troth_version"):
                row = connection.execute(sa.text("SELECT version_num FROM troth_version")).first()
                return str(row[0]) if row else None
            # A database server is shared on purpose, a file hardly ever is.
            if self.engine.dialect.name == "sqlite" and there.get_table_names():
                text = f"{self.shown} is a database of another program"
                raise StoreError(f"{text}; name another file in history: of troth.yaml")
            return None

    @contextlib.contextmanager
    def _explained(self, connection: sa.Connection) -> Iterator[None]:
        """Raise :class:`~troth.errors.IntegrityError` where an edit made something else fail."""
        try:
            yield
        except edited.SIGNS:
            if found := next(edited.problems(connection), ""):
                raise self._edited(found) from None
            raise

    def _edited(self, text: str) -> IntegrityError:
        step = "troth history verify shows more; restore a copy of it from before"
        return IntegrityError(f"{self.shown} was edited: {text}; {step}")

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the database says into one line that names the store."""
        try:
            yield
        except OperationalError as error:
            if sqlite.is_undecodable(error.orig):
                raise self._edited(_words(error)) from None
            text = f"{self.shown} cannot be used: {_words(error)}; {_advice(error)}"
            raise StoreAway(text) from None
        except DatabaseError as error:
            if step := _STEPS.get(getattr(error.orig, "sqlstate", "")):
                text = f"{self.shown} cannot be used: {_words(error)}; {step}"
                raise StoreError(text) from None
            text = f"{self.shown} is damaged or no history: {_words(error)}; restore a copy of it"
            raise StoreError(text) from None
        except SQLAlchemyError as error:
            raise StoreError(f"{self.shown} cannot be used: {_words(error)}") from None


def shown(url: str) -> str:
    """Return a URL as messages show it: a path for SQLite, and never a password."""
    if url.startswith(_FILE):
        return url.removeprefix(_FILE)
    try:
        made = sa.make_url(url)
    except (SQLAlchemyError, ValueError):
        return "the store"
    return made.render_as_string(hide_password=True)


def _engine(url: str, *, create: bool) -> sa.Engine:
    if url.startswith(_FILE):  # a path may hold a question mark, which begins no options here
        return sqlite.engine(Path(url.removeprefix(_FILE)), create=create)
    try:
        made = sa.make_url(url)
    except (SQLAlchemyError, ValueError):  # the latter for a port; either may show a password
        text = (
            "history: the store is no URL that can be read; write a path or postgresql://HOST/NAME"
        )
        raise StoreError(text) from None
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
