"""New private keys, in files that only their owner can read."""

from __future__ import annotations

import os
from pathlib import Path

from troth.dsse import PrivateKey
from troth.errors import UsageError
from troth.evidence.signers import keyid_of


def write(path: Path, kind: str, password: bytes | None) -> str:
    """Write a new private key of ``kind`` (``p256`` or ``ed25519``) and return its id.

    The file is PKCS #8 in PEM (RFC 5958, RFC 7468), encrypted if there is a password, with mode
    0600 from its first byte. Raises :class:`~troth.errors.UsageError` if something is there already
    or cannot be written.
    """
    key = _new(kind)
    body = _pem(key, password)
    try:
        # Made anew and never through a link: nothing that exists is replaced or filled.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        text = f"{path} exists, and a key is never replaced; choose another name"
        raise UsageError(text) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}; choose another") from None
    with os.fdopen(handle, "wb") as file:
        file.write(body)
    return keyid_of(key.public_key())


def _new(kind: str) -> PrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256R1())


def _pem(key: PrivateKey, password: bytes | None) -> bytes:
    from cryptography.hazmat.primitives import serialization as s

    hidden: s.KeySerializationEncryption = s.NoEncryption()
    if password is not None:
        hidden = s.BestAvailableEncryption(password)
    return key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, hidden)
