"""What the checkers of PostgreSQL share: the target's options and every question that is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import Call, Failure, call, demand
from troth.checkers.database import postgres_faults, postgres_queries, postgres_session, usage
from troth.checkers.database.family import DatabaseChecker
from troth.checkers.database.postgres_settings import Settings

_READ = "CONNECT on the database"
_ALL_SETTINGS = "pg_read_all_settings"
#: The role that initdb makes; it has this number in every cluster.
BOOTSTRAP = 10
Row = Mapping[str, Any]


class PostgresChecker(DatabaseChecker):
    """Base of the PostgreSQL checkers; every call is one statement on the catalogue.

    What the target does not say is libpq's: PGUSER, PGPASSFILE, PGSSLMODE, the service file, the
    client certificate of the user who runs troth.
    """

    target_type = "postgresql"
    scheme = "postgresql"
    default_port = 5432
    client_library = ("psycopg", "troth[postgres]")
    options: ClassVar[Mapping[str, Any]] = {
        **DatabaseChecker.options,
        "database": {
            "type": "string",
            "minLength": 1,
            "default": "postgres",
            "description": "the database to connect to for what is asked once a server",
        },
        "service": {
            "type": "string",
            "pattern": "^[A-Za-z0-9_.-]+$",
            "description": "entry of libpq's service file for what the target does not say",
        },
        "sslmode": {
            "enum": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
            "description": "as libpq; verify-full is the one that nobody can stand between",
        },
        "sslrootcert": {
            "type": "string",
            "minLength": 1,
            "description": "file of trusted authorities, or system",
        },
    }

    def rows(
        self, sql: str, parameters: Sequence[Any] = (), database: str = ""
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a statement in a read-only session; only one at a time."""
        with self.turn:
            return postgres_session.rows(self.target, self.deadline, sql, parameters, database)

    def objects(self, sql: str, parameters: Sequence[Any] = (), database: str = "") -> list[Row]:
        """Return the rows of a statement that yields one JSON object in each."""
        return [json.loads(text) for (text,) in self.rows(sql, parameters, database)]

    @call("pg:pg_settings", actions=[_ALL_SETTINGS], per="partition")
    def settings(self) -> Settings:
        """Return the settings that are in force, as far as the account may see them."""
        return Settings.of(self.rows(postgres_queries.SETTINGS))

    @call("pg:pg_db_role_setting", actions=[_READ], per="partition")
    def overrides(self) -> list[Row]:
        """Return what single accounts and databases have set otherwise (``role``, ``config``)."""
        return self.objects(postgres_queries.OVERRIDES)

    @call("pg:pg_roles", actions=[_READ], per="partition")
    def roles(self) -> list[Row]:
        """Return all roles with their attributes; no password is among them."""
        return self.objects(postgres_queries.ROLES)

    @call("pg:pg_auth_members", actions=[_READ], per="partition")
    def memberships(self) -> list[Row]:
        """Return which role is a member of which, by their numbers."""
        return self.objects(postgres_queries.MEMBERSHIPS)

    @call(
        "pg:pg_hba_file_rules",
        actions=["SELECT on pg_hba_file_rules and EXECUTE on pg_hba_file_rules()"],
        per="partition",
    )
    def host_rules(self) -> list[Row]:
        """Return the lines of pg_hba.conf."""
        return self.objects(postgres_queries.HOST_RULES)

    @call(
        "pg:pg_stat_file",
        actions=["EXECUTE on pg_stat_file(text)"],
        per="partition",
        absent_on=["denied"],
    )
    def host_rules_newer(self) -> bool:
        """Return whether pg_hba.conf was changed after it was loaded."""
        ((newer,),) = self.rows(postgres_queries.HOST_RULES_NEWER)
        return bool(newer)

    @call("pg:pg_stat_activity, pg_stat_ssl", actions=["pg_read_all_stats"], per="partition")
    def activity(self) -> list[Row]:
        """Return the open sessions of clients, alike ones counted."""
        return self.objects(postgres_queries.ACTIVITY)

    @call("pg:pg_authid", actions=["SELECT on pg_authid (superuser)"], per="partition")
    def verifiers(self) -> list[Row]:
        """Return how each role's password is kept: scheme and rounds, made out by the server."""
        return self.objects(postgres_queries.VERIFIERS)

    @call("pg:pg_stat_replication", actions=["pg_monitor"], per="partition")
    def standbys(self) -> list[Row]:
        """Return whether the server is a standby, and who replicates from it."""
        return self.objects(postgres_queries.STANDBYS)

    @call("pg:pg_database", actions=[_READ], per="partition")
    def database_rows(self) -> list[Row]:
        """Return every database with its size, its owner and who may connect to it."""
        return self.objects(postgres_queries.DATABASES)

    @call("pg:pg_database", actions=[_READ], per="partition")
    def databases(self) -> list[str]:
        """Return the names of the databases that may be connected to, templates apart."""
        return [
            str(row["name"])
            for row in self.objects(postgres_queries.DATABASES)
            if row["connectable"] and not row["template"]
        ]

    @call("pg:pg_class, pg_namespace, pg_default_acl", actions=[_READ], per="key")
    def rights_in(self, database: str) -> list[Row]:
        """Return who was granted what on the schemas and tables of one database."""
        return self.objects(postgres_queries.RIGHTS, database=database)

    @call("pg:pg_control_system", actions=["EXECUTE on pg_control_system()"], per="partition")
    def made_at(self) -> str:
        """Return when the cluster was made, which its identifier begins with."""
        ((instant,),) = self.rows(postgres_queries.MADE_AT)
        return str(instant)

    def use_of(self, role: Row) -> usage.Use:
        """Return who the target says a role is for."""
        return usage.use_of(
            self.target,
            [str(demand(role, "name"))],
            root=demand(role, "oid") == BOOTSTRAP,
            own=bool(demand(role, "own")),
        )

    def may_have_people(self, roles: Sequence[Row]) -> bool:
        """Tell whether a role that may sign in is a person's, or the target does not say whose."""
        return any(demand(r, "login") and self.use_of(r).type in ("human", "") for r in roles)

    @classmethod
    def failure_of(cls, error: BaseException, declared: Call) -> Failure | None:
        """Turn what psycopg raises into a failure that names the permission."""
        return postgres_faults.failure_of(error, declared)

    @classmethod
    def error_code(cls, error: BaseException) -> str:
        """Return ``denied`` for a refused permission, else an empty string."""
        return "denied" if getattr(error, "sqlstate", None) == "42501" else ""
