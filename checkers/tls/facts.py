"""From recorded answers to facts: what was accepted, what was refused, what stays unproven.

A refusal counts only if the server said so in TLS, or hung up every time, *and* the endpoint
still accepted the control hello afterwards. A timeout, a half answer or a local trouble is
neither yes nor no. Pure functions of the evidence; they can be run again years later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from troth.checker import Facts, Failure, ObservationFailed, Reason, demand
from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.probe import REPEATS
from troth.checkers.tls.questions import CIPHERS, VERSION_NAMES, VERSIONS, Question
from troth.checkers.tls.suites import BY_CODE


@dataclass(frozen=True)
class Evidence:
    """The answers of one group of questions; ``control`` is the offer that closes it."""

    control: str
    answers: tuple[Answer, ...] = field(repr=False)

    @classmethod
    def from_json(cls, body: Any) -> Evidence:
        """Read what :meth:`as_json` wrote; raises ``ObservationFailed`` where something lacks."""
        rows = demand(body, "answers")
        return cls(demand(body, "control"), tuple(Answer.from_json(row) for row in rows))

    def as_json(self) -> dict[str, Any]:
        """Return the evidence as JSON."""
        return {"control": self.control, "answers": [row.as_json() for row in self.answers]}

    def to(self, offer: str) -> list[Answer]:
        """Return the answers to one offer, in order."""
        return [answer for answer in self.answers if answer.offer == offer]

    @property
    def controlled(self) -> bool:
        """Tell whether the group ended with the control hello being accepted."""
        last = self.answers[-1] if self.answers else None
        return last is not None and last.offer == self.control and last.yes

    @property
    def steady(self) -> bool:
        """Tell whether the control was accepted each time, and no hello was hung up on once only.

        An endpoint that hangs up now and then answers some hello in two ways.
        """
        moody = {row.offer for row in self.answers if row.vague}
        same = all(row.vague for row in self.answers if row.offer in moody)
        return self.controlled and same and all(row.yes for row in self.to(self.control))


def opening(answer: Answer) -> Answer:
    """Return the answer if the endpoint accepted it; raise why it cannot be spoken to if not."""
    if answer.yes:
        return answer
    if answer.kind is Kind.UNREACHABLE:
        raise ObservationFailed(Reason.UNREACHABLE, f"no connection: {answer.text}")
    if answer.kind is Kind.TIMEOUT:
        raise ObservationFailed(Reason.TIMEOUT, answer.text)
    if answer.kind in (Kind.MALFORMED, Kind.OVERSIZE, Kind.TRUNCATED):
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, f"no TLS handshake: {answer.text}")
    raise ObservationFailed(Reason.UNPROVEN, f"no hello was accepted; the last answer: {answer}")


def settle(question: Question, evidence: Evidence) -> str | Failure:
    """Return ``accepted``, ``refused``, or why neither is proven."""
    doubts = []
    for offer in question.offers:
        answers = evidence.to(offer.name)
        if any(answer.yes for answer in answers):
            return "accepted"
        doubts.append(_doubt(answers, evidence))
    doubt = next((doubt for doubt in doubts if doubt), "")
    return Failure(Reason.UNPROVEN, f"{question.name}: {doubt}") if doubt else "refused"


def _doubt(answers: Sequence[Answer], evidence: Evidence) -> str:
    """Return why the answers to an offer are no refusal; empty if they are one."""
    if not answers:
        return "was not asked"
    unclear = [answer for answer in answers if not (answer.firm or answer.vague)]
    if unclear:
        return str(unclear[0])
    if not evidence.controlled:
        return "the hello that was accepted before was not accepted again at the end"
    if any(answer.firm for answer in answers):
        return ""
    if not evidence.steady or len(answers) <= REPEATS:
        return f"{answers[0]} only, from an endpoint that answers unsteadily"
    return ""


def versions(opener: Answer, evidence: Evidence) -> Facts:
    """Return the facts of the facet ``versions``."""
    spoken = VERSION_NAMES[opener.version]
    known = {
        question.name: "accepted"
        for question in VERSIONS
        if VERSION_NAMES[max(question.offers[0].versions)] == spoken
    }
    return _facts(VERSIONS, evidence, known, _raw([opener, *evidence.answers]))


def ciphers(opener: Answer, evidence: Evidence) -> Facts:
    """Return the facts of the facet ``ciphers``; the opener is the full offer."""
    chosen = BY_CODE[opener.suite]
    known = {"preferred_name": chosen.name, "preferred_bits": chosen.bits}
    return _facts(CIPHERS, evidence, known, _raw([opener, *evidence.answers]))


def _facts(
    questions: Iterable[Question],
    evidence: Evidence,
    known: Mapping[str, Any],
    raw: Mapping[str, Any],
) -> Facts:
    values: dict[str, Any] = dict(known)
    missing: dict[str, Failure] = {}
    for question in questions:
        if question.name not in known:
            settled = settle(question, evidence)
            if isinstance(settled, Failure):
                missing[question.name] = settled
            else:
                values[question.name] = settled
    return Facts(values, missing, raw)


def _raw(answers: Iterable[Answer]) -> dict[str, Any]:
    """Return what each offer was answered with, without what differs from run to run."""
    told: dict[str, list[str]] = {}
    for answer in answers:
        chosen = ""
        if answer.yes:
            suite = BY_CODE[answer.suite].name
            chosen = f" {VERSION_NAMES[answer.version]} {suite}"
        told.setdefault(answer.offer, []).append(f"{answer}{chosen}")
    return {"answers": told}
