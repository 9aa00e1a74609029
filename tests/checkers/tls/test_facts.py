"""What recorded answers prove: a pure function, case by case."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.checker import Failure, ObservationFailed
from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.facts import Evidence, settle
from troth.checkers.tls.questions import VERSIONS

SSL3 = VERSIONS[0]
YES = Answer("full-offer", Kind.ACCEPTED, 0x0303, 0xC02F)
GONE = Answer("full-offer", Kind.CLOSED)


def said(kind: Kind, alert: int = -1) -> Answer:
    return Answer("ssl3", kind, alert=alert)


OTHER, ELSE = Answer("tls1_0", Kind.CLOSED), Answer("tls1_0", Kind.ALERT, alert=40)
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
        ([said(Kind.RETRY), YES], "accepted"),
        ([REFUSED], None),
        ([REFUSED, GONE], None),
        ([REFUSED, YES, GONE], None),
        ([YES, REFUSED], None),
        ([CLOSED, YES], None),
        ([CLOSED, YES, CLOSED, YES], None),
        ([CLOSED, YES, CLOSED, YES, CLOSED, YES], "refused"),
        ([CLOSED, YES, CLOSED, YES, CLOSED, GONE], None),
        ([CLOSED, GONE, CLOSED, YES, CLOSED, YES], None),
        ([CLOSED, OTHER, YES, OTHER, CLOSED, YES, YES, CLOSED, OTHER, YES], "refused"),
        ([CLOSED, OTHER, YES, ELSE, CLOSED, YES, YES, CLOSED, ELSE, YES], None),
        ([BUSY, YES], None),
        ([BUSY, YES, BUSY, YES, BUSY, YES], "refused"),
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
        ([YES], None),
        ([], None),
    ],
)
def test_a_refusal_needs_a_word_or_a_habit_and_a_closing_control(
    answers: list[Answer], settled: str | None
) -> None:
    found = settle(SSL3, Evidence("full-offer", tuple(answers)))
    if settled is None:
        assert isinstance(found, Failure)
        assert found.reason == "unproven"
        assert found.message
    else:
        assert found == settled


@given(
    st.lists(
        st.builds(
            Answer,
            st.sampled_from(["ssl3", "full-offer"]),
            st.sampled_from(Kind),
            alert=st.sampled_from([-1, 0, 40, 70, 80, 112]),
        )
    )
)
def test_nothing_is_refused_without_a_control_at_the_end(answers: list[Answer]) -> None:
    found = settle(SSL3, Evidence("full-offer", tuple(answers)))
    if found == "refused":
        assert answers[-1].offer == "full-offer"
        assert answers[-1].yes
        assert all(row.firm or row.vague for row in answers if row.offer == "ssl3")


def test_every_form_of_a_question_must_be_refused() -> None:
    question = VERSIONS[4]
    first, second = (offer.name for offer in question.offers)
    no = [Answer(first, Kind.ALERT, alert=40), Answer(second, Kind.ALERT, alert=40), YES]
    assert settle(question, Evidence("full-offer", tuple(no))) == "refused"
    assert isinstance(settle(question, Evidence("full-offer", (no[0], YES))), Failure)
    yes = (no[0], Answer(second, Kind.RETRY, 0x0304, 0x1301), YES)
    assert settle(question, Evidence("full-offer", yes)) == "accepted"


@given(
    st.builds(
        Answer,
        st.sampled_from(["ssl3", "tls1_3"]),
        st.sampled_from(Kind),
        chain=st.lists(st.binary()).map(tuple),
        text=st.text(),
    )
)
def test_evidence_survives_being_written(answer: Answer) -> None:
    evidence = Evidence("ssl3", (answer,))
    assert Evidence.from_json(json.loads(json.dumps(evidence.as_json()))) == evidence


@pytest.mark.parametrize("change", [{"kind": "no"}, {"chain": ["%"]}, {"chain": 1}])
def test_evidence_that_was_cut_or_changed_is_no_evidence(change: dict[str, object]) -> None:
    body = YES.as_json()
    with pytest.raises(ObservationFailed):
        Answer.from_json(body | change)
    for member in body:
        with pytest.raises(ObservationFailed, match=member):
            Answer.from_json({name: body[name] for name in body if name != member})
