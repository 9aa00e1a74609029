"""Servers that ask for another hello (RFC 8446 sections 4.1.4 and 4.2.2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checkers.tls import servers
from tests.checkers.tls.authority import Issued
from troth.checkers.network.clock import Clock
from troth.checkers.network.loop import shared
from troth.checkers.tls import keys, net
from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.dialogue import Dialogue
from troth.checkers.tls.hello import read_client_hello
from troth.checkers.tls.questions import BY_FAMILY, GROUPS, MODERN, TLS12, Offer, elsewhere
from troth.checkers.tls.wire import handshake, record, shorts, vector

#: SHA-256 of "HelloRetryRequest", which is what such a hello has for its random value.
MARK = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
VERSION = shorts([43]) + vector(2, shorts([0x0304]))


def ask(port: int, offer: Offer = MODERN) -> Answer:
    return shared().run(net.ask(net.Address("127.0.0.1", port), offer, Clock.of(60), 30))


@pytest.mark.parametrize("group", ["P-256", "P-384", "P-521", "X448"])
def test_the_hello_that_is_asked_for_goes_over_the_same_connection(
    ecdsa: Issued, tmp_path: Path, group: str
) -> None:
    with (
        servers.openssl(tmp_path, [ecdsa], "-tls1_3", "-groups", group) as real,
        servers.gate(real, lambda *_: True) as (port, hellos),
    ):
        answer = ask(port)
    assert answer.kind is Kind.ACCEPTED
    assert answer.chain[0] == ecdsa.der
    assert len(hellos) == 1


@pytest.mark.parametrize("group", [(), ("-groups", "P-384")])
def test_a_cookie_is_said_again(ecdsa: Issued, tmp_path: Path, group: tuple[str, ...]) -> None:
    """The server keeps nothing but its cookie, with and without a group of its own."""
    with servers.openssl(tmp_path, [ecdsa], "-tls1_3", "-stateless", *group) as port:
        answer = ask(port)
    assert answer.kind is Kind.ACCEPTED
    assert answer.chain[0] == ecdsa.der


def test_a_refusal_after_the_second_hello_is_one(ecdsa: Issued, tmp_path: Path) -> None:
    with servers.openssl(tmp_path, [ecdsa], "-tls1_3", "-groups", "P-521") as port:
        assert ask(port, BY_FAMILY["ec"]).kind is Kind.ACCEPTED
        assert ask(port, BY_FAMILY["rsa"]).firm


def request(
    group: int = 0, cookie: bytes = b"", suite: int = 0x1301, random: bytes = MARK
) -> bytes:
    """Return the record of a request for another hello."""
    wanted = shorts([51]) + vector(2, shorts([group])) if group else b""
    token = shorts([44]) + vector(2, vector(2, cookie)) if cookie else b""
    body = shorts([0x0303]) + random + vector(1) + shorts([suite]) + b"\0"
    return record(22, TLS12, handshake(2, body + vector(2, VERSION, wanted, token)))


def begun(offer: Offer = MODERN) -> tuple[Dialogue, bytes]:
    """Return a dialogue, and the record of its hello."""
    made = Dialogue(offer, "host.example", keys.key_share(offer.share) if offer.share else None)
    return made, made.to_send()


def test_the_second_hello_differs_in_what_was_asked_for_alone() -> None:
    dialogue, first = begun()
    assert dialogue.feed(request(0x0018, b"token")) is None
    second = dialogue.to_send()
    assert dialogue.to_send() == b""
    before, after = (read_client_hello(data[9:]) for data in (first, second))
    # Version, random value and session id stand between the headers and the suites.
    assert second[9 : 9 + 67] == first[9 : 9 + 67]
    assert after.suites == before.suites
    assert after.extensions.pop(44) == vector(2, b"token")
    assert after.extensions.pop(51)[2:4] == shorts([0x0018])
    assert before.extensions.pop(51)[2:4] == shorts([GROUPS[0]])
    # Padding may change its length.
    assert (after.extensions | {21: b""}) == (before.extensions | {21: b""})


@pytest.mark.parametrize(
    "second",
    [
        request(0x0017),
        request(cookie=b"token"),
        request(0x0018, suite=0x1302, random=bytes(32)),
        # A refusal by an older version would contradict the request.
        record(22, TLS12, handshake(2, shorts([0x0303]) + bytes(33) + shorts([0xC02F]) + b"\0")),
    ],
    ids=["another group", "a cookie", "another suite", "another version"],
)
def test_who_asks_twice_or_changes_its_mind_is_not_followed(second: bytes) -> None:
    dialogue, _ = begun()
    assert dialogue.feed(request(0x0018)) is None
    answer = dialogue.feed(second)
    assert answer is not None
    assert answer.kind is Kind.MALFORMED


@pytest.mark.parametrize(
    ("offer", "asked"),
    [
        (elsewhere(MODERN), request(0x11EC)),
        (MODERN, request()),
        (MODERN, request(0x0018, bytes(9_000))),
    ],
    ids=["no arithmetic", "nothing", "a long cookie"],
)
def test_what_cannot_be_met_is_a_yes_without_a_certificate(offer: Offer, asked: bytes) -> None:
    dialogue, _ = begun(offer)
    answer = dialogue.feed(asked)
    assert answer is not None
    assert (answer.kind, answer.chain) == (Kind.RETRY, ())
    assert dialogue.to_send() == b""


def test_who_asks_for_the_key_share_that_was_sent_agrees_to_nothing() -> None:
    """RFC 8446 section 4.1.4: a client must abort, for no other hello would do."""
    dialogue, _ = begun(MODERN)
    answer = dialogue.feed(request(GROUPS[0]))
    assert answer is not None
    assert answer.kind is Kind.MALFORMED


def test_hanging_up_after_the_request_is_neither_yes_nor_no() -> None:
    dialogue, _ = begun()
    dialogue.feed(request(0x0018))
    answer = dialogue.close()
    assert answer.kind is Kind.TRUNCATED
