"""Programs of others accept the signature file of a bundle, and refuse what was changed in it."""

from __future__ import annotations

import base64
import importlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate

from tests.evidence import handmade
from tests.evidence.authority import Authority, authority
from tests.evidence.conftest import Sealed
from tests.house.tree import ROOT, blocks
from troth import dsse
from troth.evidence import sigstore
from troth.evidence.signers import KeyFile, trusted
from troth.evidence.statement import statement

HERE = Path(__file__).with_name("js")
STATEMENT = statement(handmade.SUMMARY, handmade.ENVELOPE, "ab" * 32)

#: Verifies a signature file with keys by hint and timestamp authorities: "ok" or why not.
Verify = Callable[[bytes, dict[str, KeyFile], list[Authority]], str]


@pytest.fixture(scope="module")
def sigstore_js(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the driver of sigstore-js, installed as its lock file says."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("js")
    for name in ("package.json", "package-lock.json", "verify.cjs"):
        shutil.copy(HERE / name, folder)
    ran = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    if ran.returncode:
        pytest.skip("sigstore-js cannot be installed: npm reaches no registry")
    return folder / "verify.cjs"


@pytest.fixture
def verify(sigstore_js: Path) -> Verify:
    def act(body: bytes, keys: dict[str, KeyFile], authorities: list[Authority]) -> str:
        given = {
            "bundle": json.loads(body),
            "keys": {hint: der(key) for hint, key in keys.items()},
            "authorities": [[certificate(one.leaf), certificate(one.root)] for one in authorities],
        }
        ran = subprocess.run(
            ["node", sigstore_js], input=json.dumps(given), capture_output=True, text=True
        )
        assert (ran.returncode == 0) == (ran.stdout == "ok\n"), ran.stderr
        return ran.stdout.strip()

    return act


def der(key: KeyFile) -> str:
    public = key.key.public_key()
    body = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(body).decode()


def certificate(pem: bytes) -> str:
    return base64.b64encode(load_pem_x509_certificate(pem).public_bytes(Encoding.DER)).decode()


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("tsa") / "good")


@pytest.fixture(params=["p256", "ed25519"])
def signer(request: pytest.FixtureRequest) -> KeyFile:
    return handmade.p256() if request.param == "p256" else handmade.ed()


def with_other_payload(body: bytes) -> bytes:
    made = sigstore.read(body)
    other = statement(handmade.SUMMARY, handmade.ENVELOPE, "cd" * 32)
    envelope = dsse.Envelope(made.envelope.payload_type, other, made.envelope.signatures)
    return sigstore.Bundle(envelope, made.token).as_bytes()


def test_sigstore_accepts_it(verify: Verify, signer: KeyFile, tsa: Authority) -> None:
    keys = {signer.keyid: signer}
    assert verify(sigstore.bundle(STATEMENT, signer, None), keys, []) == "ok"
    assert verify(sigstore.bundle(STATEMENT, signer, tsa.stamp), keys, [tsa]) == "ok"


def test_sigstore_refuses_another_key(verify: Verify, signer: KeyFile) -> None:
    body = sigstore.bundle(STATEMENT, signer, None)
    other = handmade.p256()
    assert verify(body, {other.keyid: other}, []) == "PUBLIC_KEY_ERROR"
    assert verify(body, {signer.keyid: other}, []) == "SIGNATURE_ERROR"


def test_sigstore_refuses_another_payload(verify: Verify, signer: KeyFile) -> None:
    body = with_other_payload(sigstore.bundle(STATEMENT, signer, None))
    assert verify(body, {signer.keyid: signer}, []) == "SIGNATURE_ERROR"


def test_sigstore_refuses_a_wrong_timestamp(verify: Verify, tsa: Authority, tmp_path: Path) -> None:
    signer, other = handmade.p256(), authority(tmp_path / "other")
    keys = {signer.keyid: signer}
    body = sigstore.bundle(STATEMENT, signer, tsa.stamp)
    assert verify(body, keys, [other]) == "TIMESTAMP_ERROR"
    moved = sigstore.Bundle(sigstore.read(body).envelope, tsa.stamp(b"another signature"))
    assert verify(moved.as_bytes(), keys, [tsa]) == "TIMESTAMP_ERROR"


