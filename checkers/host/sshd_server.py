"""What is read of the OpenSSH server by every checker that asks about signing in from afar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from troth.checker import call
from troth.checkers.host import sshd
from troth.checkers.host.collector import HostChecker


class SshServer(HostChecker):
    """The calls that read an SSH server's settings."""

    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "ssh_server_there": ("sshd_there",),
        "ssh_server_prints": ("sshd_effective",),
        "ssh_server_files": ("sshd",),
    }

    @call("file:/usr/sbin/sshd", actions=["look for /usr/sbin/sshd"], per="partition")
    def ssh_server_there(self) -> bool:
        """Return whether an OpenSSH server is installed."""
        folders = ("/usr/sbin", "/usr/local/sbin")
        return any(self.tree.exists(f"{folder}/sshd") for folder in folders)

    @call(
        "exec:sshd -T",
        actions=["run sshd -T (root)"],
        per="partition",
        absent_on=["not-installed", "not-live"],
    )
    def ssh_server_prints(self) -> dict[str, str]:
        """Return what the server itself says is in force; empty if it would not say."""
        ran = self.run("sshd", "-T")
        return sshd.effective(ran.out) if ran.status == 0 else {}

    @call(
        "file:/etc/ssh/sshd_config",
        actions=["read /etc/ssh/sshd_config and what it includes"],
        per="partition",
        absent_on=["not-found"],
    )
    def ssh_server_files(self) -> dict[str, str]:
        """Return the server's configuration by path."""
        return self.sshd_texts()


def server(printed: Any, files: Any) -> sshd.Server:
    """Return the settings: what the running server prints goes before its files.

    Match blocks are only in the files.
    """
    made = sshd.parse(files or {})
    made.everyone |= {name: said for name, said in (printed or {}).items() if name in sshd.DEFAULTS}
    return made
