"""A PostgreSQL server as it sees itself: who gets in from where, who is in, and what it logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from troth.checker import (
    ABSENT,
    Facts,
    Failure,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    complete,
    demand,
    facet,
    partial,
)
from troth.checkers.database import postgres_hba, postgres_rights, postgres_settings, tenancy, usage
from troth.checkers.database.postgres import PostgresChecker, Row
from troth.checkers.database.postgres_settings import Settings

_REMOTE = ("host", "hosts", "any")
_SCHEMES = {"scram-sha-256": "scram-sha-256", "md5": "md5", "on": "md5"}
_STATES = {"streaming": "streaming", "catchup": "catching-up", "startup": "catching-up"}


class Servers(PostgresChecker):
    """One resource: the server."""

    id = "database.postgres"
    kind = "database"

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the server that the target names, whether or not it answers."""
        yield Resource(self.own_id(), self.server_name, self.partition.name)

    def users(self, roles: Sequence[Row]) -> list[tuple[Row, usage.Use]]:
        """Return every role that may sign in, and who the target says uses it."""
        return sorted(
            ((role, self.use_of(role)) for role in roles if demand(role, "login")),
            key=lambda each: str(each[0]["name"]),
        )

    def database_names(self, server: Resource) -> Iterable[str]:
        """Return the databases to look into; none unless the target names tenants."""
        return list(self.read("databases")) if self.target.get("tenants") else []

    @facet("nature", uses=["settings"])
    def nature(self, server: Resource, settings: Settings) -> Mapping[str, Any]:
        """Return the product and its version."""
        return {"product": "postgresql", "version": settings.get("server_version")}

    @facet("access", uses=["settings", "host_rules", "host_rules_newer"])
    def access(self, server: Resource, settings: Settings, rows: list[Row], newer: Any) -> Facts:
        """Return the ways in by pg_hba.conf, if the file is what the server goes by.

        Where it may not be seen whether the file was changed since it was loaded, it is taken as
        loaded; the evidence says so.
        """
        found = ways_in(settings, rows, newer)
        facts = {"listens": postgres_settings.listens(settings), "ways": complete(found)}
        methods = sorted({str(row.get("auth_method")) for row in rows})
        return Facts(facts, raw={"methods": methods, "load_seen": newer is not ABSENT})

    @facet("transport", uses=["settings", "host_rules", "host_rules_newer"])
    def transport(self, server: Resource, settings: Settings, rows: list[Row], newer: Any) -> Facts:
        """Return whether a line of pg_hba.conf lets another machine in without TLS."""
        offered = "offered" if settings.get("ssl") == "on" else "off"
        found = ways_in(settings, rows, newer)
        plain = [way["rule"] for way in remote(settings, found) if way["transport"] != "tls"]
        facts = {"tls": offered, "plaintext": plaintext(settings, found)}
        return Facts(facts, raw={"without_tls": plain, "load_seen": newer is not ABSENT})

    @facet("sessions", uses=["activity"])
    def sessions(self, server: Resource, rows: list[Row]) -> dict[str, Any]:
        """Return the sessions of clients; without pg_read_all_stats others' are not shown."""
        if not rows:
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, "not even this session is listed")
        if not all(demand(row, "seen") for row in rows):
            words, action = "may not see the sessions of others", "pg_read_all_stats"
            raise ObservationFailed(Reason.PERMISSION_DENIED, words, action)
        return {"open": complete(_session(row) for row in rows if demand(row, "count"))}

    @facet("logins", uses=["roles", "memberships"])
    def logins(self, server: Resource, roles: list[Row], memberships: list[Row]) -> Facts:
        """Return the roles that may sign in, and who the target says they are for."""
        known = postgres_rights.Roles(roles, memberships)
        rows, left_out = [], []
        for role, use in self.users(roles):
            if not use.type:
                left_out.append(role["name"])
                continue
            rows.append(
                {
                    "account": role["name"],
                    "type": use.type,
                    "superuser": known.is_superuser(int(role["oid"])),
                    "applications": list(use.applications),
                }
            )
        return usage.by_account(rows, left_out)

    @facet("passwords", uses=["settings"])
    def passwords(self, server: Resource, settings: Settings) -> Mapping[str, Any]:
        """Return the scheme for new passwords; a client may still send a hash of its own."""
        return {"scheme": _SCHEMES.get(settings.get("password_encryption"), "other")}

    @facet(
        "tenancy",
        uses=["roles", "memberships", "database_rows", "rights_in"],
        keys="database_names",
    )
    def tenancy(
        self,
        server: Resource,
        roles: list[Row],
        memberships: list[Row],
        databases: list[Row],
        inside: Mapping[str, list[Row]],
    ) -> Facts:
        """Return what each customer's accounts reach of what is another's, by their grants."""
        known = postgres_rights.Roles(roles, memberships)
        looked_at = [row for row in databases if demand(row, "name") in inside]
        mine = [
            (oid, name)
            for oid, name in known.logins()
            if usage.tenants_of(self.target, name, "accounts")
        ]
        reached = {n: postgres_rights.reaches(known, oid, looked_at, inside) for oid, n in mine}
        places = set(inside)
        filled = set()
        for database, rows in inside.items():
            places |= {f"{database}.{demand(row, 'schema')}" for row in rows}
            filled |= {f"{database}.{schema}" for schema in postgres_rights.filled(rows)}
        return tenancy.tenancy(self.target, reached, sorted(places), filled, None)

    @facet("audit", uses=["settings", "overrides"])
    def audit(self, server: Resource, settings: Settings, overrides: list[Row]) -> Facts:
        """Return what is logged for every account; one that is spared counts for all."""
        level = settings.get("log_min_messages").lower()
        facts = {
            "sign_ins": postgres_settings.logs_sign_ins(settings),
            "sign_outs": settings.get("log_disconnections") == "on",
            "errors": level not in ("log", "fatal", "panic"),
            "destination": postgres_settings.destination(settings),
        }
        for name, fact in (("log_connections", "sign_ins"), ("log_disconnections", "sign_outs")):
            others = postgres_settings.overridden(overrides, name)
            facts[fact] = facts[fact] and all(_is_on(each["value"]) for each in others)
        raw = {"log_min_messages": level}
        try:
            facts["statements"] = postgres_settings.statements(settings, overrides)
        except ObservationFailed as error:
            return Facts(facts, {"statements": error.failure}, raw)
        return Facts(facts, raw=raw)

    @facet("replication", uses=["standbys"])
    def replication(self, server: Resource, rows: list[Row]) -> dict[str, Any]:
        """Return whether it is a standby, and which ones replicate from it."""
        if not rows:
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, "the answer has no row")
        if not demand(rows[0], "seen"):
            raise ObservationFailed(
                Reason.PERMISSION_DENIED, "may not see who replicates", "pg_monitor"
            )
        named = [row for row in rows if demand(row, "name") is not None]
        return {
            "role": "standby" if demand(rows[0], "standby") else "primary",
            "standbys": complete(_standby(row) for row in named),
        }

    @facet("contents", uses=["database_rows"])
    def contents(self, server: Resource, rows: list[Row]) -> Facts:
        """Return the databases with their sizes, templates apart."""
        named = [row for row in rows if not demand(row, "template")]
        known = [
            {"name": row["name"], "bytes": row["bytes"]}
            for row in named
            if demand(row, "bytes") is not None
        ]
        if len(known) == len(named):
            return Facts({"databases": complete(known)})
        words, action = "may not see the size of every database", "pg_read_all_stats"
        why = Failure(Reason.PERMISSION_DENIED, words, action)
        return Facts({"databases": partial(known)}, {"databases": why})


