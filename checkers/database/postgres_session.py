"""One read-only question to a PostgreSQL server, with an end to it whatever the server does."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from troth.checker import ObservationFailed, Reason
from troth.checkers.database.watch import watched

#: Rows that one question may bring; a catalogue with more is not read to its end.
MOST = 200_000
#: Ways of checking the server's certificate that leave nobody between to read a password.
_CHECKED = ("verify-ca", "verify-full")


def rows(
    target: Mapping[str, Any],
    seconds: float,
    sql: str,
    parameters: Sequence[Any] = (),
    database: str = "",
) -> list[tuple[Any, ...]]:
    """Return the rows of one statement in a session of its own.

    ``target`` is a target of troth.yaml; what it does not say comes from libpq's environment,
    service file, password file and client certificate. Raises what psycopg raises,
    :class:`~troth.checkers.database.watch.CutShort`, or :class:`ObservationFailed` for more than
    :data:`MOST` rows. What a server cannot put into UTF-8 is read as it stands.
    """
    import psycopg

    try:
        return _rows(_settings(target, seconds, database), seconds, sql, parameters)
    except (psycopg.errors.CharacterNotInRepertoire, psycopg.errors.UntranslatableCharacter):
        raw = _settings(target, seconds, database) | {"client_encoding": "SQL_ASCII"}
        return _rows(raw, seconds, sql, parameters)


def _rows(
    settings: Mapping[str, Any], seconds: float, sql: str, parameters: Sequence[Any]
) -> list[tuple[Any, ...]]:
    import psycopg

    with contextlib.closing(psycopg.connect(**settings)) as session:
        session.read_only = True
        _readable(session)
        # The server's own time limit comes first.
        with watched(session.fileno(), seconds + 1):
            return _taken(session.cursor(), sql, parameters)


def _settings(target: Mapping[str, Any], seconds: float, database: str) -> dict[str, Any]:
    milliseconds = max(1, int(seconds * 1000))
    settings = {
        name: target[name]
        for name in ("host", "port", "user", "service", "sslmode", "sslrootcert")
        if name in target
    }
    limits = {
        "default_transaction_read_only": "on",
        "statement_timeout": milliseconds,
        "lock_timeout": min(milliseconds, 5000),
        "idle_in_transaction_session_timeout": milliseconds,
        "search_path": "pg_catalog",
    }
    settings |= {
        "dbname": database or target.get("database", "postgres"),
        "connect_timeout": max(2, min(10, int(seconds))),
        "application_name": "troth",
        "client_encoding": "UTF8",
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
    }
    if target.get("sslmode") not in _CHECKED and not str(target["host"]).startswith("/"):
        # Whoever stands between could ask for it in clear: it is given to a checked server only.
        settings["require_auth"] = "!password"
    return settings


def _taken(cursor: Any, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    taken = []
    for row in cursor.stream(sql.encode(), parameters or None):
        taken.append(row)
        if len(taken) > MOST:
            raise ObservationFailed(
                Reason.NOT_SUPPORTED, f"a catalogue of the server has more than {MOST} rows"
            )
    return taken


def _readable(session: Any) -> None:
    """Read names with bytes that are no UTF-8, too: one of them must not hide its neighbours."""
    from psycopg.adapt import Loader

    class Text(Loader):
        def load(self, data: Any) -> str:
            return bytes(data).decode("utf-8", "backslashreplace")

    for name in ("text", "name", "varchar", "json", "jsonb"):
        session.adapters.register_loader(name, Text)
