"""Signed statements, by a key of the demo that troth.yaml trusts and by one that it does not."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from troth import attestations
from troth.demo.folder import Folder
from troth.demo.moments import Moments

#: The key id that troth.yaml trusts.
KEY = "hinoki-ciso"
_STRANGE = "procedures-icp"
_PROCEDURES = "Written security procedures exist and are reviewed every year."

#: What some of them are about, by the digest of the document.
_DOCUMENTS = {"programme": "5e" * 32, "programme-principles": "a7" * 32, "reports": "c1" * 32}


#: By id: control, clauses (none means all that bind it), and what is stated. All but the last
#: are signed by the trusted key.
_STATED: dict[str, tuple[str, list[str], str]] = {
    "procedures": ("security-procedures", ["conholdate/3.1a", "purecloud/1.3a"], _PROCEDURES),
    "custody": ("credential-protection", [], "Credentials are kept secret by their owners."),
    "access": (
        "access-management-policy", ["servicechannel/D.2c", "servicechannel/E.1a"],
        "Management's policy of access says how to grant, determine, modify and terminate it.",
    ),
    "audits": (
        "customer-audit-right", ["purecloud/9b"],
        "Policies and manuals for assessments are kept ready; audits@hinoki.example answers.",
    ),
    "backups": (
        "backup-procedure", ["purecloud/1.5b"],
        "The backup procedure, version 4 of p-01, is followed and reviewed every year.",
    ),
    # fault: how restored data reaches users is not in it
    "restores": (
        "backup-procedure", ["smart-receico/3.1c"],
        "The procedure for a restore, version 2 of p-01, is followed.",
    ),
    "compensation": (
        "compensation-terms", ["smart-receico/3.6b"],
        "Clause 9 of the terms of use promises compensation, and it is paid.",
    ),
    "content": (
        "content-management-policy", ["icp-operator/2.2e"],
        "The content rules ban nine kinds of content by name.",
    ),
    "continuity": (
        "business-continuity-plan", ["purecloud/4.2"],
        "The continuity plan keeps monitoring and support going.",
    ),
    # fault: clearing is not in it
    "content-work": (
        "content-management-policy", ["icp-operator/2.3a"],
        "The content rules cover monitoring, keeping and backup.",
    ),
    "cooperation": (
        "incident-cooperation", ["purecloud/5.2b", "purecloud/5.4c"],
        "Reasonable requests of customers after an incident are met.",
    ),
    "data-centres": (
        "environmental-protection",
        ["purecloud/6.3.a", "purecloud/6.3.b", "purecloud/6.3.c", "purecloud/6.3.d"],
        "Each data centre has redundant external power, redundant uninterruptible power supplies,"
        " backup generators and redundant temperature and humidity control.",
    ),
    # fault: floods are not in it
    "hazards": (
        "environmental-protection", ["servicechannel/E.4b"],
        "Rooms with records are protected against fire.",
    ),
    "machine-room": (
        "environmental-protection", ["icp-operator/1.9a", "icp-operator/1.9b"],
        "The machine room follows the telecom machine-room standard and has its own"
        " uninterruptible power supply.",
    ),
    "malware": (
        "malware-protection", ["icp-operator/1.2b"],
        "Mail is filtered, downloads are scanned, and servers and desks run antivirus software.",
    ),
    "disposal": (
        "media-sanitization", [],
        "The provider and its subcontractors destroy what held data; so do the clouds with theirs.",
    ),
    "media": (
        "removable-media-restriction", ["purecloud/1.5d"],
        "Backups are never written to media that can be carried away.",
    ),
    "no-sale": (
        "data-disclosure-restriction", ["purecloud/11.4b"],
        "Customer data is neither for sale nor for rent.",
    ),
    "no-wireless": (
        "no-wireless-networks", ["purecloud/2.1.C"],
        "There is no wireless network in the rooms of the service.",
    ),
    "outgoing": (
        "firewall-protection", ["purecloud/2.1.Ab"],
        "Outgoing rules name what servers may reach.",
    ),
    "privacy": (
        "privacy-programme", ["icp-operator/3.1a", "purecloud/10", "purecloud/11.4a"],
        "A privacy programme is in force; the published policy is version 7.",
    ),
    # fault: it speaks of an older version than the one that is published
    "privacy-office": (
        "privacy-programme", ["servicechannel/E.5b"],
        "A privacy programme is in force; the published policy is version 6.",
    ),
    # fault: physical safeguards are not in it
    "programme": (
        "security-programme", ["servicechannel/A.a", "servicechannel/D.a"],
        "A written programme of administrative and technical safeguards is in operation.",
    ),
    # fault: it names no document
    "programme-icp": (
        "security-programme", ["icp-operator/2.1a"],
        "A management system with accountability is in operation.",
    ),
    "programme-principles": (
        "security-programme", ["purecloud/1.1"],
        "The programme follows the principles of ISO 27001.",
    ),
    # fault: the newest penetration test is a younger one
    "reports": (
        "assurance-report-availability", ["purecloud/1.9d", "purecloud/6.1d"],
        "The summary of the penetration test of 2024-02-29 and certificates are given on request.",
    ),
    "telephone": (
        "telephony-redundancy", ["servicechannel/G.6a"],
        "A second telephone system stands by for phones, call centre and voice response.",
    ),
    # fault: nobody knows the key that signed this one
    _STRANGE: ("security-procedures", ["icp-operator/2.1c"], _PROCEDURES),
}  # fmt: skip


def write(folder: Folder, moments: Moments) -> None:
    """Sign every statement and write it, with the public key; private keys are thrown away."""
    trusted, stranger = (ed25519.Ed25519PrivateKey.generate() for _ in range(2))
    public = trusted.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    folder.put("keys/hinoki-ciso.pem", public)
    for name, (control, clauses, words) in _STATED.items():
        body = _payload(moments, name, control, clauses, words)
        key = stranger if name == _STRANGE else trusted
        _put(folder, name, attestations.sign(body, key, KEY))


def _payload(
    moments: Moments, name: str, control: str, clauses: list[str], words: str
) -> dict[str, object]:
    return {
        "schema": 1,
        "id": name,
        "control": control,
        "clauses": clauses,
        "statement": words,
        "document_sha256": _DOCUMENTS.get(name),
        "signer_name": "Rin Example",
        "signer_role": "CISO",
        "signed_on": moments.day(-60),
        "expires_on": moments.day(300),
    }


def _put(folder: Folder, name: str, body: bytes) -> None:
    folder.put(f"attestations/{name}{attestations.SUFFIX}", body)
