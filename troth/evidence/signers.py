"""Who signs a bundle: a key in a PEM file, or a signer of another package by its name.

Other signers register in the entry-point group ``troth.signers``: a function that takes what stands
after ``NAME:`` and the passphrase function, and returns a :class:`Signer`. Ours is ``kms``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol, TypeAlias

from troth import dsse
from troth.dsse import KeyFileError, PrivateKey, PublicKey

#: The entry-point group of further signers.
GROUP = "troth.signers"
#: Asks for the passphrase of what is named, from the environment or a person; never from argv.
Passphrase: TypeAlias = Callable[[str], bytes]


class Signer(Protocol):
    """A private key that can be used, wherever it lies."""

    @property
    def keyid(self) -> str:
        """The lower-case hexadecimal SHA-256 of the public key's DER SubjectPublicKeyInfo."""

    @property
    def public_pem(self) -> bytes:
        """The public key in PEM (SubjectPublicKeyInfo, RFC 5280, 4.1)."""

    def sign(self, data: bytes) -> bytes:
        """Return the signature over ``data``: DER ECDSA with SHA-256 (P-256), or raw Ed25519."""


@dataclass(frozen=True, repr=False)
class KeyFile:
    """A signer whose private key was read from a PEM file; its text shows nothing of the key."""

    key: PrivateKey

    @property
    def keyid(self) -> str:
        """The id of the public half."""
        return keyid_of(self.key.public_key())

    @property
    def public_pem(self) -> bytes:
        """The public half in PEM."""
        return pem_of(self.key.public_key())

    def sign(self, data: bytes) -> bytes:
        """Return the signature over ``data``."""
        return dsse.sign_bytes(data, self.key)


def load(spec: str, passphrase: Passphrase | None = None) -> Signer:
    """Return the signer that ``spec`` names: ``PATH``, or ``NAME:…`` of an installed package.

    ``passphrase`` is called only for a key that needs one. Raises
    :class:`~troth.dsse.KeyFileError` for what cannot sign; the message never holds the key.
    """
    name, colon, rest = spec.partition(":")
    if colon and (plugin := _plugin(name)):
        made: Signer = plugin.load()(rest, passphrase)
        return made
    path = Path(spec)
    try:
        pem = path.read_bytes()
    except OSError as error:
        hint = f"; or is '{name}' a signer that is not installed?" if colon else ""
        raise KeyFileError(f"{spec} cannot be read: {error.strerror}; name a key{hint}") from None
    try:
        return KeyFile(dsse.load_private_key(pem, _password(pem, spec, passphrase)))
    except KeyFileError as error:
        raise KeyFileError(f"{spec}: {error}; troth keys new makes one") from None


def trusted(pem: bytes) -> dict[str, PublicKey]:
    """Return the public key in PEM text under its id; raises :class:`~troth.dsse.KeyFileError`."""
    key = dsse.load_public_key(pem)
    return {keyid_of(key): key}


def keyid_of(key: PublicKey) -> str:
    """Return the lower-case hexadecimal SHA-256 of the key's DER SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def pem_of(key: PublicKey) -> bytes:
    """Return the public key in PEM (RFC 7468, SubjectPublicKeyInfo)."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _plugin(name: str) -> EntryPoint | None:
    found = tuple(entry_points(group=GROUP, name=name))
    if len(found) > 1:
        values = " and ".join(sorted(point.value for point in found))
        raise KeyFileError(f"two packages offer the signer '{name}' ({values}); remove one")
    return found[0] if found else None


def _password(pem: bytes, spec: str, passphrase: Passphrase | None) -> bytes | None:
    # PKCS #8 says it in the label, OpenSSL's own older form in a header (RFC 1421).
    if b"BEGIN ENCRYPTED PRIVATE KEY-----" not in pem and b"Proc-Type: 4,ENCRYPTED" not in pem:
        return None
    if passphrase is None:
        raise KeyFileError("encrypted, and there is nobody to ask for its passphrase")
    return passphrase(spec)
