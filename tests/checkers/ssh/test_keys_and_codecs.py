"""Shares outside of their group, groups nobody asked for, and packets that were tampered with."""

from __future__ import annotations

import hashlib

import pytest

from troth.checkers.ssh import ciphers, groups
from troth.checkers.ssh.codecs import Codec
from troth.checkers.ssh.exchange import METHODS
from troth.checkers.ssh.packets import LONGEST, Inbound
from troth.checkers.ssh.wire import Malformed, Reader, mpint, number, string

P = groups.prime(2048)


def finite_reply(code: int, share: int) -> bytes:
    return bytes([code]) + string(b"key") + mpint(share) + string(b"signature")


@pytest.mark.parametrize("share", [0, 1, P - 1, P, P + 5])
def test_a_share_outside_of_its_group_is_refused(share: int) -> None:
    """RFC 4253 section 8: such a share makes the secret known to everybody."""
    steps = METHODS["diffie-hellman-group14-sha256"].start()
    next(steps)
    with pytest.raises(Malformed, match="outside"):
        steps.send(finite_reply(31, share))


def test_a_share_inside_of_its_group_gives_the_secret_of_both() -> None:
    steps = METHODS["diffie-hellman-group14-sha256"].start()
    share = Reader(next(steps)[1:]).mpint()
    with pytest.raises(StopIteration) as end:
        steps.send(finite_reply(31, pow(2, 12345, P)))
    outcome = end.value.value
    assert outcome.secret == mpint(pow(share, 12345, P))
    assert outcome.shares == mpint(share) + mpint(pow(2, 12345, P))


@pytest.mark.parametrize(
    ("prime", "generator", "word"),
    [
        ((1 << 1022) + 1, 2, "1023 bits"),
        ((1 << 8192) + 1, 2, "8193 bits"),
        (1 << 2047, 2, "2048 bits"),
        (0, 2, "0 bits"),
        (P, 0, "generator"),
        (P, 1, "generator"),
        (P, P - 1, "generator"),
    ],
)
def test_a_group_that_was_not_asked_for_is_refused(prime: int, generator: int, word: str) -> None:
    steps = METHODS["diffie-hellman-group-exchange-sha256"].start()
    next(steps)
    with pytest.raises(Malformed, match=word):
        steps.send(b"\x1f" + mpint(prime) + mpint(generator))


@pytest.mark.parametrize("method", ["curve25519-sha256", "ecdh-sha2-nistp256"])
@pytest.mark.parametrize("share", [b"", bytes(32), b"\4" + bytes(64), b"\4" + b"\xff" * 64])
def test_a_share_that_is_no_point_is_refused(method: str, share: bytes) -> None:
    """RFC 8731 section 3 wants a secret of zeros refused, RFC 5656 section 4 invalid points."""
    steps = METHODS[method].start()
    next(steps)
    with pytest.raises(Malformed, match="point"):
        steps.send(b"\x1f" + string(b"key") + string(share) + string(b"signature"))


def derive(letter: str, size: int) -> bytes:
    return hashlib.shake_128(letter.encode()).digest(size)


def pair(cipher: str, mac: str) -> tuple[Codec, Inbound]:
    inbound = Inbound()
    inbound.codec = ciphers.codec(cipher, mac, derive, "ACE", sealing=False)
    return ciphers.codec(cipher, mac, derive, "ACE", sealing=True), inbound


SPOKEN = [
    *((cipher, "") for cipher in ciphers.CIPHERS if not ciphers.needs_mac(cipher)),
    *((cipher, "hmac-sha2-256") for cipher in ciphers.CIPHERS if ciphers.needs_mac(cipher)),
    *(("aes128-cbc", mac) for mac in ciphers.MACS),
]


@pytest.mark.parametrize(("cipher", "mac"), SPOKEN)
def test_a_changed_byte_of_an_encrypted_packet_is_noticed(cipher: str, mac: str) -> None:
    seal, _ = pair(cipher, mac)
    sent = seal.seal(b"\x33 publickey", 0)
    for at in range(len(sent)):
        _, inbound = pair(cipher, mac)
        # Enough for any length that the change may announce; longer ones are refused at once.
        inbound.feed(sent[:at] + bytes([sent[at] ^ 0x80]) + sent[at + 1 :] + bytes(LONGEST))
        with pytest.raises(Malformed):
            inbound.next()


@pytest.mark.parametrize(("cipher", "mac"), SPOKEN)
def test_a_packet_that_is_sent_twice_is_noticed(cipher: str, mac: str) -> None:
    seal, inbound = pair(cipher, mac)
    sent = seal.seal(b"\x33 publickey", 0)
    inbound.feed(sent + sent + bytes(LONGEST))
    assert inbound.next() == b"\x33 publickey"
    with pytest.raises(Malformed):
        inbound.next()


@pytest.mark.parametrize("length", [0, 1, 5, LONGEST + 1, 0xFFFFFFFF])
def test_a_packet_has_a_length_that_can_be(length: int) -> None:
    inbound = Inbound()
    inbound.feed(number(length) + bytes(64))
    with pytest.raises(Malformed, match=f"packet of {length} bytes"):
        inbound.next()


@pytest.mark.parametrize(("padding", "fits"), [(3, False), (4, True), (10, True), (11, False)])
def test_a_packet_has_padding_and_a_payload(padding: int, fits: bool) -> None:
    """RFC 4253 section 6: four bytes of padding at least; an empty payload has no message."""
    inbound = Inbound()
    inbound.feed(number(12) + bytes([padding]) + bytes(11))
    if fits:
        assert inbound.next() == bytes(11 - padding)
    else:
        with pytest.raises(Malformed, match="padding"):
            inbound.next()
