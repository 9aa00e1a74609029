"""Signed statements, by a key of the demo that troth.yaml trusts and by one that it does not."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from troth import attestations
from troth.demo.folder import Folder
from troth.demo.moments import Moments

#: The key id that troth.yaml trusts.
KEY = "hinoki-ciso"


def write(folder: Folder, moments: Moments) -> None:
    """Sign three statements and write them, with the public key; private keys are thrown away."""
    trusted, stranger = (ed25519.Ed25519PrivateKey.generate() for _ in range(2))
    public = trusted.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    folder.put("keys/hinoki-ciso.pem", public)
    procedures = "Written security procedures exist and are reviewed every year."
    made = {
        "procedures": ("security-procedures", ["conholdate/3.1a", "purecloud/1.3a"], procedures),
        "custody": ("credential-protection", [], "Credentials are kept secret by their owners."),
    }
    for name, (control, clauses, words) in made.items():
        body = _payload(moments, name, control, clauses, words)
        _put(folder, name, attestations.sign(body, trusted, KEY))
    # fault: nobody knows the key that signed this one
    body = _payload(
        moments, "procedures-icp", "security-procedures", ["icp-operator/2.1c"], procedures
    )
    _put(folder, "procedures-icp", attestations.sign(body, stranger, KEY))


def _payload(
    moments: Moments, name: str, control: str, clauses: list[str], words: str
) -> dict[str, object]:
    return {
        "schema": 1,
        "id": name,
        "control": control,
        "clauses": clauses,
        "statement": words,
        "document_sha256": None,
        "signer_name": "Rin Example",
        "signer_role": "CISO",
        "signed_on": moments.day(-60),
        "expires_on": moments.day(300),
    }


def _put(folder: Folder, name: str, body: bytes) -> None:
    folder.put(f"attestations/{name}{attestations.SUFFIX}", body)