def test_sigstore_accepts_a_bag_of_the_program(verify: Verify, packed: Sealed) -> None:
    (path,) = packed.folder.glob("signatures/*.sigstore.json")
    signer = KeyFile(dsse.load_private_key(packed.private.read_bytes()))
    assert verify(path.read_bytes(), {signer.keyid: signer}, [packed.authority]) == "ok"


@pytest.mark.parametrize("change", ["none", "key", "payload"])
def test_securesystemslib_verifies_the_envelope(signer: KeyFile, change: str) -> None:
    library = importlib.import_module("securesystemslib.dsse")
    keys = importlib.import_module("securesystemslib.signer")
    refused = importlib.import_module("securesystemslib.exceptions").VerificationError
    body = sigstore.bundle(STATEMENT, signer, None)
    if change == "payload":
        body = with_other_payload(body)
    used = handmade.p256() if change == "key" else signer
    key = keys.SSlibKey.from_crypto(used.key.public_key(), keyid=signer.keyid)
    envelope = library.Envelope.from_dict(json.loads(body)["dsseEnvelope"])
    if change == "none":
        assert list(envelope.verify([key], 1)) == [signer.keyid]
    else:
        with pytest.raises(refused):
            envelope.verify([key], 1)


@pytest.mark.parametrize("change", ["none", "key", "payload"])
def test_openssl_verifies_the_envelope(signer: KeyFile, change: str, tmp_path: Path) -> None:
    """By the encoding of the DSSE specification, written here once more."""
    body = sigstore.bundle(STATEMENT, signer, None)
    read = json.loads(with_other_payload(body) if change == "payload" else body)["dsseEnvelope"]
    payload, kind = base64.b64decode(read["payload"]), read["payloadType"]
    signed = f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload
    key = (handmade.p256() if change == "key" else signer).public_pem
    sig = base64.b64decode(read["signatures"][0]["sig"])
    for name, content in (("key", key), ("sig", sig), ("signed", signed)):
        (tmp_path / name).write_bytes(content)
    old = "dgst -sha256 -verify key -signature sig signed"
    new = "pkeyutl -verify -pubin -inkey key -rawin -in signed -sigfile sig"
    command = old if b"prime256v1" in told(key) else new
    ran = subprocess.run(["openssl", *command.split()], cwd=tmp_path, capture_output=True)
    assert (ran.returncode == 0) == (change == "none"), ran.stderr


def told(key: bytes) -> bytes:
    args = ["openssl", "pkey", "-pubin", "-noout", "-text"]
    return subprocess.run(args, input=key, capture_output=True, check=True).stdout


def test_in_totos_own_library_parses_the_statement() -> None:
    json_format: Any = importlib.import_module("google.protobuf.json_format")
    pb: Any = importlib.import_module("in_toto_attestation.v1.statement_pb2")
    library: Any = importlib.import_module("in_toto_attestation.v1.statement")
    results: Any = importlib.import_module(
        "in_toto_attestation.predicates.test_result.v0.test_result_pb2"
    )
    raw = json_format.Parse(STATEMENT, pb.Statement())
    made = library.Statement.copy_from_pb(raw)
    made.validate()
    (subject,) = raw.subject
    assert (subject.name, dict(subject.digest)) == ("tagmanifest-sha256.txt", {"sha256": "ab" * 32})
    predicate = json.dumps(json.loads(STATEMENT)["predicate"])
    result = json_format.Parse(predicate, results.TestResult())
    assert list(result.passed_tests) == ["acme/1.1"]
    assert [one.name for one in result.configuration] == ["acme"]


def test_the_key_is_one_that_troth_itself_trusts(signer: KeyFile) -> None:
    body = sigstore.bundle(STATEMENT, signer, None)
    assert sigstore.verify(body, trusted(signer.public_pem), None).keyid == signer.keyid


def test_the_pages_commands_verify_a_bag(packed: Sealed, bag: Path) -> None:
    """What docs/keys.md has typed by hand, typed."""
    page = ROOT / "docs/keys.md"
    (commands,) = [text for _, _, text in blocks(page) if "openssl dgst" in text]
    shutil.copy(packed.public, bag / "evidence.pub.pem")
    ran = subprocess.run(["sh", "-c", commands], cwd=bag, capture_output=True, text=True)
    assert ran.stdout.splitlines()[0] == "Verified OK", ran.stderr
    digest = ran.stdout.splitlines()[1].split()[0]
    signed = json.loads((bag / "statement.json").read_bytes())
    assert signed["subject"][0]["digest"] == {"sha256": digest}
