"""What the accounts of MySQL and MariaDB may do, through roles too; pure functions of grants.

Source: "Privileges Provided by MySQL", "GRANT" (MariaDB): a grant is for everything, for the
databases that match a pattern (``%`` and ``_`` unless escaped), or for one table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_READ = frozenset({"select"})
_WRITE = frozenset({"insert", "update", "delete", "delete_history"})
_CREATE = frozenset(
    {"create", "alter", "drop", "create_view", "create_routine", "trigger", "event"}
)
#: With any of these for everything an account can give itself all others, or no check applies.
_SUPER = frozenset(
    {
        "super", "grant", "create_user", "insert", "update", "set_user_id", "set_any_definer",
        "role_admin", "system_user", "file",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Grant:
    """Rights of one account or role: for everything (``""``), a database pattern, or a table."""

    account: str
    database: str
    table: str
    rights: frozenset[str]


class Rights:
    """All grants of a server, and which roles each account has."""

    def __init__(self, grants: Iterable[Grant], roles: Iterable[tuple[str, str]]) -> None:
        """Keep ``grants``; ``roles`` are pairs of an account and a role that it has."""
        self._grants: dict[str, list[Grant]] = {}
        for grant in grants:
            self._grants.setdefault(grant.account, []).append(grant)
        self._roles: dict[str, set[str]] = {}
        for account, role in roles:
            self._roles.setdefault(account, set()).add(role)

    def grants(self, account: str) -> list[Grant]:
        """Return what an account has by itself and through its roles, in their depth."""
        waiting, seen = [account], {account}
        for name in waiting:
            more = self._roles.get(name, set()) - seen
            seen |= more
            waiting += sorted(more)
        return [grant for name in waiting for grant in self._grants.get(name, [])]

    def is_superuser(self, account: str) -> bool:
        """Tell whether no check holds it, or it can give itself any right."""
        held = self._on(account, "mysql") | self._everywhere(account)
        return bool(
            self._everywhere(account) & _SUPER or held & {"insert", "update", "create_user"}
        )

    def sees_all(self, account: str) -> bool:
        """Tell whether it is shown every database and the sizes of all tables."""
        held = self._everywhere(account)
        return "select" in held or {"show_db", "super"} <= held

    def databases(self, account: str) -> str:
        """Return the databases that it has rights in, as the grants write them; ``all``."""
        if self._everywhere(account) - _SERVER or self.is_superuser(account):
            return "all"
        patterns = {grant.database for grant in self.grants(account) if grant.rights}
        return ", ".join(sorted(patterns - {""})) or "none"

    def kinds(self, account: str, database: str) -> set[str]:
        """Return what it may do in a database: create, use, read, write; ``all`` for everything."""
        if self.is_superuser(account):
            return {"all"}
        held = self._on(account, database)
        kinds = {
            name
            for name, rights in (("read", _READ), ("write", _WRITE), ("create", _CREATE))
            if held & rights
        }
        return kinds or ({"use"} if held - {"usage"} else set())

    def _everywhere(self, account: str) -> frozenset[str]:
        return frozenset().union(
            *(grant.rights for grant in self.grants(account) if not grant.database)
        )

    def _on(self, account: str, database: str) -> frozenset[str]:
        """Return all rights in a database, on any of its tables; rights of the server left out."""
        reaching = (
            grant.rights
            for grant in self.grants(account)
            if not grant.database
            or (grant.table and grant.database == database)
            or (not grant.table and is_like(database, grant.database))
        )
        return frozenset().union(*reaching) - _SERVER


#: Rights for everything that say nothing of what is in a database.
_SERVER = frozenset(
    {
        "reload", "shutdown", "process", "show_db", "repl_slave", "repl_client", "create_user",
        "super", "create_tablespace", "usage",
    }
)  # fmt: skip


def is_like(name: str, pattern: str) -> bool:
    """Tell whether a name matches a pattern of LIKE; a backslash takes a sign literally."""
    parts = re.findall(r"\\.|%+|_|[^\\%_]+|\\", pattern, re.DOTALL)
    if pattern.count("%") > 8:  # more would be slow, and nobody writes them
        return True
    spelled = "".join(
        ".*"
        if part.startswith("%")
        else "."
        if part == "_"
        else re.escape(part.removeprefix("\\") or part)
        for part in parts
    )
    return re.fullmatch(spelled, name, re.DOTALL | re.IGNORECASE) is not None


def of_columns(account: str, database: str, row: Mapping[str, object]) -> Grant:
    """Return the grant of a row of ``mysql.user`` or ``mysql.db``: its ``…_priv`` columns."""
    rights = {
        name.removesuffix("_priv").lower()
        for name, value in row.items()
        if name.endswith("_priv") and value == "Y"
    }
    return Grant(account, database, "", frozenset(rights))


def of_table(account: str, database: str, table: str, *sets: object) -> Grant:
    """Return the grant of a row of ``mysql.tables_priv``; ``sets`` are words with commas."""
    words = {word.strip().lower().replace(" ", "_") for one in sets for word in str(one).split(",")}
    return Grant(account, database, table, frozenset(words - {""}))
