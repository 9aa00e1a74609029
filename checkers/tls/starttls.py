"""STARTTLS in protocols of lines: SMTP (RFC 3207), IMAP (9051), POP3 (2595) and FTP (4217).

Nothing is said but what TLS takes: no login, no mail. Each function is a conversation that
:class:`~troth.checkers.tls.preamble.Machine` runs.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping

from troth.checkers.tls import starttls_binary as binary
from troth.checkers.tls.preamble import (
    Machine,
    State,
    Step,
    Talk,
    Unreadable,
    busy,
    refused,
    words,
)

#: What a client calls itself; the top-level domain says that it is nobody's (RFC 2606).
_OURSELVES = b"troth.invalid"
_MOST_LINES = 200

_Reply = Generator[tuple[bytes, int], bytes, list[bytes]]


def _reply(send: bytes = b"") -> _Reply:
    """Say something and return the lines of the reply, which share a code (RFC 5321 4.2)."""
    lines: list[bytes] = []
    while len(lines) < _MOST_LINES:
        line = yield send, 0
        send = b""
        code, mark = line[:3], line[3:4]
        within_ftp = bool(lines) and lines[0][3:4] == b"-"
        if code.isdigit() and mark in (b" ", b"\r", b"\n", b"-"):
            if lines and code != lines[0][:3]:
                raise Unreadable("a reply changes its code from line to line")
            lines.append(line)
            if mark != b"-":
                return lines
        elif within_ftp:
            lines.append(line)  # RFC 959 4.2: the lines between are free text
        else:
            raise Unreadable(f"no reply of three digits: {words(line)}")
    raise Unreadable(f"a reply of more than {_MOST_LINES} lines")


def _turned_down(lines: list[bytes]) -> Step:
    code = lines[-1][:1]
    if code == b"5":
        return refused(lines[-1])
    if code == b"4":
        return busy(lines[-1])
    raise Unreadable(f"a reply out of turn: {words(lines[-1])}")


def smtp() -> Talk:
    """Greeting, EHLO, STARTTLS."""
    greeting = yield from _reply()
    if greeting[-1][:3] != b"220":
        return _turned_down(greeting)
    offered = yield from _reply(b"EHLO " + _OURSELVES + b"\r\n")
    if offered[-1][:3] != b"250":
        return _turned_down(offered)
    if not any(line[4:].strip().upper() == b"STARTTLS" for line in offered[1:]):
        return refused(b"STARTTLS is not in its answer to EHLO")
    agreed = yield from _reply(b"STARTTLS\r\n")
    return Step(State.BEGIN) if agreed[-1][:3] == b"220" else _turned_down(agreed)


def ftp() -> Talk:
    """Greeting, AUTH TLS; a greeting may say to wait (120)."""
    greeting = yield from _reply()
    while greeting[-1][:3] == b"120":
        greeting = yield from _reply()
    if greeting[-1][:3] != b"220":
        return _turned_down(greeting)
    agreed = yield from _reply(b"AUTH TLS\r\n")
    return Step(State.BEGIN) if agreed[-1][:3] == b"234" else _turned_down(agreed)


def pop3() -> Talk:
    """Greeting, STLS; a reply may carry a code that says it is for a while (RFC 3206)."""
    send = b""
    for following in (b"STLS\r\n", b""):
        line = yield send, 0
        send = following
        if line.startswith(b"-ERR"):
            passing = b"[SYS/TEMP]" in line.upper() or b"[IN-USE]" in line.upper()
            return busy(line) if passing else refused(line)
        if not line.startswith(b"+OK"):
            raise Unreadable(f"no reply of POP3: {words(line)}")
    return Step(State.BEGIN)


def imap() -> Talk:
    """Greeting, STARTTLS, and the tagged answer behind whatever untagged ones."""
    greeting = yield b"", 0
    if greeting.upper().startswith(b"* BYE"):
        return busy(greeting)
    if not greeting.upper().startswith((b"* OK", b"* PREAUTH")):
        raise Unreadable(f"no greeting of IMAP: {words(greeting)}")
    send = b"a1 STARTTLS\r\n"
    for _ in range(_MOST_LINES):
        line = yield send, 0
        send = b""
        if line.upper().startswith(b"* BYE"):
            return busy(line)
        if line.startswith(b"* "):
            continue
        tag, _, rest = line.partition(b" ")
        verdict = rest[:3].upper().strip()
        if tag.lower() != b"a1" or verdict not in (b"OK", b"NO", b"BAD"):
            raise Unreadable(f"no answer of IMAP: {words(line)}")
        if verdict == b"OK":
            return Step(State.BEGIN)
        return busy(line) if b"[UNAVAILABLE]" in line.upper() else refused(line)
    raise Unreadable(f"more than {_MOST_LINES} untagged answers")


#: The conversation of each protocol of ``places.STARTTLS``.
PROTOCOLS: Mapping[str, Callable[[], Talk]] = {
    "ftp": ftp,
    "imap": imap,
    "ldap": binary.ldap,
    "mysql": binary.mysql,
    "pop3": pop3,
    "postgres": binary.postgres,
    "smtp": smtp,
}


def machine(protocol: str) -> Machine:
    """Return the state machine of a protocol."""
    return Machine(PROTOCOLS[protocol])
