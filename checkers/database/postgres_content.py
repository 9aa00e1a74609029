"""What the tables of PostgreSQL hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import Failure, ObservationFailed
from troth.checkers.database import tables
from troth.checkers.database.content import Answer, PasswordColumns, TableContents, TableReader
from troth.checkers.database.postgres import PostgresChecker
from troth.checkers.database.tables import Column, Table

#: Ordinary and partitioned tables with their columns; the catalogue shows all to everyone.
_TABLES = """
SELECT json_build_object('schema', n.nspname, 'name', c.relname, 'rows', c.reltuples::bigint,
  'columns', json_agg(json_build_array(a.attname, CASE WHEN t.typname = 'bytea' THEN 'bytes'
    WHEN t.typcategory = 'S' OR t.typname IN ('json', 'jsonb', 'xml') THEN 'text'
    ELSE 'other' END) ORDER BY a.attnum))::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relkind IN ('r', 'p', 'm', 'f') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%'
  AND n.nspname NOT LIKE 'pg_temp%'
GROUP BY n.nspname, c.relname, c.reltuples
"""


class PostgresTables(PostgresChecker, TableReader):
    """The tables of all databases that may be connected to."""

    options: ClassVar[Mapping[str, Any]] = {**PostgresChecker.options, **tables.OPTIONS}
    lists: ClassVar[Sequence[str]] = ("databases", "tables")

    def list_tables(self) -> Answer:
        """Return the tables by pg_class; a database that cannot be opened is told."""
        found: list[Table] = []
        failures: list[Failure] = []
        for database in self.read("databases"):
            try:
                rows = self.objects(_TABLES, database=database)
            except ObservationFailed as error:
                failures.append(error.failure)
            except Exception as error:
                failure = self.failure_of(error, self.calls()["tables"])
                if failure is None:
                    raise
                failures.append(failure)
            else:
                found += [_table(database, row) for row in rows]
        return found, failures

    def sampled(
        self, table: Table, columns: Sequence[str], limit: int, where: tuple[str, str] | None = None
    ) -> list[tuple[bytes | None, ...]]:
        """Return rows of pages by chance where there are many, else the first ones."""
        wanted = ", ".join(_cut(table, name) for name in columns)
        sql = f"SELECT {wanted} FROM {_of(table)}"  # noqa: S608
        if where:
            sql += f" WHERE {_quoted(where[0])}::text = %s"
            return self._bytes(f"{sql} LIMIT {int(limit)}", (where[1],), table.database)
        if table.rows > 10 * limit:  # each page with the chance that brings three times the limit
            share = min(100.0, 300.0 * limit / table.rows)
            chosen = f"{sql} TABLESAMPLE SYSTEM ({share:.6f}) LIMIT {int(limit)}"
            found = self._bytes(chosen.replace("%%", "%"), (), table.database)
            if len(found) >= limit:
                return found
        plain = f"{sql} LIMIT {int(limit)}".replace("%%", "%")
        return self._bytes(plain, (), table.database)

    def values(self, table: Table, column: str, limit: int) -> list[bytes]:
        """Return distinct values of a column."""
        sql = f"SELECT DISTINCT {_cut(table, column)} FROM {_of(table)}"  # noqa: S608
        sql += f" WHERE {_quoted(column)} IS NOT NULL LIMIT {int(limit)}"
        found = self._bytes(sql.replace("%%", "%"), (), table.database)
        return [value for (value,) in found if value is not None]

    def is_private(self) -> bool:
        """Tell whether the way stays on this machine, or the target demands TLS."""
        host = str(self.target["host"])
        near = host.startswith(("/", "@", "127.", "::1", "localhost"))
        return near or self.target.get("sslmode") in ("require", "verify-ca", "verify-full")

    def _bytes(
        self, sql: str, parameters: Sequence[Any], database: str
    ) -> list[tuple[bytes | None, ...]]:
        return [
            tuple(None if value is None else bytes(value) for value in row)
            for row in self.rows(sql, parameters, database)
        ]


class Contents(PostgresTables, TableContents):
    """One resource for each table."""

    id = "database.postgres.content"


class Passwords(PostgresTables, PasswordColumns):
    """One resource for each column that holds passwords."""

    id = "database.postgres.password-column"


def _table(database: str, row: Mapping[str, Any]) -> Table:
    columns = tuple(Column(str(name), str(form)) for name, form in row["columns"])
    rows = int(json.loads(str(row["rows"])))
    return Table(database, str(row["schema"]), str(row["name"]), columns, max(rows, 0))


def _of(table: Table) -> str:
    return f"{_quoted(table.schema)}.{_quoted(table.name)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""').replace("%", "%%") + '"'


def _cut(table: Table, column: str) -> str:
    """Return a column's value as bytes, cut; texts in UTF-8."""
    found = table.column(column)
    if found and found.form == "bytes":
        return f"substr({_quoted(column)}, 1, {tables.LONGEST})"
    return f"convert_to(left({_quoted(column)}::text, {tables.LONGEST}), 'UTF8')"
