"""A MySQL or MariaDB server as it sees itself: who gets in, who is in, and what it logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from troth.checker import Facts, Failure, Listed, Reason, Resource, complete, facet, partial
from troth.checkers.database import mysql_settings, tenancy, usage
from troth.checkers.database.mysql import MysqlChecker, Row
from troth.checkers.database.mysql_accounts import Account
from troth.checkers.database.mysql_rights import Grant, Rights
from troth.checkers.database.mysql_settings import Settings

_REMOTE = ("host", "hosts", "any")
#: Databases of the server itself.
SYSTEM = ("information_schema", "mysql", "performance_schema", "sys")
_WORKERS = ("system user", "event_scheduler")
_PROTECTED = {"SSL/TLS": "tls", "TCP/IP": "none", "Socket": "none", "TCP/SSL": "tls"}
_SENDING = ("master_enabled", "source_enabled")
_STRONGEST = ("all", "write", "read", "create", "use")


class Servers(MysqlChecker):
    """One resource: the server."""

    id = "database.mysql"
    kind = "database"

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the server that the target names, whether or not it answers."""
        yield Resource(self.own_id(), self.server_name, self.partition.name)

    def users(self, accounts: Sequence[Account]) -> list[tuple[Account, usage.Use]]:
        """Return every account that may sign in, and who the target says uses it."""
        own = str(self.read("version")["own"])
        return sorted(
            ((one, use_of(self.target, one, own)) for one in accounts if one.may_sign_in),
            key=lambda each: each[0].name,
        )

    @facet("nature", uses=["version"])
    def nature(self, server: Resource, version: Mapping[str, str]) -> Mapping[str, Any]:
        """Return the product and its version."""
        return {"product": version["product"], "version": version["version"]}

    @facet("access", uses=["settings", "accounts", "grants", "dynamic_grants", "role_members"])
    def access(
        self, server: Resource, settings: Settings, accounts: Sequence[Account], *given: Any
    ) -> Mapping[str, Any]:
        """Return one way in for each account and each thing that it may show."""
        found = ways_in(settings, accounts, rights_of(*given))
        return {"listens": mysql_settings.listens(settings), "ways": complete(found)}

    @facet("transport", uses=["settings", "accounts"])
    def transport(
        self, server: Resource, settings: Settings, accounts: Sequence[Account]
    ) -> Mapping[str, Any]:
        """Return whether an account lets another machine in without TLS."""
        offered = "offered" if mysql_settings.offers_tls(settings) else "off"
        return {"tls": offered, "plaintext": plaintext(settings, accounts)}

    @facet("sessions", uses=["settings", "sessions_seen"])
    def sessions(self, server: Resource, settings: Settings, rows: Sequence[Row]) -> Facts:
        """Return the sessions of clients; without its performance schema a server hides TLS."""
        required = mysql_settings.is_on(settings, "require_secure_transport")
        counted: Counter[tuple[str, str, str, str]] = Counter()
        unread = 0
        for user, host, _, own, kind in rows:
            if own or str(user) in _WORKERS:
                continue
            client, reach = _client(str(host or ""))
            protection = "none" if reach == "socket" else _PROTECTED.get(str(kind), "")
            protection = protection or ("tls" if required else "")
            if protection:
                counted[str(user), client, reach, protection] += 1
            else:
                unread += 1
        names = ("account", "client", "reach", "protection")
        found = [
            dict(zip(names, key, strict=True)) | {"count": count} for key, count in counted.items()
        ]
        if not unread:
            return Facts({"open": complete(found)})
        words = f"{unread} sessions do not tell whether TLS protects them; "
        why = Failure(Reason.NOT_SUPPORTED, words + "start the server with performance_schema=ON")
        return Facts({"open": partial(found)}, {"open": why})

    @facet("logins", uses=["accounts", "grants", "dynamic_grants", "role_members"])
    def logins(self, server: Resource, accounts: Sequence[Account], *given: Any) -> Facts:
        """Return the accounts that may sign in, and who the target says they are for."""
        rights = rights_of(*given)
        rows, left_out = [], []
        for account, use in self.users(accounts):
            if not use.type:
                left_out.append(account.name)
                continue
            rows.append(
                {
                    "account": account.name,
                    "type": use.type,
                    "superuser": rights.is_superuser(account.name),
                    "applications": list(use.applications),
                }
            )
        return usage.by_account(rows, left_out)

    @facet("passwords", uses=["version", "settings"])
    def passwords(
        self, server: Resource, version: Mapping[str, str], settings: Settings
    ) -> Mapping[str, Any]:
        """Return the scheme for new passwords; an account may be made with another plugin."""
        return {"scheme": mysql_settings.new_scheme(version["product"], settings)}

    @facet("tenancy", uses=["accounts", "grants", "dynamic_grants", "role_members", "schemas"])
    def tenancy(self, server: Resource, accounts: Sequence[Account], *given: Any) -> Facts:
        """Return what each customer's accounts reach of what is another's, by their grants."""
        *granted, schemas = given
        rights = rights_of(*granted)
        names = [str(name) for name, *_ in schemas if str(name) not in SYSTEM]
        reached: dict[str, dict[str, str]] = {}
        for account, _ in self.users(accounts):
            mine = _tenant_name(self.target, account)
            for name in names if mine else ():
                kinds = rights.kinds(account.name, name)
                kinds |= {reached.get(mine, {}).get(name, "")} - {""}  # of the same user elsewhere
                if kinds:
                    strongest = next(kind for kind in _STRONGEST if kind in kinds)
                    reached.setdefault(mine, {})[name] = strongest
        filled = [str(name) for name, _, holds in schemas if holds]
        return tenancy.tenancy(self.target, reached, names, filled, _hidden(rights, self.read))

    @facet("audit", uses=["settings", "plugins"])
    def audit(self, server: Resource, settings: Settings, plugins: Mapping[str, str]) -> Facts:
        """Return what the audit plugin or the general log tells of every account."""
        facts, missing = mysql_settings.audit(settings, plugins)
        raw = {
            name: value for name, value in settings.items() if "audit" in name or "general" in name
        }
        return Facts(facts, missing, raw)

    @facet("replication", uses=["settings", "sessions_seen"])
    def replication(
        self, server: Resource, settings: Settings, rows: Sequence[Row]
    ) -> Mapping[str, Any]:
        """Return which servers fetch the binary log, and whether this one fetches another's."""
        workers = ("Slave_IO", "Connect")
        standby = any(row[0] == "system user" and str(row[2]) in workers for row in rows)
        quick = any(
            name.startswith("rpl_semi_sync_") and name.endswith(_SENDING)
            and mysql_settings.is_on(settings, name)
            for name in settings
        )  # fmt: skip
        names = {_client(str(row[1]))[0] for row in rows if str(row[2]).startswith("Binlog Dump")}
        mode = "synchronous" if quick else "asynchronous"
        return {
            "role": "standby" if standby else "primary",
            "standbys": complete(
                {"name": name or "localhost", "state": "streaming", "mode": mode} for name in names
            ),
        }

    @facet("contents", uses=["schemas", "version", "grants", "dynamic_grants", "role_members"])
    def contents(
        self, server: Resource, schemas: Sequence[Row], version: Mapping[str, str], *given: Any
    ) -> Facts:
        """Return the databases with their sizes, the server's own apart."""
        found = [
            {"name": str(name), "bytes": int(size)}
            for name, size, _ in schemas
            if str(name) not in SYSTEM
        ]
        why = _hidden(rights_of(*given), self.read)
        if why is None:
            return Facts({"databases": complete(found)})
        return Facts({"databases": partial(found)}, {"databases": why})


