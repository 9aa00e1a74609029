"""What the tables of MySQL and MariaDB hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import Failure, Reason
from troth.checkers.database import mysql_session, tables
from troth.checkers.database.content import Answer, PasswordColumns, TableContents, TableReader
from troth.checkers.database.mysql import MysqlChecker
from troth.checkers.database.tables import Column, Table

_TEXTS = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "json")
_BYTES = ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob")


class MysqlTables(MysqlChecker, TableReader):
    """The tables of all databases but the server's own; an account sees those it has rights in."""

    options: ClassVar[Mapping[str, Any]] = {**MysqlChecker.options, **tables.OPTIONS}

    def list_tables(self) -> Answer:
        """Return the tables by information_schema, which hides what the account may not see."""
        found = self.rows(
            "SELECT t.TABLE_SCHEMA, t.TABLE_NAME, c.COLUMN_NAME, c.DATA_TYPE, t.TABLE_ROWS "
            "FROM information_schema.TABLES t JOIN information_schema.COLUMNS c "
            "ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME "
            "WHERE t.TABLE_TYPE <> 'VIEW' AND t.TABLE_SCHEMA NOT IN ('information_schema', "
            "'mysql', 'performance_schema', 'sys') "
            "ORDER BY 1, 2, c.ORDINAL_POSITION"
        )
        columns: dict[tuple[str, str], list[Column]] = {}
        sizes: dict[tuple[str, str], int] = {}
        for database, name, column, form, rows in found:
            key = (str(database), str(name))
            columns.setdefault(key, []).append(Column(str(column), _form(str(form))))
            sizes[key] = int(rows or 0)
        made = [
            Table(key[0], "", key[1], tuple(columns[key]), sizes[key]) for key in sorted(columns)
        ]
        return made, self._hidden()

    def sampled(
        self, table: Table, columns: Sequence[str], limit: int, where: tuple[str, str] | None = None
    ) -> list[tuple[bytes | None, ...]]:
        """Return the first rows as the server gives them."""
        wanted = ", ".join(_cut(name) for name in columns)
        sql = f"SELECT {wanted} FROM {_quoted(table.database)}.{_quoted(table.name)}"  # noqa: S608
        if where:
            sql += f" WHERE {_quoted(where[0])} = %s"
        parameters = (where[1],) if where else ()
        sql = sql if parameters else sql.replace("%%", "%")
        return self.rows(f"{sql} LIMIT {int(limit)}", parameters)

    def values(self, table: Table, column: str, limit: int) -> list[bytes]:
        """Return distinct values of a column."""
        of = f"{_quoted(table.database)}.{_quoted(table.name)}"
        sql = f"SELECT DISTINCT {_cut(column)} FROM {of} WHERE {_quoted(column)} IS NOT NULL"  # noqa: S608
        return [value for (value,) in self.rows(f"{sql.replace('%%', '%')} LIMIT {int(limit)}")]

    def is_private(self) -> bool:
        """Tell whether the way stays on this machine, or the target demands TLS."""
        demanded = self.target.get("ssl_mode") in ("required", "verify_ca", "verify_identity")
        return demanded or mysql_session.is_private(self.target)

    def _hidden(self) -> list[Failure]:
        """Return why tables may be hidden: an account without SELECT on everything sees some."""
        held = self.rows(
            "SELECT 1 FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'SELECT' "
            "AND GRANTEE = CONCAT(QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1)), '@', "
            "QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)))"
        )
        if held:
            return []
        words = "may not see the tables of every database"
        return [Failure(Reason.PERMISSION_DENIED, words, "SELECT on *.*")]


class Contents(MysqlTables, TableContents):
    """One resource for each table."""

    id = "database.mysql.content"


class Passwords(MysqlTables, PasswordColumns):
    """One resource for each column that holds passwords."""

    id = "database.mysql.password-column"


def _form(kind: str) -> str:
    kind = kind.lower()
    return "text" if kind in _TEXTS else "bytes" if kind in _BYTES else "other"


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``").replace("%", "%%") + "`"


def _cut(column: str) -> str:
    """Return a column's value as bytes of UTF-8, cut."""
    return f"CAST(LEFT({_quoted(column)}, {tables.LONGEST}) AS BINARY)"
