"""What the checkers of MySQL and MariaDB share: the target's options and every question asked.

The same checkers look at both; where they differ the product is asked for by name. MySQL's own
answers are written from its manual, MariaDB's were recorded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import Call, Failure, ObservationFailed, Reason, call
from troth.checkers.database import mysql_accounts, mysql_faults, mysql_rights, mysql_session
from troth.checkers.database.family import DatabaseChecker
from troth.checkers.database.mysql_accounts import Account

_GRANTS = "SELECT on mysql.*"
_NO_TABLE = "1146"
#: The settings that some facet reads; ``%`` stands for any ending.
_SETTINGS = (
    "admin_address", "audit\\_log%", "authentication\\_policy", "bind\\_address",
    "default\\_authentication\\_plugin", "default\\_password\\_lifetime",
    "disconnect\\_on\\_expired\\_password", "encrypt\\_tmp\\_files", "file\\_key\\_management\\_%",
    "general\\_log", "have\\_ssl", "innodb\\_encrypt%",
    "innodb\\_redo\\_log\\_encrypt", "interactive\\_timeout", "log\\_output",
    "max\\_password\\_errors", "password\\_history", "password\\_reuse%",
    "require\\_secure\\_transport", "rpl\\_semi\\_sync\\_%\\_enabled", "server\\_audit%",
    "simple\\_password\\_check%", "cracklib\\_password\\_check%", "skip\\_networking",
    "strict\\_password\\_validation", "tls\\_version", "validate\\_password%", "wait\\_timeout",
)  # fmt: skip
_COLUMN = re.compile("[A-Za-z_]+", re.ASCII)
Row = Sequence[Any]


class MysqlChecker(DatabaseChecker):
    """Base of the MySQL and MariaDB checkers; every call is one statement that reads.

    What the target does not say comes from the option files of the platform's own clients
    (``~/.my.cnf``, group ``client``) and from ``MYSQL_PWD``; a token of a cloud's IAM is a password
    there, and is given to a server whose certificate was verified only.
    """

    target_type = "mysql"
    scheme = "mysql"
    default_port = 3306
    client_library = ("pymysql", "troth[mysql]")
    options: ClassVar[Mapping[str, Any]] = {
        **DatabaseChecker.options,
        "option_file": {
            "type": "string",
            "minLength": 1,
            "description": "option file with the account (group client); ~/.my.cnf and /etc else",
        },
        "ssl_mode": {
            "enum": list(mysql_session.MODES),
            "default": "preferred",
            "description": "as MySQL's clients; with verify_identity nobody can stand between",
        },
        "ssl_ca": {"type": "string", "minLength": 1, "description": "file of trusted authorities"},
    }

    def rows(
        self, sql: str, parameters: Sequence[Any] = (), database: str = ""
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a statement in a read-only session; only one at a time."""
        with self.turn:
            return mysql_session.rows(self.target, self.deadline, sql, parameters, database)

    @call("mysql:version", actions=["USAGE"], per="partition")
    def version(self) -> Mapping[str, str]:
        """Return the product, the version, troth's own account, and the server's time."""
        found = self.rows("SELECT VERSION(), @@version_comment, CURRENT_USER(), UNIX_TIMESTAMP()")
        if len(found) != 1:
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, "the server says no version")
        version, comment, own, now = map(str, found[0])
        is_mariadb = "mariadb" in f"{version} {comment}".lower()
        return {
            "product": "mariadb" if is_mariadb else "mysql",
            "version": version,
            "own": own,
            "now": now,
        }

    @call("mysql:global_variables", actions=["USAGE"], per="partition")
    def settings(self) -> Mapping[str, str]:
        """Return the settings that hold for new sessions, names in small letters."""
        where = " OR ".join(["Variable_name LIKE %s"] * len(_SETTINGS))
        found = self.rows(f"SHOW GLOBAL VARIABLES WHERE {where}", _SETTINGS)
        return {str(name).lower(): str(value) for name, value in found}

    @call("mysql:mysql.user", actions=[_GRANTS], per="partition")
    def accounts(self) -> Sequence[Account]:
        """Return all accounts and roles; no hash leaves the server."""
        if self.product == "mariadb":
            return mysql_accounts.of_mariadb(self.rows(mysql_accounts.MARIADB))
        return mysql_accounts.of_mysql(self.rows(mysql_accounts.MYSQL))

    @call("mysql:User_attributes", actions=[_GRANTS], per="partition", absent_on=["1054"])
    def lock_attributes(self) -> Mapping[str, tuple[int, int]]:
        """Return failed sign-ins and days of lock of each account; -1 days: until it is lifted.

        MySQL has them since 8.0.19; what is before that, and MariaDB, has no such column.
        """
        found = self.rows(
            "SELECT User, Host, JSON_EXTRACT(User_attributes, "
            "'$.Password_locking.failed_login_attempts'), JSON_EXTRACT(User_attributes, "
            "'$.Password_locking.password_lock_time_days') FROM mysql.user"
        )
        return {
            account_name(user, host): (int(attempts or 0), int(days or 0))
            for user, host, attempts, days in found
        }

    @call("mysql:mysql.db", actions=[_GRANTS], per="partition")
    def grants(self) -> Sequence[mysql_rights.Grant]:
        """Return what every account and role was granted."""
        return [*self._wide("user"), *self._wide("db"), *self._tables()]

    @call("mysql:mysql.global_grants", actions=[_GRANTS], per="partition", absent_on=[_NO_TABLE])
    def dynamic_grants(self) -> Sequence[mysql_rights.Grant]:
        """Return the rights that MySQL 8 keeps by name; MariaDB has no such table."""
        return [
            mysql_rights.of_table(account_name(user, host), "", "", right)
            for user, host, right in self.rows("SELECT USER, HOST, PRIV FROM mysql.global_grants")
        ]

    @call("mysql:roles_mapping", actions=[_GRANTS], per="partition", absent_on=[_NO_TABLE])
    def role_members(self) -> Sequence[tuple[str, str]]:
        """Return pairs of an account and a role that it has; MySQL 5.7 has no roles."""
        if self.product == "mariadb":
            found = self.rows("SELECT User, Host, Role, '' FROM mysql.roles_mapping")
        else:
            found = self.rows("SELECT TO_USER, TO_HOST, FROM_USER, FROM_HOST FROM mysql.role_edges")
        return [(account_name(u, h), account_name(role, of)) for u, h, role, of in found]

    @call(
        "mysql:processlist",
        actions=["SELECT on performance_schema.threads", "PROCESS"],
        per="partition",
    )
    def sessions_seen(self) -> Sequence[Row]:
        """Return user, host, command, troth's own or not, and kind of connection of each session.

        Without PROCESS the server shows one's own sessions alone, so that is asked first.
        """
        held = self.rows(
            "SELECT 1 FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'PROCESS' "
            "AND GRANTEE = CONCAT(QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1)), '@', "
            "QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)))"
        )
        if not held:
            words = "may not see the sessions of others"
            raise ObservationFailed(Reason.PERMISSION_DENIED, words, "PROCESS")
        return self.rows(
            "SELECT p.USER, p.HOST, p.COMMAND, p.ID = CONNECTION_ID(), t.CONNECTION_TYPE "
            "FROM information_schema.PROCESSLIST p "
            "LEFT JOIN performance_schema.threads t ON t.PROCESSLIST_ID = p.ID"
        )

    @call("mysql:SCHEMATA", actions=["SHOW DATABASES", "SELECT on *.*"], per="partition")
    def schemas(self) -> Sequence[Row]:
        """Return name and bytes of every database, and whether it has a table."""
        return self.rows(
            "SELECT s.SCHEMA_NAME, CAST(COALESCE(SUM(t.DATA_LENGTH + t.INDEX_LENGTH), 0) AS "
            "SIGNED), COALESCE(MAX(t.TABLE_TYPE LIKE '%TABLE%'), 0) "
            "FROM information_schema.SCHEMATA s "
            "LEFT JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = s.SCHEMA_NAME "
            "GROUP BY s.SCHEMA_NAME"
        )

    @call("mysql:PLUGINS", actions=["USAGE"], per="partition")
    def plugins(self) -> Mapping[str, str]:
        """Return the plugins that are active, by name in small letters, with their kind."""
        found = self.rows(
            "SELECT PLUGIN_NAME, PLUGIN_TYPE FROM information_schema.PLUGINS "
            "WHERE PLUGIN_STATUS = 'ACTIVE'"
        )
        return {str(name).lower(): str(kind).lower() for name, kind in found}

    @call("mysql:INNODB_TABLESPACES", actions=["PROCESS"], per="partition")
    def tablespaces(self) -> Sequence[Row]:
        """Return name and whether it is encrypted (``Y``) of every tablespace of InnoDB."""
        if self.product == "mariadb":
            return self.rows(
                "SELECT NAME, IF(ENCRYPTION_SCHEME > 0 AND MIN_KEY_VERSION > 0, 'Y', 'N') "
                "FROM information_schema.INNODB_TABLESPACES_ENCRYPTION"
            )
        return self.rows("SELECT NAME, ENCRYPTION FROM information_schema.INNODB_TABLESPACES")

    @call("mysql:TABLES", actions=["SELECT on *.*"], per="partition")
    def other_engines(self) -> Sequence[str]:
        """Return the engines of tables that are not InnoDB's, the server's own databases apart."""
        return [
            str(engine)
            for (engine,) in self.rows(
                "SELECT DISTINCT ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN "
                "('information_schema', 'mysql', 'performance_schema', 'sys') "
                "AND TABLE_TYPE = 'BASE TABLE' AND ENGINE <> 'InnoDB'"
            )
        ]

    @call(
        "mysql:mysql.component", actions=["SELECT on mysql.component"], per="partition",
        absent_on=[_NO_TABLE],
    )  # fmt: skip
    def components(self) -> Sequence[str]:
        """Return the components of MySQL 8; MariaDB has no such table."""
        return [str(urn) for (urn,) in self.rows("SELECT component_urn FROM mysql.component")]

    @property
    def product(self) -> str:
        """Return ``mysql`` or ``mariadb``."""
        return str(self.read("version")["product"])

    def _wide(self, table: str) -> list[mysql_rights.Grant]:
        """Return the grants of a table that has a column for each right."""
        columns = [
            str(name)
            for (name,) in self.rows(
                "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'mysql' "
                "AND TABLE_NAME = %s AND COLUMN_NAME LIKE '%%\\_priv'",
                (table,),
            )
        ]
        if not columns or not all(_COLUMN.fullmatch(name) for name in columns):
            words = f"may not see the columns of mysql.{table}"
            raise ObservationFailed(Reason.PERMISSION_DENIED, words, _GRANTS)
        where = "Db" if table == "db" else "''"
        found = self.rows(  # the names are the server's own, and letters alone
            f"SELECT User, Host, {where}, {', '.join(columns)} FROM mysql.{table}"  # noqa: S608
        )
        return [
            mysql_rights.of_columns(
                account_name(user, host), str(database), dict(zip(columns, held, strict=True))
            )
            for user, host, database, *held in found
        ]

    def _tables(self) -> list[mysql_rights.Grant]:
        found = self.rows(
            "SELECT User, Host, Db, Table_name, Table_priv, Column_priv FROM mysql.tables_priv"
        )
        return [
            mysql_rights.of_table(account_name(user, host), str(database), str(table), *sets)
            for user, host, database, table, *sets in found
        ]

    @classmethod
    def failure_of(cls, error: BaseException, declared: Call) -> Failure | None:
        """Turn what the client library raises into a failure that names the permission."""
        return mysql_faults.failure_of(error, declared)

    @classmethod
    def error_code(cls, error: BaseException) -> str:
        """Return the number of the server's error."""
        return str(mysql_faults.number_of(error) or "")


def account_name(user: object, host: object) -> str:
    """Return ``user@host``; a role of MariaDB has no host."""
    return f"{user}@{host}" if host else str(user)
