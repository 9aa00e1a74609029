"""Building a client hello for an offer, and reading the server's hello and certificates.

RFC 8446 section 4, RFC 5246 section 7.4, RFC 6101. No sockets; entropy is an argument.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from troth.checkers.tls.questions import ALL_SIGNATURES, OLD_CURVES, SSL3, TLS10, TLS12, Offer
from troth.checkers.tls.wire import Malformed, Reader, handshake, shorts, vector

CLIENT_HELLO = 1
_HEADER = 4

_SERVER_NAME, _STATUS, _GROUPS, _POINT_FORMATS, _SIGNATURES = 0, 5, 10, 11, 13
_PADDING, _EXTENDED_MASTER_SECRET, _VERSIONS, _COOKIE = 21, 23, 43, 44
_CERT_SIGNATURES, _KEY_SHARE = 50, 51

#: Stands for secure renegotiation in the list of suites (RFC 5746 section 3.3).
_RENEGOTIATION = 0x00FF

#: The random value that makes a server hello a request for another hello (RFC 8446 4.1.3).
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


@dataclass(frozen=True)
class Entropy:
    """What makes two hellos of one offer differ: 32 bytes each."""

    random: bytes
    session: bytes


def client_hello(
    offer: Offer, server_name: str, public: bytes, entropy: Entropy, cookie: bytes = b""
) -> bytes:
    """Return the handshake message that puts ``offer``.

    ``server_name`` is an ASCII DNS name or empty; ``public`` the key share's public value;
    ``cookie`` what a retry request asks to hear again, as it came.
    """
    fixed = _fixed(offer)
    session = vector(1, entropy.session if offer.modern else b"")
    body = fixed.version + entropy.random + session + fixed.suites
    # SSL 3.0 knows no extensions, and some of its servers hang up on them.
    if fixed.extensions:
        name = _named(server_name) if server_name else b""
        heard = _extension(_COOKIE, cookie) if cookie else b""
        extensions = name + fixed.extensions + heard + _shared(offer, public)
        body += vector(2, extensions, _padding(len(body) + len(extensions)))
    return handshake(CLIENT_HELLO, body)


def _padding(length: int) -> bytes:
    """Return what lifts a hello of 256 to 511 bytes over 511: some servers hang (RFC 7685)."""
    missing = 512 - (length + 2 + _HEADER)
    return shorts([_PADDING]) + vector(2, bytes(max(missing - 4, 0))) if 0 < missing <= 256 else b""


@dataclass(frozen=True)
class _Fixed:
    """What is the same in every hello of an offer.

    ``suites`` goes up to the compression, ``extensions`` from the one after the server's name to
    the one before the key share: all stand in the order of their numbers.
    """

    version: bytes
    suites: bytes
    extensions: bytes


@functools.lru_cache(maxsize=256)
def _fixed(offer: Offer) -> _Fixed:
    codes = offer.suites if min(offer.versions) > TLS12 else (*offer.suites, _RENEGOTIATION)
    made = {} if max(offer.versions) == SSL3 else _extensions(offer)
    return _Fixed(
        min(max(offer.versions), TLS12).to_bytes(2, "big"),
        vector(2, shorts(codes)) + vector(1, b"\0"),
        b"".join(_extension(code, made[code]) for code in sorted(made)),
    )


def _extensions(offer: Offer) -> dict[int, bytes]:
    groups = offer.groups if min(offer.versions) > TLS12 else (*offer.groups, *OLD_CURVES)
    made = {
        # An OCSP response is asked for, of any responder (RFC 6066 section 8).
        _STATUS: b"\x01" + vector(2) + vector(2),
        _GROUPS: vector(2, shorts(groups)),
        _POINT_FORMATS: vector(1, b"\0"),
        _EXTENDED_MASTER_SECRET: b"",
    }
    if max(offer.versions) >= TLS12:
        made[_SIGNATURES] = vector(2, shorts(offer.signatures))
    if offer.modern:
        spoken = [version for version in offer.versions if version >= TLS10]
        made[_VERSIONS] = vector(1, shorts(spoken))
        # Otherwise an EC leaf that an RSA authority signed would not fit an EC-only offer.
        made[_CERT_SIGNATURES] = vector(2, shorts(ALL_SIGNATURES))
    return made


def _named(server_name: str) -> bytes:
    return _extension(_SERVER_NAME, vector(2, b"\0" + vector(2, server_name.encode("ascii"))))


def _shared(offer: Offer, public: bytes) -> bytes:
    if not offer.modern:
        return b""
    share = shorts([offer.share]) + vector(2, public) if offer.share else b""
    return _extension(_KEY_SHARE, vector(2, share))


def _extension(code: int, body: bytes) -> bytes:
    return shorts([code]) + vector(2, body)


@dataclass(frozen=True)
class ClientHello:
    """What a client hello offers, as a server reads it."""

    version: int
    suites: tuple[int, ...]
    extensions: dict[int, bytes]

    @property
    def versions(self) -> tuple[int, ...]:
        """Return the list of the supported-versions extension; empty without it."""
        if _VERSIONS not in self.extensions:
            return ()
        return Reader(self.extensions[_VERSIONS]).vector(1).shorts()

    @property
    def signatures(self) -> tuple[int, ...]:
        """Return the list of the signature-algorithms extension; empty without it."""
        if _SIGNATURES not in self.extensions:
            return ()
        return Reader(self.extensions[_SIGNATURES]).vector(2).shorts()


def read_client_hello(message: bytes) -> ClientHello:
    """Read back what :func:`client_hello` wrote, without its header; for the self-check."""
    body = Reader(message)
    version = body.number(2)
    body.take(32)
    body.vector(1)
    codes = body.vector(2).shorts()
    body.vector(1)
    return ClientHello(version, codes, _read_extensions(body))


@dataclass(frozen=True)
class ServerHello:
    """The server's choice.

    ``retry`` tells that it asks for another hello, with a key share of ``group`` unless that is
    0, and with ``cookie`` unless that is empty.
    """

    version: int
    suite: int
    retry: bool
    group: int
    share: bytes
    cookie: bytes = b""


def read_server_hello(message: bytes) -> ServerHello:
    """Read the body of a server hello or of a hello-retry request; raises :class:`Malformed`."""
    body = Reader(message)
    version, random = body.number(2), body.take(32)
    if len(body.vector(1).rest()) > 32:
        raise Malformed("the server hello's session id is too long")
    suite = body.number(2)
    if body.number(1) != 0:
        raise Malformed("the server chose a compression that was not offered")
    extensions = _read_extensions(body)
    if _VERSIONS in extensions:
        version = Reader(extensions[_VERSIONS]).number(2)
    retry = random == _RETRY
    group, share = _read_share(extensions, retry)
    cookie = extensions.get(_COOKIE, b"") if retry else b""
    return ServerHello(version, suite, retry, group, share, cookie)


def _read_extensions(body: Reader) -> dict[int, bytes]:
    if body.empty:
        return {}
    found: dict[int, bytes] = {}
    block = body.vector(2)
    while not block.empty:
        code = block.number(2)
        if code in found:
            raise Malformed(f"extension {code} stands twice in a hello")
        found[code] = block.vector(2).rest()
    return found


def _read_share(extensions: dict[int, bytes], retry: bool) -> tuple[int, bytes]:
    if _KEY_SHARE not in extensions:
        return 0, b""
    entry = Reader(extensions[_KEY_SHARE])
    group = entry.number(2)
    return group, b"" if retry else entry.vector(2).rest()


def read_certificates(message: bytes, modern: bool) -> tuple[list[bytes], bytes]:
    """Return the DER certificates of a Certificate message, as sent, and the leaf's OCSP response.

    ``modern`` is the TLS 1.3 form with a request context and extensions (RFC 8446 4.4.2); only
    there a response stands beside its certificate. Raises :class:`Malformed`.
    """
    body = Reader(message)
    if modern:
        body.vector(1)
    entries, found, staple = body.vector(3), list[bytes](), b""
    while not entries.empty:
        found.append(entries.vector(3).rest())
        extensions = _read_extensions(entries) if modern else {}
        if len(found) == 1 and _STATUS in extensions:
            staple = read_status(extensions[_STATUS])
    return found, staple


def read_status(message: bytes) -> bytes:
    """Return the OCSP response of a CertificateStatus (RFC 6066 section 8), as sent.

    Empty for another sort of status. Raises :class:`Malformed`.
    """
    body = Reader(message)
    return body.vector(3).rest() if body.number(1) == 1 else b""


def read_prime_bits(message: bytes) -> int:
    """Return the size of the prime in a ServerKeyExchange of ephemeral Diffie-Hellman, in bits.

    RFC 5246 section 7.4.3: prime, generator and public value, each behind its length.
    """
    return int.from_bytes(Reader(message).vector(2).rest(), "big").bit_length()
