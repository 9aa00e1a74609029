"""Certificates for the tests: authorities and leaves of every sort, made on the spot."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

BORN = datetime(2026, 1, 1, tzinfo=UTC)
DIES = datetime(2046, 1, 1, tzinfo=UTC)


@cache
def key(kind: str, number: int = 0) -> Any:
    """Return a private key; ``number`` tells keys of one kind apart."""
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    if kind == "dsa":
        return dsa.generate_private_key(2048)
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key({"p256": ec.SECP256R1(), "p521": ec.SECP521R1()}[kind])


@dataclass(frozen=True)
class Issued:
    """A certificate with its key, and the chain above it without the root."""

    certificate: x509.Certificate
    key: Any
    above: tuple[x509.Certificate, ...] = ()

    @property
    def root(self) -> bool:
        return self.certificate.issuer == self.certificate.subject

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def sha256(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def write(self, folder: Path, stem: str) -> tuple[Path, Path, Path]:
        """Write and return the files of the leaf, of its key, and of the chain above."""
        files = folder / f"{stem}.crt", folder / f"{stem}.key", folder / f"{stem}.chain"
        files[0].write_bytes(pem(self.certificate))
        files[1].write_text(key_pem(self))
        files[2].write_bytes(b"".join(pem(each) for each in self.above))
        return files


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def key_pem(issued: Issued) -> str:
    made = issued.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return bytes(made).decode()


def name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])


def authority(common: str, under: Issued | None = None, kind: str = "p256", **more: Any) -> Issued:
    """Return an authority: a root, or an intermediate under another."""
    basic = (x509.BasicConstraints(more.pop("ca", True), None), True)
    own = key(kind, sum(common.encode()))
    return _issue(name(common), own, under, [basic, *more.pop("extensions", [])], **more)


def leaf(
    under: Issued | None, names: tuple[str, ...] = ("localhost",), kind: str = "p256", **more: Any
) -> Issued:
    """Return a server's certificate with alternative names; ``under`` None signs itself."""
    extensions: list[tuple[x509.ExtensionType, bool]] = list(more.pop("extensions", []))
    if names:
        extensions.append((x509.SubjectAlternativeName([_general(each) for each in names]), False))
    return _issue(name(more.pop("common", "leaf")), key(kind), under, extensions, **more)


def _general(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _issue(
    subject: x509.Name,
    own: Any,
    under: Issued | None,
    extensions: list[tuple[x509.ExtensionType, bool]],
    born: datetime = BORN,
    dies: datetime = DIES,
) -> Issued:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(under.certificate.subject if under else subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(born)
        .not_valid_after(dies)
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    signer = under.key if under else own
    digest = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    above = (under.certificate, *under.above) if under and not under.root else ()
    return Issued(builder.sign(signer, digest), own, above)


def days(count: int) -> timedelta:
    return timedelta(days=count)
