"""What the tables of a database server hold: one way of looking for all products.

A product's class says how its tables are listed and how some rows of one are asked for. Values are
counted and dropped inside the calls; they are read where the target allows ``data-read`` only, and
over no network without TLS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import (
    Facts,
    Failure,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    call,
    complete,
    demand,
    facet,
    partial,
)
from troth.checkers.contents import cards, forms, identifiers, sample
from troth.checkers.database import tables
from troth.checkers.database.family import DatabaseChecker
from troth.checkers.database.tables import Table

_ACTION = "SELECT on the table"
Answer = tuple[list[Table], list[Failure]]


class TableReader(DatabaseChecker):
    """Lists tables and brings samples; a product's class gives the three methods that raise."""

    options: ClassVar[Mapping[str, Any]] = tables.OPTIONS
    lists: ClassVar[Sequence[str]] = ("tables",)

    def list_tables(self) -> Answer:
        """Return all tables that the account is shown, and why there may be more."""
        raise NotImplementedError

    def sampled(
        self, table: Table, columns: Sequence[str], limit: int, where: tuple[str, str] | None = None
    ) -> list[tuple[bytes | None, ...]]:
        """Return some rows, each value as bytes and cut; ``where`` is a column and its value."""
        raise NotImplementedError

    def values(self, table: Table, column: str, limit: int) -> list[bytes]:
        """Return distinct values of a column, none missing."""
        raise NotImplementedError

    def is_private(self) -> bool:
        """Tell whether nobody can listen to what comes from the server."""
        raise NotImplementedError

    @call("sql:tables", actions=["USAGE"], per="partition")
    def tables(self) -> Mapping[str, Any]:
        """Return the tables by place, and why there may be more."""
        found, failures = self.list_tables()
        return {"tables": {table.place: table for table in found}, "failures": failures}

    def read_texts(self, table: Table, columns: Sequence[str]) -> tuple[list[list[Any]], bool]:
        """Return the rows of a sample as texts, and whether they are all rows."""
        rows, whole = self._sample(table, columns)
        return [
            [None if v is None else v.decode("utf-8", "replace") for v in r] for r in rows
        ], whole

    def _sample(
        self, table: Table, columns: Sequence[str]
    ) -> tuple[list[tuple[bytes | None, ...]], bool]:
        if not columns:
            return [], True
        self.guard()
        limit = int(self.target.get("sample_rows", tables.ROWS))
        rows = self.sampled(table, columns, limit + 1)
        return rows[:limit], len(rows) <= limit

    def guard(self) -> None:
        """Raise unless what is read cannot be listened to."""
        if not self.is_private():
            words = "contents are read over TLS only; let the target demand it (docs/databases.md)"
            raise ObservationFailed(Reason.NOT_ALLOWED, words)

    def _table(self, place: str) -> Table:
        found: Table = demand(self.read("tables"), "tables", place)
        return found

    def _found(self) -> Iterator[Table]:
        yield from demand(self.read("tables"), "tables").values()

    def _lacking(self) -> Iterator[Listed]:
        for failure in demand(self.read("tables"), "failures"):
            yield Listed(failure=failure)