def use_of(target: Mapping[str, Any], account: Account, own: str) -> usage.Use:
    """Return who the target says an account is for; ``own`` is troth's as the server says it."""
    return usage.use_of(target, list(account.names), root=account.is_root, own=account.name == own)


def rights_of(grants: Sequence[Grant], dynamic: Any, members: Any) -> Rights:
    """Return the rights of all accounts; a product without dynamic grants or roles has none."""
    return Rights([*grants, *(dynamic or [])], members or [])


def ways_in(
    settings: Settings, accounts: Sequence[Account], rights: Rights
) -> list[dict[str, str]]:
    """Return the ways in: each account that may sign in, with each thing that it may show."""
    return [
        {
            "rule": f"'{account.user}'@'{account.host}'",
            "accounts": account.name,
            "databases": rights.databases(account.name),
            "reach": "socket" if proof == "machine" else account.reach,
            "origin": "" if proof == "machine" else account.host,
            "transport": "socket" if proof == "machine" else transport_of(settings, account),
            "proof": proof,
        }
        for account in accounts
        if account.may_sign_in
        for proof in account.proofs
    ]


def transport_of(settings: Settings, account: Account) -> str:
    """Return how an account is let in: ``tls``, ``either`` or ``plaintext``."""
    if account.tls or mysql_settings.is_on(settings, "require_secure_transport"):
        return "tls"
    return "either" if mysql_settings.offers_tls(settings) else "plaintext"


def remote(settings: Settings, accounts: Sequence[Account]) -> list[Account]:
    """Return the accounts that another machine gets in by; none where none is listened to."""
    if mysql_settings.listens(settings) != "network":
        return []
    return [
        one
        for one in accounts
        if one.may_sign_in and one.reach in _REMOTE and set(one.proofs) != {"machine"}
    ]


def plaintext(settings: Settings, accounts: Sequence[Account]) -> str:
    """Return whether another machine gets in without TLS: the fact of that name."""
    found = remote(settings, accounts)
    if not found:
        return "not-reachable"
    return "refused" if all(transport_of(settings, one) == "tls" for one in found) else "accepted"


def _client(host: str) -> tuple[str, str]:
    """Return a session's address and reach; TCP tells a port behind the address, a socket none."""
    if host in ("localhost", ""):
        return "", "socket"
    address, _, port = host.rpartition(":")
    address = address if address and port.isdigit() else host
    near = address in ("localhost", "::1") or address.startswith("127.")
    return address, "loopback" if near else "remote"


def _tenant_name(target: Mapping[str, Any], account: Account) -> str:
    """Return the name under which the target knows a customer's account, empty for others."""
    names = account.names
    return next((name for name in names if usage.tenants_of(target, name, "accounts")), "")


def _hidden(rights: Rights, read: Any) -> Failure | None:
    """Return why databases may be hidden from troth: an account sees those it has a right in."""
    if rights.sees_all(str(read("version")["own"])):
        return None
    words = "may not see every database"
    return Failure(Reason.PERMISSION_DENIED, words, "SHOW DATABASES and SELECT on *.*")
