"""Attestations: what is signed survives, what was touched does not, and openssl alone agrees."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given
from hypothesis import strategies as st

from troth import attestations, canonical, dsse
from troth.attestations import AttestationError, UnprovenError
from troth.dsse import PrivateKey, PublicKey

DOCUMENT = Path(__file__).parents[1] / "docs" / "attestations.md"
PAYLOAD: dict[str, Any] = {
    "schema": 1,
    "id": "2026-security-procedures",
    "control": "security-procedures",
    "clauses": ["purecloud/1.3a"],
    "statement": "Written procedures exist and are reviewed every year.",
    "document_sha256": None,
    "signer_name": "Rin Example",
    "signer_role": "CISO",
    "signed_on": "2026-06-01",
    "expires_on": "2027-05-31",
}
KEYS: dict[str, PrivateKey] = {
    "p256": ec.generate_private_key(ec.SECP256R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
}
TRUSTED: dict[str, PublicKey] = {name: key.public_key() for name, key in KEYS.items()}

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
NAMES = st.from_regex(r"[a-z0-9]{1,9}([-.][a-z0-9]{1,9}){0,3}", fullmatch=True)
CLAUSES = st.from_regex(r"[a-z0-9]{1,9}(-[a-z0-9]{1,9})?/[0-9A-Za-zéß.()]{1,9}", fullmatch=True)
DATES = st.dates().map(str)
PAYLOADS = st.builds(
    lambda dates, **others: others | {"signed_on": min(dates), "expires_on": max(dates)},
    dates=st.tuples(DATES, DATES),
    schema=st.just(1),
    id=NAMES,
    control=NAMES,
    clauses=st.lists(CLAUSES, unique=True),
    statement=WORDS,
    document_sha256=st.none() | st.binary(min_size=32, max_size=32).map(bytes.hex),
    signer_name=WORDS,
    signer_role=WORDS,
)


@cache
def signed(keyid: str) -> bytes:
    return attestations.sign(PAYLOAD, KEYS[keyid], keyid)


def enveloped(body: bytes, /, **others: Any) -> bytes:
    """Sign arbitrary payload bytes properly and overlay members of the envelope."""
    made = dsse.sign(attestations.PAYLOAD_TYPE, body, KEYS["p256"], "p256")
    return json.dumps(made.as_json() | others).encode()


@pytest.mark.parametrize("keyid", KEYS)
def test_a_signed_statement_verifies_and_names_its_key(keyid: str) -> None:
    made = attestations.verify(signed(keyid), TRUSTED)
    assert made.key == keyid
    assert made.signer_name == "Rin Example"
    assert made.clauses == ("purecloud/1.3a",)
    assert made.document_sha256 is None
    assert (made.signed_on, made.expires_on) == ("2026-06-01", "2027-05-31")


def test_the_file_is_a_dsse_envelope_of_canonical_json() -> None:
    made = json.loads(signed("p256"))
    assert sorted(made) == ["payload", "payloadType", "signatures"]
    assert made["payloadType"] == "application/vnd.troth.attestation+json"
    assert [sorted(one) for one in made["signatures"]] == [["keyid", "sig"]]
    assert base64.b64decode(made["payload"]).startswith(b'{"clauses":["purecloud/1.3a"],"control"')


@given(PAYLOADS, st.sampled_from(sorted(KEYS)))
def test_any_payload_round_trips(payload: dict[str, Any], keyid: str) -> None:
    made = attestations.verify(attestations.sign(payload, KEYS[keyid], keyid), TRUSTED)
    assert made.payload() == payload
    assert made.key == keyid


@given(st.data(), st.sampled_from(sorted(KEYS)))
def test_any_changed_byte_is_refused(data: st.DataObject, keyid: str) -> None:
    body = bytearray(signed(keyid))
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != body[at]))
    with pytest.raises((AttestationError, UnprovenError)):
        attestations.verify(bytes(body), TRUSTED)


@pytest.mark.parametrize("keyid", KEYS)
@pytest.mark.parametrize("bit", range(8))
def test_every_flipped_bit_is_refused(keyid: str, bit: int) -> None:
    original = signed(keyid)
    for at in range(len(original)):
        body = bytearray(original)
        body[at] ^= 1 << bit
        with pytest.raises((AttestationError, UnprovenError)):
            attestations.verify(bytes(body), TRUSTED)


@given(st.integers(0, 10_000))
def test_a_truncated_file_is_refused(length: int) -> None:
    body = signed("p256")
    with pytest.raises(AttestationError):
        attestations.verify(body[: length % len(body)], TRUSTED)


def test_a_key_that_is_not_trusted_proves_nothing() -> None:
    with pytest.raises(UnprovenError, match="signed by 'p256', which is not a trusted key"):
        attestations.verify(signed("p256"), {"ed25519": TRUSTED["ed25519"]})
    with pytest.raises(UnprovenError, match="trusted: none"):
        attestations.verify(signed("p256"), {})


def test_only_the_key_of_that_id_is_tried() -> None:
    swapped = {"ed25519": TRUSTED["p256"], "p256": TRUSTED["ed25519"]}
    with pytest.raises(UnprovenError, match="does not fit the contents"):
        attestations.verify(signed("p256"), swapped)


def test_a_second_signature_of_a_stranger_does_no_harm() -> None:
    first = json.loads(signed("p256"))
    stranger = {"keyid": "stranger", "sig": "AAAA"}
    body = json.dumps(first | {"signatures": [stranger, *first["signatures"]]}).encode()
    assert attestations.verify(body, TRUSTED).key == "p256"


def test_white_space_of_the_envelope_is_free() -> None:
    pretty = json.dumps(json.loads(signed("p256")), indent=2).encode() + b"\n"
    assert attestations.verify(pretty, TRUSTED).key == "p256"


CANONICAL = canonical.dumps(PAYLOAD)
SIGNATURE = json.loads(signed("p256"))["signatures"][0]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{}", "not a DSSE envelope"),
        (b"\x00\xff", "not a DSSE envelope: not UTF-8"),
        (b" " * (attestations.MAX_BYTES + 1), "larger than"),
        (enveloped(CANONICAL, payloadType="text/plain"), "payloadType is 'text/plain'"),
        (enveloped(CANONICAL, note="x"), "holds more than"),
        (enveloped(CANONICAL, signatures=[SIGNATURE | {"cert": ""}]), "holds more than"),
        (enveloped(CANONICAL, signatures=[{"sig": SIGNATURE["sig"]}]), "holds more than"),
        (enveloped(CANONICAL, signatures=[SIGNATURE | {"keyid": ""}]), "a keyid is empty"),
        (enveloped(CANONICAL, signatures=[]), "at least one signature"),
        (enveloped(CANONICAL, payload="-_-_"), "standard alphabet"),
        (enveloped(CANONICAL, payload="QR=="), "standard alphabet"),
        (enveloped(b"text"), "the payload is wrong: not JSON"),
        (enveloped(b"[]"), "not a JSON object"),
        (enveloped(b'{"id":"a","id":"b"}'), "'id' stands twice"),
        (enveloped(json.dumps(PAYLOAD).encode()), "not canonical JSON"),
        (enveloped(CANONICAL + b"\n"), "not canonical JSON"),
        (enveloped(CANONICAL.replace(b'"schema":1', b'"schema":1.0')), "not canonical JSON"),
    ],
)
def test_what_is_no_attestation_is_the_authors_to_correct(body: bytes, says: str) -> None:
    with pytest.raises(AttestationError, match=re.escape(says)):
        attestations.verify(body, TRUSTED)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"note": "x"}, "unknown key 'note'"),
        ({"key": "p256"}, "unknown key 'key'"),
        ({"schema": 2}, "schema is 2; write 1"),
        ({"schema": True}, "schema is True; write 1"),
        ({"schema": "1"}, "schema is '1'; write 1"),
        ({"id": "../etc"}, "id is '../etc'"),
        ({"id": ""}, "id is ''"),
        ({"control": 7}, "control is 7"),
        ({"control": "Upper"}, "control is 'Upper'"),
        ({"clauses": "purecloud/1.3a"}, "clauses is not a list"),
        ({"clauses": None}, "clauses is not a list"),
        ({"clauses": ["1.3a"]}, "clause '1.3a' is not written policy/clause"),
        ({"clauses": [1]}, "clause 1 is not written policy/clause"),
        ({"clauses": ["a/1", "b/1", "a/1"]}, "clause 'a/1' stands twice"),
        ({"statement": " \n"}, "statement is not text, or empty"),
        ({"statement": None}, "statement is not text, or empty"),
        ({"signer_name": ""}, "signer_name is not text, or empty"),
        ({"signer_role": 1}, "signer_role is not text, or empty"),
        ({"document_sha256": "9f86"}, "document_sha256 is '9f86'"),
        ({"document_sha256": "A" * 64}, "document_sha256 is 'AAAA"),
        ({"signed_on": "1 June"}, "signed_on is '1 June'"),
        ({"signed_on": "2026-6-1"}, "signed_on is '2026-6-1'"),
        ({"signed_on": "2026-02-30"}, "signed_on 2026-02-30 is not in the calendar"),
        ({"expires_on": None}, "expires_on is None"),
        ({"expires_on": "2026-05-31"}, "expires_on 2026-05-31 is before signed_on 2026-06-01"),
    ],
)
def test_a_wrong_member_is_named_when_signing_and_when_reading(
    change: dict[str, Any], says: str
) -> None:
    with pytest.raises(AttestationError, match=re.escape(says)):
        attestations.sign(PAYLOAD | change, KEYS["p256"], "p256")
    with pytest.raises(AttestationError, match=re.escape(says)):
        attestations.verify(enveloped(canonical.dumps(PAYLOAD | change)), TRUSTED)


@pytest.mark.parametrize("name", PAYLOAD)
def test_a_missing_member_is_named(name: str) -> None:
    rest = {key: value for key, value in PAYLOAD.items() if key != name}
    with pytest.raises(AttestationError, match=f"key '{name}' is missing"):
        attestations.verify(enveloped(canonical.dumps(rest)), TRUSTED)


def test_a_statement_may_expire_on_the_day_it_is_signed() -> None:
    payload = PAYLOAD | {"expires_on": "2026-06-01"}
    made = attestations.verify(attestations.sign(payload, KEYS["p256"], "p256"), TRUSTED)
    assert made.expires_on == made.signed_on


def test_signing_needs_a_key_id() -> None:
    with pytest.raises(AttestationError, match="the key has no id"):
        attestations.sign(PAYLOAD, KEYS["p256"], "")


def steps(heading: str, algorithm: str) -> str:
    """Return the shell lines under a heading of the document, for one kind of key."""
    section = DOCUMENT.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    chosen = [
        block
        for block in blocks
        if not block.startswith(("# P-256", "# Ed25519")) or block.startswith(f"# {algorithm}\n")
    ]
    assert len(chosen) < len(blocks)
    return "".join(chosen)


def shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, capture_output=True, text=True
    )


@pytest.mark.parametrize("algorithm", ["P-256", "Ed25519"])
def test_what_openssl_alone_signs_troth_verifies(algorithm: str, tmp_path: Path) -> None:
    done = shell(steps("Sign with openssl alone", algorithm), tmp_path)
    assert done.returncode == 0, done.stderr
    key = dsse.load_public_key((tmp_path / "ciso-2026.pem").read_bytes())
    body = (tmp_path / "2026-security-procedures.dsse.json").read_bytes()
    made = attestations.verify(body, {"ciso-2026": key})
    assert made.payload() == PAYLOAD
    assert made.key == "ciso-2026"


@pytest.mark.parametrize("algorithm", ["P-256", "Ed25519"])
def test_what_troth_signs_openssl_alone_verifies(algorithm: str, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization

    key = KEYS[algorithm.lower().replace("-", "")]
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (tmp_path / "ciso-2026.pem").write_bytes(pem)
    file = tmp_path / "2026-security-procedures.dsse.json"
    file.write_bytes(attestations.sign(PAYLOAD, key, "ciso-2026"))
    done = shell(steps("Verify with openssl alone", algorithm), tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "payload.json").read_bytes()) == PAYLOAD

    other = PAYLOAD | {"expires_on": "2037-05-31"}
    envelope = json.loads(file.read_bytes())
    envelope["payload"] = base64.b64encode(canonical.dumps(other)).decode()
    file.write_bytes(canonical.dumps(envelope))
    assert shell(steps("Verify with openssl alone", algorithm), tmp_path).returncode != 0


def test_the_documents_example_is_the_payload() -> None:
    (example,) = re.findall(r"```json\n(\{\n.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert json.loads(example) == PAYLOAD
