"""DSSE: the specification's own examples, and keys that are and are not supported."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from troth import dsse
from troth.dsse import Envelope, EnvelopeError, KeyFileError, PublicKey, Signature

IN_TOTO = "application/vnd.in-toto+json"
BODY = b'{"_type":"https://in-toto.io/Statement/v1"}'
# The two public keys of RFC 8032, 7.1, and what the DSSE project's vectors sign with them.
A = ed25519.Ed25519PublicKey.from_public_bytes(
    bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
)
B = ed25519.Ed25519PublicKey.from_public_bytes(
    bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
)
BY_A = "2WAfaHm5jluo0w+0rk8uVkluELJYWjSmU9x7EUzx+AyteDGJ4/nqyJXfmAUVFIAoQafWm7AxBZNw5M9ixNHiCA=="
BY_B = "c1+67/aT0yqEpwx8PsVY3MLHsj9D0CZ014/Fv/QlG59P+9CobUZ7xECJ/V3USG0Ob9CiE5LjReEZUzNF2l7eBw=="


def envelope(*signatures: dict[str, Any], **others: Any) -> bytes:
    payload = base64.b64encode(BODY).decode()
    made = {"payload": payload, "payloadType": IN_TOTO, "signatures": list(signatures)}
    return json.dumps(made | others).encode()


def test_the_specifications_encoding() -> None:
    made = dsse.pae("http://example.com/HelloWorld", b"hello world")
    assert made == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_lengths_are_bytes() -> None:
    assert dsse.pae("é", "ü€".encode()) == "DSSEv1 2 é 5 ü€".encode()


def test_the_specifications_signature_verifies() -> None:
    numbers = ec.EllipticCurvePublicNumbers(
        46950820868899156662930047687818585632848591499744589407958293238635476079160,
        5640078356564379163099075877009565129882514886557779369047442380624545832820,
        ec.SECP256R1(),
    )
    raw = base64.b64decode(
        "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="
    )
    # The example concatenates r and s; OpenSSL, and so troth, write them in DER.
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    made = Envelope("http://example.com/HelloWorld", b"hello world", (Signature("", der),))
    assert dsse.signers(made, {"spec": numbers.public_key()}) == ["spec"]


@pytest.mark.parametrize(
    ("signatures", "wanted"),
    [
        ([{"sig": BY_A, "keyid": "A"}], ["A"]),
        ([{"sig": BY_A, "keyid": "A"}, {"sig": BY_B, "keyid": "B"}], ["A", "B"]),
        ([{"sig": BY_A, "keyid": "A"}, {"sig": BY_A, "keyid": "A"}], ["A"]),
        ([{"sig": BY_A}, {"sig": BY_B, "keyid": None}], ["A", "B"]),
        ([{"sig": BY_A, "keyid": "B"}], []),
        ([{"sig": BY_A, "keyid": "C"}], []),
        ([{"sig": BY_B, "keyid": "A"}, {"sig": BY_B, "keyid": "B"}], ["B"]),
        ([{"sig": BY_A, "keyid": "A", "extension": {"any": 1}}], ["A"]),
    ],
)
def test_signers_are_the_trusted_keys_that_signed(
    signatures: list[dict[str, Any]], wanted: list[str]
) -> None:
    trusted: dict[str, PublicKey] = {"A": A, "B": B}
    assert dsse.signers(dsse.parse(envelope(*signatures)), trusted) == wanted


def test_another_payload_type_is_another_statement() -> None:
    made = dsse.parse(envelope({"sig": BY_A, "keyid": "A"}, payloadType="application/other+json"))
    assert dsse.signers(made, {"A": A}) == []


def test_url_safe_base64_is_read() -> None:
    sig = "P-_KHICeR7tI6S_YyejJTRtrXhcQyQ2LYPaL8h90KjC9qN8HU_svOQ6TuDOT1HIrsGW886DbWNWcCmX5twLrAw=="
    made = dsse.parse(envelope({"sig": sig, "keyid": "A"}, payload="-_-_Pj8="))
    assert made.payload == b"\xfb\xff\xbf>?"
    assert dsse.signers(made, {"A": A}) == ["A"]


def test_unknown_members_are_ignored() -> None:
    assert dsse.parse(envelope({"sig": BY_A}, future=1)).payload == BODY


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"not json", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"payload":"","payload":""}', "stands twice"),
        (envelope(), "at least one signature"),
        (envelope(signatures="x"), "at least one signature"),
        (envelope({"sig": BY_A}, payload=None), "'payload' is missing or not text"),
        (envelope({"sig": BY_A}, payload="a"), "'payload' is not base64"),
        (envelope({"sig": BY_A}, payload="YQ=="[:3]), "'payload' is not base64"),
        (envelope({"sig": BY_A}, payload="Y Q=="), "'payload' is not base64"),
        (envelope({"sig": BY_A}, payload="é"), "'payload' is not base64"),
        (envelope({"sig": BY_A}, payloadType=7), "'payloadType' is missing or not text"),
        (envelope({"sig": BY_A}, payloadType="\ud800"), "lone surrogate"),
        (envelope({"keyid": "A"}), "'sig' is missing or not text"),
        (envelope({"sig": BY_A, "keyid": 1}), "'keyid' is missing or not text"),
        (envelope("x"), "a signature is not a JSON object"),  # type: ignore[arg-type]
    ],
)
def test_what_is_not_an_envelope_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(EnvelopeError, match=says):
        dsse.parse(body)


def public_pem(key: Any) -> bytes:
    made: bytes = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return made


def private_pem(key: Any, password: bytes = b"") -> bytes:
    hidden = serialization.BestAvailableEncryption(password) if password else None
    made: bytes = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        hidden or serialization.NoEncryption(),
    )
    return made


SUPPORTED = [ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())]
UNSUPPORTED = [
    (lambda: rsa.generate_private_key(65537, 2048), "type RSA"),
    (x25519.X25519PrivateKey.generate, "type X25519"),
    (lambda: ec.generate_private_key(ec.SECP384R1()), "curve secp384r1"),
    (lambda: ec.generate_private_key(ec.SECP256K1()), "curve secp256k1"),
]


@pytest.mark.parametrize("key", SUPPORTED)
def test_supported_keys_sign_what_their_public_half_verifies(key: Any) -> None:
    private = dsse.load_private_key(private_pem(key, b"pw"), b"pw")
    public = dsse.load_public_key(public_pem(key))
    made = dsse.sign("t", b"body", private, "k")
    assert dsse.signers(dsse.parse(json.dumps(made.as_json()).encode()), {"k": public}) == ["k"]


@pytest.mark.parametrize(("make", "says"), UNSUPPORTED)
def test_other_keys_are_refused(make: Callable[[], Any], says: str) -> None:
    key = make()
    with pytest.raises(KeyFileError, match=f"{says}; use an Ed25519"):
        dsse.load_public_key(public_pem(key))
    with pytest.raises(KeyFileError, match=f"{says}; use an Ed25519"):
        dsse.load_private_key(private_pem(key))
    with pytest.raises(KeyFileError, match=f"{says}; use an Ed25519"):
        dsse.sign("t", b"", key, "k")


@pytest.mark.parametrize(
    ("pem", "says"),
    [
        (private_pem(SUPPORTED[0]), "a private key; keep it secret"),
        (b"-----BEGIN CERTIFICATE-----\n", "a certificate"),
        (b"", "not a public key in PEM"),
        (b"ssh-ed25519 AAAA", "not a public key in PEM"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "not a public key"),
    ],
)
def test_what_is_not_a_public_key_is_refused(pem: bytes, says: str) -> None:
    with pytest.raises(KeyFileError, match=says):
        dsse.load_public_key(pem)


@pytest.mark.parametrize(
    ("pem", "password", "says"),
    [
        (private_pem(SUPPORTED[1], b"pw"), None, "encrypted"),
        (private_pem(SUPPORTED[1], b"pw"), b"no", "wrong password"),
        (private_pem(SUPPORTED[1]), b"pw", "password was given for a plain key"),
        (b"junk", None, "not a private key"),
    ],
)
def test_what_is_not_a_usable_private_key_is_refused(
    pem: bytes, password: bytes | None, says: str
) -> None:
    with pytest.raises(KeyFileError, match=says):
        dsse.load_private_key(pem, password)
