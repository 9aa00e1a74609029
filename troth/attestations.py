"""Signed statements of people: what an attestation file holds, how it is signed and verified.

A file is a DSSE v1 envelope whose payload is the canonical JSON of an :class:`Attestation`
(``docs/attestations.md``). Nothing here reads a clock: whether a statement has expired is judged
at the time that the judging is about.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from troth import canonical, dsse
from troth.dsse import PrivateKey, PublicKey
from troth.errors import TrothError

#: The DSSE payload type of an attestation.
PAYLOAD_TYPE = "application/vnd.troth.attestation+json"
#: How the name of every attestation's file ends.
SUFFIX = ".dsse.json"
#: Nothing that a person signs is larger; what is larger is not read.
MAX_BYTES = 1 << 20

_SCHEMA = 1
_ID = re.compile(r"[a-z0-9]+([-.][a-z0-9]+)*")
_CLAUSE = re.compile(r"[a-z0-9]+([-.][a-z0-9]+)*/\S+")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class AttestationError(TrothError):
    """The bytes are not an attestation, whoever signed them: the author has to correct them."""


class UnprovenError(TrothError):
    """An envelope that no trusted key signed, or whose contents were changed after signing."""


@dataclass(frozen=True)
class Attestation:
    """What somebody states, about which control and clauses, from when until when.

    ``clauses`` are ``policy/clause``; none means every clause that binds the control.
    ``document_sha256`` is the lower-case hexadecimal SHA-256 of a document that the statement is
    about, or None. ``signed_on`` and ``expires_on`` are ISO 8601 dates; the statement holds
    through the whole of ``expires_on``. ``key`` is the id of the trusted key that verified it,
    empty before verification; it is not part of the payload.
    """

    id: str
    control: str
    clauses: tuple[str, ...]
    statement: str
    document_sha256: str | None
    signer_name: str
    signer_role: str
    signed_on: str
    expires_on: str
    key: str = ""

    def payload(self) -> dict[str, Any]:
        """Return what is signed, as JSON."""
        body = dataclasses.asdict(self)
        del body["key"]
        return body | {"schema": _SCHEMA, "clauses": list(self.clauses)}


def sign(payload: Mapping[str, Any], private_key: PrivateKey, keyid: str) -> bytes:
    """Return the attestation file for a payload: the canonical JSON of its envelope.

    ``keyid`` is the id under which troth.yaml trusts the key. Raises :class:`AttestationError`
    if the payload is not an attestation and :class:`~troth.dsse.KeyFileError` for other keys.
    """
    if not keyid:
        raise AttestationError("the key has no id; give the id under which it is trusted")
    body = canonical.dumps(parse_payload(dict(payload)).payload())
    return canonical.dumps(dsse.sign(PAYLOAD_TYPE, body, private_key, keyid).as_json())


def verify(envelope_bytes: bytes, trusted: Mapping[str, PublicKey]) -> Attestation:
    """Return the attestation that one of the trusted keys signed, with ``key`` set to its id.

    Raises :class:`AttestationError` if the bytes are no attestation envelope, or a properly
    signed one whose contents are wrong, and :class:`UnprovenError` if no trusted key signed
    exactly these contents.
    """
    envelope = read_envelope(envelope_bytes)
    proved_by = dsse.signers(envelope, trusted)
    if not proved_by:
        raise UnprovenError(_unproven(envelope, trusted))
    return dataclasses.replace(_attestation(envelope.payload), key=proved_by[0])


def read_envelope(envelope_bytes: bytes) -> dsse.Envelope:
    """Return an attestation's envelope, not yet verified; raises :class:`AttestationError`.

    Stricter than DSSE, so that no byte can change unnoticed: no other members, the standard
    base64 alphabet, and a ``keyid`` for every signature.
    """
    if len(envelope_bytes) > MAX_BYTES:
        raise AttestationError(f"larger than {MAX_BYTES} bytes; it cannot be an attestation")
    try:
        envelope = dsse.parse(envelope_bytes)
    except dsse.EnvelopeError as error:
        raise AttestationError(f"not a DSSE envelope: {error}; sign the statement again") from error
    if envelope.payload_type != PAYLOAD_TYPE:
        raise AttestationError(
            f"payloadType is {envelope.payload_type!r:.80}, not {PAYLOAD_TYPE}; "
            "keep other envelopes in another folder"
        )
    if canonical.loads(envelope_bytes) != envelope.as_json():
        raise AttestationError(
            "the envelope holds more than payload, payloadType and signatures of keyid and sig, "
            "or base64 that is not of the standard alphabet with padding; write it anew"
        )
    if any(not made.keyid for made in envelope.signatures):
        raise AttestationError("a keyid is empty; write the id under which the key is trusted")
    return envelope


def parse_payload(data: Any) -> Attestation:
    """Return the attestation in a payload; raises :class:`AttestationError` naming the member."""
    wanted = {field.name for field in dataclasses.fields(Attestation)} - {"key"} | {"schema"}
    if not isinstance(data, dict):
        raise AttestationError("the payload is not a JSON object; see the format's example")
    for name in sorted(data.keys() - wanted):
        raise AttestationError(f"unknown key {name!r}; remove it")
    for name in sorted(wanted - data.keys()):
        raise AttestationError(f"key '{name}' is missing; add it")
    if data["schema"] is True or data["schema"] != _SCHEMA:
        raise AttestationError(f"schema is {data['schema']!r:.40}; write {_SCHEMA}")
    made = Attestation(
        id=_match(data, "id", _ID, "lower-case words joined by - or ."),
        control=_match(data, "control", _ID, "the id of a control"),
        clauses=_clauses(data["clauses"]),
        statement=_words(data, "statement"),
        document_sha256=_sha256(data),
        signer_name=_words(data, "signer_name"),
        signer_role=_words(data, "signer_role"),
        signed_on=_date(data, "signed_on"),
        expires_on=_date(data, "expires_on"),
    )
    if made.expires_on < made.signed_on:
        raise AttestationError(
            f"expires_on {made.expires_on} is before signed_on {made.signed_on}; correct one"
        )
    return made


def _attestation(payload: bytes) -> Attestation:
    try:
        data = canonical.loads(payload)
        same = canonical.dumps(data) == payload
    except canonical.CanonicalError as error:
        raise AttestationError(f"the payload is wrong: {error}; sign it again") from error
    made = parse_payload(data)
    if not same:
        raise AttestationError("the payload is not canonical JSON (RFC 8785); sign it again")
    return made


def _unproven(envelope: dsse.Envelope, trusted: Mapping[str, PublicKey]) -> str:
    named = sorted({made.keyid for made in envelope.signatures})
    known = [name for name in named if name in trusted]
    if known:
        return (
            f"the signature of key {', '.join(known)} does not fit the contents; "
            "they were changed after signing, or another key signed them: sign again"
        )
    keys = ", ".join(sorted(trusted)) or "none"
    return (
        f"signed by {', '.join(map(repr, named))!s:.200}, which is not a trusted key "
        f"(trusted: {keys}); add the key to trusted_keys, or sign with a trusted one"
    )


def _words(data: Mapping[str, Any], name: str) -> str:
    value = data[name]
    if not isinstance(value, str) or not value.strip():
        raise AttestationError(f"{name} is not text, or empty; write a few words")
    return value


def _match(data: Mapping[str, Any], name: str, pattern: re.Pattern[str], what: str) -> str:
    value = data[name]
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise AttestationError(f"{name} is {value!r:.80}; write {what}")
    return value


def _clauses(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise AttestationError("clauses is not a list; write [] for every clause")
    for item in value:
        if not isinstance(item, str) or not _CLAUSE.fullmatch(item):
            raise AttestationError(f"clause {item!r:.80} is not written policy/clause")
        if value.count(item) > 1:
            raise AttestationError(f"clause {item!r:.80} stands twice; remove one")
    return tuple(value)


def _sha256(data: Mapping[str, Any]) -> str | None:
    if data["document_sha256"] is None:
        return None
    return _match(data, "document_sha256", _SHA256, "null or 64 lower-case hexadecimal digits")


def _date(data: Mapping[str, Any], name: str) -> str:
    value = _match(data, name, _DATE, "a date such as 2026-06-01")
    try:
        date.fromisoformat(value)
    except ValueError:
        raise AttestationError(f"{name} {value} is not in the calendar; correct it") from None
    return value
