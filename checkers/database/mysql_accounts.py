"""The accounts of MySQL and MariaDB, from rows that hold no hash; pure functions.

Sources: MariaDB, "mysql.global_priv Table" and "Authentication from MariaDB 10.4"; MySQL, "The
User Account Management Grant Tables" and "Password Management".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from troth.checker import ObservationFailed, Reason

#: Replaces every stored hash by the word ``set`` at the server; ``invalid`` opens nothing.
MARIADB = (
    "SELECT User, Host, REGEXP_REPLACE(CAST(Priv AS CHAR), "
    r"""'("authentication_string"\\s*:\\s*")(?!invalid")(?:[^"\\\\]|\\\\.)+"', '\\1set"') """
    "FROM mysql.global_priv"
)
#: What precedes the salt (``$A$005$``) tells how often the hash is repeated; nothing else comes.
MYSQL = (
    "SELECT User, Host, plugin, authentication_string <> '', "
    "IF(plugin IN ('caching_sha2_password', 'sha256_password'), "
    "LEFT(authentication_string, 7), ''), ssl_type, account_locked, password_expired, "
    "CAST(UNIX_TIMESTAMP(password_last_changed) AS SIGNED), password_lifetime FROM mysql.user"
)
_TLS = ("", "any", "x509", "specified")
#: Scheme of what each plugin keeps; the others keep nothing, or ask somebody else.
SCHEMES = {
    "mysql_native_password": "mysql-native",
    "mysql_old_password": "mysql-old",
    "caching_sha2_password": "caching-sha2",
    "sha256_password": "sha256",
    "ed25519": "ed25519",
    "parsec": "other",
}
_MACHINE = ("unix_socket", "auth_socket")
_LOOPBACK = ("127.0.0.1", "::1")


@dataclass(frozen=True)
class Method:
    """One way in: a plugin and whether a hash is kept (``set``, ``empty``, ``invalid``)."""

    plugin: str
    kept: str
    rounds: int = 0

    @property
    def proof(self) -> str:
        """Return what has to be shown: ``machine``, ``external``, ``password``, ``none``.

        It is empty for a method that lets nobody in.
        """
        if self.plugin in _MACHINE:
            return "machine"
        if self.plugin not in SCHEMES:
            return "" if self.plugin in ("mysql_no_login", "invalid") else "external"
        return {"set": "password", "empty": "none", "invalid": ""}[self.kept]


@dataclass(frozen=True)
class Account:
    """An account or a role. ``changed`` is an ISO 8601 instant, empty where none is recorded.

    ``lifetime`` is in days: 0 for a password that never expires, None for the server's default.
    ``tls`` is empty, ``any``, ``x509`` or ``specified``.
    """

    user: str
    host: str
    methods: tuple[Method, ...]
    tls: str = ""
    locked: bool = False
    expired: bool = False
    changed: str = ""
    lifetime: int | None = None
    is_role: bool = False

    @property
    def name(self) -> str:
        """Return ``user@host``; a role of MariaDB has no host."""
        return f"{self.user}@{self.host}" if self.host else self.user

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names that the user's patterns may mean."""
        return (self.name, self.user)

    @property
    def proofs(self) -> tuple[str, ...]:
        """Return what each method asks for that lets somebody in, without repeats."""
        found = {method.proof for method in self.methods} - {""}
        if self.tls in ("x509", "specified"):
            found = {"certificate"} if found else set()
        return tuple(sorted(found))

    @property
    def may_sign_in(self) -> bool:
        """Tell whether anybody gets in by this account."""
        return not self.locked and not self.is_role and bool(self.proofs)

    @property
    def is_root(self) -> bool:
        """Tell whether it is one of the accounts that a server is set up with."""
        return self.user in ("root", "mysql", "mariadb.sys", "mysql.sys", "mysql.session")

    @property
    def reach(self) -> str:
        """Return from where it is let in: ``loopback``, ``host``, ``hosts`` or ``any``.

        ``localhost`` means the socket, and TCP from an address whose name that is.
        """
        if self.host == "localhost" or self.host in _LOOPBACK:
            return "loopback"
        if self.host in ("%", ""):
            return "any"
        return "hosts" if set(self.host) & set("%_/") else "host"


def of_mariadb(rows: Iterable[Sequence[Any]]) -> list[Account]:
    """Return the accounts of ``mysql.global_priv``; a row that is no JSON raises."""
    return [_mariadb(str(user), str(host), _json(text)) for user, host, text in rows]


def _json(text: Any) -> Mapping[str, Any]:
    try:
        read = json.loads(text)
    except (TypeError, ValueError):
        read = None
    if not isinstance(read, dict):
        words = "a row of mysql.global_priv is no JSON"
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, words)
    return read


def _mariadb(user: str, host: str, priv: Mapping[str, Any]) -> Account:
    ways = priv.get("auth_or") or [{}]
    methods = tuple(_method(priv | way) if way else _method(priv) for way in ways)
    changed = priv.get("password_last_changed")
    lifetime = priv.get("password_lifetime")
    return Account(
        user,
        host,
        methods,
        tls=_TLS[max(0, min(int(priv.get("ssl_type", 0)), 3))],
        locked=bool(priv.get("account_locked", False)),
        expired=changed == 0,
        changed=_instant(changed),
        lifetime=None if lifetime is None or int(lifetime) < 0 else int(lifetime),
        is_role=bool(priv.get("is_role", False)),
    )


def _method(priv: Mapping[str, Any]) -> Method:
    kept = str(priv.get("authentication_string", ""))
    plugin = str(priv.get("plugin", "mysql_native_password"))
    return Method(plugin, {"": "empty", "invalid": "invalid"}.get(kept, "set"))


def of_mysql(rows: Iterable[Sequence[Any]]) -> list[Account]:
    """Return the accounts of ``mysql.user`` as MySQL 5.7 and later have it."""
    found = []
    for user, host, plugin, kept, prefix, tls, locked, expired, changed, lifetime in rows:
        method = Method(str(plugin), "set" if kept else "empty", _rounds(str(prefix or "")))
        found.append(
            Account(
                str(user),
                str(host),
                (method,),
                tls=str(tls or "").lower(),
                locked=locked == "Y",
                expired=expired == "Y",
                changed=_instant(changed),
                lifetime=None if lifetime is None else int(lifetime),
            )
        )
    return found


def _rounds(prefix: str) -> int:
    """Return the rounds of ``$A$005$`` (thousands, hexadecimal) and ``$5$`` (crypt's 5000)."""
    parts = prefix.split("$")
    if len(parts) > 2 and parts[1] == "A":
        try:
            return int(parts[2], 16) * 1000
        except ValueError:
            return 0
    return 5000 if prefix.startswith("$5$") else 0


def _instant(seconds: Any) -> str:
    if not seconds:
        return ""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return ""
