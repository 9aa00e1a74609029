"""The accounts of a PostgreSQL server, how their passwords are kept, and the rules on new ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from troth.checker import (
    Facts,
    Failure,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    complete,
    demand,
    facet,
)
from troth.checkers.database import postgres_passwords, postgres_rights, usage
from troth.checkers.database.postgres import PostgresChecker, Row
from troth.checkers.database.postgres_settings import Settings


class Accounts(PostgresChecker):
    """One resource for each role that may sign in."""

    id = "database.postgres.account"
    kind = "account"
    lists = ("roles",)

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every role that may sign in; groups may not."""
        for role in self.read("roles"):
            if demand(role, "login"):
                name = str(demand(role, "name"))
                yield Resource(self.own_id("account", name), name, self.partition.name)

    @facet("identity", uses=["roles", "memberships"])
    def identity(self, account: Resource, roles: list[Row], memberships: list[Row]) -> Facts:
        """Return whose it is, which only the target can say; the server knows a role's rights.

        VALID UNTIL ends a password and no other way in, so a role that may sign in is enabled.
        """
        role = _role(account, roles)
        known = postgres_rights.Roles(roles, memberships)
        facts = {
            "state": "enabled",
            "role": "admin" if known.is_superuser(int(role["oid"])) else "ordinary",
            "system": self.own_id(),
            "login": account.name,
        }
        use = self.use_of(role)
        if use.type:
            return Facts(facts | {"type": use.type}, raw={"applications": list(use.applications)})
        return Facts(facts, {"type": usage.unsaid([account.name])})

    @facet("password", uses=["roles", "verifiers"])
    def password(self, account: Resource, roles: list[Row], verifiers: list[Row]) -> Facts:
        """Return whether there is a password and whether its date is over.

        PostgreSQL keeps the date until which a password is valid, and neither when it was set nor
        how old it may get: without a date it never expires, with one its greatest age is not known.
        """
        role = _role(account, roles)
        there = demand(_row(account, verifiers), "scheme") != "none"
        until = demand(role, "valid_until")
        over = bool(demand(role, "over"))
        facts: dict[str, Any] = {
            "state": "set" if there else "none",
            "sign_in": "blocked" if over else "open",
        }
        unknown = "PostgreSQL does not keep when a password was set"
        missing = {"changed_at": Failure(Reason.NOT_SUPPORTED, unknown)}
        if until is None and not over:
            return Facts(facts | {"max_age_days": None}, missing)
        words = "PostgreSQL keeps the day on which it ends, not how old it may get by then"
        missing["max_age_days"] = Failure(Reason.NOT_SUPPORTED, words)
        return Facts(facts, missing, {"valid_until": until})

    @facet("access_keys")
    def access_keys(self, account: Resource) -> dict[str, Any]:
        """Return none: a role has no keys of its own at the server."""
        return {"keys": complete([])}

    @facet("public_keys")
    def public_keys(self, account: Resource) -> dict[str, Any]:
        """Return none: client certificates are known by their authority, not one by one."""
        return {"fingerprints": complete([])}


class StoredPasswords(PostgresChecker):
    """One resource for each role that has a password, in whatever form."""

    id = "database.postgres.stored-password"
    kind = "stored-password"
    lists = ("verifiers",)

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every role with a password, one that may not sign in too."""
        for row in self.read("verifiers"):
            if demand(row, "scheme") != "none":
                name = str(demand(row, "name"))
                yield Resource(self.own_id("verifier", name), name, self.partition.name)

    @facet("storage", uses=["verifiers"])
    def storage(self, account: Resource, verifiers: list[Row]) -> dict[str, Any]:
        """Return scheme and rounds, which the server itself made out of the verifier."""
        row = _row(account, verifiers)
        return {
            "login": account.name,
            "state": "set" if demand(row, "login") else "locked",
            "scheme": demand(row, "scheme"),
            "cost": demand(row, "rounds"),
        }


class PasswordPolicy(PostgresChecker):
    """One resource: the rules on new passwords, where people have accounts."""

    id = "database.postgres.password-policy"
    kind = "password-policy"
    lists = ("roles",)

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the policy, unless the target says of every account that it is no person's.

        The account that the server was set up with is judged for its own sake, not here.
        """
        if self.may_have_people(self.read("roles")):
            yield Resource(self.own_id("password-policy"), self.server_name, self.partition.name)

    @facet("expiry", uses=["settings"])
    def expiry(self, policy: Resource, settings: Settings) -> Mapping[str, Any]:
        """Return the longest VALID UNTIL that credcheck lets a new password have."""
        return postgres_passwords.expiry(settings)

    @facet("strength", uses=["settings"])
    def strength(self, policy: Resource, settings: Settings) -> Mapping[str, Any]:
        """Return what the modules in the path of a password change demand."""
        return postgres_passwords.strength(settings)


def _role(account: Resource, roles: list[Row]) -> Row:
    return _row(account, roles)


def _row(account: Resource, rows: list[Row]) -> Row:
    for row in rows:
        if demand(row, "name") == account.name:
            return row
    raise ObservationFailed(Reason.NO_DATA, "the role is no longer there")
