"""How one signs in to a machine: what wrong passwords bring about, and what ends idle sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import Facts, Failure, Listed, Reason, Resource, call, facet
from troth.checkers.host import faillock, idle, pam, sshd
from troth.checkers.host.login_files import LoginFiles, without_prompt_limit
from troth.checkers.host.people import People
from troth.checkers.host.settings import equals_settings
from troth.checkers.host.sign_in_limits import Limits, manager_limit, shell_limit
from troth.checkers.host.sshd_server import SshServer, server
from troth.checkers.host.visitors import Visitors

_CONF = "/etc/security/faillock.conf"
_NOTHING: Mapping[str, Any] = {
    "blocks": "nothing", "after_attempts": None, "lock_seconds": None, "binds_root": False,
}  # fmt: skip


class SignIn(SshServer, LoginFiles, People, Visitors):
    """One resource: signing in to the machine, at its console and by SSH."""

    id = "host.sign-in"
    kind = "sign-in"
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "lock_settings": ("pam",),
        "address_jail": ("sign_in",),
    }

    @call(
        f"file:{_CONF}",
        actions=[f"read {_CONF}"],
        per="partition",
        absent_on=["not-found"],
    )
    def lock_settings(self) -> str:
        """Return the settings of pam_faillock."""
        return self.tree.text(_CONF)

    @call(
        "exec:fail2ban-client status sshd",
        actions=["run fail2ban-client status sshd (root)"],
        per="partition",
        absent_on=["not-installed", "not-live"],
    )
    def address_jail(self) -> bool:
        """Return whether addresses are shut out that fail to sign in by SSH."""
        return self.run("fail2ban-client", "status", "sshd").status == 0

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the machine's one place to sign in."""
        name = self.read("machine_name")
        yield Resource(self.own_id("sign-in"), name, self.partition.name)

    @facet("place")
    def place(self, resource: Resource) -> dict[str, Any]:
        """Return that it is a server."""
        return {"where": "servers"}

    @facet(
        "lockout",
        uses=["pam_stacks", "lock_settings", "address_jail", "ssh_server_there",
              "ssh_server_prints", "ssh_server_files"],
    )  # fmt: skip
    def lockout(
        self, resource: Resource, stacks: Any, conf: Any, jail: Any, there: bool, printed: Any,
        files: Any,
    ) -> Facts:  # fmt: skip
        """Return the weakest lock of the services that take a password; an address's ban is none.

        The console always does; the SSH server unless it takes keys alone.
        """
        services = _by_password(there, server(printed, files))
        raw = {"services": services, "jail": bool(jail)}
        try:
            locks = [_lock(stacks or {}, service, conf or "") for service in services]
        except faillock.Unclear as unclear:
            why = Failure(Reason.NOT_SUPPORTED, str(unclear))
            return Facts({}, dict.fromkeys(_NOTHING, why), raw)
        known = [one for one in locks if one]
        if len(known) < len(locks):
            return Facts(dict(_NOTHING) | ({"blocks": "address"} if jail else {}), raw=raw)
        return Facts(
            {
                "blocks": "account",
                "after_attempts": max(one.attempts for one in known),
                "lock_seconds": min((one.seconds for one in known if one.seconds), default=None),
                "binds_root": all(one.binds_root for one in known),
            },
            raw=raw,
        )

    @facet(
        "idle",
        uses=["pam_stacks", "local_logins", "shell_files", "login_manager_files",
              "login_manager_version", "ssh_server_there", "ssh_server_prints",
              "ssh_server_files"],
    )  # fmt: skip
    def idle(
        self, resource: Resource, stacks: Any, passwd: str, shells: Sequence[Sequence[str]],
        manager: Sequence[str], version: Any, there: bool, printed: Any, files: Any,
    ) -> Facts:  # fmt: skip
        """Return the shortest limit that holds; what asks whether the other side lives is none.

        TMOUT holds at the prompt of bash and ksh alone. A limit that cannot be told counts only
        where no other one does.
        """
        ssh = server(printed, files)
        services = ["login", "sshd"] if there else ["login"]
        limits = Limits()
        limits.add(lambda: shell_limit(passwd, shells), prompt_only=True)
        limits.add(lambda: manager_limit(stacks or {}, manager, version, services))
        limits.add(lambda: _channel(ssh) if there else None)
        facts, missing = limits.facts()
        alive = ssh.get("clientaliveinterval").strip().lower()
        facts["ends_dead_ones"] = bool(there and alive.strip("0smhdw"))
        raw = {"tmout_unknown_to": without_prompt_limit(passwd)[:20]}
        return Facts(facts, missing, raw)


def _by_password(there: bool, ssh: sshd.Server) -> list[str]:
    names = ("passwordauthentication", "kbdinteractiveauthentication")
    open_to = any(ssh.get(name).lower() == "yes" or "yes" in ssh.sometimes(name) for name in names)
    if not (there and open_to):
        return ["login"]
    return ["login", "sshd" if ssh.get("usepam").lower() == "yes" else ""]


def _lock(stacks: Mapping[str, str], service: str, conf: str) -> faillock.Lock | None:
    if not service or not stacks:  # passwords are taken without PAM
        return None
    return faillock.lock(pam.stack(stacks, service, "auth"), equals_settings(conf))


def _channel(ssh: sshd.Server) -> int | None:
    if ssh.sometimes("channeltimeout"):
        raise idle.Unclear("a Match block of sshd sets ChannelTimeout for some connections")
    return idle.channel(ssh.get("channeltimeout"))
