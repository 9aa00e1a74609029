"""Whether the server proves with each leaf that it is not revoked: stapled OCSP responses.

RFC 6066 section 8, RFC 8446 section 4.4.2.1, RFC 6960. A response counts for what it says only
if it is about the leaf and signed by the leaf's issuer, or by a responder that the issuer named:
anything else a peer could make up.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from troth.checker import Facts, Failure, Reason, demand
from troth.checkers.tls.certificates import parse
from troth.checkers.tls.evidence import Evidence
from troth.checkers.tls.trust import doubted

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from cryptography.x509.ocsp import OCSPResponse, OCSPSingleResponse

_WORST = ("revoked", "unknown", "good")


@dataclass(frozen=True)
class _Stapled:
    """What one leaf's response says."""

    status: str
    next_update: datetime | None


def judge(evidence: Evidence, doubt: Failure | None, anchors: Any) -> Facts:
    """Return the facts of the facet ``stapling`` over every leaf that was shown.

    ``doubt`` is why there may be leaves that were not seen; then a good result stays unproven.
    ``anchors`` is the response of the trust store, for issuers that are not in the chain.
    Raises :class:`~troth.checker.ObservationFailed` where no leaf was shown.
    """
    leaves = _leaves(evidence)
    if not leaves:
        raise doubted(doubt or Failure(Reason.NO_DATA, "no certificate is presented"))
    read = [_read(leaf, staple, anchors) for leaf, staple in leaves.items() if staple]
    found: dict[str, Any] = {
        "mode": "none" if not all(leaves.values()) else doubt or "stapled",
        "status": _status(read, doubt) if read else doubt or "none",
        "next_update": _next_update(read, doubt) if read else doubt,
    }
    values = {fact: value for fact, value in found.items() if not isinstance(value, Failure)}
    missing = {fact: value for fact, value in found.items() if isinstance(value, Failure)}
    return Facts(values, missing)


def _leaves(evidence: Evidence) -> dict[tuple[bytes, ...], bytes]:
    """Return the first response shown with each leaf, by its chain; empty where there was none.

    Some servers fetch the response at the first handshake and show it from the second on.
    """
    shown: dict[bytes, tuple[tuple[bytes, ...], bytes]] = {}
    for answer in evidence.accepted:
        if answer.chain and not shown.get(answer.chain[0], ((), b""))[1]:
            shown[answer.chain[0]] = (answer.chain, answer.staple)
    return dict(shown.values())


def _status(read: list[_Stapled | Failure], doubt: Failure | None) -> str | Failure:
    known = {row.status for row in read if isinstance(row, _Stapled)}
    failed = [row for row in read if isinstance(row, Failure)]
    worst = next((status for status in _WORST if status in known), "")
    if worst == "revoked":
        return worst
    return failed[0] if failed else doubt or worst


def _next_update(read: list[_Stapled | Failure], doubt: Failure | None) -> str | Failure | None:
    failed = [row for row in read if isinstance(row, Failure)]
    if failed or doubt:
        return failed[0] if failed else doubt
    given = [row.next_update for row in read if isinstance(row, _Stapled) and row.next_update]
    return min(given).isoformat() if given else None


def _read(chain: tuple[bytes, ...], staple: bytes, anchors: Any) -> _Stapled | Failure:
    """Return what a response says about the leaf of a chain, or why it says nothing."""
    from cryptography.x509 import InvalidVersion, ocsp

    leaf = parse(chain[0])
    if leaf is None:
        return Failure(Reason.MALFORMED_RESPONSE, "a leaf certificate cannot be parsed")
    try:
        response = ocsp.load_der_ocsp_response(staple)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            said = response.response_status.name.lower()
            return Failure(Reason.UNPROVEN, f"the stapled response says {said}")
        return _about(leaf, response, [*_others(chain), *_anchors(anchors, leaf)])
    except (ValueError, InvalidVersion) as error:
        return Failure(Reason.MALFORMED_RESPONSE, f"a stapled response cannot be parsed: {error}")


def _about(
    leaf: Certificate, response: OCSPResponse, others: list[Certificate]
) -> _Stapled | Failure:
    row = next(_rows(response, leaf), None)
    if row is None:
        return Failure(Reason.UNPROVEN, "the stapled response is about another certificate")
    issuers = [other for other in others if _issued(other, leaf)]
    if not issuers:
        text = "the issuer of the leaf is not known, so its stapled response cannot be checked"
        return Failure(Reason.UNPROVEN, text)
    if not any(_signed(response, signer) for signer in _signers(response, issuers)):
        text = "the stapled response is not signed by the issuer of the leaf"
        return Failure(Reason.UNPROVEN, text)
    return _Stapled(row.certificate_status.name.lower(), row.next_update_utc)


def _rows(response: OCSPResponse, leaf: Certificate) -> Iterator[OCSPSingleResponse]:
    for row in response.responses:
        if row.serial_number == leaf.serial_number:
            yield row


def _others(chain: Iterable[bytes]) -> list[Certificate]:
    return [known for known in map(parse, chain) if known is not None]


def _anchors(anchors: Any, leaf: Certificate) -> Iterator[Certificate]:
    """Yield the anchors that bear the issuer's name."""
    name = leaf.issuer.public_bytes()
    for text in demand(anchors, "certificates"):
        der = base64.b64decode(text)
        known = parse(der) if name in der else None
        if known is not None:
            yield known


def _issued(issuer: Certificate, certificate: Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _signers(response: OCSPResponse, issuers: list[Certificate]) -> Iterator[Certificate]:
    """Yield who may sign: the issuer, and whom it made a responder (RFC 6960 4.2.2.2)."""
    yield from issuers
    for delegate in response.certificates:
        if _responds(delegate) and any(_issued(issuer, delegate) for issuer in issuers):
            yield delegate


def _responds(certificate: Certificate) -> bool:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in usage


def _signed(response: OCSPResponse, signer: Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

    signature, body = response.signature, response.tbs_response_bytes
    try:
        key, digest = signer.public_key(), response.signature_hash_algorithm
        if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(signature, body)
        elif digest is None:
            return False
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, body, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, body, ec.ECDSA(digest))
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True
