"""What an FTP server is asked: FEAT, AUTH, PBSZ, PROT and USER; a password is never sent.

USER is asked with a name that no anonymous access uses: servers may let ``anonymous`` in without
a password, and some refuse that one name where they take all others in the clear. What the name
is answered inside TLS is the control of what it is answered outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from troth.checker import Failure, ObservationFailed, Reason
from troth.checkers.network.replies import Reply
from troth.checkers.network.stream import Stream
from troth.checkers.spoken.caller import Caller
from troth.checkers.spoken.talk import Mute, Talk, told
from troth.checkers.tls.answers import Answer
from troth.checkers.tls.hail import hail

#: The account name that is asked about; nobody should have it.
USER = "troth-probe"
#: The mechanisms that begin TLS, the second for servers older than RFC 4217 (its section 17).
MECHANISMS = ("AUTH TLS", "AUTH SSL")
#: The service closes the connection: for want of TLS, of time or of room (RFC 959).
CLOSING = 421


@dataclass(frozen=True)
class Opening:
    """How the endpoint begins: the address reached, TLS from the first byte, greeting, FEAT."""

    peer: str
    implicit: bool
    greeting: Reply | Failure
    features: Reply | Failure


@dataclass(frozen=True)
class Protection:
    """What was answered about TLS.

    ``auth`` holds the answers to :data:`MECHANISMS` as far as they were asked, ``hello`` the
    answer to the hello after the one that was taken. ``plain`` holds the answers to USER outside
    TLS, ``deaf`` why the server takes no plain words at all, empty where it does. ``inside`` are
    the answers inside TLS by command.
    """

    auth: Mapping[str, Reply | Failure] = field(default_factory=dict)
    hello: Answer | None = None
    plain: tuple[Reply | Failure, ...] = ()
    deaf: str | Failure = ""
    inside: Mapping[str, Reply | Failure] = field(default_factory=dict)


async def opening(caller: Caller) -> Opening:
    """Return how the endpoint begins; raises ObservationFailed where nothing can be said."""
    async with caller.stream() as stream:
        talk = caller.plain(stream)
        try:
            return Opening(stream.peer, False, *await _introduced(talk))
        except Mute as error:
            mute, peer = error, stream.peer
    if not await caller.at(peer).takes_tls():
        raise mute
    try:
        async with caller.at(peer).talk(implicit=True) as talk:
            return Opening(peer, True, *await _introduced(talk))
    except ObservationFailed as error:
        return Opening(peer, True, error.failure, error.failure)


async def _introduced(talk: Talk) -> tuple[Reply, Reply | Failure]:
    greeting = await talk.reply()
    if not greeting.good:
        return greeting, Failure(Reason.UNPROVEN, f"the greeting was {greeting}")
    features = await told(talk.ask("FEAT"))
    await talk.leave()
    return greeting, features


async def protection(caller: Caller, implicit: bool) -> Protection:
    """Return what is answered about TLS; failures are among the answers."""
    if implicit:
        return Protection(deaf=await _deaf(caller), inside=await _inside(caller, ""))
    auth, hello = await _auth(caller)
    taken = [mechanism for mechanism in auth if _taken(auth[mechanism])]
    plain = [await _user(caller)]
    if isinstance(plain[0], Reply) and not plain[0].onward:
        # A server in trouble may refuse once what it takes the next time, and of two servers
        # behind one address that take turns, the second may be of another mind.
        plain.append(await _user(caller))
    # The control closes: who is refused for a while is refused inside TLS too.
    inside = await _inside(caller, taken[0]) if taken and hello and hello.yes else {}
    return Protection(auth, hello, tuple(plain), "", inside)


def _taken(answer: Reply | Failure) -> bool:
    return isinstance(answer, Reply) and answer.code == 234


async def _auth(caller: Caller) -> tuple[dict[str, Reply | Failure], Answer | None]:
    answers: dict[str, Reply | Failure] = {}
    try:
        async with caller.stream() as stream:
            talk = caller.plain(stream)
            await talk.welcome()
            for mechanism in MECHANISMS:
                answers[mechanism] = answer = await told(_begin(talk, mechanism))
                if _taken(answer):
                    return answers, await hail(stream, caller.server_name)
                if isinstance(answer, Failure) or not answer.firm:
                    break
            await talk.leave()
    except ObservationFailed as error:
        answers[MECHANISMS[0]] = error.failure
    return answers, None


async def _begin(talk: Talk, mechanism: str) -> Reply:
    """Ask for TLS; what follows the answer before TLS begins would be taken for its inside."""
    answer = await talk.ask(mechanism)
    talk.quiet()
    return answer


async def _user(caller: Caller) -> Reply | Failure:
    try:
        async with caller.talk() as talk:
            await talk.welcome()
            return await talk.ask(f"USER {USER}")
    except ObservationFailed as error:
        return error.failure


async def _deaf(caller: Caller) -> str | Failure:
    try:
        return await caller.deaf(f"USER {USER}")
    except ObservationFailed as error:
        return error.failure


async def _inside(caller: Caller, mechanism: str) -> dict[str, Reply | Failure]:
    """Return what is answered inside TLS; without a ``mechanism`` TLS is there at once."""
    asked = ("PBSZ 0", "PROT P", f"USER {USER}")
    try:
        async with caller.stream() as stream:
            talk = await _shielded(caller, stream, mechanism)
            answers = {command: await told(talk.ask(command)) for command in asked}
            await talk.leave()
            return answers
    except ObservationFailed as error:
        return dict.fromkeys(asked, error.failure)


async def _shielded(caller: Caller, stream: Stream, mechanism: str) -> Talk:
    if not mechanism:
        talk = await caller.shielded(stream)
        await talk.welcome()
        return talk
    plain = caller.plain(stream)
    await plain.welcome()
    answer = await _begin(plain, mechanism)
    if not _taken(answer):
        raise ObservationFailed(Reason.UNPROVEN, f"{mechanism} was answered {answer} this time")
    return await caller.shielded(stream)
