"""The order of questions and repeats, with peers that are functions instead of sockets."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.facts import Evidence, settle
from troth.checkers.tls.probe import Budget, Inquiry, examine, open_endpoint
from troth.checkers.tls.questions import OPENERS, VERSIONS, Offer, Question

QUESTIONS = st.lists(st.sampled_from(VERSIONS), min_size=1, unique_by=lambda each: each.name)
Peer = Callable[[Offer, int], Answer]


def inquiry(peer: Peer, seconds: float = 1000.0) -> Inquiry:
    asked: list[str] = []

    def ask(offer: Offer, given: float) -> Answer:
        asked.append(offer.name)
        return peer(offer, len(asked) - 1)

    return Inquiry(ask, Budget(seconds), 5.0)


def yes(offer: Offer, index: int) -> Answer:
    return Answer(offer.name, Kind.ACCEPTED, max(offer.versions), offer.suites[0])


@given(QUESTIONS, st.integers(2, 9), st.integers(0, 8))
def test_a_peer_that_hangs_up_regularly_never_seems_to_refuse(
    questions: list[Question], period: int, phase: int
) -> None:
    def peer(offer: Offer, index: int) -> Answer:
        return Answer(offer.name, Kind.CLOSED) if index % period == phase else yes(offer, index)

    answers = examine(inquiry(peer), questions, OPENERS[0])
    evidence = Evidence(OPENERS[0].name, tuple(answers))
    assert "refused" not in [settle(question, evidence) for question in questions]


@given(QUESTIONS, st.integers(0, 12), st.integers(1, 12))
def test_a_peer_that_hangs_up_for_a_while_never_seems_to_refuse(
    questions: list[Question], start: int, length: int
) -> None:
    def peer(offer: Offer, index: int) -> Answer:
        bad = start <= index < start + length
        return Answer(offer.name, Kind.CLOSED) if bad else yes(offer, index)

    answers = examine(inquiry(peer), questions, OPENERS[0])
    evidence = Evidence(OPENERS[0].name, tuple(answers))
    assert "refused" not in [settle(question, evidence) for question in questions]


@given(QUESTIONS, st.sets(st.sampled_from([each.name for each in VERSIONS])))
def test_a_peer_that_hangs_up_on_some_versions_refuses_these(
    questions: list[Question], hated: set[str]
) -> None:
    def peer(offer: Offer, index: int) -> Answer:
        bad = offer.name.split("-")[0] in hated
        return Answer(offer.name, Kind.CLOSED) if bad else yes(offer, index)

    evidence = Evidence(OPENERS[0].name, tuple(examine(inquiry(peer), questions, OPENERS[0])))
    assert {question.name: settle(question, evidence) for question in questions} == {
        question.name: "refused" if question.name in hated else "accepted" for question in questions
    }


def test_openers_go_from_new_to_old_and_stop_at_the_first_that_is_accepted() -> None:
    def peer(offer: Offer, index: int) -> Answer:
        old = max(offer.versions) == 0x0300
        return yes(offer, index) if old else Answer(offer.name, Kind.ALERT, alert=70)

    asked = inquiry(peer)
    assert open_endpoint(asked).yes
    assert [answer.offer for answer in asked.answers] == [offer.name for offer in OPENERS]


def test_an_opener_that_was_hung_up_on_is_put_again_before_an_older_one() -> None:
    def peer(offer: Offer, index: int) -> Answer:
        return yes(offer, index) if index else Answer(offer.name, Kind.CLOSED)

    assert open_endpoint(inquiry(peer)).offer == OPENERS[0].name


def test_time_is_kept_for_the_control() -> None:
    def slow(offer: Offer, index: int) -> Answer:
        return Answer(offer.name, Kind.TIMEOUT, milliseconds=5000)

    asked = examine(inquiry(slow, 12.0), VERSIONS[:4], OPENERS[0])
    assert [answer.kind for answer in asked] == [
        Kind.TIMEOUT,
        Kind.TIMEOUT,
        Kind.SKIPPED,
        Kind.SKIPPED,
        Kind.TIMEOUT,
    ]
    assert asked[-1].offer == OPENERS[0].name
