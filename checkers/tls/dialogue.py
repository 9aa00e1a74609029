"""One handshake up to the end of the server's flight: bytes out, bytes in, an answer at the end.

The server's flight is complete with ServerHelloDone (SSL 3.0 to TLS 1.2) or Finished (TLS 1.3);
only then is an offer accepted. Nothing is sent but a hello, and another if the server asks for it:
no session is ever made, a client certificate is never shown, and it is not proved that the peer
holds its certificate's key.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from troth.checkers.tls import hello, keys
from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.greeting import Greeting
from troth.checkers.tls.questions import SSL3, TLS13, VERSION_NAMES, Offer
from troth.checkers.tls.suites import BY_CODE
from troth.checkers.tls.wire import (
    ALERT,
    APPLICATION,
    CHANGE_CIPHER,
    HANDSHAKE,
    Malformed,
    Messages,
    Reader,
    Records,
    handshake,
)

#: More than this is no first flight.
LARGEST_FLIGHT = 100_000
#: How many certificates of a chain are kept.
LONGEST_CHAIN = 10

_SERVER_HELLO, _CERTIFICATE, _KEY_EXCHANGE, _DONE, _FINISHED, _STATUS = 2, 11, 12, 14, 20, 22
_CLEAR_TEXT = {
    b"HTTP/": "plain HTTP without TLS",
    b"220": "a plain-text mail or file greeting without TLS",
    b"SSH-": "SSH",
    b"+OK": "a plain-text POP3 greeting without TLS",
    b"* OK": "a plain-text IMAP greeting without TLS",
    b"<": "plain text or HTML without TLS",
}


class Dialogue:
    """The client's side of one handshake; feed it until it answers, then drop it."""

    def __init__(
        self,
        offer: Offer,
        server_name: str,
        share: keys.KeyShare | None,
        entropy: hello.Entropy | None = None,
    ) -> None:
        """Make the hello, which :meth:`to_send` gives first.

        With the ``entropy`` and the share of an earlier dialogue, what its peer sent can be read
        again.
        """
        self._offer = offer
        self._greeting = Greeting(offer, server_name, share, entropy)
        self._unsent = self._greeting.first()
        self._asked: hello.ServerHello | None = None
        self._records, self._messages = Records(), Messages()
        self._received, self._head, self._digest = 0, b"", sha256()
        self._server: hello.ServerHello | None = None
        self._opener: keys.Opener | None = None
        self._chain: list[bytes] | None = None
        self._staple, self._prime_bits = b"", 0
        self._warned = -1

    def to_send(self) -> bytes:
        """Return what is to be sent now, empty for nothing: a hello, or one that was asked for."""
        data, self._unsent = self._unsent, b""
        return data

    @property
    def held(self) -> int:
        """Return how many bytes wait for more to come."""
        return self._records.held + self._messages.held

    def feed(self, data: bytes) -> Answer | None:
        """Take bytes of the peer; return the answer as soon as it is known."""
        self._received += len(data)
        self._head = (self._head + data)[:16] if len(self._head) < 16 else self._head
        self._digest.update(data)
        if self._received > LARGEST_FLIGHT:
            return self._answer(Kind.OVERSIZE, text=f"over {LARGEST_FLIGHT} bytes")
        try:
            for kind, header, body in self._records.feed(data):
                answer = self._take(kind, header, body)
                if answer is not None:
                    return answer
        except Malformed as error:
            return self._answer(Kind.MALFORMED, text=self._clear_text() or str(error))
        return None

    def close(self) -> Answer:
        """Return the answer of a peer that closed or reset the connection."""
        if self._warned > 0 and self._server is None:
            return self._answer(Kind.ALERT, alert=self._warned)
        if self._received and self._warned < 0:
            if self._clear_text():
                return self._answer(Kind.MALFORMED, text=self._clear_text())
            return self._answer(Kind.TRUNCATED, text="closed in the middle of its answer")
        return self._answer(Kind.TRUNCATED if self._server else Kind.CLOSED)

    def expire(self, seconds: float) -> Answer:
        """Return the answer of a peer whose time is up; ``seconds`` is what it was given."""
        return self._answer(Kind.TIMEOUT, text=f"no complete answer in {seconds:g} s")

    def _take(self, kind: int, header: bytes, body: bytes) -> Answer | None:
        if kind == CHANGE_CIPHER:
            return None
        if kind == APPLICATION:
            if self._opener is None:
                raise Malformed("application data came before the handshake")
            kind, body = self._opener.open(header, body)
        elif self._opener is not None and kind == HANDSHAKE:
            raise Malformed("a handshake message came in clear after the keys were agreed")
        if kind == ALERT:
            return self._alarm(body)
        if kind != HANDSHAKE:
            raise Malformed(f"a record of type {kind} came inside the handshake")
        return next(self._handshake(body), None)

    def _alarm(self, body: bytes) -> Answer | None:
        reader = Reader(body)
        level, code = reader.number(1), reader.number(1)
        if level == 1 and self._opener is None:
            # A warning leaves the handshake open; unrecognized_name is often sent as one.
            self._warned = code
            return None
        return self._answer(Kind.ALERT, alert=code)

    def _handshake(self, body: bytes) -> Iterator[Answer]:
        for kind, message in self._messages.feed(body):
            if kind == _SERVER_HELLO:
                yield from self._hear(message)
            elif self._server is None:
                raise Malformed("the handshake does not start with a server hello")
            elif kind in (_CERTIFICATE, _STATUS, _KEY_EXCHANGE):
                self._learn(self._server, kind, message)
            elif kind == (_FINISHED if self._opener else _DONE):
                yield self._accept()

    def _hear(self, message: bytes) -> Iterator[Answer]:
        if self._server is not None:
            raise Malformed("a second server hello came")
        heard = hello.read_server_hello(message)
        self._server = heard
        if self._asked and (heard.retry or self._agreed(heard) != self._agreed(self._asked)):
            raise Malformed("the server asked for another hello and does not hold to it")
        if heard.version not in self._offer.versions:
            yield self._older(heard)
        if heard.suite not in self._offer.suites:
            raise Malformed(f"the server chose suite {heard.suite:04x}, which was not offered")
        if bool(BY_CODE[heard.suite].exchange) == (heard.version == TLS13):
            raise Malformed(f"the server chose suite {heard.suite:04x} of another version")
        if heard.retry:
            yield from self._retry(heard, message)
        elif heard.version == TLS13:
            if self._messages.held:
                raise Malformed("a message in clear follows the server hello")
            self._agree(heard, message)

    def _learn(self, server: hello.ServerHello, kind: int, message: bytes) -> None:
        if kind == _CERTIFICATE:
            modern = server.version == TLS13
            self._chain, self._staple = hello.read_certificates(message, modern)
        elif kind == _STATUS:
            self._staple = hello.read_status(message)
        elif BY_CODE[server.suite].finite:
            self._prime_bits = hello.read_prime_bits(message)

    def _older(self, heard: hello.ServerHello) -> Answer:
        if not SSL3 <= heard.version < max(self._offer.versions):
            raise Malformed(f"the server chose version {heard.version:04x}, which was not offered")
        return self._answer(Kind.OLDER, text=f"chose {VERSION_NAMES[heard.version]}")

    def _retry(self, heard: hello.ServerHello, message: bytes) -> Iterator[Answer]:
        """Say hello again as the server asks, or take the request for its answer."""
        if heard.version != TLS13 or (heard.group and heard.group not in self._offer.groups):
            raise Malformed("the server asks for a group that was not offered")
        share = self._greeting.share
        if share is not None and heard.group == share.group:
            # RFC 8446 4.1.4: no further hello could satisfy it.
            raise Malformed("the server asks for the key share that was sent")
        again = self._greeting.again(heard, message)
        if not again:
            yield self._answer(Kind.RETRY, text=f"asks for group {heard.group:04x}")
        else:
            self._asked, self._server, self._unsent = heard, None, again

    @staticmethod
    def _agreed(heard: hello.ServerHello) -> tuple[int, int]:
        return heard.version, heard.suite

    def _agree(self, heard: hello.ServerHello, message: bytes) -> None:
        share = self._greeting.share
        if share is None or heard.group != share.group:
            raise Malformed("the server answered with another group than the key share's")
        try:
            shared = share.exchange(heard.share)
        except ValueError as error:
            raise Malformed("the server's key share is not a point of its group") from error
        transcript = self._greeting.transcript + handshake(_SERVER_HELLO, message)
        self._opener = keys.Opener(heard.suite, shared, transcript)

    def _accept(self) -> Answer:
        server, chain = self._server, self._chain or []
        if server is not None and not chain and not BY_CODE[server.suite].anonymous:
            raise Malformed("the server's flight has no certificate")
        kept = tuple(chain[:LONGEST_CHAIN])
        return self._answer(Kind.ACCEPTED, chain=kept, dropped=len(chain) - len(kept))

    def _answer(
        self,
        kind: Kind,
        *,
        alert: int = -1,
        text: str = "",
        chain: tuple[bytes, ...] = (),
        dropped: int = 0,
    ) -> Answer:
        heard = self._server
        return Answer(
            offer=self._offer.name,
            kind=kind,
            version=heard.version if heard else 0,
            suite=heard.suite if heard else 0,
            group=heard.group if heard else 0,
            alert=alert,
            chain=chain,
            dropped=dropped,
            staple=self._staple if kind is Kind.ACCEPTED else b"",
            prime_bits=self._prime_bits,
            text=text,
            digest=self._digest.hexdigest(),
        )

    def _clear_text(self) -> str:
        for start, words in _CLEAR_TEXT.items():
            if self._head.startswith(start):
                return f"the peer speaks {words}"
        return ""
