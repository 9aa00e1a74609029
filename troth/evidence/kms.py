"""Keys that never leave a key service or a token, through securesystemslib (extra ``kms``).

``kms:URI#PUBLIC.pem``: the private key's URI as securesystemslib writes it (``awskms:…``,
``gcpkms:…``, ``azurekms:…``, ``hsm:…``, ``hv:…``), and a file with its public half. The public key
is given and not asked for: a key that was exchanged behind its name is then noticed.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from troth import dsse
from troth.dsse import KeyFileError
from troth.evidence.signers import Passphrase, keyid_of, pem_of

_FORM = "write kms:URI#PUBLIC.pem, as in kms:awskms:alias/evidence#evidence.pub.pem"


@dataclass(frozen=True, repr=False)
class KeyService:
    """A signer that asks a key service for every signature."""

    keyid: str
    public_pem: bytes
    uri: str
    service: Any

    def sign(self, data: bytes) -> bytes:
        """Return the signature over ``data``; raises :class:`~troth.dsse.KeyFileError`."""
        try:
            return bytes.fromhex(self.service.sign(data).signature)
        except Exception as error:  # each service raises what its own client library raises
            raise KeyFileError(_refused(self.uri, error)) from error


def load(rest: str, passphrase: Passphrase | None = None) -> KeyService:
    """Return the signer of ``URI#PUBLIC.pem``; raises :class:`~troth.dsse.KeyFileError`.

    Nothing is asked for over the network before the first signature, except what the service's
    own library does to log in. ``passphrase`` answers for a token's PIN.
    """
    uri, _, path = rest.rpartition("#")
    if ":" not in uri or not path:
        raise KeyFileError(f"'{rest}' does not name a key and its public half; {_FORM}")
    try:
        public = dsse.load_public_key(Path(path).read_bytes())
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}; {_FORM}") from None
    return KeyService(keyid_of(public), pem_of(public), uri, _service(uri, public, passphrase))


def _service(uri: str, public: dsse.PublicKey, passphrase: Passphrase | None) -> Any:
    try:
        library = importlib.import_module("securesystemslib.signer")
    except ImportError:
        raise KeyFileError("keys in key services need: pip install 'troth[kms]'") from None

    def ask(what: str) -> str:
        if passphrase is None:
            raise KeyFileError(f"{uri} needs a {what}, and there is nobody to ask")
        return passphrase(f"{uri} ({what})").decode()

    try:
        return library.Signer.from_priv_key_uri(uri, library.SSlibKey.from_crypto(public), ask)
    except KeyFileError:
        raise
    except Exception as error:  # each service raises what its own client library raises
        raise KeyFileError(_refused(uri, error)) from error


def _refused(uri: str, error: Exception) -> str:
    return f"{uri} does not sign: {type(error).__name__}: {error!s:.300}; check the key and access"
