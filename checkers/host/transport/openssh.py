"""The ssh of this machine: the user's configuration, jump hosts, agents and hardware keys.

Nothing of the user's configuration is overruled but what would ask, forward, write or trust
whatever comes.
"""

from __future__ import annotations

from dataclasses import dataclass

from troth.checker import Failure, Reason
from troth.checkers.host.transport import base, local
from troth.checkers.host.transport.base import Answer
from troth.checkers.host.transport.places import Place

_NEVER = (
    "BatchMode=yes",
    "ClearAllForwardings=yes",
    "ControlMaster=no",
    "ForwardAgent=no",
    "ForwardX11=no",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    "RequestTTY=no",
    "ServerAliveCountMax=2",
    "ServerAliveInterval=15",
    "Tunnel=no",
    "UpdateHostKeys=no",
)
#: What ssh says, and what it means; the first that fits holds.
_SAID = (
    ("IDENTIFICATION HAS CHANGED", Reason.UNREACHABLE, "the machine's key is another than the "
     "known one, so nothing was sent; find out why, then mend known_hosts"),
    ("Host key verification failed", Reason.UNREACHABLE, "the machine's key is not known; compare "
     "it and add it to known_hosts"),
    ("Permission denied", Reason.PERMISSION_DENIED, "the machine refused the sign-in"),
    ("Too many authentication failures", Reason.PERMISSION_DENIED, "the machine refused the "
     "sign-in after too many keys; name the right one in identity"),
    ("timed out", Reason.TIMEOUT, "the machine did not answer"),
    ("onnection refused", Reason.UNREACHABLE, "the machine refused the connection"),
    ("resolve hostname", Reason.UNREACHABLE, "the machine's name is not known"),
)  # fmt: skip


@dataclass(frozen=True)
class OpenSSH:
    """``ssh`` to one machine."""

    place: Place
    known_hosts: str = ""
    identity: str = ""
    sudo: bool = False
    connect: float = base.CONNECT
    seconds: float = base.WHOLE

    def ask(self, script: bytes) -> Answer:
        """Run the script there, over one login."""
        try:
            checking = self._checking()
            done = local.talk([*self._command(), *checking, *self._there()], script, self.seconds)
        except OSError as error:
            words = f"ssh cannot be run here ({error.strerror}); install an OpenSSH client"
            return Answer(b"", Failure(Reason.NOT_SUPPORTED, words))
        return Answer(done.out, local.failure_of(done, self.seconds) or self._failure(done))

    def _command(self) -> list[str]:
        settings = [*_NEVER, f"ConnectTimeout={max(1, round(self.connect))}"]
        if self.known_hosts:
            settings += [f'UserKnownHostsFile="{self.known_hosts}"', "GlobalKnownHostsFile=none"]
        if self.identity:
            settings += ["IdentitiesOnly=yes"]
        command = ["ssh", "-T", *(word for one in settings for word in ("-o", one))]
        return command + (["-i", self.identity] if self.identity else [])

    def _there(self) -> list[str]:
        port = ["-p", str(self.place.port)] if self.place.port != 22 else []
        user = ["-l", self.place.user] if self.place.user else []
        return [*port, *user, "--", self.place.host, base.remote(self.sudo)]

    def _checking(self) -> list[str]:
        """Return what makes ssh check the machine's key where it is configured not to."""
        asked = local.talk([*self._command(), "-G", *self._there()[:-1]], b"", self.connect)
        said = {line.lower() for line in asked.out.decode("utf-8", "replace").splitlines()}
        trusts = {f"stricthostkeychecking {word}" for word in ("no", "off", "false")}
        return ["-o", "StrictHostKeyChecking=yes"] if said & trusts else []

    def _failure(self, done: local.Ended) -> Failure | None:
        if done.status == 0:
            return None
        if done.status != 255:
            return base.ended(done.status, done.err, self.sudo)
        last = base.last_words(done.err)
        for sign, reason, words in _SAID:
            if sign in done.err:
                who = "sign in over SSH" if reason is Reason.PERMISSION_DENIED else ""
                return Failure(reason, f"{self.place.authority}: {words} ({last})", who)
        return Failure(Reason.UNREACHABLE, f"{self.place.authority}: {last or 'ssh failed'}")
