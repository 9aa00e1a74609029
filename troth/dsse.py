"""Signed envelopes: DSSE v1 (Dead Simple Signing Envelope) with Ed25519 or ECDSA P-256 keys.

What is signed is :func:`pae` of the payload and its type. A signature is Ed25519 (RFC 8032), or
ECDSA over P-256 with SHA-256 in DER, which is what OpenSSL, cloud key services and smart cards
write. ``cryptography`` is imported only by the functions that need it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from troth import canonical
from troth.errors import TrothError

PublicKey: TypeAlias = "Ed25519PublicKey | EllipticCurvePublicKey"
PrivateKey: TypeAlias = "Ed25519PrivateKey | EllipticCurvePrivateKey"

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import (
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
    )
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

_URL_SAFE = str.maketrans("-_", "+/")
_SUPPORTED = "use an Ed25519 or an ECDSA P-256 key"


class EnvelopeError(TrothError):
    """The bytes are not a DSSE envelope; the message says what is wrong."""


class KeyFileError(TrothError):
    """A key cannot be used; the message says what is wrong and what to do, never the key."""


@dataclass(frozen=True)
class Signature:
    """One signature; ``keyid`` is an unproved hint at the key, empty when there is none."""

    keyid: str
    sig: bytes


@dataclass(frozen=True)
class Envelope:
    """A payload, its type, and signatures over both."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the envelope as JSON, in the standard base64 alphabet."""
        return {
            "payload": _base64(self.payload),
            "payloadType": self.payload_type,
            "signatures": [
                {"keyid": made.keyid, "sig": _base64(made.sig)} for made in self.signatures
            ],
        }


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that are signed (DSSE protocol, Pre-Authentication Encoding)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def parse(body: bytes) -> Envelope:
    """Return the envelope in ``body``; raises :class:`EnvelopeError`.

    As the specification demands, unknown members are ignored, either base64 alphabet is read and
    ``keyid`` may be absent. Nothing is verified.
    """
    try:
        return from_json(canonical.loads(body))
    except canonical.CanonicalError as error:
        raise EnvelopeError(str(error)) from error


def from_json(data: Any) -> Envelope:
    """Return the envelope in a JSON value, read as :func:`parse` reads; raises as it does."""
    if not isinstance(data, dict):
        raise EnvelopeError("not a JSON object")
    signatures = data.get("signatures")
    if not isinstance(signatures, list) or not signatures:
        raise EnvelopeError("'signatures' is not a list of at least one signature")
    return Envelope(
        _text(data, "payloadType"), _bytes(data, "payload"), tuple(map(_signature, signatures))
    )


def sign(payload_type: str, payload: bytes, key: PrivateKey, keyid: str) -> Envelope:
    """Return an envelope with one signature; raises :class:`KeyFileError` for other keys."""
    sig = sign_bytes(pae(payload_type, payload), key)
    return Envelope(payload_type, payload, (Signature(keyid, sig),))


def sign_bytes(body: bytes, key: PrivateKey) -> bytes:
    """Return the bare signature of ``body``; raises :class:`KeyFileError` for other keys."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    _supported(key.public_key())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(body, ec.ECDSA(hashes.SHA256()))
    return key.sign(body)


def signers(envelope: Envelope, trusted: Mapping[str, PublicKey]) -> list[str]:
    """Return the ids of the trusted keys that signed the envelope, sorted; empty if none did.

    A signature with a ``keyid`` is tried with the trusted key of that id only, one without with
    every key. What does not verify is passed over: the caller says how many ids it wants.
    """
    body = pae(envelope.payload_type, envelope.payload)
    return sorted(
        {
            name
            for made in envelope.signatures
            for name, key in trusted.items()
            if made.keyid in ("", name) and _verifies(key, made.sig, body)
        }
    )


def load_public_key(pem: bytes) -> PublicKey:
    """Return the public key in PEM text (SubjectPublicKeyInfo); raises :class:`KeyFileError`."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if b"PRIVATE KEY-----" in pem:
        raise KeyFileError("a private key; keep it secret and name its public half")
    if b"-----BEGIN CERTIFICATE-----" in pem:
        raise KeyFileError("a certificate; extract its public key (openssl x509 -pubkey -noout)")
    try:
        return _supported(load_pem_public_key(pem))
    except UnsupportedAlgorithm:
        raise KeyFileError(f"a key of an unknown type; {_SUPPORTED}") from None
    except ValueError:
        raise KeyFileError("not a public key in PEM; write one with openssl pkey -pubout") from None


def load_private_key(pem: bytes, password: bytes | None = None) -> PrivateKey:
    """Return the private key in PEM text; raises :class:`KeyFileError`."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, password)
        _supported(key.public_key())
    except TypeError:
        raise KeyFileError("encrypted, or a password was given for a plain key") from None
    except UnsupportedAlgorithm:
        raise KeyFileError(f"a key of an unknown type; {_SUPPORTED}") from None
    except ValueError:
        raise KeyFileError("not a private key in PEM, or the wrong password") from None
    return cast("PrivateKey", key)


def _supported(key: Any) -> PublicKey:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if not isinstance(key, ec.EllipticCurvePublicKey):
        name = type(key).__name__.removesuffix("PublicKey")
        raise KeyFileError(f"a key of type {name}; {_SUPPORTED}")
    if key.curve.name != "secp256r1":
        raise KeyFileError(f"a key on the curve {key.curve.name}; {_SUPPORTED}")
    return key


def _verifies(key: PublicKey, sig: bytes, body: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(sig, body, ec.ECDSA(hashes.SHA256()))
        else:
            key.verify(sig, body)
    except InvalidSignature:
        return False
    return True


def _signature(item: Any) -> Signature:
    if not isinstance(item, dict):
        raise EnvelopeError("a signature is not a JSON object")
    # The specification treats an absent keyid as an empty one.
    keyid = _text(item, "keyid") if item.get("keyid") is not None else ""
    return Signature(keyid, _bytes(item, "sig"))


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise EnvelopeError(f"'{name}' is missing or not text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise EnvelopeError(f"'{name}' holds a lone surrogate") from None
    return value


def _bytes(data: Mapping[str, Any], name: str) -> bytes:
    try:
        return base64.b64decode(_text(data, name).translate(_URL_SAFE), validate=True)
    except (binascii.Error, ValueError):
        raise EnvelopeError(f"'{name}' is not base64") from None


def _base64(body: bytes) -> str:
    return base64.b64encode(body).decode()
