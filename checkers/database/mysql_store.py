"""What a MySQL or MariaDB server holds, as a data store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from troth.checker import Facts, Failure, Listed, Reason, Resource, complete, facet
from troth.checkers.database import mysql_settings
from troth.checkers.database.mysql import MysqlChecker, Row
from troth.checkers.database.mysql_accounts import Account
from troth.checkers.database.mysql_server import plaintext, remote
from troth.checkers.database.mysql_settings import Settings

#: Tablespaces that hold no rows, or that MySQL cannot encrypt and keeps no rows in.
_APART = ("innodb_temporary", "innodb_system", "innodb_undo_001", "innodb_undo_002")


class Stores(MysqlChecker):
    """One resource: the server's data, unless another target lists it (``store``)."""

    id = "database.mysql.store"
    kind = "data-store"

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the store; nothing where the target says which store it is already."""
        if "store" not in self.target:
            yield Resource(self.own_id(), self.server_name, self.partition.name)

    @facet("encryption", uses=["version", "settings", "tablespaces", "other_engines"])
    def encryption(
        self,
        store: Resource,
        version: Mapping[str, str],
        settings: Settings,
        spaces: Sequence[Row],
        others: Sequence[str],
    ) -> Facts:
        """Return whether the server encrypts all of its tables and its redo log.

        Where it leaves one out the disk decides, which the target may give its word for. MySQL has
        AES with 256 bits; MariaDB's keys lie in a file of their own and tell no length.
        """
        log = "innodb_encrypt_log" if version["product"] == "mariadb" else "innodb_redo_log_encrypt"
        plain = [str(name) for name, how in spaces if how != "Y" and str(name) not in _APART]
        plain += [f"tables of {engine}" for engine in others]
        if not mysql_settings.is_on(settings, log):
            plain.append(log)
        if plain:
            return self.store_encryption("MySQL" if version["product"] == "mysql" else "MariaDB")
        facts = {
            "state": "encrypted", "algorithm": "AES", "layer": "database", "key_owner": "customer"
        }  # fmt: skip
        if version["product"] == "mysql":
            return Facts(facts | {"key_bits": 256})
        words = "MariaDB does not tell how long its keys are; look into its key file"
        return Facts(facts, {"key_bits": Failure(Reason.NOT_SUPPORTED, words)})

    @facet("exposure", uses=["settings", "accounts"])
    def exposure(
        self, store: Resource, settings: Settings, accounts: Sequence[Account]
    ) -> dict[str, Any]:
        """Return the accounts by which another machine gets in without any proof."""
        found = [
            f"'{account.user}'@'{account.host}'"
            for account in remote(settings, accounts)
            if "none" in account.proofs
        ]
        return {"public": bool(found), "ways": complete(found)}

    @facet("location")
    def location(self, store: Resource) -> dict[str, Any]:
        """Return the server's host as the target names it; it knows no place of its own."""
        return {"places": complete([f"host:{self.target['host']}"])}

    @facet("transport", uses=["settings", "accounts"])
    def transport(
        self, store: Resource, settings: Settings, accounts: Sequence[Account]
    ) -> Mapping[str, Any]:
        """Return whether another machine gets in without TLS."""
        return {"plaintext": plaintext(settings, accounts)}

    @facet("nature")
    def nature(self, store: Resource) -> Mapping[str, Any]:
        """Return that it is a database; the server does not record when it was made."""
        return {"form": "database", "created_at": None}
