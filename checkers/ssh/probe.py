"""In which order an endpoint is asked, in at most three connections and within its time."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

from troth.checker import Failure, Reason
from troth.checkers.network.clock import Clock
from troth.checkers.network.loop import shared
from troth.checkers.network.stream import Place, Stream, connected
from troth.checkers.ssh import hostkeys
from troth.checkers.ssh.answers import Answer, Opening, Wanted
from troth.checkers.ssh.dialogue import Dialogue

#: Connections to one endpoint for everything that is asked of it.
CONNECTIONS = 3


@dataclass
class Inquiry:
    """One endpoint: where it is, the seconds of a connection, and those left for all of them.

    A name may have several addresses; what the opening reached is asked from then on.
    """

    place: Place
    timeout: float
    left: float

    def ask(self, wanted: Wanted) -> Answer:
        """Return the answer of one connection; never raises for what a peer or the network does."""
        clock = Clock.of(self.left)
        answer = shared().run(_ask(self.place, clock, self.timeout, wanted))
        self.left = clock.left
        return answer

    def open(self) -> Opening:
        """Ask for a greeting and the first key; what hangs up before its greeting is asked again.

        A crowded server hangs up so; it does not hang up on everybody.
        """
        answer, count = self.ask(Wanted()), 1
        while answer.dropped and count < CONNECTIONS:
            answer, count = self.ask(Wanted()), count + 1
        self.place = replace(self.place, host=answer.peer or self.place.host)
        return Opening(answer, count)

    def second(self, opening: Opening) -> Answer | None:
        """Return what the second key's connection shows, None if there is no second key.

        One connection is spared for :meth:`third`.
        """
        wished = _further(opening)[:1]
        if not wished or opening.answer.failure:
            return None
        if opening.connections + 2 > CONNECTIONS:
            return _unasked()
        return self.ask(Wanted(wished[0]))

    def third(self, opening: Opening, user: str) -> Answer:
        """Return what the connection shows that asks for the ways to sign in.

        It presents the first key that no other connection asks for, or the first of all.
        """
        if opening.answer.failure:
            return opening.answer
        if opening.connections + 1 > CONNECTIONS:
            return _unasked()
        asked_elsewhere = 1 if opening.connections + 2 <= CONNECTIONS else 0
        wished = _further(opening)[asked_elsewhere:] or [opening.answer.slot]
        return self.ask(Wanted(wished[0], user))


def _further(opening: Opening) -> list[str]:
    """Return the names of the keys that the opening did not show, in order of asking."""
    lists = opening.answer.lists
    known = hostkeys.slots(lists.host_keys) if lists else []
    return [slot.name for slot in known if slot.name != opening.answer.slot]


def _unasked() -> Answer:
    text = f"the server hung up so often that {CONNECTIONS} connections were not enough"
    return Answer(failure=Failure(Reason.UNPROVEN, text))


async def _ask(place: Place, endpoint: Clock, seconds: float, wanted: Wanted) -> Answer:
    dialogue = Dialogue(wanted)
    short = endpoint.left < seconds
    given = "what was left of the endpoint's time" if short else f"{seconds:g} s"
    try:
        async with connected(place, endpoint, seconds) as stream:
            dialogue.answer.peer = stream.peer
            await _drive(stream, dialogue)
    except TimeoutError:
        dialogue.end(Reason.TIMEOUT, f"nothing more in {given}")
    except ConnectionResetError:
        dialogue.feed(b"")  # it was connected, and hung up before that was told
    except OSError as error:
        text = error.strerror or type(error).__name__
        dialogue.end(Reason.UNREACHABLE, f"no connection: {text}")
    return dialogue.answer


async def _drive(stream: Stream, dialogue: Dialogue) -> None:
    while True:
        to_send = dialogue.take()
        if to_send:
            # A peer that hangs up while being written to may have left something to read.
            with contextlib.suppress(ConnectionError):
                await stream.send(to_send)
        if dialogue.done:
            return
        try:
            data = await stream.receive()
        except ConnectionError:
            data = b""
        dialogue.feed(data)
