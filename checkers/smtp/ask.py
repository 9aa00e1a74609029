"""What an SMTP server is asked about itself: EHLO and STARTTLS; nothing that begins a message."""

from __future__ import annotations

from dataclasses import dataclass

from troth.checker import Failure, ObservationFailed, Reason
from troth.checkers.network.replies import Reply
from troth.checkers.spoken.caller import Caller
from troth.checkers.spoken.talk import Mute, Talk, told
from troth.checkers.tls.answers import Answer
from troth.checkers.tls.hail import hail

#: STARTTLS was taken (RFC 3207 section 4).
READY = 220
#: EHLO is not known, so there are no extensions (RFC 1869 section 4.5). Any other refusal is about
#: who asks, or for a while, and says nothing about the extensions.
_UNKNOWN = (500, 502)


@dataclass(frozen=True)
class Opening:
    """How the endpoint begins: address reached, TLS from the first byte, greeting, EHLO."""

    peer: str
    implicit: bool
    greeting: Reply | Failure
    hello: Reply | Failure


@dataclass(frozen=True)
class Protection:
    """What was answered about TLS.

    ``hello`` is the answer to EHLO before TLS, ``starttls`` that to STARTTLS, ``control`` that to
    NOOP after a refusal, ``tls`` the answer to the TLS hello. ``deaf`` is why the server takes no
    plain words at all, empty where it does.
    """

    hello: Reply | Failure | None = None
    starttls: Reply | Failure | None = None
    control: Reply | Failure | None = None
    tls: Answer | None = None
    deaf: str | Failure = ""


async def opening(caller: Caller, name: str) -> Opening:
    """Return how the endpoint begins; raises ObservationFailed where nothing can be said."""
    async with caller.stream() as stream:
        talk = caller.plain(stream)
        try:
            return Opening(stream.peer, False, *await _introduced(talk, name))
        except Mute as error:
            mute, peer = error, stream.peer
    if not await caller.at(peer).takes_tls():
        raise mute
    try:
        async with caller.at(peer).talk(implicit=True) as talk:
            return Opening(peer, True, *await _introduced(talk, name))
    except ObservationFailed as error:
        return Opening(peer, True, error.failure, error.failure)


async def _introduced(talk: Talk, name: str) -> tuple[Reply, Reply | Failure]:
    greeting = await talk.reply()
    if not greeting.good:
        return greeting, Failure(Reason.UNPROVEN, f"the greeting was {greeting}")
    hello = await told(say_hello(talk, name))
    await talk.leave()
    return greeting, hello


async def say_hello(talk: Talk, name: str) -> Reply:
    """Return the answer to EHLO, or to HELO where the server does not know EHLO.

    The answer to HELO has one line, so it names no extensions (RFC 5321 section 4.1.1.1). Raises
    ObservationFailed if neither is taken.
    """
    answer = await talk.ask(f"EHLO {name}")
    if answer.code in _UNKNOWN:
        fallback = await talk.ask(f"HELO {name}")
        if fallback.good:
            return Reply(fallback.code, fallback.lines[:1])
    if not answer.good:
        raise ObservationFailed(Reason.UNPROVEN, f"EHLO was answered {answer}")
    return answer


async def protection(caller: Caller, name: str, implicit: bool) -> Protection:
    """Return what is answered about TLS; failures are among the answers."""
    if implicit:
        return Protection(deaf=await _deaf(caller, name))
    try:
        async with caller.stream() as stream:
            talk = caller.plain(stream)
            await talk.welcome()
            hello = await told(say_hello(talk, name))
            # Asked even where EHLO does not name it: the list may have been cut on its way.
            answer = await told(start_tls(talk))
            if isinstance(answer, Reply) and answer.code == READY:
                tls = await hail(stream, caller.server_name)
                return Protection(hello, answer, tls=tls)
            control = await told(talk.ask("NOOP"))
            await talk.leave()
            return Protection(hello, answer, control)
    except ObservationFailed as error:
        return Protection(error.failure, error.failure)


async def start_tls(talk: Talk) -> Reply:
    """Ask for TLS; what follows the answer before TLS begins would be taken for its inside."""
    answer = await talk.ask("STARTTLS")
    talk.quiet()
    return answer


async def _deaf(caller: Caller, name: str) -> str | Failure:
    try:
        return await caller.deaf(f"EHLO {name}")
    except ObservationFailed as error:
        return error.failure
