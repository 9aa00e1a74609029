"""The signature file: what it holds, and that nothing else passes for one."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.evidence import handmade
from tests.evidence.handmade import ENVELOPE, SUMMARY
from troth import dsse
from troth.dsse import KeyFileError, PublicKey
from troth.errors import IntegrityError
from troth.evidence import sigstore
from troth.evidence.signers import KeyFile, trusted
from troth.evidence.statement import statement

STATEMENT = statement(SUMMARY, ENVELOPE, "ab" * 32)


@pytest.fixture(params=["p256", "ed25519"])
def signer(request: pytest.FixtureRequest) -> KeyFile:
    return handmade.p256() if request.param == "p256" else handmade.ed()


def keys(signer: KeyFile) -> dict[str, PublicKey]:
    return trusted(signer.public_pem)


def test_it_holds_what_the_format_asks_for(signer: KeyFile) -> None:
    made = json.loads(sigstore.bundle(STATEMENT, signer, lambda _: b"token"))
    sig = made["dsseEnvelope"]["signatures"][0].pop("sig")
    assert made == {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {
            "publicKey": {"hint": signer.keyid},
            "timestampVerificationData": {
                "rfc3161Timestamps": [{"signedTimestamp": base64.b64encode(b"token").decode()}]
            },
        },
        "dsseEnvelope": {
            "payload": base64.b64encode(STATEMENT).decode(),
            "payloadType": "application/vnd.in-toto+json",
            "signatures": [{"keyid": signer.keyid}],
        },
    }
    assert base64.b64decode(sig, validate=True)


def test_every_key_has_a_line() -> None:
    lines = sigstore.bundle(STATEMENT, handmade.p256(), lambda _: b"t").decode().splitlines()
    assert max(line.count('": ') for line in lines) == 1
    for name in ("payload", "payloadType", "keyid", "sig", "hint", "mediaType", "signedTimestamp"):
        (line,) = [one.strip() for one in lines if f'"{name}"' in one]
        assert line.startswith(f'"{name}": "')
        assert line.rstrip(",").endswith('"')


def test_what_is_stamped_is_the_signature() -> None:
    seen: list[bytes] = []

    def stamp(data: bytes) -> bytes:
        seen.append(data)
        return b"t"

    body = sigstore.bundle(STATEMENT, handmade.p256(), stamp)
    assert seen == [sigstore.read(body).envelope.signatures[0].sig]


@pytest.mark.parametrize("stamp", [None, lambda _: b""], ids=["none", "empty"])
def test_without_a_timestamp_nothing_stands_for_it(
    stamp: Callable[[bytes], bytes] | None,
) -> None:
    body = sigstore.bundle(STATEMENT, handmade.p256(), stamp)
    assert b"imestamp" not in body


def test_it_verifies(signer: KeyFile) -> None:
    made = sigstore.verify(sigstore.bundle(STATEMENT, signer, None), keys(signer), None)
    assert made.statement == json.loads(STATEMENT)
    assert (made.keyid, made.stamped_at, made.stamped) == (signer.keyid, None, False)


def test_a_timestamp_that_is_not_looked_at_is_told(signer: KeyFile) -> None:
    made = sigstore.verify(sigstore.bundle(STATEMENT, signer, lambda _: b"t"), keys(signer), None)
    assert (made.stamped_at, made.stamped) == (None, True)


def test_what_the_trusted_keys_are_called_does_not_matter(signer: KeyFile) -> None:
    (key,) = keys(signer).values()
    body = sigstore.bundle(STATEMENT, signer, None)
    assert sigstore.verify(body, {"ciso": key}, None).keyid == signer.keyid


def test_another_key_is_refused(signer: KeyFile) -> None:
    other = handmade.p256()
    with pytest.raises(IntegrityError, match=f"{signer.keyid}.*given: {other.keyid}"):
        sigstore.verify(sigstore.bundle(STATEMENT, signer, None), keys(other), None)


def test_no_key_at_all_is_refused(signer: KeyFile) -> None:
    with pytest.raises(IntegrityError, match="given: none"):
        sigstore.verify(sigstore.bundle(STATEMENT, signer, None), {}, None)


def test_a_key_that_claims_to_be_another_is_refused(signer: KeyFile) -> None:
    other = handmade.p256()
    body = sigstore.bundle(STATEMENT, other, None)
    body = body.replace(other.keyid.encode(), signer.keyid.encode())
    with pytest.raises(IntegrityError, match="one of the two was changed"):
        sigstore.verify(body, keys(signer) | keys(other), None)


def test_another_payload_is_refused(signer: KeyFile) -> None:
    made = sigstore.read(sigstore.bundle(STATEMENT, signer, None))
    other = statement(SUMMARY, ENVELOPE, "cd" * 32)
    envelope = dsse.Envelope(made.envelope.payload_type, other, made.envelope.signatures)
    with pytest.raises(IntegrityError, match="one of the two was changed"):
        sigstore.verify(sigstore.Bundle(envelope).as_bytes(), keys(signer), None)


def test_a_signed_thing_that_is_no_statement_is_refused(signer: KeyFile) -> None:
    body = sigstore.bundle(STATEMENT.replace(b"test-result", b"other"), signer, None)
    with pytest.raises(IntegrityError, match="predicateType"):
        sigstore.verify(body, keys(signer), None)


def test_an_attestation_by_the_same_key_is_no_bundle_signature(signer: KeyFile) -> None:
    """What is signed under another payload type must not be taken for a statement."""
    kind = "application/vnd.troth.attestation+json"
    envelope = dsse.sign(kind, STATEMENT, signer.key, signer.keyid)
    with pytest.raises(IntegrityError, match="in-toto"):
        sigstore.verify(sigstore.Bundle(envelope).as_bytes(), keys(signer), None)


def test_a_timestamp_is_required_where_an_authority_is_given(signer: KeyFile) -> None:
    with pytest.raises(IntegrityError, match="no timestamp"):
        sigstore.verify(sigstore.bundle(STATEMENT, signer, None), keys(signer), b"roots")


def more_signatures(data: dict[str, Any]) -> None:
    data["dsseEnvelope"]["signatures"] *= 2


def no_signature(data: dict[str, Any]) -> None:
    data["dsseEnvelope"]["signatures"] = []


def other_hint(data: dict[str, Any]) -> None:
    data["verificationMaterial"]["publicKey"]["hint"] = "0" * 64


def certificate(data: dict[str, Any]) -> None:
    data["verificationMaterial"] = {"certificate": {"rawBytes": "AAAA"}}


def log_entries(data: dict[str, Any]) -> None:
    data["verificationMaterial"]["tlogEntries"] = [{}]


def two_stamps(data: dict[str, Any]) -> None:
    stamp = {"signedTimestamp": "AAAA"}
    times = {"rfc3161Timestamps": [stamp, stamp]}
    data["verificationMaterial"]["timestampVerificationData"] = times


def bad_stamp(data: dict[str, Any]) -> None:
    times = {"rfc3161Timestamps": [{"signedTimestamp": "A"}]}
    data["verificationMaterial"]["timestampVerificationData"] = times


def other_version(data: dict[str, Any]) -> None:
    data["mediaType"] = data["mediaType"].replace("v0.3", "v0.4")


def no_envelope(data: dict[str, Any]) -> None:
    data["messageSignature"] = data.pop("dsseEnvelope")


def one_more(data: dict[str, Any]) -> None:
    data["note"] = "added"


CHANGES = (
    more_signatures, no_signature, other_hint, certificate, log_entries, two_stamps, bad_stamp,
    other_version, no_envelope, one_more,
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: str(change.__name__))
def test_another_form_is_refused(change: Callable[[dict[str, Any]], None]) -> None:
    signer = handmade.p256()
    data = json.loads(sigstore.bundle(STATEMENT, signer, None))
    change(data)
    body = (json.dumps(data, indent=2, sort_keys=True) + "\n").encode()
    with pytest.raises(IntegrityError):
        sigstore.verify(body, keys(signer), None)


def test_no_byte_changes_unnoticed() -> None:
    signer = handmade.ed()
    body = sigstore.bundle(STATEMENT, signer, None)
    for at in range(len(body)):
        changed = bytearray(body)
        changed[at] ^= 1
        with pytest.raises(IntegrityError):
            sigstore.verify(bytes(changed), keys(signer), None)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b"\xff\xfe", b"[" * 100_000])
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(IntegrityError, match="not a Sigstore bundle"):
        sigstore.read(body)


def test_what_is_too_large_is_not_parsed() -> None:
    with pytest.raises(IntegrityError, match="larger"):
        sigstore.read(b" " * (sigstore.MAX_BYTES + 1))


@dataclass(frozen=True)
class Exchanged:
    """A signer that signs with another key than it shows."""

    shown: KeyFile
    used: KeyFile
    keyid: str

    @property
    def public_pem(self) -> bytes:
        return self.shown.public_pem

    def sign(self, data: bytes) -> bytes:
        return self.used.sign(data)


def test_a_signer_with_an_exchanged_key_makes_no_bundle(signer: KeyFile) -> None:
    with pytest.raises(KeyFileError, match="does not verify"):
        sigstore.bundle(STATEMENT, Exchanged(signer, handmade.p256(), signer.keyid), None)


def test_a_signer_with_another_id_makes_no_bundle(signer: KeyFile) -> None:
    with pytest.raises(KeyFileError, match="not its public key's digest"):
        sigstore.bundle(STATEMENT, Exchanged(signer, signer, "ciso"), None)
