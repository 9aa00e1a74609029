"""A server for what OpenSSH's own would never say: every message may be changed or left out.

It has no sockets of its own, so that a dialogue can be run against it a thousand times a second.
What the codecs of both sides have in common is proved against sshd elsewhere.
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Callable, Generator, Iterable, Sequence

from cryptography.hazmat.primitives.asymmetric import ed25519, x25519

from troth.checkers.ssh import agreement, ciphers, exchange
from troth.checkers.ssh.answers import Answer, Wanted
from troth.checkers.ssh.dialogue import Dialogue
from troth.checkers.ssh.packets import Inbound, Outbound
from troth.checkers.ssh.wire import Reader, mpint, names, number, string

#: The host key, where nothing else is said.
KEY = ed25519.Ed25519PrivateKey.generate()
GREETING = b"SSH-2.0-peer\r\n"
CIPHER = "aes128-gcm@openssh.com"
#: What the peer offers: methods, host keys, and ciphers, MACs and compression both ways.
ROWS: tuple[tuple[str, ...], ...] = (
    ("curve25519-sha256",),
    ("ssh-ed25519",),
    *[(CIPHER,)] * 2,
    *[("hmac-sha2-256",)] * 2,
    *[("none",)] * 2,
)
#: Gives the payloads to send instead of one.
Change = Callable[[bytes], Iterable[bytes]]


def rows(**changed: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return what the peer offers, with some lists replaced."""
    places = {
        "methods": (0,),
        "host_keys": (1,),
        "ciphers": (2, 3),
        "macs": (4, 5),
        "compression": (6, 7),
    }
    found = list(ROWS)
    for name, value in changed.items():
        for place in places[name]:
            found[place] = tuple(value)
    return tuple(found)


def lists(offered: Sequence[Sequence[str]] = ROWS, *, guess: bool = False) -> bytes:
    """Return the message with which a key exchange begins."""
    listed = b"".join(names(each) for each in [*offered, (), ()])
    return bytes([20]) + os.urandom(16) + listed + bytes([guess]) + number(0)


def refusal(*methods: str) -> bytes:
    """Return the answer to a request to sign in."""
    return bytes([51]) + names(methods) + b"\0"


def unchanged(payload: bytes) -> Iterable[bytes]:
    return (payload,)


class Peer:
    """One connection of the server; ``feed`` it and send what it returns."""

    def __init__(
        self,
        first: bytes | None = None,
        change: Change = unchanged,
        greeting: bytes = GREETING,
        key: ed25519.Ed25519PrivateKey = KEY,
        signer: ed25519.Ed25519PrivateKey | None = None,
    ) -> None:
        self._key = key
        self._signer = signer or key
        self.first = lists() if first is None else first
        self._change = change
        self._greeting = greeting
        self._in, self._out = Inbound(), Outbound()
        self._line = b""
        self._steps = self._talk()
        next(self._steps)

    @property
    def blob(self) -> bytes:
        return string(b"ssh-ed25519") + string(self._key.public_key().public_bytes_raw())

    def take(self) -> bytes:
        return self._out.take()

    def feed(self, data: bytes) -> None:
        self._steps.send(data)

    def _send(self, payload: bytes) -> None:
        for each in self._change(payload):
            self._out.packet(each)

    def _payload(self) -> Generator[None, bytes, bytes]:
        while True:
            payload = self._in.next()
            if payload is not None:
                return payload
            self._in.feed((yield))

    def _talk(self) -> Generator[None, bytes, None]:
        self._out.line(self._greeting)
        self._send(self.first)
        while b"\r\n" not in self._line:
            self._line += yield
        client, _, rest = self._line.partition(b"\r\n")
        self._in.feed(rest)
        derive = yield from self._exchange(client)
        self._send(bytes([21]))
        self._out.codec = ciphers.codec(CIPHER, "", derive, "BDF", sealing=True)
        yield from self._payload()
        self._in.codec = ciphers.codec(CIPHER, "", derive, "ACE", sealing=False)
        yield from self._payload()
        self._send(bytes([6]) + string(b"ssh-userauth"))
        self.request = yield from self._payload()
        self._send(refusal("publickey"))
        while True:
            yield

    def _exchange(self, client: bytes) -> Generator[None, bytes, ciphers.Derive]:
        theirs = yield from self._payload()
        share = Reader((yield from self._payload())[1:]).string()
        own = x25519.X25519PrivateKey.generate()
        secret = own.exchange(x25519.X25519PublicKey.from_public_bytes(share))
        public = own.public_key().public_bytes_raw()
        said = (client, self._greeting.strip(), theirs, self.first, self.blob, share, public)
        shared = mpint(int.from_bytes(secret, "big"))
        hashed = hashlib.sha256(b"".join(map(string, said)) + shared).digest()
        signature = string(b"ssh-ed25519") + string(self._signer.sign(hashed))
        self._send(bytes([31]) + string(self.blob) + string(public) + string(signature))
        return agreement.derivation(exchange.METHODS["curve25519-sha256"], shared, hashed)


def serving(make: Callable[[], Peer]) -> Callable[[socket.socket, int], None]:
    """Return a handler that speaks as a new peer on every connection."""

    def handle(connection: socket.socket, index: int) -> None:
        peer = make()
        connection.sendall(peer.take())
        while data := connection.recv(65536):
            peer.feed(data)
            connection.sendall(peer.take())

    return handle


def talk(
    peer: Peer, wanted: Wanted, mangle: Callable[[bytes], bytes] = lambda sent: sent
) -> Answer:
    """Run a dialogue against a peer to its end; ``mangle`` changes what the peer sends."""
    dialogue = Dialogue(wanted)
    while not dialogue.done:
        sent = mangle(peer.take())
        # A peer that has nothing to say would wait for ever: it hangs up.
        dialogue.feed(sent)
        to_peer = dialogue.take()
        if not dialogue.done:
            peer.feed(to_peer)
    return dialogue.answer
