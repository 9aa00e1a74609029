"""The parsers face arbitrary bytes: an answer or their own error, nothing else."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.checkers.tls import authority
from troth.checkers.tls import hello, keys, selfcheck, suites
from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.certificates import describe, parse
from troth.checkers.tls.dialogue import Dialogue
from troth.checkers.tls.questions import FULL_OLDER, OFFERS, TLS12, Offer
from troth.checkers.tls.wire import Malformed, Messages, Records, handshake, record, vector

ENTROPY = hello.Entropy(b"r" * 32, b"s" * 32)
OFFER = st.sampled_from(list(OFFERS.values()))


def flight(version: int = TLS12, suite: int = 0xC02F, *, chain: list[bytes] | None = None) -> bytes:
    """Return the messages of an honest server up to TLS 1.2."""
    chosen = version.to_bytes(2, "big") + bytes(32) + b"\0" + suite.to_bytes(2, "big") + b"\0"
    listed = vector(3, *(vector(3, der) for der in chain or [b"x"]))
    return handshake(2, chosen) + handshake(11, listed) + handshake(14, b"")


def dialogue(offer: Offer) -> Dialogue:
    return Dialogue(
        offer, "", keys.key_share(offer.share) if offer.modern and offer.share else None
    )


@pytest.mark.parametrize(
    "parser",
    [
        hello.read_client_hello,
        hello.read_server_hello,
        lambda data: hello.read_certificates(data, True),
        lambda data: hello.read_certificates(data, False),
        hello.read_status,
        hello.read_prime_bits,
        lambda data: list(Records().feed(data)),
        lambda data: list(Messages().feed(data)),
    ],
)
@given(data=st.binary(max_size=400))
def test_a_parser_raises_its_own_error_only(parser: Callable[[bytes], Any], data: bytes) -> None:
    with contextlib.suppress(Malformed):
        parser(data)


@given(offer=OFFER, chunks=st.lists(st.binary(max_size=100), max_size=10))
def test_a_dialogue_always_comes_to_an_answer(offer: Offer, chunks: list[bytes]) -> None:
    assert finish(dialogue(offer), chunks).kind in Kind


@given(
    offer=OFFER,
    kind=st.sampled_from([20, 21, 22, 23]),
    bodies=st.lists(st.binary(max_size=200), max_size=5),
)
def test_records_of_nonsense_come_to_an_answer_that_is_never_yes(
    offer: Offer, kind: int, bodies: list[bytes]
) -> None:
    chunks = [record(kind, TLS12, body) for body in bodies]
    assert not finish(dialogue(offer), chunks).yes


def finish(talk: Dialogue, chunks: list[bytes]) -> Answer:
    for chunk in chunks:
        answer = talk.feed(chunk)
        if answer is not None:
            return answer
    return talk.close()


@given(
    at=st.integers(0, len(flight()) - 1),
    value=st.integers(0, 255),
    cut=st.integers(1, 60),
)
@example(at=0, value=2, cut=1)
def test_a_changed_byte_of_an_honest_flight_never_ends_in_an_exception(
    at: int, value: int, cut: int
) -> None:
    changed = flight()[:at] + bytes([value]) + flight()[at + 1 :]
    sent = record(22, TLS12, changed)
    pieces = [sent[start : start + cut] for start in range(0, len(sent), cut)]
    answer = finish(dialogue(FULL_OLDER), pieces)
    assert answer.kind in Kind
    if changed == flight():
        assert answer.kind is Kind.ACCEPTED


@pytest.mark.parametrize(
    ("messages", "kind"),
    [
        (flight(), Kind.ACCEPTED),
        (flight(0x0302), Kind.ACCEPTED),
        (flight(0x0300), Kind.ACCEPTED),
        (flight(0x0304), Kind.MALFORMED),
        (flight(0x0200), Kind.MALFORMED),
        (flight(suite=0x1301), Kind.MALFORMED),
        (flight(suite=0xFFFF), Kind.MALFORMED),
        (flight()[:-1], Kind.TRUNCATED),
        (flight()[:-4], Kind.TRUNCATED),
        (handshake(14, b""), Kind.MALFORMED),
        (flight(chain=[b"x"] * 12), Kind.ACCEPTED),
    ],
)
def test_what_a_flight_up_to_tls_1_2_means(messages: bytes, kind: Kind) -> None:
    answer = finish(dialogue(FULL_OLDER), [record(22, TLS12, messages)])
    assert answer.kind is kind
    assert len(answer.chain) <= 10


@pytest.mark.parametrize(("version", "kind"), [(0x0303, Kind.OLDER), (0x0301, Kind.OLDER)])
def test_an_older_version_than_was_offered_is_a_refusal(version: int, kind: Kind) -> None:
    answer = finish(dialogue(OFFERS["tls1_3"]), [record(22, TLS12, flight(version))])
    assert answer.kind is kind
    assert answer.firm


def test_a_suite_with_a_certificate_needs_one() -> None:
    start = flight()[: flight().index(handshake(11, vector(3, vector(3, b"x"))))]
    bare = record(22, TLS12, start + handshake(14, b""))
    assert finish(dialogue(FULL_OLDER), [bare]).kind is Kind.MALFORMED


def test_an_alert_after_the_hello_ends_what_it_began() -> None:
    start = record(22, TLS12, flight()[:42])
    answer = finish(dialogue(FULL_OLDER), [start, record(21, TLS12, b"\2\x28")])
    assert answer.firm


@given(offer=OFFER, name=st.integers(0, 250).map("x".__mul__))
def test_each_hello_says_what_it_is_to_ask(offer: Offer, name: str) -> None:
    message = hello.client_hello(offer, name, b"\1" * 32, ENTROPY)
    read = hello.read_client_hello(message[4:])
    assert read.suites[: len(offer.suites)] == offer.suites
    # Below TLS 1.3 the highest version is the hello's own; above, a list says it exactly.
    spoken = read.versions or (read.version,)
    assert max(spoken) == max(offer.versions)
    if offer.modern:
        assert set(spoken) == {version for version in offer.versions if version > 0x0300}
    assert 0x5600 not in read.suites
    if max(spoken) > 0x0300:
        assert not 255 < len(message) < 512


def test_an_elliptic_leaf_may_be_signed_by_an_rsa_authority() -> None:
    """RFC 8446 4.2.3: without the second list the first one speaks for the chain as well."""
    for name in ("tls1_3/ec", "tls1_3/rsa"):
        message = hello.client_hello(OFFERS[name], "", b"", ENTROPY)
        extensions = hello.read_client_hello(message[4:]).extensions
        for signature in (b"\x04\x01", b"\x04\x03"):
            assert signature in extensions[50]


def test_no_name_is_sent_for_an_address_and_none_in_ssl3() -> None:
    for offer in OFFERS.values():
        named = hello.client_hello(offer, "www.example.test", b"", ENTROPY)
        assert (b"www.example.test" in named) is (max(offer.versions) > 0x0300)
        nameless = hello.read_client_hello(hello.client_hello(offer, "", b"", ENTROPY)[4:])
        assert 0 not in nameless.extensions


def test_suites_have_their_registered_names_and_strengths() -> None:
    """The names and bits are those of the IANA registry, for one suite of each sort."""
    expected = {
        0x1302: ("TLS_AES_256_GCM_SHA384", 256, False, ""),
        0xC02F: ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 128, False, "RSA"),
        0xCCA9: ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 256, False, "EC"),
        0xC00E: ("TLS_ECDH_RSA_WITH_AES_128_CBC_SHA", 128, False, "EC"),
        0x000A: ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", 112, True, "RSA"),
        0x0009: ("TLS_RSA_WITH_DES_CBC_SHA", 56, True, "RSA"),
        0x0003: ("TLS_RSA_EXPORT_WITH_RC4_40_MD5", 40, True, "RSA"),
        0x0005: ("TLS_RSA_WITH_RC4_128_SHA", 128, True, "RSA"),
        0x003B: ("TLS_RSA_WITH_NULL_SHA256", 0, True, "RSA"),
        0x00A7: ("TLS_DH_anon_WITH_AES_256_GCM_SHA384", 256, True, ""),
        0x0040: ("TLS_DHE_DSS_WITH_AES_128_CBC_SHA256", 128, False, "DSS"),
        0x0031: ("TLS_DH_RSA_WITH_AES_128_CBC_SHA", 128, False, "DH"),
    }
    for code, (name, bits, weak, family) in expected.items():
        suite = suites.BY_CODE[code]
        assert (suite.name, suite.bits, suite.weak, suite.family) == (name, bits, weak, family)


def test_suites_know_their_key_exchange() -> None:
    """RFC 5246 F.1.1.2 and F.1.1.3, RFC 4492 section 2: what is static and what is ephemeral."""
    sorts = {
        code: (suites.BY_CODE[code].static, suites.BY_CODE[code].finite)
        for code in (0x1301, 0xC02F, 0x009E, 0x0040, 0x0034, 0x0014, 0x002F, 0xC004, 0xC00E, 0x0031)
    }
    assert sorts == {
        0x1301: (False, False),
        0xC02F: (False, False),
        0x009E: (False, True),
        0x0040: (False, True),
        0x0034: (False, True),
        0x0014: (False, True),
        0x002F: (True, False),
        0xC004: (True, False),
        0xC00E: (True, False),
        0x0031: (True, False),
    }


def test_a_prime_has_the_bits_it_needs() -> None:
    """RFC 5246 7.4.3; leading zeros are no strength."""
    for prime, bits in ((b"\x80" + bytes(127), 1024), (bytes(128) + b"\x01" + bytes(63), 505)):
        body = vector(2, prime) + vector(2, b"\2") + vector(2, prime)
        assert hello.read_prime_bits(body) == bits


def test_no_suite_stands_twice_and_each_has_a_strength() -> None:
    every = [*suites.TLS13, *suites.OLDER]
    assert len(suites.BY_CODE) == len(every)
    assert {suite.bits for suite in every} == {0, 40, 56, 112, 128, 256}
    assert all(suite.weak for suite in every if suite.bits < 128)


def test_the_prober_can_ask_everything_and_notices_when_it_cannot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert selfcheck.problem() == ""
    monkeypatch.setattr(keys, "traffic_key", lambda *_: (b"", b""))
    assert "RFC 8448" in selfcheck.find()


def test_the_prober_examines_itself_once_however_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, second = list[int](), threading.Barrier(2)

    def derives() -> bool:
        begun.append(1)
        with contextlib.suppress(threading.BrokenBarrierError):
            second.wait(1)  # time enough for another thread to come here too, if it can
        return True

    monkeypatch.setattr(selfcheck, "_derives", derives)
    monkeypatch.setattr(selfcheck, "_known", functools.cache(selfcheck.find))
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: selfcheck.problem(), range(8))) == {""}
    assert len(begun) == 1


def test_hellos_differ_though_their_key_share_is_the_same() -> None:
    offer = OFFERS["tls1_3"]
    first, second = dialogue(offer).to_send(), dialogue(offer).to_send()
    shares = {hello.read_client_hello(data[9:]).extensions[51] for data in (first, second)}
    assert len(shares) == 1
    # The random value stands after two headers and the version, a session id after it.
    assert first[11:43] != second[11:43]
    assert first[44:76] != second[44:76]


def test_a_description_belongs_to_whom_it_was_given() -> None:
    der = authority.leaf(None).der
    first = describe(der, 0)
    assert first is not None
    first.clear()
    assert describe(der, 0) != first
    leaf, other = describe(der, 0), describe(der, 1)
    assert leaf is not None
    assert other is not None
    assert (leaf["position"], other["position"]) == ("leaf", "self-signed")


@given(data=st.binary(max_size=300))
def test_bytes_that_are_no_certificate_are_none(data: bytes) -> None:
    assert parse(data) is None
    assert describe(data, 0) is None


@given(at=st.integers(0, 400), value=st.integers(0, 255), index=st.integers(0, 1))
def test_a_damaged_certificate_is_described_or_refused(at: int, value: int, index: int) -> None:
    der = bytearray(authority.leaf(None, born=authority.BORN).der)
    der[at % len(der)] = value
    described = describe(bytes(der), index)
    assert described is None or described["position"] in ("leaf", "intermediate", "self-signed")
