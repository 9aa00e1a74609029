"""The signature file: a DSSE envelope in a Sigstore bundle v0.3, for keys that are given by hand.

Written with one key a line, so that ``verify.sh`` can read it without a JSON parser, and read only
in exactly that form: no two readers can then see different things in one file.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from troth import canonical, dsse
from troth.dsse import Envelope, KeyFileError, PublicKey, Signature
from troth.errors import IntegrityError
from troth.evidence import statement as statements
from troth.evidence.signers import Signer, keyid_of

#: ``mediaType`` of a bundle (Sigstore bundle format, version 0.3).
MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
#: How the name of every signature file ends.
SUFFIX = ".sigstore.json"
#: No bundle is larger: its statement names clauses, not findings.
MAX_BYTES = 16 << 20

_ANEW = "ask its sender for the bundle as troth evidence pack made it"


@dataclass(frozen=True)
class Bundle:
    """An envelope with one signature, and the RFC 3161 answer over it, empty when there is none."""

    envelope: Envelope
    token: bytes = b""

    @property
    def keyid(self) -> str:
        """The id of the key that is said to have signed; proved by :func:`verify` only."""
        return self.envelope.signatures[0].keyid

    def as_bytes(self) -> bytes:
        """Return the file."""
        material: dict[str, Any] = {"publicKey": {"hint": self.keyid}}
        if self.token:
            token = base64.b64encode(self.token).decode()
            stamps = {"rfc3161Timestamps": [{"signedTimestamp": token}]}
            material["timestampVerificationData"] = stamps
        data = {
            "mediaType": MEDIA_TYPE,
            "dsseEnvelope": self.envelope.as_json(),
            "verificationMaterial": material,
        }
        return (json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


@dataclass(frozen=True)
class Verified:
    """What a signature proves: the statement, by which key, and since when, if that was checked.

    ``stamped_at`` is the instant (UTC) from a timestamp that was checked against the given roots,
    else None; ``stamped`` tells whether the bundle holds a timestamp at all.
    """

    statement: Mapping[str, Any]
    keyid: str
    stamped_at: datetime | None
    stamped: bool


def bundle(statement: bytes, signer: Signer, stamp: Callable[[bytes], bytes] | None) -> bytes:
    """Return the signature file on a statement.

    ``stamp`` returns the DER answer of a timestamp authority over the signature, or nothing when
    it got none. Raises :class:`~troth.dsse.KeyFileError` when what the signer made does not verify
    with its own public key: a bundle that nobody can verify is not written.
    """
    public = dsse.load_public_key(signer.public_pem)
    if keyid_of(public) != signer.keyid:
        raise KeyFileError(f"the signer's id {signer.keyid:.80} is not its public key's digest")
    sig = signer.sign(dsse.pae(statements.PAYLOAD_TYPE, statement))
    envelope = Envelope(statements.PAYLOAD_TYPE, statement, (Signature(signer.keyid, sig),))
    if not dsse.signers(envelope, {signer.keyid: public}):
        raise KeyFileError(
            f"the signature does not verify with the signer's public key {signer.keyid}; "
            "name the public half of the very key that signs"
        )
    return Bundle(envelope, stamp(sig) if stamp else b"").as_bytes()


def read(body: bytes) -> Bundle:
    """Return a signature file's contents, nothing verified; raises ``IntegrityError``."""
    if len(body) > MAX_BYTES:
        raise IntegrityError(f"the signature file is larger than {MAX_BYTES} bytes; {_ANEW}")
    try:
        made = _parse(canonical.loads(body))
    except (canonical.CanonicalError, dsse.EnvelopeError) as error:
        raise IntegrityError(f"not a Sigstore bundle: {error}; {_ANEW}") from error
    if made.as_bytes() != body:
        raise IntegrityError(
            "the signature file holds more than a bundle with a public key has, or is not written "
            f"one key a line; {_ANEW}"
        )
    return made


def verify(body: bytes, trusted: Mapping[str, PublicKey], tsa_roots: bytes | None) -> Verified:
    """Return what a signature file proves; raises :class:`~troth.errors.IntegrityError`.

    ``trusted`` are the keys that the verifier was given by another way than the bundle (what they
    are called does not matter), ``tsa_roots`` certificates in PEM of the timestamp authority, or
    None to leave timestamps unchecked. With roots a timestamp is required.
    """
    made = read(body)
    keys = {keyid_of(key): key for key in trusted.values()}
    if made.keyid not in keys:
        given = ", ".join(sorted(keys)) or "none"
        raise IntegrityError(
            f"signed by the key {made.keyid!r:.80}, not by a trusted one (given: {given}); "
            "ask the signer for the public key by another way than this bundle"
        )
    if not dsse.signers(made.envelope, keys):
        raise IntegrityError(
            f"the signature is not one of the key {made.keyid} over this statement: one of the two "
            f"was changed; {_ANEW}"
        )
    statement = statements.parse(made.envelope.payload)
    return Verified(statement, made.keyid, _stamped_at(made, tsa_roots), bool(made.token))


def _stamped_at(made: Bundle, roots: bytes | None) -> datetime | None:
    if roots is None:
        return None
    if not made.token:
        raise IntegrityError(
            "there is no timestamp, and a timestamp authority was given; verify without it if the "
            f"bundle was made without one, else {_ANEW}"
        )
    from troth.evidence import timestamp

    return timestamp.verify(made.token, made.envelope.signatures[0].sig, roots)


def _parse(data: Any) -> Bundle:
    if not isinstance(data, dict) or data.get("mediaType") != MEDIA_TYPE:
        raise dsse.EnvelopeError(f"'mediaType' is not {MEDIA_TYPE}")
    envelope = dsse.from_json(data.get("dsseEnvelope"))
    if len(envelope.signatures) != 1 or envelope.payload_type != statements.PAYLOAD_TYPE:
        raise dsse.EnvelopeError(f"not one signature over {statements.PAYLOAD_TYPE}")
    return Bundle(envelope, _token(data.get("verificationMaterial")))


def _token(material: Any) -> bytes:
    match material:
        case {"timestampVerificationData": {"rfc3161Timestamps": [{"signedTimestamp": str(text)}]}}:
            try:
                return base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError):
                raise dsse.EnvelopeError("'signedTimestamp' is not base64") from None
    return b""
