"""The client's side of one connection: bytes out, bytes in, an answer at the end.

Up to the host key nothing is encrypted. Only a connection that asks for the ways to sign in goes
on; it says the name of an account and the method ``none`` (RFC 4252 section 5.2), nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from cryptography.exceptions import UnsupportedAlgorithm

from troth.checker import Failure, Reason
from troth.checkers.ssh import agreement, ciphers, exchange, greeting, hostkeys, kexinit
from troth.checkers.ssh.agreement import Transport
from troth.checkers.ssh.answers import Answer, Stop, Wanted
from troth.checkers.ssh.greeting import Identification
from troth.checkers.ssh.kexinit import Lists
from troth.checkers.ssh.packets import Inbound, Outbound
from troth.checkers.ssh.wire import Malformed, Reader, number, shown, string

_DISCONNECT, _IGNORE, _UNIMPLEMENTED, _DEBUG = 1, 2, 3, 4
_SERVICE_REQUEST, _SERVICE_ACCEPT, _EXTENSIONS = 5, 6, 7
_NEWKEYS = 21
_REQUEST, _REFUSED, _WELCOME, _BANNER = 50, 51, 52, 53
#: Messages that say nothing of what is asked (RFC 4253 section 11, RFC 8308, RFC 4252 5.4).
_IDLE = frozenset({_IGNORE, _DEBUG, _EXTENSIONS, _BANNER})
#: Reasons to disconnect (RFC 4253 section 11.1): a client that leaves, a server that is full.
_LEAVING, _TOO_MANY = 11, 12

_T = TypeVar("_T")
#: Waits for bytes of the peer, empty at the end of the stream, and comes to a result.
Steps = Generator[None, bytes, _T]


class Dialogue:
    """One connection; feed it until it is done, send what it gives, read the answer."""

    def __init__(self, wanted: Wanted) -> None:
        """Begin: our identification is waiting to be sent."""
        self.answer = Answer()
        self.done = False
        self._wanted = wanted
        self._in, self._out = Inbound(), Outbound()
        self._stage = "a greeting"
        self._steps = self._talk()
        self._advance(lambda: next(self._steps))

    def take(self) -> bytes:
        """Return what is to be sent now."""
        return self._out.take()

    def feed(self, data: bytes) -> None:
        """Take bytes of the peer; empty when it closed or reset the connection."""
        if not self.done:
            self._advance(lambda: self._steps.send(data))

    def end(self, reason: Reason, text: str) -> None:
        """End from outside, because the time is up; what was seen until then stands."""
        self._end(Failure(reason, f"{text}, waiting for {self._stage}"))

    def _advance(self, step: Callable[[], None]) -> None:
        try:
            step()
        except StopIteration:
            self._end(None)
        except Stop as stop:
            self._end(stop.failure)
        except Malformed as error:
            text = f"{error}, where {self._stage} should stand"
            self._end(Failure(Reason.MALFORMED_RESPONSE, text))
        except UnsupportedAlgorithm as error:
            self._end(Failure(Reason.UNPROVEN, f"this machine cannot ask: {error}"))

    def _end(self, failure: Failure | None) -> None:
        if not self.done:
            self.done, self.answer.failure = True, failure

    def _talk(self) -> Steps[None]:
        self._out.line(greeting.OURS + b"\r\n")
        server = yield from self._greet()
        self._stage = "the lists of a key exchange"
        theirs = self.answer.lists = kexinit.read((yield from self._payload()))
        self._stage = "a host key"
        slot = agreement.slot(theirs, self._wanted.slot)
        self.answer.slot = slot.name
        transport = Transport.of(theirs) if self._wanted.user else None
        ours = agreement.offer(theirs, slot.algorithms[0], transport)
        self._out.packet(ours.payload)
        derive = yield from self._agree(server, ours, theirs)
        if self._wanted.user:
            if transport is None:
                raise Stop(Reason.NOT_SUPPORTED, "no cipher, MAC and compression in common")
            yield from self._encrypt(transport, derive)
            yield from self._sign_in()
        self._leave()

    def _greet(self) -> Steps[Identification]:
        first, found = greeting.Greeting(), None
        while found is None:
            data = yield
            if not data:
                raise self._unanswered(first)
            found = first.feed(data)
        self.answer.identification = found
        if not found.modern:
            text = f"the server speaks SSH {found.protocol}, not SSH 2"
            raise Stop(Reason.NOT_SUPPORTED, text)
        self._in.feed(first.rest)
        return found

    def _unanswered(self, first: greeting.Greeting) -> Stop:
        """Return why there was no greeting; a crowded server may be asked again."""
        self.answer.dropped = first.crowded or first.silent
        if first.crowded:
            return Stop(Reason.THROTTLED, f"the server hung up with '{first.preface}'")
        if first.silent:
            return Stop(Reason.UNPROVEN, "the server hung up before its greeting")
        text = f"the server hung up after '{first.preface}', which is no SSH"
        return Stop(Reason.MALFORMED_RESPONSE, text)

    def _agree(self, server: Identification, ours: Lists, theirs: Lists) -> Steps[ciphers.Derive]:
        """Run the key exchange and have the host key prove itself; return the keys' source."""
        method = exchange.METHODS[ours.key_exchange[0]]
        if agreement.guessed_wrong(ours, theirs):
            yield from self._payload()
        outcome = yield from self._exchange(method.start())
        key = hostkeys.read(outcome.blob, ours.host_keys[0])
        # What the exchange hash covers: RFC 4253 section 8.
        said = (greeting.OURS, server.line, ours.payload, theirs.payload, outcome.blob)
        covered = b"".join(map(string, said)) + outcome.shares + outcome.secret
        hashed = method.digest(covered)
        if not key.signed(outcome.signature, hashed):
            raise Stop(Reason.UNPROVEN, "the server did not sign with the host key it presents")
        self.answer.key = key
        return agreement.derivation(method, outcome.secret, hashed)

    def _exchange(self, steps: exchange.Steps) -> Steps[exchange.Outcome]:
        to_send = next(steps)
        while True:
            self._out.packet(to_send)
            payload = yield from self._payload()
            try:
                to_send = steps.send(payload)
            except StopIteration as end:
                outcome: exchange.Outcome = end.value
                return outcome

    def _encrypt(self, transport: Transport, derive: ciphers.Derive) -> Steps[None]:
        self._stage = "an encrypted connection"
        self._out.packet(bytes([_NEWKEYS]))
        self._out.codec = transport.sealer(derive)
        yield from self._message(_NEWKEYS)
        self._in.codec = transport.opener(derive)

    def _sign_in(self) -> Steps[None]:
        self._stage = "the ways to sign in"
        self._out.packet(bytes([_SERVICE_REQUEST]) + string(b"ssh-userauth"))
        yield from self._message(_SERVICE_ACCEPT)
        user = string(self._wanted.user.encode())
        self._out.packet(bytes([_REQUEST]) + user + string(b"ssh-connection") + string(b"none"))
        kind, reader = yield from self._message(_REFUSED, _WELCOME)
        if kind == _WELCOME:
            self.answer.welcome = True
        else:
            self.answer.methods = reader.names()

    def _message(self, *expected: int) -> Steps[tuple[int, Reader]]:
        reader = Reader((yield from self._payload()))
        kind = reader.byte()
        if kind not in expected:
            raise Malformed(f"message {kind} instead of {' or '.join(map(str, expected))}")
        return kind, reader

    def _payload(self) -> Steps[bytes]:
        """Return the next payload that says anything; raises Stop where there is none."""
        while True:
            payload = self._in.next()
            if payload is None:
                data = yield
                if not data:
                    raise Stop(Reason.UNPROVEN, f"the server hung up before {self._stage}")
                self._in.feed(data)
            elif payload[0] == _DISCONNECT:
                raise self._disconnected(Reader(payload[1:]))
            elif payload[0] == _UNIMPLEMENTED:
                raise Stop(Reason.UNPROVEN, f"the server does not know {self._stage}")
            elif payload[0] not in _IDLE:
                return payload

    def _disconnected(self, reader: Reader) -> Stop:
        code, text = reader.number(), shown(reader.string())
        reason = Reason.THROTTLED if code == _TOO_MANY else Reason.UNPROVEN
        return Stop(reason, f"the server ended it before {self._stage}: {code} '{text}'")

    def _leave(self) -> None:
        """Say good-bye, so that the server's log tells what this was."""
        text = string(b"nothing more to ask") + string(b"")
        self._out.packet(bytes([_DISCONNECT]) + number(_LEAVING) + text)
