"""What is spoken on an open port: a greeting, TLS, an offer of TLS, or an answer in clear.

At most three connections: one to listen and then to say a TLS hello, one to ask for TLS as the
protocol of the port does, one for the harmless question of the port.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from troth.checker import Failure, Reason
from troth.checkers.network.clock import Clock
from troth.checkers.network.places import is_address
from troth.checkers.network.stream import Place, Stream, connected
from troth.checkers.port.questions import MORE, QUESTIONS, UNSAID, Question
from troth.checkers.tls import net
from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.hail import hail
from troth.checkers.tls.questions import OPENERS

#: How TLS is asked for at well-known ports.
_UPGRADES = {
    **{21: "ftp", 25: "smtp", 110: "pop3", 143: "imap", 389: "ldap"},
    **{587: "smtp", 3306: "mysql", 5432: "postgres"},
}
#: Of those, the ones in which the client speaks first.
_CLIENT_FIRST = ("ldap", "postgres")
_LONGEST_GREETING, _LONGEST_ANSWER = 2_048, 65_536


@dataclass(frozen=True)
class Said:
    """The facts of the facet ``speech``; ``failure`` tells why the protection is not known."""

    protection: str = ""
    anonymous: str = UNSAID
    failure: Failure | None = None


@dataclass(frozen=True)
class Door:
    """An open port: the host as it was named, the address that is open, and its clocks.

    ``protocol`` is that in which TLS is asked for, or empty; ``question`` the harmless one.
    """

    host: str
    place: Place
    clock: Clock
    seconds: float
    protocol: str = ""
    question: Question | None = None

    @classmethod
    def of(cls, host: str, place: Place, clock: Clock, seconds: float) -> Door:
        """Return the door with what is usual at its port."""
        protocol, question = _UPGRADES.get(place.port, ""), QUESTIONS.get(place.port)
        return cls(host, place, clock, seconds, protocol, question)

    @property
    def server_name(self) -> str:
        """Return the name for a hello; empty for an IP address."""
        return "" if is_address(self.host) else self.host


async def listen(door: Door) -> Said:
    """Return what is spoken; raises TimeoutError and OSError when nobody can be reached."""
    said = await _protection(door)
    if door.question is None or said.protection not in ("plain", "unsaid"):
        return said
    anonymous = await _ask(door, door.question)
    answered = anonymous not in (MORE, UNSAID)
    return Said("plain" if answered else said.protection, anonymous or UNSAID, said.failure)


async def _protection(door: Door) -> Said:
    async with connected(door.place, door.clock, 2 * door.seconds) as stream:
        greeting = await _greeting(stream, door.seconds)
        if any(line.startswith(b"SSH-") for line in greeting.splitlines()):
            return Said("ssh")
        if greeting and not door.protocol:
            return Said("plain")
        if door.protocol and (greeting or door.protocol in _CLIENT_FIRST):
            said = _by_upgrade(await _upgrade(door), bool(greeting))
            if said is not None:
                return said
        return _by_hello(await hail(stream, door.server_name))


async def _greeting(stream: Stream, seconds: float) -> bytes:
    """Return what the peer says of its own accord: a line, or what came in the time."""
    heard = b""
    with contextlib.suppress(TimeoutError, OSError):
        async with asyncio.timeout(seconds):
            while len(heard) < _LONGEST_GREETING and not _whole(heard):
                data = await stream.receive(_LONGEST_GREETING)
                if not data:
                    break
                heard += data
    return heard


def _whole(heard: bytes) -> bool:
    """Tell whether there is enough: other lines may come before that of SSH (RFC 4253 4.2)."""
    lines = heard.split(b"\n")
    return any(line.startswith(b"SSH-") for line in lines) or len(lines) > 8 or _code(lines)


def _code(lines: list[bytes]) -> bool:
    """Tell whether a whole line begins as no line before that of SSH would, to wait no more."""
    known = (b"220", b"+OK", b"* OK", b"* PREAUTH", b"421", b"554")
    return len(lines) > 1 and lines[0].startswith(known)


async def _upgrade(door: Door) -> Answer:
    address = net.Address(door.place.host, door.place.port, door.server_name, door.protocol)
    return await net.ask(address, OPENERS[0], door.clock, door.seconds)


def _speaks_tls(answer: Answer) -> bool:
    """Tell whether the answer is TLS, agreed to or not: an alert comes from who speaks it."""
    return answer.yes or answer.kind in (Kind.ALERT, Kind.OLDER)


def _by_upgrade(answer: Answer, greeted: bool) -> Said | None:
    """Return what asking for TLS came to; None if the peer may speak TLS from the first byte."""
    if _speaks_tls(answer):
        return Said("upgrade")
    if answer.kind is Kind.NO_TLS or (greeted and answer.kind is Kind.MALFORMED):
        return Said("plain")
    if not greeted:
        return None
    reason = Reason.TIMEOUT if answer.kind is Kind.TIMEOUT else Reason.UNPROVEN
    return Said(failure=Failure(reason, f"it greets in clear; asked for TLS: {answer}"))


def _by_hello(answer: Answer) -> Said:
    if _speaks_tls(answer):
        return Said("tls")
    if answer.kind is Kind.LOCAL:
        return Said(failure=Failure(Reason.UNPROVEN, f"the prober cannot ask: {answer}"))
    # What is not TLS, or more of it than any flight, was at least said in clear.
    return Said("plain" if answer.kind in (Kind.MALFORMED, Kind.OVERSIZE) else "unsaid")


async def _ask(door: Door, question: Question) -> str:
    """Return what the answer to a question means; nothing that comes is no answer."""
    heard = b""
    with contextlib.suppress(TimeoutError, OSError):
        async with connected(door.place, door.clock, door.seconds) as stream:
            await stream.send(question.text)
            while len(heard) < _LONGEST_ANSWER:
                data = await stream.receive()
                heard += data
                verdict = question.read(heard)
                if verdict != MORE or not data:
                    return verdict
    return UNSAID
