"""Key exchange up to the shared secret, always with a key of our own that is used once.

RFC 4253 section 8 and RFC 8268 (fixed groups), RFC 4419 (groups of the server's choice),
RFC 5656 section 4 (elliptic curves), RFC 8731 (Curve25519). A method is a generator: it yields
the payload to send and is sent the payload that came back.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec, x25519

from troth.checkers.ssh import groups
from troth.checkers.ssh.wire import Malformed, Reader, mpint, number, string

#: Bits of a secret exponent: twice the strongest cipher's key.
_EXPONENT = 512
#: Bits of a group that a server may choose: what is asked for, and what is still taken.
_LEAST, _WISHED, _MOST = 1024, 2048, 8192


@dataclass(frozen=True)
class Outcome:
    """What an exchange gave: the server's key and signature, and what the hash is made of.

    ``shares`` are the fields of the exchange hash between host key and secret, ``secret`` the
    last one, both as they are hashed.
    """

    blob: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    shares: bytes = field(repr=False)
    secret: bytes = field(repr=False)


Steps = Generator[bytes, bytes, Outcome]


def _reply(payload: bytes, expected: int) -> Reader:
    reader = Reader(payload)
    kind = reader.byte()
    if kind != expected:
        raise Malformed(f"message {kind} came in the key exchange instead of {expected}")
    return reader


def _elliptic(public: bytes, agree: Callable[[bytes], bytes]) -> Steps:
    reader = _reply((yield bytes([30]) + string(public)), 31)
    blob, theirs, signature = reader.string(), reader.string(), reader.string()
    try:
        secret = agree(theirs)
    except ValueError as error:
        raise Malformed("the server's share is not a point of the curve") from error
    shares = string(public) + string(theirs)
    return Outcome(blob, signature, shares, mpint(int.from_bytes(secret, "big")))


def _curve25519() -> Steps:
    key = x25519.X25519PrivateKey.generate()

    def agree(theirs: bytes) -> bytes:
        return key.exchange(x25519.X25519PublicKey.from_public_bytes(theirs))

    return _elliptic(key.public_key().public_bytes_raw(), agree)


def _nist(curve: ec.EllipticCurve) -> Callable[[], Steps]:
    def start() -> Steps:
        key = ec.generate_private_key(curve)
        own = key.public_key().public_numbers()
        size = (curve.key_size + 7) // 8
        public = b"\4" + own.x.to_bytes(size, "big") + own.y.to_bytes(size, "big")

        def agree(theirs: bytes) -> bytes:
            point = ec.EllipticCurvePublicKey.from_encoded_point(curve, theirs)
            return key.exchange(ec.ECDH(), point)

        return _elliptic(public, agree)

    return start


def _finite(prime: int, generator: int, codes: tuple[int, int], before: bytes = b"") -> Steps:
    """Exchange in a finite field; ``codes`` are the numbers of our message and of theirs."""
    own = secrets.randbits(_EXPONENT) | 1 << (_EXPONENT - 1)
    share = pow(generator, own, prime)
    reader = _reply((yield bytes([codes[0]]) + mpint(share)), codes[1])
    blob, theirs, signature = reader.string(), reader.mpint(), reader.string()
    if not 1 < theirs < prime - 1:
        raise Malformed("the server's share lies outside of the group")
    shares = before + mpint(share) + mpint(theirs)
    return Outcome(blob, signature, shares, mpint(pow(theirs, own, prime)))


def _fixed(bits: int) -> Callable[[], Steps]:
    return lambda: _finite(groups.prime(bits), groups.GENERATOR, (30, 31))


def _chosen() -> Steps:
    """Let the server choose the group (RFC 4419 section 3)."""
    wish = number(_LEAST) + number(_WISHED) + number(_MOST)
    reader = _reply((yield bytes([34]) + wish), 31)
    prime, generator = reader.mpint(), reader.mpint()
    if not _LEAST <= prime.bit_length() <= _MOST or not prime & 1:
        raise Malformed(f"a group of {prime.bit_length()} bits was not asked for")
    if not 1 < generator < prime - 1:
        raise Malformed("the generator lies outside of the group")
    before = wish + mpint(prime) + mpint(generator)
    return (yield from _finite(prime, generator, (32, 33), before))


@dataclass(frozen=True)
class Method:
    """A key exchange method: how it runs, and the hash that belongs to it."""

    start: Callable[[], Steps]
    hash_name: str

    def digest(self, data: bytes) -> bytes:
        """Return the hash; with SHA-1 it decides nothing but whether a signature fits."""
        return hashlib.new(self.hash_name, data, usedforsecurity=False).digest()


#: What can be spoken, cheapest first: what is agreed on says nothing about the server.
METHODS = {
    "curve25519-sha256": Method(_curve25519, "sha256"),
    "curve25519-sha256@libssh.org": Method(_curve25519, "sha256"),
    "ecdh-sha2-nistp256": Method(_nist(ec.SECP256R1()), "sha256"),
    "ecdh-sha2-nistp384": Method(_nist(ec.SECP384R1()), "sha384"),
    "ecdh-sha2-nistp521": Method(_nist(ec.SECP521R1()), "sha512"),
    "diffie-hellman-group14-sha256": Method(_fixed(2048), "sha256"),
    "diffie-hellman-group14-sha1": Method(_fixed(2048), "sha1"),
    "diffie-hellman-group1-sha1": Method(_fixed(1024), "sha1"),
    "diffie-hellman-group15-sha512": Method(_fixed(3072), "sha512"),
    "diffie-hellman-group16-sha512": Method(_fixed(4096), "sha512"),
    "diffie-hellman-group-exchange-sha256": Method(_chosen, "sha256"),
    "diffie-hellman-group-exchange-sha1": Method(_chosen, "sha1"),
    "diffie-hellman-group17-sha512": Method(_fixed(6144), "sha512"),
    "diffie-hellman-group18-sha512": Method(_fixed(8192), "sha512"),
}
