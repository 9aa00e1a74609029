"""What on the machine is named for customers: homes, FTP accounts, web roots, backup files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from troth.checker import Facts, Listed, Resource, call, complete, facet
from troth.checkers.host.collector import HostChecker

#: Where web sites usually lie, one folder each.
WEB_ROOTS = ("/var/www", "/srv/www", "/srv/http", "/var/www/vhosts")
#: Files of FTP servers with an account on each line, its name before the first colon.
FTP_FILES = (
    "/etc/proftpd/ftpd.passwd",
    "/etc/ftpd.passwd",
    "/etc/pure-ftpd/pureftpd.passwd",
    "/etc/pureftpd.passwd",
)
#: Folders of vsftpd with a file for each account.
FTP_FOLDERS = ("/etc/vsftpd/user_conf", "/etc/vsftpd_user_conf", "/etc/vsftpd/users")
_FORMS = {"homes": "home", "accounts": "account", "web-roots": "web-root", "backups": "backup"}


class CustomerTraces(HostChecker):
    """One resource each for the homes, accounts, web roots and backup files of the machine.

    Folders of ``customer_folders`` are looked into besides.
    """

    id = "host.customer-traces"
    kind = "customer-traces"
    lists = ("machine_name",)
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {"traces": ("customer_traces",)}
    options: ClassVar[Mapping[str, Any]] = {
        **HostChecker.options,
        "customer_folders": {
            "type": "array",
            "items": {"type": "string", "pattern": "^/"},
            "description": "further folders in which each entry is named for a customer",
        },
    }

    @classmethod
    def script_lists(cls, target: Mapping[str, Any]) -> dict[str, list[tuple[str, ...]]]:
        """Return the folders of the target in which names are looked for."""
        backups = [entry["path"].rstrip("/") for entry in target.get("backup_folders", ())]
        return super().script_lists(target) | {
            "trace_backups": [(path,) for path in backups],
            "customer_folders": [(path,) for path in target.get("customer_folders", ())],
        }

    @call(
        "file:homes, accounts, web roots, backup folders",
        actions=["list homes, accounts, web roots and backup folders"],
        per="key",
    )
    def traces(self, what: str) -> list[str]:
        """Return the names of one sort; a usual place that is not there holds none."""
        if what == "homes":
            return self._in(("/home",))
        if what == "web-roots":
            return self._in(WEB_ROOTS)
        if what == "accounts":
            return self._accounts()
        if what == "backups":
            return [n for entry in self._backups() for n in self.tree.names(entry)]
        return self.tree.names(what)

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield each sort, and each further folder."""
        for what in (*_FORMS, *self.target.get("customer_folders", ())):
            yield Resource(self.own_id(f"names:{what}"), what, self.partition.name)

    def sort(self, place: Resource) -> Iterable[str]:
        """Return what a resource is of."""
        return [place.name]

    @facet("names", uses=["traces"], keys="sort")
    def names(self, place: Resource, read: Mapping[str, Any]) -> Facts:
        """Return the names; whose they are is not told here."""
        form = _FORMS.get(place.name, "folder")
        return Facts({"form": form, "names": complete(set(read[place.name]))})

    def _backups(self) -> list[str]:
        return [entry["path"].rstrip("/") for entry in self.target.get("backup_folders", ())]

    def _in(self, folders: Iterable[str]) -> list[str]:
        return [name for one in folders if self.tree.exists(one) for name in self.tree.names(one)]

    def _accounts(self) -> list[str]:
        found = self._in(FTP_FOLDERS)
        for path in ("/etc/passwd", *(one for one in FTP_FILES if self.tree.exists(one))):
            rows = self.tree.text(path).splitlines()
            found += [row.split(":")[0] for row in rows if ":" in row and row[0] != "#"]
        return found
