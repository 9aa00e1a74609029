"""Whose accounts a machine keeps itself, and from which directory it takes the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from troth.checker import Facts, Failure, Reason, Resource, call, complete, facet, partial
from troth.checkers.host import directories, shadow, sshd
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.settings import integer, words_settings

_NSS = "/etc/nsswitch.conf"


class People(HostChecker):
    """Calls and facets about people's accounts, of any checker with one resource per machine."""

    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "people_sources": ("accounts", "people"),
        "people_here": ("accounts", "shadow", "login_defs", "sshd", "authorized_keys"),
    }

    @call(
        f"file:{_NSS}",
        actions=[f"read {_NSS}", "read sssd.conf, nslcd.conf and smb.conf (root)"],
        per="partition",
    )
    def people_sources(self) -> dict[str, Any]:
        """Return where accounts come from, and which of those directories are set up."""
        named = directories.sources(self.tree.text(_NSS) if self.tree.exists(_NSS) else "")
        asked = [one for one in named if one in directories.SETTINGS]
        return {"named": named, "set_up": [one for one in asked if self._is_set_up(one)]}

    @call(
        "file:/etc/shadow",
        actions=["read /etc/shadow and authorized_keys (root)", "read /etc/passwd"],
        per="partition",
    )
    def people_here(self) -> dict[str, Any]:
        """Return the people's accounts of /etc/passwd that some way in is open to.

        ``unsure`` is why one that looks closed may have another way in.
        """
        lines = shadow.shadows(self.tree.text("/etc/shadow"))
        server = sshd.parse(self._sshd_texts())
        found = []
        for login in self._humans():
            line = lines.get(login.name)
            if login.password == shadow.ELSEWHERE and line is None:
                continue
            state = line.state if line and login.password == shadow.ELSEWHERE else "set"
            expired = bool(line and shadow.is_expired(line, self._today()))
            if not expired and (state != "locked" or self._has_key(login, server)):
                found.append(login.name)
        return {"open": sorted(set(found)), "unsure": _unsure(server)}

    @facet("directory", uses=["people_sources"])
    def directory(self, resource: Resource, found: Mapping[str, Any]) -> Facts:
        """Return whether a directory brings the people."""
        asked = [one for one in found["named"] if one in directories.SETTINGS]
        state = "in-use" if found["set_up"] else "set-up-for-nothing" if asked else "none"
        return Facts({"state": state}, raw={"sources": list(found["named"])[:20]})

    @facet("local_people", uses=["people_here"])
    def local_people(self, resource: Resource, found: Mapping[str, Any]) -> Facts:
        """Return the open accounts of people that the machine keeps itself."""
        if not found["unsure"]:
            return Facts({"logins": complete(found["open"])})
        why = Failure(Reason.NOT_SUPPORTED, found["unsure"])
        return Facts({"logins": partial(found["open"])}, {"logins": why})

    def _is_set_up(self, source: str) -> bool:
        path = directories.SETTINGS[source]
        return self.tree.exists(path) and directories.is_set_up(source, self.tree.text(path))

    def _humans(self) -> Sequence[shadow.Login]:
        path = "/etc/login.defs"
        said = words_settings(self.tree.text(path) if self.tree.exists(path) else "")
        least = int(self.target.get("human_uid_min", integer(said.get("UID_MIN")) or 1000))
        most = integer(said.get("UID_MAX")) or 60000
        found = shadow.logins(shadow.redacted(self.tree.text("/etc/passwd")))
        return [one for one in found if least <= one.uid <= most and one.may_sign_in]

    def _has_key(self, login: shadow.Login, server: sshd.Server) -> bool:
        for pattern in server.get("authorizedkeysfile").split():
            path = login.key_file(pattern)
            try:
                text = self.tree.text(path) if pattern.lower() != "none" else ""
            except (FileNotFoundError, NotADirectoryError):
                continue
            if any(True for _ in shadow.fingerprints(text)):
                return True
        return False

    def _sshd_texts(self) -> dict[str, str]:
        return self.sshd_texts() if self.tree.exists(sshd.MAIN) else {}

    def _today(self) -> int:
        return int(datetime.now(UTC).timestamp() // 86400)


def _unsure(server: sshd.Server) -> str:
    for keyword in ("authorizedkeyscommand", "trustedusercakeys"):
        if server.get(keyword).lower() != "none":
            return f"sshd takes keys from {keyword} as well"
    if server.sometimes("authorizedkeysfile"):
        return "a Match block of sshd names other key files"
    return ""
