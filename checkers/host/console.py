"""The machine's own screens: who left one unlocked, and what locks them by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from troth.checker import (
    Facts,
    Failure,
    ObservationFailed,
    Reason,
    Resource,
    call,
    complete,
    facet,
)
from troth.checkers.host import console_sessions as screens
from troth.checkers.host.commands import NotInstalled
from troth.checkers.host.login_files import LoginFiles
from troth.checkers.host.sign_in_limits import Limits, manager_limit, shell_limit

_DESKTOPS = ("/usr/share/xsessions", "/usr/share/wayland-sessions")
_DCONF = "/etc/dconf/db/local.d"


class Console(LoginFiles):
    """Calls and facets of a machine about its own screens."""

    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "screen_sessions": ("console",),
        "desktops": ("console",),
        "desktop_settings": ("console",),
    }

    @call(
        "exec:loginctl list-sessions",
        actions=["run loginctl list-sessions and show-session, or who -u"],
        per="partition",
    )
    def screen_sessions(self) -> list[list[Any]]:
        """Return place and since when unused of each unlocked session at a screen."""
        listed = self.run_or_none("loginctl", "list-sessions", "--no-legend")
        if listed is None:
            return self._by_who()
        try:
            found = (self._shown(one) for one in screens.ids(listed))
            return [_row(one) for one in found if one]
        except screens.Unclear as unclear:
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, str(unclear)) from unclear

    @call("file:/usr/share/xsessions", actions=["list /usr/share/xsessions"], per="partition")
    def desktops(self) -> list[str]:
        """Return the desktops that one can sign in to at a screen."""
        found: set[str] = set()
        for folder in _DESKTOPS:
            if self.tree.exists(folder):
                found |= {one for one in self.tree.names(folder) if one.endswith(".desktop")}
        return sorted(found)

    @call(f"file:{_DCONF}", actions=[f"read {_DCONF}"], per="partition")
    def desktop_settings(self) -> dict[str, dict[str, str]]:
        """Return dconf's local key files, and the names that are fixed there."""
        files = self.tree.texts(_DCONF)
        return {"files": files, "locks": self.tree.texts(f"{_DCONF}/locks")}

    @facet("console_sessions", uses=["screen_sessions"])
    def console_sessions(self, host: Resource, rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
        """Return the sessions at screens that are not locked."""
        names = ("place", "idle_since")
        return {"unlocked": complete([dict(zip(names, row, strict=True)) for row in rows])}

    @facet(
        "console_lock",
        uses=["pam_stacks", "local_logins", "shell_files", "login_manager_files",
              "login_manager_version", "desktops", "desktop_settings"],
    )  # fmt: skip
    def console_lock(
        self, host: Resource, stacks: Any, passwd: str, shells: Sequence[Sequence[str]],
        manager: Sequence[str], version: Any, desktops: Sequence[str], settings: Mapping[str, Any],
    ) -> Facts:  # fmt: skip
        """Return after how long a text console is left, and a desktop locked.

        A text console takes no notice of IdleAction=lock. Only GNOME's settings are read.
        """
        limits = Limits()
        limits.add(lambda: shell_limit(passwd, shells), prompt_only=True)
        limits.add(lambda: manager_limit(stacks or {}, manager, version, ["login"]))
        found, missing = limits.facts()
        name = "at_prompt_seconds"
        facts: dict[str, Any] = {"desktop": "present" if desktops else "none"}
        facts |= {"text_seconds": found[name]} if name in found else {}
        gaps = {"text_seconds": missing[name]} if name in missing else {}
        if not desktops:
            return Facts(facts | {"desktop_seconds": None}, gaps)
        other = [one for one in desktops if not one.startswith(("gnome", "ubuntu"))]
        if other:
            why = Failure(Reason.NOT_SUPPORTED, f"how {other[0]} locks its screen is not read")
            return Facts(facts, gaps | {"desktop_seconds": why})
        seconds = screens.desktop_lock(settings["files"], settings["locks"])
        return Facts(facts | {"desktop_seconds": seconds}, gaps)

    def run_or_none(self, name: str, *arguments: str) -> str | None:
        """Return what a command prints; None where it is not there or does not work."""
        try:
            ran = self.run(name, *arguments)
        except NotInstalled:
            return None
        return ran.out if ran.status == 0 else None

    def _shown(self, number: str) -> screens.Session | None:
        ran = self.run("loginctl", "show-session", number, screens.ASKED)
        if ran.status != 0 and "No session" in ran.err:  # it ended meanwhile
            return None
        return screens.session(ran.out)

    def _by_who(self) -> list[list[Any]]:
        printed = self.run_or_none("who", "-u")
        if printed is None or not any(map(self.tree.exists, ("/run/utmp", "/var/run/utmp"))):
            words = "neither loginctl nor who can tell who is signed in at a screen"
            raise ObservationFailed(Reason.NOT_SUPPORTED, words)
        return [_row(one) for one in screens.of_who(printed, datetime.now(UTC))]


def _row(one: screens.Session) -> list[Any]:
    return [one.place, one.idle_since.isoformat() if one.idle_since else None]
