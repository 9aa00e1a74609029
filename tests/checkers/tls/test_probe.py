"""Time: each hello has its own, the endpoint has one, and the control is left enough of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.checkers.tls.model import Server
from troth.checkers.network.clock import Clock
from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.evidence import Evidence
from troth.checkers.tls.probe import Probe
from troth.checkers.tls.questions import TLS12, TLS13, Offer

GOOD = Server(frozenset([TLS12, TLS13]), frozenset([0x1301, 0xC02F]), frozenset(["RSA"]))


class Hours(Clock):
    """A clock that goes by what is told."""

    now = 0.0

    @property
    def spent(self) -> float:
        return self.now


def examine(
    peer: Callable[[Offer, float], tuple[Answer, float]], seconds: float
) -> tuple[Evidence, list[tuple[str, float]]]:
    clock, given = Hours.of(seconds), list[tuple[str, float]]()
    assert isinstance(clock, Hours)

    async def put(offer: Offer, allowed: float) -> Answer:
        given.append((offer.name, allowed))
        answer, took = peer(offer, allowed)
        clock.now += min(took, allowed)
        return answer

    return asyncio.run(Probe(put, clock, 5.0).examine()), given


def test_no_hello_has_more_than_its_time_and_the_control_has_some_left() -> None:
    def slow(offer: Offer, allowed: float) -> tuple[Answer, float]:
        if max(offer.versions) == TLS12:
            return Answer(offer.name, Kind.TIMEOUT, text="no complete answer in 5 s"), 99.0
        return GOOD(offer, 0), 0.1

    evidence, given = examine(slow, 10.0)
    assert all(allowed <= 5.0 for _, allowed in given)
    assert given[-1][0] == "full-offer"
    assert evidence.controlled
    assert sum(row.kind is Kind.SKIPPED for row in evidence.answers) >= 1
    # What is told of a shortened time is the same in every run.
    texts = {row.text for row in evidence.answers if row.kind is Kind.TIMEOUT}
    assert texts <= {
        "no complete answer in 5 s",
        "no complete answer in the time that the endpoint had left",
    }
    assert len(texts) == 2


def test_a_slow_but_honest_server_is_given_the_same_time_again_to_close() -> None:
    evidence, given = examine(lambda offer, _: (GOOD(offer, 0), 1.1), 10.0)
    assert evidence.controlled
    assert given[-1][1] >= 1.1


def test_a_group_that_was_asked_for_is_offered_at_once_the_next_time() -> None:
    shares: list[int] = []

    def picky(offer: Offer, _: float) -> tuple[Answer, float]:
        if offer.modern:
            shares.append(offer.share)
        answer = GOOD(offer, 0)
        if answer.version == TLS13:
            answer = Answer(
                answer.offer, answer.kind, TLS13, answer.suite, group=0x19, chain=answer.chain
            )
        return answer, 0.0

    examine(picky, 10.0)
    assert shares[0] == 0x1D
    assert shares[1] == shares[-1] == 0x19
