"""The files that every checker of sign-ins and idle sessions reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from troth.checker import call
from troth.checkers.host import shadow
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.settings import drop_ins

#: What bash and ksh read at the start, in this order.
_PROFILE, _PROFILES, _RC = "/etc/profile", "/etc/profile.d", ("/etc/bash.bashrc", "/etc/bashrc")
_LOGIND = "/etc/systemd/logind.conf"
#: Drop-in folders of logind, the weakest first.
_LOGIND_FOLDERS = ("/usr/lib", "/run", "/etc")


class LoginFiles(HostChecker):
    """The calls that read PAM, the shells' start files and the login manager."""

    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "pam_stacks": ("pam",),
        "local_logins": ("accounts",),
        "shell_files": ("sign_in",),
        "login_manager_files": ("sign_in",),
        "login_manager_version": ("sign_in",),
    }

    @call(
        "file:/etc/pam.d",
        actions=["read /etc/pam.d"],
        per="partition",
        absent_on=["not-found"],
    )
    def pam_stacks(self) -> dict[str, str]:
        """Return the PAM configuration by service; ABSENT on a machine without PAM."""
        self.tree.names("/etc/pam.d")
        return self.tree.texts("/etc/pam.d")

    @call("file:/etc/passwd", actions=["read /etc/passwd"], per="partition")
    def local_logins(self) -> str:
        """Return the local accounts, without a hash that may stand there from old times."""
        return shadow.redacted(self.tree.text("/etc/passwd"))

    @call(
        "file:/etc/profile",
        actions=["read /etc/profile, /etc/profile.d and the shells' own start files"],
        per="partition",
    )
    def shell_files(self) -> list[list[str]]:
        """Return path and text of what a shell reads at its start, in that order."""
        found = self._if_there(_PROFILE)
        for name, text in sorted(self.tree.texts(_PROFILES, ".sh").items()):
            found.append([f"{_PROFILES}/{name}", text])
        return found + [one for path in _RC for one in self._if_there(path)]

    @call(
        "file:/etc/systemd/logind.conf",
        actions=["read /etc/systemd/logind.conf and its drop-ins"],
        per="partition",
    )
    def login_manager_files(self) -> list[str]:
        """Return logind.conf and its drop-ins in the order in which they apply."""
        folders = (f"{top}/systemd/logind.conf.d" for top in _LOGIND_FOLDERS)
        main = self._if_there(_LOGIND)
        text = main[0][1] if main else ""
        return drop_ins(text, *(self.tree.texts(folder, ".conf") for folder in folders))

    @call(
        "exec:systemctl --version",
        actions=["run systemctl --version"],
        per="partition",
        absent_on=["not-installed", "not-live"],
    )
    def login_manager_version(self) -> str:
        """Return what systemd says of its version."""
        return self.run("systemctl", "--version").out

    def _if_there(self, path: str) -> list[list[str]]:
        return [[path, self.tree.text(path)]] if self.tree.exists(path) else []


def without_prompt_limit(passwd: str) -> list[str]:
    """Return the logins whose shell does not know TMOUT, or does not read /etc/profile."""
    known = {"bash", "rbash", "ksh", "ksh93", "mksh", "rksh"}
    found = (one for one in shadow.logins(passwd) if one.may_sign_in)
    return [one.name for one in found if one.shell.rsplit("/", 1)[-1] not in known]


def registers_sessions(stack: list[Any]) -> bool:
    """Tell whether a session stack tells the login manager of the session."""
    return any(entry.module in ("pam_systemd.so", "pam_elogind.so") for entry in stack)
