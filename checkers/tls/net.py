"""One hello to one address inside one clock: connect, speak STARTTLS where it is asked for, ask.

Everything that is known about TLS lives in ``dialogue`` and about STARTTLS in ``starttls``.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass, replace

from troth.checkers.network.clock import Clock
from troth.checkers.network.stream import Place, Stream, connected
from troth.checkers.tls import starttls
from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.hail import hail
from troth.checkers.tls.preamble import Machine, State, Step
from troth.checkers.tls.questions import Offer

#: What this machine runs out of; it says nothing about the peer.
_LOCAL = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EADDRNOTAVAIL}
_OUTCOMES = {
    State.REFUSED: Kind.NO_TLS,
    State.BUSY: Kind.BUSY,
    State.MALFORMED: Kind.MALFORMED,
}


@dataclass(frozen=True)
class Address:
    """Where to connect, which name to ask for, and what is spoken until TLS begins.

    ``host`` is a name or an IP address without brackets; ``server_name`` goes into the hello and
    is empty for an endpoint that is addressed by IP. ``starttls`` is one of
    ``places.STARTTLS``, or empty.
    """

    host: str
    port: int
    server_name: str = ""
    starttls: str = ""


async def ask(address: Address, offer: Offer, endpoint: Clock, seconds: float) -> Answer:
    """Return the answer to one offer; never raises for what a peer or the network does."""
    begin = endpoint.spent
    answer = await _ask(address, offer, endpoint, seconds)
    return replace(answer, milliseconds=int((endpoint.spent - begin) * 1000))


async def _ask(address: Address, offer: Offer, endpoint: Clock, seconds: float) -> Answer:
    place = Place(address.host, address.port)
    try:
        async with connected(place, endpoint, seconds) as stream:
            refusal = await _begin(stream, address.starttls, offer)
            return refusal or await hail(stream, address.server_name, offer)
    except TimeoutError:
        return Answer(offer.name, Kind.TIMEOUT, text=f"no connection in {seconds:g} s")
    except OSError as error:
        kind = Kind.LOCAL if error.errno in _LOCAL else Kind.UNREACHABLE
        return Answer(offer.name, kind, text=error.strerror or type(error).__name__)


async def _begin(stream: Stream, protocol: str, offer: Offer) -> Answer | None:
    """Speak until TLS begins; return the answer if it does not."""
    if not protocol:
        return None
    try:
        step = await _negotiate(stream, starttls.machine(protocol))
    except TimeoutError:
        text = f"no complete answer before TLS in {stream.seconds:g} s"
        return Answer(offer.name, Kind.TIMEOUT, text=text, peer=stream.peer)
    except OSError:
        return Answer(offer.name, Kind.CLOSED, text="hung up before TLS", peer=stream.peer)
    if step.state is State.BEGIN:
        return None
    return Answer(offer.name, _OUTCOMES[step.state], text=step.text, peer=stream.peer)


async def _negotiate(stream: Stream, machine: Machine) -> Step:
    """Return the outcome of a preamble; raises ConnectionError for a peer that hangs up."""
    step = machine.feed(b"")
    while True:
        if step.send:
            await stream.send(step.send)
        if step.state is not State.WAIT:
            return step
        data = await stream.receive()
        if not data:
            raise ConnectionError
        step = machine.feed(data)
