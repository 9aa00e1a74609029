"""One question and its answer, over UDP and then over TCP if it was cut, inside a clock.

dnspython reads the messages. Its own exchange looks at the time only while nothing comes, so that
a flood of wrong messages would hold it for ever; its UDP socket takes messages of anybody; and the
time for reading a message grows with the square of its records and the length of their names.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
from typing import TYPE_CHECKING

from troth.checkers.network.clock import Clock

if TYPE_CHECKING:
    import dns.message

_LARGEST = 65_535
#: More records than this are not read: no set that is asked for here is nearly as large.
MOST_RECORDS = 256


class Unreadable(Exception):
    """A message that is no answer to the question; the text says why."""


class Cut(Exception):
    """The answer did not fit into a datagram."""


def exchange(
    address: str, port: int, query: dns.message.Message, clock: Clock
) -> dns.message.Message:
    """Return the response to a query; its random identifier and port, and the question, must fit.

    Raises TimeoutError, :class:`Unreadable`, and OSError as the system does.
    """
    try:
        return _by_datagram(address, port, query, clock)
    except Cut:
        return _by_stream(address, port, query, clock)


def _by_datagram(
    address: str, port: int, query: dns.message.Message, clock: Clock
) -> dns.message.Message:
    """Pass over what does not fit, as anybody may have sent it, until the time is up."""
    wrong: Unreadable | None = None
    with _socket(address, socket.SOCK_DGRAM) as peer:
        # Connected, the system drops what others send and tells that nobody is there.
        peer.connect((address, port))
        peer.send(query.to_wire())
        while clock.left:
            peer.settimeout(clock.left)
            try:
                return read(peer.recv(_LARGEST), query)
            except TimeoutError:
                break
            except Unreadable as error:
                wrong = error
    raise wrong or TimeoutError


def _by_stream(
    address: str, port: int, query: dns.message.Message, clock: Clock
) -> dns.message.Message:
    wire = query.to_wire()
    with _socket(address, socket.SOCK_STREAM) as peer:
        _arm(peer, clock)
        peer.connect((address, port))
        peer.sendall(struct.pack("!H", len(wire)) + wire)
        (length,) = struct.unpack("!H", _exactly(peer, 2, clock))
        try:
            return read(_exactly(peer, length, clock), query)
        except Cut as error:
            raise Unreadable("it is cut although it came over TCP") from error


def _exactly(peer: socket.socket, count: int, clock: Clock) -> bytes:
    data = b""
    while len(data) < count:
        _arm(peer, clock)
        more = peer.recv(count - len(data))
        if not more:
            raise Unreadable(f"it ends after {len(data)} of {count} bytes")
        data += more
    return data


def _arm(peer: socket.socket, clock: Clock) -> None:
    if not clock.left:
        raise TimeoutError
    peer.settimeout(clock.left)


def _socket(address: str, kind: socket.SocketKind) -> socket.socket:
    version = ipaddress.ip_address(address).version
    return socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET, kind)


def read(wire: bytes, query: dns.message.Message) -> dns.message.Message:
    """Return the response to a query in a message; raises :class:`Unreadable` or :class:`Cut`."""
    import dns.exception
    import dns.flags
    import dns.message

    if len(wire) < 12:
        raise Unreadable("it has no header")
    if sum(struct.unpack("!4H", wire[4:12])) > MOST_RECORDS:
        raise Unreadable(f"it announces more than {MOST_RECORDS} records")
    try:
        # Each record for itself: of several aliases, dnspython would otherwise keep the last.
        response = dns.message.from_wire(wire, one_rr_per_rrset=True, ignore_trailing=False)
    except dns.exception.DNSException as error:
        raise Unreadable(type(error).__name__) from error
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        # What a strange record may do to a parser of a hundred types must not cost the facet.
        raise Unreadable(type(error).__name__) from error
    if not query.is_response(response):
        raise Unreadable("it answers another question")
    if response.flags & dns.flags.TC:
        raise Cut
    return response
