"""Blocking sockets: one hello to one address, inside one deadline.

Replaceable by an asyncio layer: everything that is known about TLS lives in ``dialogue``.
"""

from __future__ import annotations

import contextlib
import socket
import time
from dataclasses import dataclass, replace

from troth.checkers.tls import keys
from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.dialogue import Dialogue
from troth.checkers.tls.questions import GROUPS, Offer

_CHUNK = 16_384


@dataclass(frozen=True)
class Address:
    """Where to connect and which name to ask for.

    ``host`` is a name or an IP address without brackets; ``server_name`` goes into the hello and
    is empty for an endpoint that is addressed by IP.
    """

    host: str
    port: int
    server_name: str = ""


class _Clock:
    """The deadline of one probe on the monotonic clock, in seconds."""

    def __init__(self, seconds: float) -> None:
        self._start = time.monotonic()
        self.seconds = seconds

    @property
    def spent(self) -> float:
        return time.monotonic() - self._start

    def arm(self, peer: socket.socket) -> None:
        """Let the next operation of the socket take what is left; raise TimeoutError if none."""
        left = self.seconds - self.spent
        if left <= 0:
            raise TimeoutError
        peer.settimeout(left)


def ask(address: Address, offer: Offer, seconds: float) -> Answer:
    """Return the answer to one offer; never raises for what a peer or the network does.

    A retry request is answered with a second connection that holds the wanted key share; both
    share ``seconds``.
    """
    clock = _Clock(seconds)
    answer = _ask(address, offer, clock)
    can_make = answer.group in GROUPS and answer.group in offer.groups
    if answer.kind is Kind.RETRY and can_make and answer.group != offer.share:
        answer = _ask(address, replace(offer, share=answer.group), clock)
    return replace(answer, milliseconds=int(clock.spent * 1000))


def _ask(address: Address, offer: Offer, clock: _Clock) -> Answer:
    try:
        share = keys.key_share(offer.share) if offer.modern and offer.share else None
    except keys.Unavailable as error:
        return Answer(offer.name, Kind.LOCAL, text=str(error))
    try:
        peer = _connect(address, clock)
    except TimeoutError:
        text = f"no connection in {clock.seconds:g} s"
        return Answer(offer.name, Kind.TIMEOUT, text=text)
    except OSError as error:
        text = error.strerror or type(error).__name__
        return Answer(offer.name, Kind.UNREACHABLE, text=text)
    with contextlib.closing(peer[0]):
        dialogue = Dialogue(offer, address.server_name, share)
        return replace(_talk(peer[0], dialogue, clock), peer=peer[1])


def _connect(address: Address, clock: _Clock) -> tuple[socket.socket, str]:
    """Connect to the first address that answers; the candidates share the time that is left.

    Looking the name up is bounded by the resolver's own time limit, not by this clock.
    """
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    failure: OSError = OSError("the name has no address")
    for index, (family, kind, protocol, _, place) in enumerate(found):
        peer = socket.socket(family, kind, protocol)
        try:
            clock.arm(peer)
            peer.settimeout((peer.gettimeout() or 0) / (len(found) - index))
            peer.connect(place)
        except OSError as error:
            peer.close()
            failure = error
        else:
            return peer, str(place[0])
    raise failure


def _talk(peer: socket.socket, dialogue: Dialogue, clock: _Clock) -> Answer:
    try:
        clock.arm(peer)
        # A peer that hangs up while being written to may have left an alert to read.
        with contextlib.suppress(ConnectionError):
            peer.sendall(dialogue.to_send)
        while True:
            clock.arm(peer)
            data = peer.recv(_CHUNK)
            answer = dialogue.feed(data) if data else dialogue.close()
            if answer is not None:
                return answer
    except TimeoutError:
        return dialogue.expire(clock.seconds)
    except OSError:
        return dialogue.close()
