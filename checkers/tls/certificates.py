"""The certificates of the recorded chains, as facts about keys, signatures and validity.

A certificate that cannot be parsed makes the list incomplete; it never disappears silently.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from troth.checker import Facts, Failure, Reason, complete, partial
from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.facts import Evidence, settle
from troth.checkers.tls.questions import CERTIFICATES, ELSEWHERE, TLS13, Question
from troth.checkers.tls.suites import BY_CODE

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

#: A subject is the peer's text; more than this serves nobody.
_LONGEST_SUBJECT = 300

_lock = threading.Lock()


def parse(der: bytes) -> Certificate | None:
    """Return the parsed certificate, or None if it is none."""
    from cryptography.x509 import InvalidVersion, load_der_x509_certificate

    # cryptography warns on stderr about serial numbers below 1; that is not the user's concern.
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return load_der_x509_certificate(der)
        except (ValueError, InvalidVersion):
            return None


def chains(opener: Answer, evidence: Evidence) -> list[Answer]:
    """Return every answer that shows a chain, each chain once."""
    shown = {answer.chain: answer for answer in (opener, *evidence.answers) if answer.chain}
    return list(shown.values())


def questions(opener: Answer) -> list[Question]:
    """Return what must be asked to see every certificate, given the opening handshake."""
    known = _answered_by(opener)
    asked = [question for question in CERTIFICATES if question.name != known]
    modern = opener.version == TLS13 and opener.kind is Kind.ACCEPTED
    return asked if modern else [*asked, ELSEWHERE]


def _answered_by(opener: Answer) -> str:
    """Return the name of the question that the opening handshake answered; empty if none."""
    if not opener.chain:
        return ""
    if opener.version != TLS13:
        family = BY_CODE[opener.suite].family
        return f"{family.lower()}-tls1_2" if family in ("RSA", "EC") else ""
    leaf = parse(opener.chain[0])
    family = _key(leaf)[0] if leaf else "other"
    return {"RSA": "rsa-tls1_3", "other": ""}.get(family, "ec-tls1_3")


def presented(opener: Answer, evidence: Evidence) -> Facts:
    """Return the facts of the facet ``certificates``."""
    shown = chains(opener, evidence)
    doubt = unseen(opener, evidence) or _cut(shown)
    items: dict[tuple[str, str], dict[str, Any]] = {}
    for answer in shown:
        for index, der in enumerate(answer.chain):
            described = describe(der, index)
            if described is None:
                doubt = Failure(Reason.MALFORMED_RESPONSE, "a certificate cannot be parsed")
            else:
                items[described["sha256"], described["position"]] = described
    listed = partial(items.values()) if doubt else complete(items.values())
    missing = {"presented": doubt} if doubt else {}
    return Facts({"presented": listed}, missing, {"chains": [_pem(answer) for answer in shown]})


def unseen(opener: Answer, evidence: Evidence) -> Failure | None:
    """Return why there may be a leaf that was not seen; None if there is no other."""
    for question in questions(opener):
        settled = settle(question, evidence)
        if isinstance(settled, Failure):
            return settled
        seen = [answer for answer in evidence.to(question.name) if answer.yes]
        if any(not answer.chain for answer in seen):
            return Failure(Reason.UNPROVEN, f"{question.name}: {seen[0]}, no certificate seen")
    return None


def _cut(shown: Iterable[Answer]) -> Failure | None:
    for answer in shown:
        if answer.dropped:
            count = len(answer.chain) + answer.dropped
            return Failure(Reason.UNPROVEN, f"a chain of {count} certificates was cut short")
    return None


def describe(der: bytes, index: int) -> dict[str, Any] | None:
    """Return one item of ``presented``; None if the certificate or a part is unreadable.

    ``index`` is the place in the chain as sent; the first is the leaf.
    """
    certificate = parse(der)
    if certificate is None:
        return None
    try:
        key_type, key_bits = _key(certificate)
        return {
            "sha256": sha256(der).hexdigest(),
            "subject": _short(certificate.subject.rfc4514_string()),
            "position": _position(certificate, index),
            "key_type": key_type,
            "key_bits": key_bits,
            "signature_hash": _signature_hash(certificate),
            "not_before": certificate.not_valid_before_utc.isoformat(),
            "not_after": certificate.not_valid_after_utc.isoformat(),
        }
    except ValueError:
        return None


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SUBJECT else text[: _LONGEST_SUBJECT - 1] + "…"


def _key(certificate: Certificate) -> tuple[str, int]:
    """Return the key's type and size in bits; the size of an unknown key is 0."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return "other", 0
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "EC", key.curve.key_size
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519", 256
    if isinstance(key, ed448.Ed448PublicKey):
        return "Ed448", 456
    return "other", int(getattr(key, "key_size", 0))


def _signature_hash(certificate: Certificate) -> str:
    """Return the hash's name; Ed25519 and Ed448 hash with SHA-512 and SHAKE256 (RFC 8032)."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509 import SignatureAlgorithmOID

    oid = certificate.signature_algorithm_oid
    built_in = {SignatureAlgorithmOID.ED25519: "sha512", SignatureAlgorithmOID.ED448: "shake256"}
    if oid in built_in:
        return built_in[oid]
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return oid.dotted_string
    return algorithm.name if algorithm else oid.dotted_string


def _position(certificate: Certificate, index: int) -> str:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    if index == 0:
        return "leaf"
    try:
        certificate.verify_directly_issued_by(certificate)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return "intermediate"
    return "self-signed"


def _pem(answer: Answer) -> dict[str, Any]:
    import base64

    rows = [base64.b64encode(der).decode("ascii") for der in answer.chain]
    return {"offer": answer.offer, "certificates": rows, "dropped": answer.dropped}
