"""TLS on a connection that is open already, for checkers of other protocols.

They speak their own preamble, or none, and hand the stream over; one hello is said and the
server's flight read, no more. The connection is of no use afterwards.
"""

from __future__ import annotations

import contextlib

from troth.checkers.network.stream import Stream
from troth.checkers.tls import keys
from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.dialogue import Dialogue
from troth.checkers.tls.questions import OPENERS, Offer


async def hail(stream: Stream, server_name: str = "", offer: Offer = OPENERS[0]) -> Answer:
    """Say a hello on an open stream and return the answer; ``answer.yes`` is *it speaks TLS*.

    ``async def hail(stream: Stream, server_name: str = "", offer: Offer = OPENERS[0]) -> Answer``

    ``server_name`` is an ASCII DNS name, empty for an IP address. Never raises for what the peer
    or the network does: an end of the stream, the stream's clock or nonsense are answers. Where
    STARTTLS is spoken, call it right after the server's *go ahead*. A request for another hello
    that cannot be met is a yes without a certificate.
    """
    try:
        share = keys.key_share(offer.share) if offer.modern and offer.share else None
    except keys.Unavailable as error:
        return Answer(offer.name, Kind.LOCAL, text=str(error), peer=stream.peer)
    return await converse(stream, Dialogue(offer, server_name, share))


async def _send(stream: Stream, data: bytes) -> None:
    if data:
        await stream.send(data)


async def converse(stream: Stream, dialogue: Dialogue) -> Answer:
    """Carry the bytes of a dialogue until it has its answer."""
    try:
        while True:
            # A peer may answer and close before it has read everything; its answer counts.
            with contextlib.suppress(ConnectionError):
                await _send(stream, dialogue.to_send())
            data = await stream.receive()
            answer = dialogue.feed(data) if data else dialogue.close()
            if answer is not None:
                return answer.met_at(stream.peer)
    except TimeoutError:
        return dialogue.expire(stream.seconds).met_at(stream.peer)
    except OSError:
        return dialogue.close().met_at(stream.peer)
