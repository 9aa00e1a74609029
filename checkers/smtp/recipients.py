"""Which addresses a mail server takes: asked one by one and taken back; DATA is never said.

Each address has a transaction of its own (MAIL, RCPT, RSET), because servers take few recipients
for mail without a sender. Where the server wants TLS first, the conversation begins again in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from troth.checker import Failure, ObservationFailed, Reason
from troth.checkers.network.replies import Reply
from troth.checkers.smtp.ask import READY, say_hello, start_tls
from troth.checkers.spoken.caller import Caller
from troth.checkers.spoken.talk import Talk

#: Must issue STARTTLS first (RFC 3207 section 4), or sign in first (RFC 4954 section 6).
WANTS_MORE = 530
#: The service closes the connection; it says nothing about an address.
CLOSING = 421


@dataclass(frozen=True)
class Wanted:
    """What is asked: the name in EHLO, the reverse-path (may be empty) and the addresses."""

    name: str
    sender: str
    addresses: Sequence[str]


@dataclass(frozen=True)
class Asked:
    """The code for each address as far as it came, and why it came no further."""

    codes: tuple[tuple[str, int], ...]
    stopped: Failure | None = None


class _WantsMore(Exception):
    """The server answered 530."""


async def ask(caller: Caller, wanted: Wanted, implicit: bool) -> Asked:
    """Return what the server answers to the addresses; raises nothing for what it does."""
    if implicit:
        return await _inside(caller, wanted, implicit=True)
    try:
        async with caller.talk() as talk:
            await talk.welcome()
            hello = await say_hello(talk, wanted.name)
            may_start = any(line.upper().split()[:1] == ["STARTTLS"] for line in hello.lines[1:])
            return await _each(talk, wanted, final=not may_start)
    except _WantsMore:
        return await _inside(caller, wanted, implicit=False)
    except ObservationFailed as error:
        return Asked((), error.failure)


async def _inside(caller: Caller, wanted: Wanted, implicit: bool) -> Asked:
    try:
        async with caller.stream() as stream:
            if implicit:
                talk = await caller.shielded(stream)
                await talk.welcome()
            else:
                plain = caller.plain(stream)
                await plain.welcome()
                await say_hello(plain, wanted.name)
                answer = await start_tls(plain)
                if answer.code != READY:
                    text = f"STARTTLS was answered {answer}"
                    raise ObservationFailed(Reason.UNPROVEN, text)
                talk = await caller.shielded(stream)
            await say_hello(talk, wanted.name)
            asked = await _each(talk, wanted, final=True)
            await talk.leave()
            return asked
    except ObservationFailed as error:
        return Asked((), error.failure)


async def _each(talk: Talk, wanted: Wanted, final: bool) -> Asked:
    """Ask for each address; a 530 is an answer like any other where it is ``final``."""
    codes: list[tuple[str, int]] = []
    try:
        for address in wanted.addresses:
            codes.append((address, await _code(talk, wanted.sender, address, final)))
    except ObservationFailed as error:
        return Asked(tuple(codes), error.failure)
    return Asked(tuple(codes))


async def _code(talk: Talk, sender: str, address: str, final: bool) -> int:
    mail = await talk.ask(f"MAIL FROM:<{sender}>")
    _look(mail, final)
    if not mail.good:
        raise ObservationFailed(Reason.UNPROVEN, f"MAIL FROM:<{sender}> was answered {mail}")
    answer = await talk.ask(f"RCPT TO:<{address}>")
    _look(answer, final)
    if answer.code == CLOSING or answer.code // 100 == 3:
        raise ObservationFailed(Reason.UNPROVEN, f"RCPT TO was answered {answer}")
    taken_back = await talk.ask("RSET")
    if not taken_back.good:
        raise ObservationFailed(Reason.UNPROVEN, f"RSET was answered {taken_back}")
    return answer.code


def _look(answer: Reply, final: bool) -> None:
    if answer.code == WANTS_MORE and not final:
        raise _WantsMore
