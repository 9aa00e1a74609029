"""What one connection was for, what it showed, and why it showed no more."""

from __future__ import annotations

from dataclasses import dataclass

from troth.checker import Failure, Reason
from troth.checkers.ssh.greeting import Identification
from troth.checkers.ssh.hostkeys import HostKey
from troth.checkers.ssh.kexinit import Lists


class Stop(Exception):
    """The connection shows no more; ``failure`` says why."""

    def __init__(self, reason: Reason, message: str) -> None:
        """Keep the failure."""
        super().__init__(message)
        self.failure = Failure(reason, message)


@dataclass(frozen=True)
class Wanted:
    """What a connection is for.

    ``slot`` is the key to ask for, by its name in ``hostkeys.SLOTS``; the server's first if empty.
    ``user`` is the account for which the ways to sign in are asked; not asked if empty.
    """

    slot: str = ""
    user: str = ""


@dataclass
class Answer:
    """The answer to one connection; what was not reached is None.

    ``key`` is there only if the server has proved that it holds it; ``slot`` is the name of the
    key that was asked for. ``methods`` are the ways to sign in. ``welcome`` tells that an account
    was let in without any proof, and so no methods were named. ``dropped`` tells that the server
    hung up before its greeting, which a crowded one does. ``failure`` says what ended the
    connection early. ``peer`` is the IP address that was reached.
    """

    identification: Identification | None = None
    lists: Lists | None = None
    slot: str = ""
    key: HostKey | None = None
    methods: tuple[str, ...] | None = None
    welcome: bool = False
    dropped: bool = False
    failure: Failure | None = None
    peer: str = ""


@dataclass(frozen=True)
class Opening:
    """The last of the connections that it took to get a greeting, and how many those were."""

    answer: Answer
    connections: int = 1
