"""The accounts of a MySQL or MariaDB server, how it keeps passwords, and its rules on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from troth.checker import (
    Facts,
    Failure,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    complete,
    facet,
)
from troth.checkers.database import mysql_settings, usage
from troth.checkers.database.mysql import MysqlChecker
from troth.checkers.database.mysql_accounts import SCHEMES, Account
from troth.checkers.database.mysql_server import rights_of, use_of
from troth.checkers.database.mysql_settings import Settings

_STATES = {"set": "set", "invalid": "none"}


class Accounts(MysqlChecker):
    """One resource for each account; roles and the server's own locked ones are none."""

    id = "database.mysql.account"
    kind = "account"
    lists = ("accounts",)

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every account, also one that is locked."""
        for account in persons(self.read("accounts")):
            resource_id = self.own_id("account", account.name)
            yield Resource(resource_id, account.name, self.partition.name)

    @facet("identity", uses=["version", "accounts", "grants", "dynamic_grants", "role_members"])
    def identity(
        self,
        resource: Resource,
        version: Mapping[str, str],
        accounts: Sequence[Account],
        *given: Any,
    ) -> Facts:
        """Return whose it is, which only the target can say, and what the server knows of it."""
        account = one(resource, accounts)
        admin = rights_of(*given).is_superuser(account.name)
        facts = {
            "state": "enabled" if account.may_sign_in else "disabled",
            "role": "admin" if admin else "ordinary",
            "system": self.own_id(),
            "login": account.name,
        }
        use = use_of(self.target, account, version["own"])
        if use.type:
            return Facts(facts | {"type": use.type}, raw={"applications": list(use.applications)})
        return Facts(facts, {"type": usage.unsaid([account.name])})

    @facet("password", uses=["version", "accounts", "settings"])
    def password(
        self,
        resource: Resource,
        version: Mapping[str, str],
        accounts: Sequence[Account],
        settings: Settings,
    ) -> Facts:
        """Return when it was set and how old it may get.

        An empty password counts as set: everyone knows it, and it never protects.
        """
        account = one(resource, accounts)
        kept = {method.kept for method in account.methods if method.plugin in SCHEMES}
        there = "set" if kept & {"set", "empty"} else "none"
        facts: dict[str, Any] = {
            "state": "locked" if account.locked else there,
            "max_age_days": max_age(account, settings),
            "sign_in": _sign_in(account, max_age(account, settings), int(version["now"])),
        }
        raw = {"empty": "empty" in kept, "plugins": sorted(m.plugin for m in account.methods)}
        if account.changed:
            return Facts(facts | {"changed_at": account.changed}, raw=raw)
        if there == "none":
            return Facts(facts | {"changed_at": None}, raw=raw)
        why = Failure(Reason.NO_DATA, "the server has not recorded when the password was set")
        return Facts(facts, {"changed_at": why}, raw)

    @facet("access_keys")
    def access_keys(self, resource: Resource) -> dict[str, Any]:
        """Return none: an account of a database has no keys."""
        return {"keys": complete([])}

    @facet("public_keys")
    def public_keys(self, resource: Resource) -> dict[str, Any]:
        """Return none: client certificates are vouched for by an authority, none is listed."""
        return {"fingerprints": complete([])}


class StoredPasswords(MysqlChecker):
    """One resource for each account whose plugin keeps a password in the server."""

    id = "database.mysql.stored-password"
    kind = "stored-password"
    lists = ("accounts",)

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every account with such a plugin."""
        for account in persons(self.read("accounts")):
            if _kept(account):
                resource_id = self.own_id("verifier", account.name)
                yield Resource(resource_id, account.name, self.partition.name)

    @facet("storage", uses=["accounts"])
    def storage(self, resource: Resource, accounts: Sequence[Account]) -> dict[str, Any]:
        """Return scheme and rounds; of several plugins the one with the weaker scheme."""
        account = one(resource, accounts)
        method = _kept(account)[0]
        empty = method.kept == "empty"
        return {
            "login": account.name,
            "state": "locked" if not account.may_sign_in else "empty" if empty else "set",
            "scheme": "none" if empty else SCHEMES[method.plugin],
            "cost": method.rounds,
        }


class PasswordPolicy(MysqlChecker):
    """One resource: the rules on new passwords, where people have accounts."""

    id = "database.mysql.password-policy"
    kind = "password-policy"
    lists = ("version", "accounts")

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the policy, unless the target says of every account that it is no person's."""
        own = self.read("version")["own"]
        if people(self.target, self.read("accounts"), own):
            yield Resource(self.own_id("password-policy"), self.server_name, self.partition.name)

    @facet("expiry", uses=["settings"])
    def expiry(self, resource: Resource, settings: Settings) -> Mapping[str, Any]:
        """Return the age that holds for all accounts without one of their own."""
        days = mysql_settings.number(settings, "default_password_lifetime")
        return {"enabled": days > 0, "max_age_days": days or None, "binds": "all-accounts"}

    @facet("strength", uses=["settings", "plugins", "components"])
    def strength(
        self, resource: Resource, settings: Settings, plugins: Mapping[str, str], components: Any
    ) -> Mapping[str, Any]:
        """Return what the plugins and components in the path of a change demand."""
        loaded = {str(urn).rpartition("_component_")[2] for urn in components or ()}
        loaded |= {str(urn).rpartition("component_")[2] for urn in components or ()}
        return mysql_settings.strength(settings, set(plugins) | loaded)


def people(target: Mapping[str, Any], accounts: Sequence[Account], own: str) -> list[Account]:
    """Return the accounts that may sign in and are a person's, or of unsaid use."""
    return [
        each
        for each in accounts
        if each.may_sign_in and use_of(target, each, own).type in ("human", "")
    ]


def persons(accounts: Sequence[Account]) -> list[Account]:
    """Return the accounts that are no roles, and not the server's own without a way in."""
    own = ("mariadb.sys", "mysql.sys", "mysql.session", "mysql.infoschema")
    return [
        each for each in accounts if not each.is_role and (each.may_sign_in or each.user not in own)
    ]


def max_age(account: Account, settings: Settings) -> int | None:
    """Return the greatest age of a password in days, None where it never expires."""
    if account.lifetime is not None:
        return account.lifetime or None
    return mysql_settings.number(settings, "default_password_lifetime") or None


def one(resource: Resource, accounts: Sequence[Account]) -> Account:
    """Return the account of a resource."""
    for account in accounts:
        if account.name == resource.name:
            return account
    raise ObservationFailed(Reason.NO_DATA, "the account is no longer there")


def _sign_in(account: Account, days: int | None, now: int) -> str:
    """Return what the password opens at ``now``; without a date of change an age is over."""
    if not account.may_sign_in:
        return "blocked"
    changed = datetime.fromisoformat(account.changed).timestamp() if account.changed else 0
    over = days is not None and now > changed + days * 86400
    return "blocked-until-changed" if account.expired or over else "open"


def _kept(account: Account) -> list[Any]:
    """Return the methods that keep a password, the weakest first."""
    order = ("none", "mysql-old", "other", "mysql-native", "sha256", "caching-sha2", "ed25519")
    found = [
        method
        for method in account.methods
        if method.plugin in SCHEMES and method.kept != "invalid"
    ]
    return sorted(
        found,
        key=lambda each: order.index("none" if each.kept == "empty" else SCHEMES[each.plugin]),
    )
