"""What a PostgreSQL server holds, as a data store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from troth.checker import Facts, Listed, Resource, complete, facet
from troth.checkers.database.postgres import PostgresChecker, Row
from troth.checkers.database.postgres_server import plaintext, remote, ways_in
from troth.checkers.database.postgres_settings import Settings


class Stores(PostgresChecker):
    """One resource: the cluster's data, unless another target lists it (``store``)."""

    id = "database.postgres.store"
    kind = "data-store"

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the store; nothing where the target says which store it is already."""
        if "store" not in self.target:
            yield Resource(self.own_id(), self.server_name, self.partition.name)

    @facet("encryption")
    def encryption(self, store: Resource) -> Facts:
        """Return the target's word: PostgreSQL does not encrypt what it writes."""
        return self.store_encryption("PostgreSQL")

    @facet("exposure", uses=["settings", "host_rules", "host_rules_newer"])
    def exposure(
        self, store: Resource, settings: Settings, rows: list[Row], newer: Any
    ) -> dict[str, Any]:
        """Return the lines of pg_hba.conf that let another machine in without any proof."""
        found = remote(settings, ways_in(settings, rows, newer))
        open_ways = [f"{way['rule']}: {way['origin']}" for way in found if way["proof"] == "none"]
        return {"public": bool(open_ways), "ways": complete(open_ways)}

    @facet("location")
    def location(self, store: Resource) -> dict[str, Any]:
        """Return the server's host as the target names it; it knows no place of its own."""
        name = self.server_name if self.is_socket(self.target) else self.target["host"]
        return {"places": complete([f"host:{name}"])}

    @facet("transport", uses=["settings", "host_rules", "host_rules_newer"])
    def transport(
        self, store: Resource, settings: Settings, rows: list[Row], newer: Any
    ) -> Mapping[str, Any]:
        """Return whether another machine gets in without TLS."""
        return {"plaintext": plaintext(settings, ways_in(settings, rows, newer))}

    @facet("nature", uses=["made_at"])
    def nature(self, store: Resource, made_at: str) -> Mapping[str, Any]:
        """Return when the cluster was made."""
        return {"form": "database", "created_at": made_at}
