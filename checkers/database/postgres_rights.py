"""Who reaches what in PostgreSQL through all the roles that an account is a member of.

Pure: from the rows of the catalogue to what an account may do at a place. A place is a database
or ``database.schema``. A row level policy is taken as what separates the rows; what it says is not
read. What functions do with their owner's rights is not seen either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from troth.checker import demand

#: Members of these become superusers at will, or are what a provider gives in place of one.
#: Sources: the chapter on predefined roles, and the manuals of the providers.
_AS_GOOD = (
    "pg_execute_server_program",
    "pg_write_server_files",
    "azure_pg_admin",
    "cloudsqlsuperuser",
    "rds_superuser",
)
_EVERYBODY = 0
_RANK = ("use", "create", "read", "write", "all")
_OF_SCHEMA = {"USAGE": "use", "CREATE": "create", "CONNECT": "use", "TEMPORARY": ""}
Row = Mapping[str, Any]


class Roles:
    """All roles of a cluster, and which of them each one can act as."""

    def __init__(self, roles: Iterable[Row], memberships: Iterable[Row]) -> None:
        """Keep the rows of ``pg_roles`` and ``pg_auth_members``."""
        self.rows = {int(demand(row, "oid")): row for row in roles}
        self._over: dict[int, set[int]] = {}
        for row in memberships:
            if any(row.get(key, True) for key in ("inherit_option", "set_option", "admin_option")):
                member, role = int(demand(row, "member")), int(demand(row, "roleid"))
                self._over.setdefault(member, set()).add(role)

    def acts_as(self, oid: int) -> set[int]:
        """Return the numbers of a role, of all that it is a member of, and of everybody (0)."""
        found, ahead = {oid, _EVERYBODY}, [oid]
        while ahead:
            for role in self._over.get(ahead.pop(), ()):
                if role not in found:
                    found.add(role)
                    ahead.append(role)
        return found

    def names(self, oids: Iterable[int]) -> set[str]:
        """Return the names of roles by their numbers."""
        return {str(demand(self.rows[oid], "name")) for oid in oids if oid in self.rows}

    def is_superuser(self, oid: int) -> bool:
        """Tell whether no check of rights stops a role, or it can make that so."""
        over = self.acts_as(oid)
        if any(demand(self.rows[each], "superuser") for each in over if each in self.rows):
            return True
        return bool(self.names(over) & set(_AS_GOOD))

    def logins(self) -> list[tuple[int, str]]:
        """Return number and name of every role that may sign in."""
        return sorted(
            (oid, str(demand(row, "name")))
            for oid, row in self.rows.items()
            if demand(row, "login")
        )


def reaches(
    roles: Roles, oid: int, databases: Iterable[Row], inside: Mapping[str, Iterable[Row]]
) -> dict[str, str]:
    """Return the strongest right of an account at each place where it has one.

    ``databases`` are rows of ``pg_database``, ``inside`` those of the grants within each. Who may
    not connect to a database reaches nothing in it. Tables under row security count as ``use``:
    their policy decides, row by row.
    """
    found: dict[str, str] = {}
    acting, names = roles.acts_as(oid), roles.names(roles.acts_as(oid))
    boss = roles.is_superuser(oid)
    for database in databases:
        name = str(demand(database, "name"))
        if boss:
            _raise(found, name, "all")
        for grant in demand(database, "grants") or ():
            if int(demand(grant, "grantee")) in acting:
                _raise(found, name, _OF_SCHEMA.get(str(demand(grant, "right")), ""))
        if int(demand(database, "owner")) in acting:
            _raise(found, name, "all")
        if name in found:
            _inside(found, name, list(inside.get(name, ())), acting, names, boss)
    return found


def filled(rows: Iterable[Row]) -> set[str]:
    """Return the schemas with a table or view outside row security that may hold a row."""
    return {
        str(demand(row, "schema"))
        for row in rows
        if demand(row, "what") == "table" and demand(row, "filled")
    }


def _inside(
    found: dict[str, str],
    database: str,
    rows: list[Row],
    acting: set[int],
    names: set[str],
    boss: bool,
) -> None:
    enters = {
        str(demand(row, "schema"))
        for row in rows
        if demand(row, "what") == "schema" and int(demand(row, "grantee")) in acting
    }
    everything = {"pg_read_all_data": "read", "pg_write_all_data": "write"}
    for row in rows:
        schema, what = str(demand(row, "schema")), demand(row, "what")
        place = f"{database}.{schema}"
        if boss:
            _raise(found, place, "all")
        for name in names & everything.keys():
            _raise(found, place, everything[name])
        if int(demand(row, "grantee")) in acting and schema in enters:
            _raise(found, place, _right(str(demand(row, "right")), what))


def _right(privilege: str, what: str) -> str:
    if what == "schema":
        return _OF_SCHEMA.get(privilege, "")
    if what == "rows":
        return "use"
    if privilege == "SELECT":
        return "read"
    return "write" if privilege in ("INSERT", "UPDATE", "DELETE", "TRUNCATE") else ""


def _raise(found: dict[str, str], place: str, right: str) -> None:
    if right and _RANK.index(right) >= _RANK.index(found.get(place, "use")):
        found[place] = right
