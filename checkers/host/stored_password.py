"""In what form the machine keeps its accounts' passwords."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from troth.checker import Listed, ObservationFailed, Reason, Resource, call, facet
from troth.checkers.host import schemes
from troth.checkers.host.collector import HostChecker


class StoredPasswords(HostChecker):
    """One resource for each line of /etc/shadow or /etc/passwd that keeps a password, or none."""

    id = "host.stored-password"
    kind = "stored-password"
    lists = ("machine_name", "kept_passwords")
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {"kept_passwords": ("accounts", "shadow")}

    @call(
        "file:/etc/shadow",
        actions=["read /etc/shadow (root or group shadow)", "read /etc/passwd"],
        per="partition",
    )
    def kept_passwords(self) -> dict[str, list[Any]]:
        """Return state, scheme and cost by login, never a salt or a hash.

        What stands in /etc/passwd itself goes before the other file. A field that holds nothing
        and opens nothing keeps no password.
        """
        found = schemes.of_file(self.tree.text("/etc/shadow"))
        beside = schemes.of_file(self.tree.text("/etc/passwd"))
        found |= {
            login: kept for login, kept in beside.items()
            if kept.state != "locked" or kept.scheme != "none"
        }  # fmt: skip
        return {
            login: [kept.state, kept.scheme, kept.cost]
            for login, kept in found.items()
            if kept.state != "locked" or kept.scheme != "none"
        }

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every account whose password is kept here, or that asks for none."""
        for login in sorted(self.read("kept_passwords")):
            name = self.own_id(f"verifier:{login}")
            yield Resource(name, login, self.partition.name)

    @facet("storage", uses=["kept_passwords"])
    def storage(self, resource: Resource, kept: Mapping[str, list[Any]]) -> dict[str, Any]:
        """Return state, scheme and cost of one."""
        if resource.name not in kept:
            raise ObservationFailed(Reason.NO_DATA, "the account is no longer in /etc/shadow")
        state, scheme, cost = kept[resource.name]
        return {"login": resource.name, "state": state, "scheme": scheme, "cost": cost}
