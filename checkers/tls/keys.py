"""As much TLS 1.3 cryptography as it takes to read the server's first flight (RFC 8446 section 7).

``cryptography`` is imported when a hello is made, not before.
"""

from __future__ import annotations

import functools
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256, sha384
from typing import TYPE_CHECKING, Any

from troth.checkers.tls.wire import Malformed, vector

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import aead

    Cipher = aead.AESGCM | aead.AESCCM | aead.ChaCha20Poly1305

_NIST = {0x0017: "SECP256R1", 0x0018: "SECP384R1", 0x0019: "SECP521R1"}
_MONTGOMERY = {0x001D: "x25519.X25519", 0x001E: "x448.X448"}


@dataclass(frozen=True)
class KeyShare:
    """The client's half of a key exchange; ``public`` is what the hello carries."""

    group: int
    public: bytes
    exchange: Callable[[bytes], bytes]


class Unavailable(Exception):
    """The local library cannot make a key share for the group."""


@functools.cache
def key_share(group: int) -> KeyShare:
    """Return this process's key share for a group, as :func:`fresh_share` makes it.

    It serves every hello: no handshake is ever finished, so there is no secret to keep, and a
    key costs more than the rest of a hello. What tells two hellos apart is their random value.
    """
    return fresh_share(group)


def fresh_share(group: int) -> KeyShare:
    """Return a new key share for one of ``questions.GROUPS``; raises :class:`Unavailable`."""
    try:
        from cryptography.exceptions import InternalError, UnsupportedAlgorithm
    except ImportError as error:
        raise Unavailable("cryptography is not installed") from error
    try:
        return _nist(group) if group in _NIST else _montgomery(group)
    except (UnsupportedAlgorithm, InternalError, ValueError) as error:
        raise Unavailable(f"group {group:04x}: {error}") from error


def _nist(group: int) -> KeyShare:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    curve: ec.EllipticCurve = getattr(ec, _NIST[group])()
    private = ec.generate_private_key(curve)
    public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def exchange(peer: bytes) -> bytes:
        return private.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(curve, peer)
        )

    return KeyShare(group, public, exchange)


def _montgomery(group: int) -> KeyShare:
    import importlib

    module_name, stem = _MONTGOMERY[group].split(".")
    module: Any = importlib.import_module(
        f"cryptography.hazmat.primitives.asymmetric.{module_name}"
    )
    private = getattr(module, f"{stem}PrivateKey").generate()
    read = getattr(module, f"{stem}PublicKey").from_public_bytes
    return KeyShare(
        group, private.public_key().public_bytes_raw(), lambda peer: private.exchange(read(peer))
    )


def _expand_label(digest: Any, secret: bytes, label: str, context: bytes, length: int) -> bytes:
    info = length.to_bytes(2, "big") + vector(1, b"tls13 ", label.encode()) + vector(1, context)
    # One block of HKDF-Expand is enough: no key here is longer than the hash (RFC 5869 2.3).
    return hmac.digest(secret, info + b"\x01", digest)[:length]


def digest_of(suite: int) -> Any:
    """Return the hash of a TLS 1.3 suite, as a function of ``hashlib``."""
    return sha384 if suite == 0x1302 else sha256


def server_secret(digest: Any, shared: bytes, hellos: bytes) -> bytes:
    """Return the server's handshake traffic secret (RFC 8446 section 7.1).

    ``hellos`` is the hash of the client and the server hello without record headers.
    """
    master = hmac.digest(_without_psk(digest), shared, digest)
    return _expand_label(digest, master, "s hs traffic", hellos, digest().digest_size)


@functools.cache
def _without_psk(digest: Any) -> bytes:
    """Return what the schedule derives before the key exchange: there is no shared key yet."""
    size = digest().digest_size
    early = hmac.digest(bytes(size), bytes(size), digest)
    return _expand_label(digest, early, "derived", digest(b"").digest(), size)


def traffic_key(digest: Any, secret: bytes, length: int) -> tuple[bytes, bytes]:
    """Return the record key and the nonce mask of a traffic secret (RFC 8446 section 7.3)."""
    return (
        _expand_label(digest, secret, "key", b"", length),
        _expand_label(digest, secret, "iv", b"", 12),
    )


class Opener:
    """Opens the server's encrypted handshake records, in order."""

    def __init__(self, suite: int, shared: bytes, transcript: bytes) -> None:
        """Derive the server's handshake key of a TLS 1.3 suite.

        ``transcript`` is the client and the server hello without record headers.
        """
        digest = digest_of(suite)
        secret = server_secret(digest, shared, digest(transcript).digest())
        key, mask = traffic_key(digest, secret, 32 if suite in (0x1302, 0x1303) else 16)
        self._mask = int.from_bytes(mask, "big")
        self._cipher = _cipher(suite, key)
        self._sequence = 0

    def open(self, header: bytes, body: bytes) -> tuple[int, bytes]:
        """Return the true type and the content of a record; raises :class:`Malformed`."""
        from cryptography.exceptions import InvalidTag

        nonce = (self._mask ^ self._sequence).to_bytes(12, "big")
        try:
            inner = self._cipher.decrypt(nonce, body, header).rstrip(b"\0")
        except (InvalidTag, ValueError) as error:
            raise Malformed("an encrypted record cannot be opened") from error
        self._sequence += 1
        if not inner:
            raise Malformed("an encrypted record has no content type")
        return inner[-1], inner[:-1]


def _cipher(suite: int, key: bytes) -> Cipher:
    from cryptography.hazmat.primitives.ciphers import aead

    if suite in (0x1301, 0x1302):
        return aead.AESGCM(key)
    if suite == 0x1303:
        return aead.ChaCha20Poly1305(key)
    return aead.AESCCM(key, tag_length=16 if suite == 0x1304 else 8)