class TableContents(TableReader):
    """One resource for each table."""

    kind = "content"

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every table that the account is shown."""
        for table in self._found():
            yield Resource(self.own_id("table", table.place), table.place, self.partition.name)
        yield from self._lacking()

    @call("sql:cards", actions=[_ACTION], per="resource", effect="data-read")
    def card_counts(self, resource: Resource) -> dict[str, Any]:
        """Look for card numbers in a sample of all texts; only counts leave this method."""
        table = self._table(resource.name)
        odd = [c.name for c in table.columns if c.form == "other" and cards.is_named(c.name)]
        columns = table.of_form("text") + odd
        rows, whole = self.read_texts(table, columns)
        return sample.cards(columns, rows, whole=whole)

    @call("sql:identifiers", actions=[_ACTION], per="key", effect="data-read")
    def identifier_counts(self, place: str) -> dict[str, Any]:
        """Look for identifiers of persons and customers in a table for analysis."""
        table = self._table(place)
        columns = table.of_form("text")
        rows, whole = self.read_texts(table, columns)
        return sample.identifiers(columns, rows, self._customers(), whole=whole)

    @call("sql:readability", actions=[_ACTION], per="key", effect="data-read")
    def readable_counts(self, place: str) -> dict[str, Any]:
        """Look whether columns can be read that only the application should be able to read."""
        self.guard()
        table = self._table(place)
        columns = tables.sealed(self.target, table)
        whose = table.column(str(self.target.get("tenant_column", "")))
        if whose is None or not columns:
            rows, whole = self._sample(table, columns)
            return sample.readable({table.place: _flat(rows)}) | {"every": whole}
        tenants = self.values(table, whose.name, tables.MOST_TENANTS + 1)
        by_tenant = {}
        for tenant in tenants[: tables.MOST_TENANTS]:
            name = tenant.decode("utf-8", "replace")
            rows = self.sampled(table, columns, tables.ROWS_EACH, (whose.name, name))
            by_tenant[name] = _flat(rows)
        return sample.readable(by_tenant) | {"every": len(tenants) <= tables.MOST_TENANTS}

    def analytic(self, resource: Resource) -> list[str]:
        """Return the table's place where the target says that it is for analysis."""
        table = self._table(resource.name)
        return [table.place] if "analytics" in tables.purposes(self.target, table) else []

    def claimed(self, resource: Resource) -> list[str]:
        """Return the table's place where the target says that the application encrypts in it."""
        table = self._table(resource.name)
        return [table.place] if tables.sealed(self.target, table) else []

    @facet("use", uses=["tables"])
    def use(self, resource: Resource, found: Any) -> Mapping[str, Any]:
        """Return what the target says that the table is for."""
        said = tables.purposes(self.target, demand(found, "tables", resource.name))
        return {"form": "table", "purposes": said}

    @facet("fields", uses=["tables"])
    def fields(self, resource: Resource, found: Any) -> Mapping[str, Any]:
        """Return the names of its columns."""
        table: Table = demand(found, "tables", resource.name)
        return {"names": complete({column.name.lower() for column in table.columns})}

    @facet("cards", uses=["card_counts"])
    def cards(self, resource: Resource, counts: dict[str, Any]) -> dict[str, Any]:
        """Return how many card numbers stand in the sample, and in which columns."""
        return counts

    @facet("identifiers", uses=["identifier_counts"], keys="analytic")
    def identifiers(self, resource: Resource, counts: Mapping[str, Any]) -> Facts:
        """Return the identifiers in a table for analysis; of others nothing is asked.

        Where the target does not say the names of customers, there may be more than were found.
        """
        facts = next(iter(counts.values()), sample.identifiers([], [], None, whole=False))
        if not counts or self.target.get("tenant_names"):
            return Facts(facts | {"found": complete(facts["found"])})
        words = "the names of customers are not known; name their column under tenant_names"
        why = Failure(Reason.NO_DATA, words)
        return Facts(facts | {"found": partial(facts["found"])}, {"found": why})

    @facet("protection", uses=["readable_counts"], keys="claimed")
    def protection(self, resource: Resource, counts: Mapping[str, Any]) -> Facts:
        """Return whether what the application encrypts can be read; of others nothing is asked."""
        for found in counts.values():
            facts = {name: found[name] for name in ("looked_at", "readable", "tenants")}
            facts["claimed"] = True
            if found["every"]:
                return Facts(facts | {"plain": complete(found["plain"])})
            words = "not the values of every customer were looked at; name the tenant_column"
            why = Failure(Reason.UNPROVEN, words)
            return Facts(facts | {"plain": partial(found["plain"])}, {"plain": why})
        facts = sample.readable({})
        return Facts(facts | {"claimed": False, "plain": complete([])})

    def _customers(self) -> Any:
        """Return what finds the customers' names, None where the target does not say them."""
        place = self.target.get("tenant_names")
        if not place:
            return None
        found = tables.named(list(self._found()), str(place))
        if found is None:
            words = f"tenant_names: there is no column {place}; correct it"
            raise ObservationFailed(Reason.NO_DATA, words)
        names = self.values(*found, 100_000)
        return identifiers.pattern_of(name.decode("utf-8", "replace") for name in names)


class PasswordColumns(TableReader):
    """One resource for each column that holds passwords."""

    kind = "password-column"

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the columns whose names say so, and those that the target names."""
        for table in self._found():
            for column in tables.passwords(self.target, table):
                name = f"{table.place}.{column}"
                yield Resource(self.own_id("column", name), name, self.partition.name)
        yield from self._lacking()

    @call("sql:passwords", actions=[_ACTION], per="resource", effect="data-read")
    def password_forms(self, resource: Resource) -> dict[str, Any]:
        """Tell in what forms the passwords of a sample are kept; no value leaves this method."""
        place, _, column = resource.name.rpartition(".")
        found = demand(self.read("tables"), "tables")
        if place not in found:  # the column's own name has a point
            place = next(one for one in found if resource.name.startswith(f"{one}."))
            column = resource.name.removeprefix(f"{place}.")
        rows, whole = self.read_texts(found[place], [column])
        return forms.facts((row[0] for row in rows), whole=whole)

    @facet("forms", uses=["password_forms"])
    def forms(self, resource: Resource, found: dict[str, Any]) -> dict[str, Any]:
        """Return the forms and how many rows have each."""
        return found


def _flat(rows: Iterable[Sequence[bytes | None]]) -> list[bytes]:
    return [value for row in rows for value in row if value is not None]
