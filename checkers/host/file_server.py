"""The FTP servers of a machine, as their files set them up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import Facts, Failure, Listed, Reason, Resource, call, complete, facet, partial
from troth.checkers.host import confinement
from troth.checkers.host.collector import HostChecker

_VSFTPD = ("/etc/vsftpd.conf", "/etc/vsftpd/vsftpd.conf")
_PROFTPD = ("/etc/proftpd/proftpd.conf", "/etc/proftpd.conf")
_MORE = "/etc/proftpd/conf.d"


class FileServers(HostChecker):
    """One resource for vsftpd and one for ProFTPD, where their configuration is."""

    id = "host.file-server"
    kind = "file-server"
    lists = ("machine_name", "ftp_files")
    sections: ClassVar[Mapping[str, Sequence[str]]] = {"ftp_files": ("ftp_servers",)}

    @call(
        "file:/etc/vsftpd.conf, /etc/proftpd",
        actions=["read the configuration of vsftpd and ProFTPD"],
        per="partition",
    )
    def ftp_files(self) -> dict[str, str]:
        """Return the text of each program's configuration."""
        tree = self.tree
        found: dict[str, str] = {}
        for program, paths in (("vsftpd", _VSFTPD), ("proftpd", _PROFTPD)):
            for path in paths:
                if tree.exists(path):
                    found[program] = tree.text(path)
        if "proftpd" in found:
            found["proftpd"] = "\n".join([found["proftpd"], *tree.texts(_MORE, ".conf").values()])
        return found

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the programs; a machine may have none."""
        for program in sorted(self.read("ftp_files")):
            yield Resource(self.own_id(f"file-server:{program}"), program, self.partition.name)

    @facet("confinement", uses=["ftp_files"])
    def seen(self, server: Resource, files: Mapping[str, Any]) -> Facts:
        """Return who is confined to a folder of his own."""
        read = {"vsftpd": confinement.of_vsftpd, "proftpd": confinement.of_proftpd}[server.name]
        if who := read(files[server.name]):
            return Facts({"confined": complete([{"program": server.name, "who": who}])})
        words = "user_config_dir of vsftpd gives each user settings of his own, which are not read"
        why = Failure(Reason.NOT_SUPPORTED, words)
        return Facts({"confined": partial([])}, {"confined": why})
