"""What happens at the sign-in of people to MySQL or MariaDB, and to sessions left unused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from troth.checker import Listed, Resource, facet
from troth.checkers.database import mysql_settings
from troth.checkers.database.mysql import MysqlChecker
from troth.checkers.database.mysql_account import people
from troth.checkers.database.mysql_accounts import Account
from troth.checkers.database.mysql_settings import Settings


class SignIns(MysqlChecker):
    """One resource: the sign-in, where people have accounts."""

    id = "database.mysql.sign-in"
    kind = "sign-in"
    lists = ("version", "accounts")

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the sign-in, unless the target says of every account that it is no person's."""
        if people(self.target, self.read("accounts"), self.read("version")["own"]):
            yield Resource(self.own_id("sign-in"), self.server_name, self.partition.name)

    @facet("place")
    def place(self, resource: Resource) -> Mapping[str, Any]:
        """Return that one signs in to a database."""
        return {"where": "databases"}

    @facet("lockout", uses=["version", "settings", "accounts", "lock_attributes"])
    def lockout(
        self,
        resource: Resource,
        version: Mapping[str, str],
        settings: Settings,
        accounts: Sequence[Account],
        attributes: Any,
    ) -> Mapping[str, Any]:
        """Return what wrong passwords bring about, as the weakest account of a person has it.

        MariaDB counts for all accounts but those with all rights, until somebody lifts it; MySQL
        has a limit for each account, so one person without any leaves all as good as without.
        """
        if version["product"] == "mariadb":
            least = mysql_settings.number(settings, "max_password_errors")
            return _lock(least if least < mysql_settings.NO_LIMIT else 0, 0, binds_root=False)
        named = [each.name for each in people(self.target, accounts, version["own"])]
        limits = [(attributes or {}).get(name, (0, 0)) for name in named] or [(0, 0)]
        if any(attempts < 1 or days == 0 for attempts, days in limits):
            return _lock(0, 0, binds_root=False)
        roots = [each.name for each in accounts if each.is_root and each.may_sign_in]
        days = [each for _, each in limits if each > 0]
        return _lock(
            max(attempts for attempts, _ in limits),
            min(days, default=0),
            binds_root=all((attributes or {}).get(name, (0, 0))[0] > 0 for name in roots),
        )

    @facet("idle", uses=["settings"])
    def idle(self, resource: Resource, settings: Settings) -> Mapping[str, Any]:
        """Return after what time an unused session is ended; by which setting, the client says.

        Clients that call themselves interactive have interactive_timeout, others wait_timeout, so
        only the longer one is sure. An account may change the limit of its own session.
        """
        names = ("wait_timeout", "interactive_timeout")
        seconds = max(mysql_settings.number(settings, name) for name in names)
        return {
            "at_prompt_seconds": seconds,
            "in_programs_seconds": seconds,
            "ends_dead_ones": True,
        }


def _lock(attempts: int, days: int, *, binds_root: bool) -> dict[str, Any]:
    return {
        "blocks": "account" if attempts else "nothing",
        "after_attempts": attempts or None,
        "lock_seconds": days * 86400 or None,
        "binds_root": binds_root,
    }
