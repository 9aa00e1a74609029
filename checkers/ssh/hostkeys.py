"""Host keys: their size and fingerprint, and whether a signature was made with them.

RFC 4253 section 6.6 (RSA, DSA), RFC 8332 (RSA with SHA-2), RFC 5656 section 3.1 (ECDSA), RFC 8709
(Ed25519), and the host certificates of OpenSSH, of which the key inside is taken.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from troth.checkers.ssh.wire import Malformed, Reader, string

_CERTIFICATE = "-cert-v01@openssh.com"
#: Bits of a modulus above which nothing is computed.
_LARGEST = 16_384

#: Checks a signature over data; raises InvalidSignature, Malformed or ValueError.
Verify = Callable[[bytes, bytes], None]


@dataclass(frozen=True)
class HostKey:
    """A public key: type and bits as the kind names them, fingerprint as ssh-keygen prints it."""

    key_type: str
    bits: int
    sha256: str
    _verify: Verify = field(repr=False, compare=False)
    _algorithm: str = field(repr=False, compare=False)

    def signed(self, signature: bytes, data: bytes) -> bool:
        """Tell whether the signature is this key's, by the agreed algorithm, over the data.

        Raises :class:`Malformed` for what is no signature of that algorithm at all.
        """
        reader = Reader(signature)
        name, value = reader.string(), reader.string()
        if name != self._algorithm.encode("ascii") or not reader.empty:
            raise Malformed("the signature is not of the agreed algorithm")
        try:
            self._verify(value, data)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Slot:
    """One key that a server has, and the algorithms by which it can be asked for, best first."""

    name: str
    algorithms: tuple[str, ...]


_RSA_HASHES: dict[str, hashes.HashAlgorithm] = {
    "rsa-sha2-512": hashes.SHA512(),
    "rsa-sha2-256": hashes.SHA256(),
    "ssh-rsa": hashes.SHA1(),  # noqa: S303 - old servers have nothing else
}
_CURVES: dict[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
    "ecdsa-sha2-nistp256": (ec.SECP256R1(), hashes.SHA256()),
    "ecdsa-sha2-nistp384": (ec.SECP384R1(), hashes.SHA384()),
    "ecdsa-sha2-nistp521": (ec.SECP521R1(), hashes.SHA512()),
}
_PLAIN = (
    Slot("RSA", tuple(_RSA_HASHES)),
    Slot("DSA", ("ssh-dss",)),
    *(Slot(name, (name,)) for name in _CURVES),
    Slot("Ed25519", ("ssh-ed25519",)),
)
#: Every key that can be asked for, those that can be weak first. A certificate's key need not be
#: the key that is presented without one, so it is looked at on its own.
SLOTS = (
    *_PLAIN,
    *(
        Slot(f"{slot.name} certificate", tuple(name + _CERTIFICATE for name in slot.algorithms))
        for slot in _PLAIN
    ),
)


def slots(offered: Sequence[str]) -> list[Slot]:
    """Return the keys that a server's list of algorithms lets one ask for, in order of asking."""
    found = []
    for slot in SLOTS:
        common = tuple(name for name in slot.algorithms if name in offered)
        if common:
            found.append(Slot(slot.name, common))
    return found


def strange(offered: Sequence[str]) -> list[str]:
    """Return the algorithms of a list that nothing here can ask for."""
    known = {name for slot in SLOTS for name in slot.algorithms}
    return sorted(set(offered) - known)


def read(blob: bytes, algorithm: str) -> HostKey:
    """Return the key that a server presents under an agreed algorithm; raises Malformed."""
    plain = algorithm.removesuffix(_CERTIFICATE)
    form = "ssh-rsa" if plain in _RSA_HASHES else plain
    reader = Reader(blob)
    suffix = algorithm[len(plain) :]
    if reader.string() != (form + suffix).encode("ascii"):
        raise Malformed("the host key is not of the agreed type")
    if suffix:
        reader.string()  # the nonce
    start = reader.position
    try:
        key_type, bits, verify = _READERS[form](reader, plain)
    except ValueError as error:
        raise Malformed(f"the host key is none: {error}") from error
    if not suffix and not reader.empty:
        raise Malformed("bytes follow the host key")
    print_of = hashlib.sha256(string(form.encode("ascii")) + reader.since(start)).digest()
    sha256 = "SHA256:" + base64.b64encode(print_of).decode("ascii").rstrip("=")
    return HostKey(key_type, bits, sha256, verify, plain)


def _size(value: int) -> int:
    if value.bit_length() > _LARGEST:
        raise Malformed(f"a key of {value.bit_length()} bits is longer than any in use")
    return value.bit_length()


def _rsa(reader: Reader, algorithm: str) -> tuple[str, int, Verify]:
    exponent, modulus = reader.mpint(), reader.mpint()
    bits = _size(modulus)
    key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    size = (bits + 7) // 8

    def verify(signature: bytes, data: bytes) -> None:
        # Some servers leave leading zeros out.
        key.verify(signature.rjust(size, b"\0"), data, padding.PKCS1v15(), _RSA_HASHES[algorithm])

    return "RSA", bits, verify


def _dsa(reader: Reader, algorithm: str) -> tuple[str, int, Verify]:
    prime, order, generator, public = (reader.mpint() for _ in range(4))
    bits = _size(prime)
    parameters = dsa.DSAParameterNumbers(prime, order, generator)
    key = dsa.DSAPublicNumbers(public, parameters).public_key()

    def verify(signature: bytes, data: bytes) -> None:
        if len(signature) != 40:
            raise Malformed("a DSA signature has 40 bytes")
        pair = (int.from_bytes(signature[at : at + 20], "big") for at in (0, 20))
        key.verify(encode_dss_signature(*pair), data, hashes.SHA1())  # noqa: S303

    return "DSA", bits, verify


def _ecdsa(reader: Reader, algorithm: str) -> tuple[str, int, Verify]:
    curve, digest = _CURVES[algorithm]
    if reader.string() != algorithm.removeprefix("ecdsa-sha2-").encode("ascii"):
        raise Malformed("the host key is not of the agreed curve")
    key = ec.EllipticCurvePublicKey.from_encoded_point(curve, reader.string())

    def verify(signature: bytes, data: bytes) -> None:
        inner = Reader(signature)
        pair = encode_dss_signature(inner.mpint(), inner.mpint())
        key.verify(pair, data, ec.ECDSA(digest))

    return "EC", curve.key_size, verify


def _ed25519(reader: Reader, algorithm: str) -> tuple[str, int, Verify]:
    key = ed25519.Ed25519PublicKey.from_public_bytes(reader.string())
    return "Ed25519", 256, key.verify


_READERS: dict[str, Callable[[Reader, str], tuple[str, int, Verify]]] = {
    "ssh-rsa": _rsa,
    "ssh-dss": _dsa,
    **dict.fromkeys(_CURVES, _ecdsa),
    "ssh-ed25519": _ed25519,
}