def ways_in(settings: Settings, rows: list[Row], newer: Any) -> list[dict[str, str]]:
    """Return the ways in by pg_hba.conf; raise where the file is not what the server goes by."""
    wrong = [row for row in rows if row.get("error")]
    if wrong:
        number = wrong[0].get("line_number")
        words = f"line {number} of pg_hba.conf has an error: the server goes by an older one"
        raise ObservationFailed(Reason.UNPROVEN, words + "; correct it and reload")
    if newer:
        words = "pg_hba.conf was changed and not loaded since; reload the server"
        raise ObservationFailed(Reason.UNPROVEN, words)
    if not rows:
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "pg_hba.conf has no line")
    try:
        read = postgres_hba.lines(rows)
    except (KeyError, ValueError):
        words = "a line of pg_hba.conf is of a form that is not known"
        raise ObservationFailed(Reason.NOT_SUPPORTED, words) from None
    return list(postgres_hba.ways(read, tls=settings.get("ssl") == "on"))


def remote(settings: Settings, found: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the ways by which another machine gets in; none where none is listened to."""
    if postgres_settings.listens(settings) != "network":
        return []
    return [way for way in found if way["reach"] in _REMOTE]


def plaintext(settings: Settings, found: list[dict[str, str]]) -> str:
    """Return whether another machine gets in without TLS: the fact of that name."""
    ways = remote(settings, found)
    if not ways:
        return "not-reachable"
    return "refused" if all(way["transport"] == "tls" for way in ways) else "accepted"


def _session(row: Row) -> dict[str, Any]:
    client = str(demand(row, "client"))
    near = "loopback" if demand(row, "same") else "remote"
    protection = "other" if demand(row, "other") else "none"
    return {
        "account": str(row.get("account") or ""),
        "client": client,
        "reach": near if client else "socket",
        "protection": "tls" if demand(row, "tls") else protection,
        "count": demand(row, "count"),
    }


def _standby(row: Row) -> dict[str, str]:
    quick = ("sync", "quorum")
    return {
        "name": str(row["name"]),
        "state": _STATES.get(str(row.get("state")), "stopped"),
        "mode": "synchronous" if row.get("mode") in quick else "asynchronous",
    }


def _is_on(value: str) -> bool:
    return value.strip().lower() in ("on", "true", "yes", "1", "all")
