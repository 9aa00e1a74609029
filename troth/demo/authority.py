"""The company's own certificate authority: keys and certificates for its endpoints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from troth.demo.moments import Moments


@dataclass(frozen=True)
class Issued:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> bytes:
        """Return the certificate as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """Return the private key as PEM, unencrypted."""
        return bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


def root(moments: Moments, name: str) -> Issued:
    """Return a new authority that signs itself."""
    return _issue(moments, name, _key(0), None, [(x509.BasicConstraints(True, 0), True)])


def server(moments: Moments, under: Issued, name: str, rsa_bits: int = 0) -> Issued:
    """Return a server's certificate for one name; on curve P-256 unless ``rsa_bits`` is given."""
    alternative = x509.SubjectAlternativeName([x509.DNSName(name)])
    return _issue(moments, name, _key(rsa_bits), under, [(alternative, False)])


def _key(rsa_bits: int) -> Any:
    if rsa_bits:
        return rsa.generate_private_key(65537, rsa_bits)
    return ec.generate_private_key(ec.SECP256R1())


def _issue(
    moments: Moments,
    name: str,
    key: Any,
    under: Issued | None,
    extensions: list[tuple[x509.ExtensionType, bool]],
) -> Issued:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(under.certificate.subject if under else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moments.ago(days=30))
        .not_valid_after(moments.now + timedelta(days=335))
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    return Issued(builder.sign(under.key if under else key, hashes.SHA256()), key)
