"""STARTTLS in protocols of messages: LDAP (RFC 4511 4.14), PostgreSQL and MySQL.

https://www.postgresql.org/docs/current/protocol-flow.html (SSL session encryption) and
https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html.
"""

from __future__ import annotations

from collections.abc import Generator

from troth.checkers.tls.preamble import State, Step, Talk, Unreadable, busy, refused

_Bytes = Generator[tuple[bytes, int], bytes, bytes]

#: SSLRequest: eight bytes in all, and the number that stands in a version's place.
_POSTGRES_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")


def postgres() -> Talk:
    """Ask for TLS; one byte says yes or no."""
    answer = yield _POSTGRES_REQUEST, 1
    if answer == b"S":
        return Step(State.BEGIN)
    if answer == b"N":
        return refused(b"its answer to SSLRequest is N")
    if answer == b"E":
        return busy(b"an error instead of an answer to SSLRequest")
    raise Unreadable("no answer to the SSLRequest of PostgreSQL")


_PROTOCOL_41, _SSL, _SECURE_CONNECTION = 0x200, 0x800, 0x8000
_LONGEST_GREETING = 4_096


def mysql() -> Talk:
    """Read the server's greeting; if it can do TLS, answer with the packet that starts it."""
    header = yield b"", 4
    length = int.from_bytes(header[:3], "little")
    if not 0 < length <= _LONGEST_GREETING or header[3] != 0:
        raise Unreadable("no greeting of MySQL")
    greeting = yield b"", length
    if greeting[0] == 0xFF:
        return busy(greeting[3:])
    version, end, rest = greeting[1:].partition(b"\0")
    # Thread number, eight bytes of a challenge, a zero; then the lower half of what it can do.
    if greeting[0] != 10 or not end or len(rest) < 15 or not version:
        raise Unreadable("no greeting of MySQL in protocol 10")
    if not int.from_bytes(rest[13:15], "little") & _SSL:
        return refused(b"CLIENT_SSL is not among its capabilities")
    wanted = _PROTOCOL_41 | _SSL | _SECURE_CONNECTION
    body = wanted.to_bytes(4, "little") + (1 << 24).to_bytes(4, "little") + b"\x21" + bytes(23)
    return Step(State.BEGIN, len(body).to_bytes(3, "little") + b"\x01" + body)


_START_TLS = b"1.3.6.1.4.1.1466.20037"
_SEQUENCE, _INTEGER, _ENUMERATED = 0x30, 0x02, 0x0A
_EXTENDED_REQUEST, _EXTENDED_RESPONSE, _REQUEST_NAME = 0x77, 0x78, 0x80
_LONGEST_MESSAGE = 8_192
#: busy, unavailable (RFC 4511 appendix A).
_PASSING = (51, 52)


def ldap() -> Talk:
    """Ask for the extended operation; the result code answers."""
    request = _value(_EXTENDED_REQUEST, _value(_REQUEST_NAME, _START_TLS))
    message = yield from _message(_value(_SEQUENCE, _value(_INTEGER, b"\x01") + request))
    number, rest = _read(message, _INTEGER)
    body, _ = _read(rest, _EXTENDED_RESPONSE)
    code, _ = _read(body, _ENUMERATED)
    if len(code) != 1:
        raise Unreadable("no result code of LDAP")
    said = f"result code {code[0]}".encode()
    if number in (b"\0", b""):
        return busy(b"notice of disconnection, " + said)
    if code[0] == 0:
        return Step(State.BEGIN)
    return busy(said) if code[0] in _PASSING else refused(said)


def _value(tag: int, body: bytes) -> bytes:
    return bytes([tag, len(body)]) + body


def _message(send: bytes) -> _Bytes:
    """Say something and return the content of the next message."""
    start = yield send, 2
    if start[0] != _SEQUENCE:
        raise Unreadable("no message of LDAP")
    length = start[1]
    if length > 0x80:
        if length > 0x84:
            raise Unreadable("a message of LDAP without a length")
        length = int.from_bytes((yield b"", length - 0x80), "big")
    elif length == 0x80:
        raise Unreadable("a message of LDAP without a length")
    if not 0 < length <= _LONGEST_MESSAGE:
        raise Unreadable(f"a message of LDAP of {length} bytes")
    return (yield b"", length)


def _read(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """Return the content of the first value, which must have the tag, and what follows it."""
    if len(data) < 2 or data[0] != tag:
        raise Unreadable("a message of LDAP that is no extended response")
    length, start = data[1], 2
    if length > 0x84 or length == 0x80:
        raise Unreadable("a value of LDAP without a length")
    if length > 0x80:
        start += length - 0x80
        length = int.from_bytes(data[2:start], "big")
    if start + length > len(data):
        raise Unreadable("a value of LDAP that is longer than its message")
    return data[start : start + length], data[start + length :]
