"""The certificates of the recorded chains, as facts about keys, signatures and validity.

A certificate that cannot be parsed makes the list incomplete; it never disappears silently.
"""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from troth.checker import Facts, Failure, Reason, complete, partial
from troth.checkers.tls.answers import Answer
from troth.checkers.tls.evidence import Evidence
from troth.checkers.tls.questions import BY_FAMILY, SETS, TLS13
from troth.checkers.tls.seen import Seen
from troth.checkers.tls.suites import BY_CODE

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

#: A subject is the peer's text; more than this serves nobody.
_LONGEST_SUBJECT = 300

#: How many certificates stay parsed: every facet reads those of its endpoint, and endpoints of
#: one owner share the authorities.
_KEPT = 512

_lock = threading.Lock()


@functools.lru_cache(maxsize=_KEPT)
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


def chains(evidence: Evidence) -> list[Answer]:
    """Return every answer that shows a chain, each chain once."""
    shown: dict[tuple[bytes, ...], Answer] = {}
    for answer in evidence.accepted:
        if answer.chain:
            shown.setdefault(answer.chain, answer)
    return list(shown.values())


def presented(evidence: Evidence) -> Facts:
    """Return the facts of the facet ``certificates``."""
    shown = chains(evidence)
    doubt = unseen(evidence) or _cut(shown)
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


def unseen(evidence: Evidence) -> Failure | None:
    """Return why there may be a leaf that was not seen; None if there is no other."""
    for family in BY_FAMILY:
        doubt = _modern_doubt(evidence, family) or _older_doubt(evidence, family)
        if not doubt and not evidence.controlled:
            doubt = "the hello that was accepted before was not accepted again at the end"
        if doubt:
            return Failure(Reason.UNPROVEN, f"certificates of {family.upper()} keys: {doubt}")
    return None


def _modern_doubt(evidence: Evidence, family: str) -> str:
    if TLS13 not in evidence.spoken:
        return evidence.version_doubt(TLS13)
    if not evidence.by_usual_groups:
        return "TLS 1.3 is spoken, over a group that this prober cannot follow"
    if family in shown_in_tls13(evidence):
        return ""
    offer = BY_FAMILY[family].name
    if any(answer.yes for answer in evidence.to(offer)):
        return "a hello was accepted and no certificate seen"
    return evidence.doubt(offer)


def _older_doubt(evidence: Evidence, family: str) -> str:
    shown = any(
        SETS[family](BY_CODE[answer.suite]) and answer.chain
        for answer in evidence.accepted
        if answer.version != TLS13
    )
    return "" if shown else evidence.set_doubt(family)


@functools.lru_cache(maxsize=_KEPT)
def leaf_family(der: bytes) -> str:
    """Return ``rsa`` or ``ec`` (Edwards curves too) by the key of a leaf; empty for another."""
    leaf = parse(der)
    kind = _key(leaf)[0] if leaf else "other"
    return {"RSA": "rsa", "other": ""}.get(kind, "ec")


def shown_in_tls13(seen: Seen) -> set[str]:
    """Return the families of the leaves that TLS 1.3 answers showed."""
    leaves = {row.chain[0] for row in seen.accepted if row.version == TLS13 and row.chain}
    return {leaf_family(der) for der in leaves} - {""}


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
    described = _described(der, index == 0)
    return described and dict(described)


@functools.lru_cache(maxsize=_KEPT)
def _described(der: bytes, first: bool) -> dict[str, Any] | None:
    certificate = parse(der)
    if certificate is None:
        return None
    try:
        key_type, key_bits = _key(certificate)
        return {
            "sha256": sha256(der).hexdigest(),
            "subject": _short(certificate.subject.rfc4514_string()),
            "position": "leaf" if first else _position(certificate),
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


def _position(certificate: Certificate) -> str:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        certificate.verify_directly_issued_by(certificate)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return "intermediate"
    return "self-signed"


def _pem(answer: Answer) -> dict[str, Any]:
    import base64

    rows = [base64.b64encode(der).decode("ascii") for der in answer.chain]
    return {"offer": answer.offer, "certificates": rows, "dropped": answer.dropped}
