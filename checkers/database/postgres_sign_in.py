"""What happens at the sign-in of people to a PostgreSQL server, and to sessions left unused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from troth.checker import (
    Facts,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    demand,
    facet,
)
from troth.checkers.database import postgres_passwords, postgres_settings, usage
from troth.checkers.database.postgres import PostgresChecker, Row
from troth.checkers.database.postgres_server import ways_in
from troth.checkers.database.postgres_settings import Settings


class SignIn(PostgresChecker):
    """One resource: the sign-in, where people have accounts."""

    id = "database.postgres.sign-in"
    kind = "sign-in"
    lists = ("roles",)

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the sign-in, unless the target says of every account that it is no person's."""
        if self.may_have_people(self.read("roles")):
            yield Resource(self.own_id("sign-in"), self.server_name, self.partition.name)

    @facet("place")
    def place(self, sign_in: Resource) -> Mapping[str, Any]:
        """Return that it is a database's."""
        return {"where": "databases"}

    @facet("lockout", uses=["settings", "host_rules", "host_rules_newer"])
    def lockout(
        self, sign_in: Resource, settings: Settings, rows: list[Row], newer: Any
    ) -> Mapping[str, Any]:
        """Return what wrong passwords bring about, where the server checks passwords itself."""
        proofs = {way["proof"] for way in ways_in(settings, rows, newer)}
        if "external" in proofs and "password" not in proofs:
            words = "another service checks the passwords (see pg_hba.conf); look at that one"
            raise ObservationFailed(Reason.NOT_SUPPORTED, words)
        return postgres_passwords.lockout(settings)

    @facet("idle", uses=["settings", "overrides", "roles"])
    def idle(
        self, sign_in: Resource, settings: Settings, overrides: list[Row], roles: list[Row]
    ) -> Facts:
        """Return the longest that a person's session may be left unused.

        The limit is an account's default, which it may lengthen for its own session.
        """
        waits, unsaid = {}, []
        for role in roles:
            name, kind = str(demand(role, "name")), self.use_of(role).type
            if demand(role, "login") and kind in ("human", ""):
                waits[name] = postgres_settings.idle_seconds(settings, overrides, name)
                unsaid += [name] if not kind else []
        facts = {"ends_dead_ones": settings.number("client_connection_check_interval") > 0}
        people = [waits[name] for name in waits if name not in unsaid]
        if unsaid and 0 not in people and _weaker([waits[n] for n in unsaid], people):
            why = usage.unsaid(unsaid)
            return Facts(facts, {"at_prompt_seconds": why, "in_programs_seconds": why})
        longest = None if 0 in people or not people else max(people)
        return Facts(facts | {"at_prompt_seconds": longest, "in_programs_seconds": longest})


def _weaker(waits: list[int], people: list[int]) -> bool:
    """Tell whether accounts of unsaid use would change what holds for people."""
    return not people or 0 in waits or max(waits) > max(people)
