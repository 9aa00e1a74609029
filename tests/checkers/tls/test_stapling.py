"""Stapled OCSP responses: only what is about the leaf and rightly signed says anything."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.checkers.tls import authority, servers
from tests.checkers.tls.authority import Issued
from tests.checkers.tls.look import Look, Sight

UPDATED, NEXT = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 8, tzinfo=UTC)


def response(
    leaf: Issued,
    issuer: Issued,
    signer: Issued,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    until: datetime | None = NEXT,
) -> bytes:
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    made = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=leaf.certificate,
            issuer=issuer.certificate,
            algorithm=hashes.SHA1(),  # noqa: S303 - names the issuer, as RFC 5019 asks
            cert_status=status,
            this_update=UPDATED,
            next_update=until,
            revocation_time=UPDATED if revoked else None,
            revocation_reason=None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
    )
    if signer is not issuer:
        made = made.certificates([signer.certificate])
    return made.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.fixture
def issuer(root: Issued) -> Issued:
    return authority.authority("issuer", root)


@pytest.fixture
def leaf(issuer: Issued) -> Issued:
    return authority.leaf(issuer, kind="rsa2048")


def look(folder: Path, leaf: Issued, staple: bytes | None, store: Path, *options: str) -> Sight:
    if staple is not None:
        (folder / "staple").write_bytes(staple)
        options = (*options, "-status_file", str(folder / "staple"))
    with servers.openssl(folder, [leaf], *options) as port:
        return Look(f"127.0.0.1:{port}", store).facet("stapling")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("status", ["GOOD", "REVOKED", "UNKNOWN"])
def test_a_response_of_the_issuer_says_what_it_says(
    leaf: Issued, issuer: Issued, tmp_path: Path, store: Path, version: str, status: str
) -> None:
    staple = response(leaf, issuer, issuer, ocsp.OCSPCertStatus[status])
    seen = look(tmp_path, leaf, staple, store, version)
    assert dict(seen.values) == {
        "mode": "stapled",
        "status": status.lower(),
        "next_update": "2026-06-08T00:00:00+00:00",
    }


def test_no_response_is_none(leaf: Issued, tmp_path: Path, store: Path) -> None:
    seen = look(tmp_path, leaf, None, store)
    assert dict(seen.values) == {"mode": "none", "status": "none", "next_update": None}


def test_a_response_may_never_expire(
    leaf: Issued, issuer: Issued, tmp_path: Path, store: Path
) -> None:
    staple = response(leaf, issuer, issuer, until=None)
    assert look(tmp_path, leaf, staple, store)["next_update"] is None


def responder(issuer: Issued, usage: Any) -> Issued:
    extension = (x509.ExtendedKeyUsage([usage]), False)
    return authority.leaf(issuer, (), "p256", common="responder", extensions=[extension])


def test_a_responder_that_the_issuer_named_may_sign(
    leaf: Issued, issuer: Issued, tmp_path: Path, store: Path
) -> None:
    staple = response(leaf, issuer, responder(issuer, ExtendedKeyUsageOID.OCSP_SIGNING))
    assert look(tmp_path, leaf, staple, store)["status"] == "good"


def test_an_issuer_that_is_only_in_the_trust_store_may_sign(
    root: Issued, tmp_path: Path, store: Path
) -> None:
    direct = authority.leaf(root, kind="rsa2048")
    seen = look(tmp_path, direct, response(direct, root, root), store)
    assert seen["status"] == "good"


def others(leaf: Issued, issuer: Issued, root: Issued) -> dict[str, bytes]:
    foreign = authority.authority("issuer", authority.authority("else"), "p521")
    stranger = responder(foreign, ExtendedKeyUsageOID.OCSP_SIGNING)
    another = authority.leaf(issuer, kind="p256")
    return {
        "not signed by": response(leaf, issuer, stranger),
        "signed by": response(leaf, issuer, responder(issuer, ExtendedKeyUsageOID.SERVER_AUTH)),
        "another certificate": response(another, issuer, issuer),
        "try_later": ocsp.OCSPResponseBuilder.build_unsuccessful(
            ocsp.OCSPResponseStatus.TRY_LATER
        ).public_bytes(Encoding.DER),
    }


@pytest.mark.parametrize("word", ["not signed by", "signed by", "another certificate", "try_later"])
def test_what_proves_nothing_is_unproven(
    leaf: Issued, issuer: Issued, root: Issued, tmp_path: Path, store: Path, word: str
) -> None:
    seen = look(tmp_path, leaf, others(leaf, issuer, root)[word], store)
    assert seen["mode"] == "stapled"
    assert seen.reason("status") == seen.reason("next_update") == "unproven"
    assert word in seen.missing["status"].message


def test_a_changed_response_is_not_believed(
    leaf: Issued, issuer: Issued, tmp_path: Path, store: Path
) -> None:
    forged = bytearray(response(leaf, issuer, issuer))
    forged[-1] ^= 1
    assert look(tmp_path, leaf, bytes(forged), store).reason("status") in (
        "unproven",
        "malformed-response",
    )
