"""The accounts that can sign in to the machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from troth.checker import (
    Facts,
    Failure,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    call,
    complete,
    demand,
    facet,
    partial,
)
from troth.checkers.host import shadow, sshd
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.settings import integer, lines, words_settings

#: Groups whose members act as root at will.
_ADMINS = {"sudo", "wheel", "admin", "root"}
#: Sources of nsswitch.conf(5) that bring accounts which /etc/passwd does not have.
_DIRECTORIES = {"sss", "ldap", "winbind", "nis", "nisplus", "hesiod"}


class Accounts(HostChecker):
    """One resource for each account of /etc/passwd with a shell to sign in to."""

    id = "host.account"
    kind = "account"
    lists = ("machine_name", "passwd", "name_sources")
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "passwd": ("accounts",),
        "group": ("accounts",),
        "name_sources": ("accounts",),
        "login_defs": ("login_defs",),
        "shadow_lines": ("shadow",),
        "sshd_files": ("sshd",),
        "authorized_keys": ("authorized_keys",),
    }

    @call("file:/etc/passwd", actions=["read /etc/passwd"], per="partition")
    def passwd(self) -> str:
        """Return the local accounts, without a hash that may stand there from old times."""
        return shadow.redacted(self.tree.text("/etc/passwd"))

    @call("file:/etc/group", actions=["read /etc/group"], per="partition")
    def group(self) -> str:
        """Return the local groups."""
        return self.tree.text("/etc/group")

    @call(
        "file:/etc/nsswitch.conf",
        actions=["read /etc/nsswitch.conf"],
        per="partition",
        absent_on=["not-found"],
    )
    def name_sources(self) -> str:
        """Return where else the machine takes accounts from."""
        return self.tree.text("/etc/nsswitch.conf")

    @call(
        "file:/etc/login.defs",
        actions=["read /etc/login.defs"],
        per="partition",
        absent_on=["not-found"],
    )
    def login_defs(self) -> str:
        """Return the range of uids that people get."""
        return self.tree.text("/etc/login.defs")

    @call("file:/etc/shadow", actions=["read /etc/shadow (root or group shadow)"], per="partition")
    def shadow_lines(self) -> dict[str, Any]:
        """Return state and days by login, never a hash, and today's day number in UTC."""
        found = shadow.shadows(self.tree.text("/etc/shadow"))
        today = int(datetime.now(UTC).timestamp() // 86400)
        return {"today": today, "by_login": {name: vars(one) for name, one in found.items()}}

    @call(
        "file:/etc/ssh/sshd_config",
        actions=["read /etc/ssh/sshd_config and what it includes"],
        per="partition",
        absent_on=["not-found"],
    )
    def sshd_files(self) -> dict[str, str]:
        """Return the SSH server's configuration by path."""
        return self.sshd_texts()

    @call(
        "file:authorized_keys",
        actions=["read the authorized_keys of every account (root)"],
        per="key",
        absent_on=["not-found"],
    )
    def authorized_keys(self, path: str) -> list[list[Any]]:
        """Return the fingerprint of each key in a file, and whether it signs for others."""
        return [list(found) for found in shadow.fingerprints(self.tree.text(path))]

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every account with a shell; an account of a directory is not among them."""
        system = self.read("machine_name")
        seen: dict[str, int] = {}
        for login in shadow.logins(self.read("passwd")):
            if login.may_sign_in:
                seen[login.name] = seen.get(login.name, 0) + 1
                again = f"#{seen[login.name]}" if seen[login.name] > 1 else ""
                name = f"host:{system}:account:{login.name}{again}"
                yield Resource(name, login.name, self.partition.name)
        other = sorted(_directories(self.read("name_sources") or ""))
        if other:
            words = f"accounts from {', '.join(other)} are not in /etc/passwd; ask that directory"
            yield Listed(failure=Failure(Reason.NOT_SUPPORTED, words))

    def key_files(self, account: Resource) -> Iterable[str]:
        """Return the files that the SSH server looks for the account's keys in."""
        login = _login(account, self.read("passwd"))
        server = sshd.parse(self.read("sshd_files") or {})
        for pattern in server.get("authorizedkeysfile").split():
            if pattern.lower() != "none":
                yield login.key_file(pattern)

    @facet(
        "identity",
        uses=["passwd", "group", "login_defs", "shadow_lines", "sshd_files", "authorized_keys"],
        keys="key_files",
    )
    def identity(
        self,
        account: Resource,
        passwd: str,
        group: str,
        login_defs: Any,
        shadow_lines: Mapping[str, Any],
        sshd_files: Any,
        keys: Mapping[str, Any],
    ) -> Facts:
        """Return whose it is by uid, and whether any way in is open.

        A locked password does not stop a key: such an account is disabled only if it has none.
        """
        login = _login(account, passwd)
        line = _shadow(login, shadow_lines)
        found = [key for one in keys.values() if one for key in one]
        facts = {
            "type": self._type(login, words_settings(login_defs or "")),
            "role": _role(login, group),
            "system": account.id.split(":account:", 1)[0],
            "login": login.name,
        }
        raw = {"uid": login.uid, "shell": login.shell}
        if shadow.is_expired(line, shadow_lines["today"]):
            return Facts(facts | {"state": "disabled"}, raw=raw)
        if line.state != "locked" or found:
            return Facts(facts | {"state": "enabled"}, raw=raw)
        elsewhere = _keys_elsewhere(sshd_files)
        if elsewhere:
            return Facts(facts, {"state": elsewhere}, raw)
        return Facts(facts | {"state": "disabled"}, raw=raw)

    @facet("password", uses=["passwd", "shadow_lines"])
    def password(self, account: Resource, passwd: str, shadow_lines: Mapping[str, Any]) -> Facts:
        """Return state and dates from /etc/shadow; days begin at midnight UTC.

        An empty password counts as set: everyone knows it, and it never protects.
        """
        line = _shadow(_login(account, passwd), shadow_lines)
        facts: dict[str, Any] = {
            "state": "locked" if line.state == "locked" else "set",
            "max_age_days": shadow.max_age(line),
            "sign_in": shadow.sign_in(line, shadow_lines["today"]),
        }
        raw = {"empty": line.state == "empty", "inactive_days": line.inactive}
        if not line.changed:
            why = "the day of the last change is not recorded, or was reset to force a change"
            return Facts(facts, {"changed_at": Failure(Reason.NO_DATA, why)}, raw)
        return Facts(facts | {"changed_at": shadow.instant(line.changed)}, raw=raw)

    @facet("access_keys")
    def access_keys(self, account: Resource) -> dict[str, Any]:
        """Return none: a login of a machine has no API keys; SSH keys are ``public_keys``."""
        return {"keys": complete([])}

    @facet("public_keys", uses=["sshd_files", "authorized_keys"], keys="key_files")
    def public_keys(self, account: Resource, sshd_files: Any, keys: Mapping[str, Any]) -> Facts:
        """Return the fingerprints; keys that come from elsewhere leave the list incomplete."""
        found = [key for one in keys.values() if one for key in one]
        prints = {fingerprint for fingerprint, _ in found}
        why = _keys_elsewhere(sshd_files)
        if why is None and any(signs for _, signs in found):
            why = Failure(
                Reason.NOT_SUPPORTED, "a cert-authority key lets any key in that it signs"
            )
        if why is None:
            return Facts({"fingerprints": complete(prints)})
        return Facts({"fingerprints": partial(prints)}, {"fingerprints": why})

    def _type(self, login: shadow.Login, settings: Mapping[str, str]) -> str:
        if login.uid == 0:
            return "root"
        least = integer(settings.get("UID_MIN")) or 1000
        least = int(self.target.get("human_uid_min", least))
        most = integer(settings.get("UID_MAX")) or 60000
        return "human" if least <= login.uid <= most else "service"


def _login(account: Resource, passwd: str) -> shadow.Login:
    wanted = [one for one in shadow.logins(passwd) if one.name == account.name]
    number = account.id.rpartition("#")[2]
    index = int(number) - 1 if number.isdigit() and "#" in account.id else 0
    if index >= len(wanted):
        raise ObservationFailed(Reason.NO_DATA, "the account is no longer in /etc/passwd")
    return wanted[index]


def _shadow(login: shadow.Login, shadow_lines: Mapping[str, Any]) -> shadow.Shadow:
    if login.password != shadow.ELSEWHERE:
        return shadow.Shadow(shadow.without_hash(login.password), None, None, None, None)
    found = demand(shadow_lines, "by_login")
    if login.name not in found:
        raise ObservationFailed(Reason.NO_DATA, "/etc/shadow has no line for this account")
    return shadow.Shadow(**found[login.name])


def _role(login: shadow.Login, group: str) -> str:
    names, gids = shadow.members(group, _ADMINS)
    if login.uid == 0:
        return "admin"
    return "admin" if login.name in names or login.gid in gids else "ordinary"


def _directories(nsswitch: str) -> set[str]:
    for line in lines(nsswitch):
        name, _, sources = line.partition(":")
        if name.strip() == "passwd":
            return set(sources.split()) & _DIRECTORIES
    return set()


def _keys_elsewhere(sshd_files: Any) -> Failure | None:
    server = sshd.parse(sshd_files or {})
    for keyword in ("authorizedkeyscommand", "trustedusercakeys"):
        if server.get(keyword).lower() != "none":
            return Failure(Reason.NOT_SUPPORTED, f"sshd takes keys from {keyword} as well")
    if server.sometimes("authorizedkeysfile"):
        return Failure(Reason.NOT_SUPPORTED, "a Match block of sshd names other key files")
    return None
