"""The tables of a database server, and what the target says of them; any product."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from troth.checkers.database.usage import matches

_PATTERNS = {"type": "array", "items": {"type": "string", "minLength": 1}, "uniqueItems": True}
_PLACES = "database.table, or database.schema.table; * and ? stand for any"

#: Rows of a sample, and of each customer's in a table whose rows have one, unless the target says.
ROWS, ROWS_EACH = 1000, 20
#: Customers of one table that are looked at; a table with more leaves the answer incomplete.
MOST_TENANTS = 200
#: How much of one value is looked at, in characters.
LONGEST = 4000

#: The keys of a target that say what its tables are.
OPTIONS: Mapping[str, Any] = {
    "purposes": {
        "type": "object",
        "additionalProperties": _PATTERNS,
        "description": f"by purpose (analytics, usage_reports, chat_sessions): tables, {_PLACES}",
    },
    "encrypted_by_application": _PATTERNS
    | {"description": "columns that only the application can read, as database.table.column"},
    "tenant_column": {
        "type": "string",
        "minLength": 1,
        "description": "name of the column that tells whose a row is",
    },
    "tenant_names": {
        "type": "string",
        "minLength": 3,
        "description": "column with the names of the customers, as database.table.column",
    },
    "password_columns": _PATTERNS
    | {"description": "columns with passwords whose name does not say so"},
    "sample_rows": {
        "type": "integer",
        "minimum": 1,
        "maximum": 100_000,
        "default": ROWS,
        "description": "rows of each table that are looked at, where data-read is allowed",
    },
}

#: Names of columns that hold passwords: their last words, joined by underscores.
_PASSWORD = re.compile(
    r"(?:.*_)?(?:password|passwd|passwort|pwd|passphrase|user_?pass)"
    r"(?:_?(?:hash|hashed|digest|enc|encrypted|crypt|bcrypt|salted))?"
)


@dataclass(frozen=True)
class Column:
    """A column; ``form`` is ``text``, ``bytes`` or ``other``."""

    name: str
    form: str


@dataclass(frozen=True)
class Table:
    """A table with its columns; ``schema`` is empty where a product has none.

    ``rows`` is how many rows the server believes are in it, 0 where it does not know.
    """

    database: str
    schema: str
    name: str
    columns: tuple[Column, ...]
    rows: int = 0

    @property
    def place(self) -> str:
        """Return ``database.schema.table`` without a part that is empty."""
        return ".".join(part for part in (self.database, self.schema, self.name) if part)

    def of_form(self, *forms: str) -> list[str]:
        """Return the names of the columns of these forms."""
        return [column.name for column in self.columns if column.form in forms]

    def column(self, name: str) -> Column | None:
        """Return the column of a name; upper and lower case are alike."""
        found = (one for one in self.columns if one.name.casefold() == name.casefold())
        return next(found, None)


def purposes(target: Mapping[str, Any], table: Table) -> list[str]:
    """Return what the target says that a table is for."""
    said = target.get("purposes", {})
    return sorted(purpose for purpose in said if matches(table.place, said[purpose]))


def sealed(target: Mapping[str, Any], table: Table) -> list[str]:
    """Return the columns that, as the target says, only the application can read."""
    patterns = target.get("encrypted_by_application", ())
    return [
        column.name for column in table.columns if matches(f"{table.place}.{column.name}", patterns)
    ]


def passwords(target: Mapping[str, Any], table: Table) -> list[str]:
    """Return the columns that hold passwords, by their names or by the target's word."""
    patterns = target.get("password_columns", ())
    return [
        column.name
        for column in table.columns
        if matches(f"{table.place}.{column.name}", patterns)
        or (column.form != "other" and is_password(column.name))
    ]


def is_password(column: str) -> bool:
    """Tell whether a column's name says that passwords stand in it."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column[:200])
    return bool(_PASSWORD.fullmatch(re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")))


def named(tables: Sequence[Table], place: str) -> tuple[Table, str] | None:
    """Return the table and the column that ``database.table.column`` means."""
    for table in tables:
        start = f"{table.place}."
        column = table.column(place.removeprefix(start)) if place.startswith(start) else None
        if column:
            return table, column.name
    return None
