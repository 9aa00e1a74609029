"""What recorded answers prove: a pure function, case by case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checkers.tls.model import Server, examine
from troth.checker import ObservationFailed
from troth.checkers.tls import facts
from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.evidence import Evidence
from troth.checkers.tls.questions import SSL3, TLS12, Offer

ASKED = "full-offer-ssl3"
YES = Answer("full-offer", Kind.ACCEPTED, 0x0303, 0xC02F)
GONE = Answer("full-offer", Kind.CLOSED)


def said(kind: Kind, alert: int = -1) -> Answer:
    return Answer(ASKED, kind, SSL3 if kind is Kind.ACCEPTED else 0, 0x000A, alert=alert)


OTHER, ELSE = Answer("tls1_3/ec", Kind.CLOSED), Answer("tls1_3/ec", Kind.ALERT, alert=40)
CLOSED, TIMEOUT = said(Kind.CLOSED), said(Kind.TIMEOUT)
REFUSED, BUSY = said(Kind.ALERT, 40), said(Kind.ALERT, 80)


@pytest.mark.parametrize(
    ("answers", "settled"),
    [
        ([REFUSED, YES], "refused"),
        ([said(Kind.ALERT, 70), YES], "refused"),
        ([said(Kind.OLDER), YES], "refused"),
        ([said(Kind.ACCEPTED), YES], "accepted"),
        ([said(Kind.ACCEPTED), GONE], "accepted"),
        ([REFUSED], None),
        ([REFUSED, GONE], None),
        ([REFUSED, YES, GONE], None),
        ([YES, REFUSED], None),
        ([CLOSED, YES], None),
        ([CLOSED, YES, CLOSED, YES], None),
        ([CLOSED, YES, CLOSED, YES, CLOSED, YES], "refused"),
        ([CLOSED, OTHER, OTHER, OTHER, CLOSED, CLOSED, YES], None),
        ([CLOSED, YES, CLOSED, YES, CLOSED, GONE], None),
        ([CLOSED, GONE, CLOSED, YES, CLOSED, YES], None),
        ([CLOSED, OTHER, YES, OTHER, CLOSED, YES, YES, CLOSED, OTHER, YES], "refused"),
        ([CLOSED, OTHER, YES, ELSE, CLOSED, YES, YES, CLOSED, ELSE, YES], None),
        ([BUSY, YES], None),
        ([BUSY, BUSY, YES], None),
        ([BUSY, YES, BUSY, YES], "refused"),
        ([BUSY, OTHER, BUSY, YES], None),
        ([BUSY, Answer("up-to-tls1_0", Kind.ALERT, alert=80), YES], None),
        ([BUSY, YES, Answer("up-to-tls1_0", Kind.ALERT, alert=80), YES], "refused"),
        ([BUSY, Answer("tls1_3/ec", Kind.ALERT, alert=80), YES], None),
        ([BUSY, CLOSED, YES], None),
        ([CLOSED, YES, REFUSED, YES], "refused"),
        ([CLOSED, YES, said(Kind.ACCEPTED), YES], "accepted"),
        ([CLOSED, YES, TIMEOUT, YES, CLOSED, YES], None),
        ([TIMEOUT, YES], None),
        ([said(Kind.TRUNCATED), YES], None),
        ([said(Kind.MALFORMED), YES], None),
        ([said(Kind.OVERSIZE), YES], None),
        ([said(Kind.UNREACHABLE), YES], None),
        ([said(Kind.LOCAL), YES], None),
        ([said(Kind.SKIPPED), YES], None),
        ([said(Kind.NO_TLS), YES], None),
        ([said(Kind.BUSY), YES], None),
        ([YES], None),
        ([], None),
    ],
)
def test_a_refusal_needs_a_word_or_a_habit_and_a_closing_control(
    answers: list[Answer], settled: str | None
) -> None:
    seen = facts.versions(Evidence("full-offer", tuple(answers)))
    if settled is None:
        assert seen.missing["ssl3"].reason == "unproven"
        assert seen.missing["ssl3"].message
    else:
        assert seen.values["ssl3"] == settled


@given(
    st.lists(
        st.builds(
            Answer,
            st.sampled_from([ASKED, "full-offer", "up-to-tls1_1", "older/256+broken"]),
            st.sampled_from(Kind),
            version=st.sampled_from([SSL3, 0x0301, TLS12]),
            suite=st.sampled_from([0xC02F, 0x000A]),
            alert=st.sampled_from([-1, 0, 40, 70, 80, 112]),
        )
    )
)
def test_nothing_is_refused_without_a_control_at_the_end(answers: list[Answer]) -> None:
    evidence = Evidence("full-offer", tuple(answers))
    seen = dict(facts.versions(evidence).values)
    if evidence.accepted:
        seen |= facts.ciphers(evidence).values
    if "refused" in seen.values():
        assert answers[-1].offer == "full-offer"
        assert answers[-1].yes


def test_a_prime_is_read_where_it_is_sent_and_missing_where_not() -> None:
    server = Server(frozenset([TLS12]), frozenset([0x009E, 0x0033]), frozenset(["RSA"]))
    assert facts.ciphers(examine(server)[0]).values["finite_field_bits"] == 2048

    def mute(offer: Offer, index: int) -> Answer:
        answer = server(offer, index)
        return Answer(answer.offer, answer.kind, answer.version, answer.suite, answer.alert)

    seen = facts.ciphers(examine(mute)[0])
    assert seen.values["finite_field"] == "accepted"
    assert seen.missing["finite_field_bits"].reason == "malformed-response"


def test_the_smallest_prime_counts() -> None:
    def answer(offer: str, bits: int) -> Answer:
        return Answer(offer, Kind.ACCEPTED, TLS12, 0x009E, prime_bits=bits)

    rows = (answer("full-offer", 2048), answer("older/finite", 1024), answer("full-offer", 4096))
    assert facts.ciphers(Evidence("full-offer", rows)).values["finite_field_bits"] == 1024


def test_silence_at_the_lowest_version_leaves_broken_suites_open() -> None:
    server = Server(frozenset([TLS12, 0x0301]), frozenset([0x002F]), frozenset(["RSA"]))

    def silent(offer: Offer, index: int) -> Answer:
        lowest = offer.name.startswith("broken")
        return Answer(offer.name, Kind.TIMEOUT) if lowest else server(offer, index)

    assert facts.ciphers(examine(server)[0]).values["suites_below_128"] == "refused"
    assert facts.ciphers(examine(silent)[0]).missing["suites_below_128"].reason == "unproven"


@pytest.mark.parametrize(
    ("kind", "reason", "word"),
    [
        (Kind.UNREACHABLE, "unreachable", "refused"),
        (Kind.TIMEOUT, "timeout", "refused"),
        (Kind.MALFORMED, "malformed-response", "refused"),
        (Kind.OVERSIZE, "malformed-response", "refused"),
        (Kind.TRUNCATED, "malformed-response", "refused"),
        (Kind.NO_TLS, "not-supported", "refused"),
        (Kind.BUSY, "unproven", "refused"),
        (Kind.LOCAL, "unproven", "this machine"),
        (Kind.CLOSED, "unproven", "no hello"),
        (Kind.SKIPPED, "unproven", "no hello"),
    ],
)
def test_why_an_endpoint_cannot_be_spoken_to(kind: Kind, reason: str, word: str) -> None:
    evidence = Evidence("", (Answer("full-offer", kind, text="refused"),))
    with pytest.raises(ObservationFailed, match=word) as caught:
        _ = evidence.opening
    assert caught.value.failure.reason == reason
