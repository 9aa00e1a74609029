"""The attestation checker: every file is seen, and says only what a trusted key signed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.checkers.driver import Reader, observe
from troth import attestations
from troth.catalogue.kinds import load_kind
from troth.checkers.attestation import Attestations
from troth.model import Failure, Reason

PAYLOAD: dict[str, Any] = {
    "schema": 1,
    "id": "procedures",
    "control": "security-procedures",
    "clauses": ["purecloud/1.3a", "icp-operator/2.1c"],
    "statement": "Written procedures exist.",
    "document_sha256": "ab" * 32,
    "signer_name": "Rin Example",
    "signer_role": "CISO",
    "signed_on": "2026-06-01",
    "expires_on": "2027-05-31",
}
CISO = ec.generate_private_key(ec.SECP256R1())
CTO = ed25519.Ed25519PrivateKey.generate()
STRANGER = ed25519.Ed25519PrivateKey.generate()


def pem(key: Any) -> bytes:
    made: bytes = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return made


@pytest.fixture
def target(tmp_path: Path) -> dict[str, Any]:
    """Return a target with two trusted keys and an empty folder."""
    (tmp_path / "attestations").mkdir()
    (tmp_path / "keys").mkdir()
    for name, key in {"ciso": CISO, "cto": CTO}.items():
        (tmp_path / "keys" / f"{name}.pem").write_bytes(pem(key))
    return {
        "id": "statements",
        "type": "attestation",
        "base_dir": str(tmp_path),
        "folder": "attestations",
        "trusted_keys": [
            {"id": "ciso-2026", "path": "keys/ciso.pem"},
            {"id": "cto-2026", "path": "keys/cto.pem"},
        ],
    }


def put(target: dict[str, Any], name: str, body: bytes) -> Path:
    path = Path(target["base_dir"]) / "attestations" / name
    path.write_bytes(body)
    return path


def sign(key: Any = CISO, keyid: str = "ciso-2026", **change: Any) -> bytes:
    return attestations.sign(PAYLOAD | change, key, keyid)


def seen(target: dict[str, Any]) -> dict[str, Any]:
    ((_, listings, found),) = observe(Attestations, target)
    assert listings == []
    return {name: facets["statement"] for name, facets in found.items()}


def problems(target: dict[str, Any]) -> list[str]:
    return [str(problem) for problem in Attestations.problems(target)]


def test_a_signed_statement_becomes_facts(target: dict[str, Any]) -> None:
    put(target, "procedures.dsse.json", sign())
    put(target, "rota.dsse.json", sign(CTO, "cto-2026", id="rota", clauses=[]))
    found = seen(target)
    assert found["procedures"] == {
        "control": "security-procedures",
        "clauses": {"items": ["icp-operator/2.1c", "purecloud/1.3a"], "complete": True},
        "statement": "Written procedures exist.",
        "document_sha256": "ab" * 32,
        "signer_name": "Rin Example",
        "signer_role": "CISO",
        "signed_on": "2026-06-01",
        "expires_on": "2027-05-31",
        "key": "ciso-2026",
    }
    assert found["rota"]["key"] == "cto-2026"
    assert found["rota"]["clauses"] == {"items": [], "complete": True}
    kind = load_kind("attestation")
    assert [kind.validate("statement", facts) for facts in found.values()] == [[], []]
    assert problems(target) == []


def test_an_expired_statement_is_a_fact_like_any_other(target: dict[str, Any]) -> None:
    put(target, "procedures.dsse.json", sign(signed_on="2001-01-01", expires_on="2001-12-31"))
    assert seen(target)["procedures"]["expires_on"] == "2001-12-31"
    assert problems(target) == []


def test_a_changed_statement_is_listed_and_unproven(target: dict[str, Any]) -> None:
    longer = json.loads(sign(expires_on="2037-05-31"))
    first = json.loads(sign())
    put(target, "procedures.dsse.json", json.dumps(first | {"payload": longer["payload"]}).encode())
    put(target, "rota.dsse.json", sign(CTO, "cto-2026", id="rota"))
    found = seen(target)
    failure = found["procedures"]
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.UNPROVEN
    assert failure.message.startswith(
        "attestations/procedures.dsse.json: the signature of key ciso-2026 does not fit"
    )
    assert found["rota"]["signer_name"] == "Rin Example"
    assert problems(target) == []


@pytest.mark.parametrize(
    ("key", "keyid"), [(STRANGER, "ciso-2026"), (STRANGER, "stranger"), (CTO, "ciso-2026")]
)
def test_a_strangers_statement_is_listed_and_unproven(
    target: dict[str, Any], key: Any, keyid: str
) -> None:
    put(target, "procedures.dsse.json", sign(key, keyid))
    failure = seen(target)["procedures"]
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.UNPROVEN
    assert problems(target) == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"hello", "not a DSSE envelope: not JSON"),
        (b"\xff\xfe", "not a DSSE envelope"),
        (b"", "not a DSSE envelope"),
        (sign(id="other"), "the statement's id is other; call the file other.dsse.json"),
    ],
)
def test_what_is_no_attestation_is_an_input_problem(
    target: dict[str, Any], body: bytes, says: str
) -> None:
    put(target, "procedures.dsse.json", body)
    (problem,) = problems(target)
    assert problem.startswith(f"attestations/procedures.dsse.json {says}")
    # Should the file turn bad after that look, the statement is unknown, not gone.
    failure = seen(target)["procedures"]
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.MALFORMED_RESPONSE


def test_other_files_do_not_count_and_other_json_is_named(target: dict[str, Any]) -> None:
    put(target, "README.md", b"free text")
    put(target, "procedures.json", sign())
    assert seen(target) == {}
    assert problems(target) == [
        "attestations/procedures.json not read as an attestation; "
        "call it procedures.dsse.json, or move it away"
    ]


def test_no_folder_is_no_data_and_an_empty_one_is_complete(target: dict[str, Any]) -> None:
    assert seen(target) == {}
    ((_, listings, found),) = observe(Attestations, target | {"folder": "elsewhere"})
    wanted = Failure(Reason.NO_DATA, "there is no folder elsewhere; make it")
    assert [listed.failure for listed in listings] == [wanted]
    assert found == {}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"junk", "trusted key 'cto-2026': not a public key in PEM"),
        (pem(rsa.generate_private_key(65537, 2048)), "trusted key 'cto-2026': a key of type RSA"),
        (None, "cannot be read: No such file or directory; check the path"),
    ],
)
def test_a_key_that_cannot_be_used_is_an_input_problem(
    target: dict[str, Any], body: bytes | None, says: str
) -> None:
    put(target, "procedures.dsse.json", sign())
    path = Path(target["base_dir"]) / "keys" / "cto.pem"
    path.unlink() if body is None else path.write_bytes(body)
    (problem,) = problems(target)
    assert problem.startswith(f"keys/cto.pem {says}")
    failure = seen(target)["procedures"]
    assert isinstance(failure, Failure)
    assert failure.reason in (Reason.MALFORMED_RESPONSE, Reason.NO_DATA)


def test_a_key_id_is_given_once(target: dict[str, Any]) -> None:
    target["trusted_keys"].append({"id": "ciso-2026", "path": "keys/cto.pem"})
    assert problems(target) == ["keys/cto.pem the key id 'ciso-2026' is already given; use another"]


def test_keys_are_read_once_and_files_once_each(target: dict[str, Any]) -> None:
    for name in ("a", "b", "c"):
        put(target, f"{name}.dsse.json", sign(id=name))
    reader = Reader(frozenset())
    observe(Attestations, target, reader=reader)
    assert reader.made == {
        "file:list-attestations": 1,
        "file:read-trusted-keys": 1,
        "file:read-attestation": 3,
    }


def test_importing_the_checker_does_not_import_cryptography() -> None:
    program = "import sys, troth.checkers.attestation; print('cryptography' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "False\n"
