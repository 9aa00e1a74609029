"""Judge whole documents: every clause of the chosen policies, from findings to a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from troth import params
from troth.definitions import Binding, Clause, Control, Policy
from troth.errors import RuleBug
from troth.judge.asked import idle
from troth.judge.findings import Finding, roll_up, strongest, weakest
from troth.judge.part import PartJudge
from troth.judge.question import Answer, Moment, Question, Seen
from troth.judge.scope import Scope
from troth.kinds import Kind
from troth.measures import Measure
from troth.model import POPULATION, Assess, Failure, Proof, Reason, Severity, Verdict

#: Returns what was seen of a kind at the named targets.
SeenOf = Callable[[str, tuple[str, ...]], Seen]


@dataclass(frozen=True)
class Document:
    """One policy to judge: its clauses, at which targets, in which scope, what is absent."""

    policy: Policy
    clauses: tuple[Clause, ...]
    targets: tuple[str, ...]
    where: str = ""
    absent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Books:
    """What judging reads besides facts."""

    kinds: Mapping[str, Kind]
    controls: Mapping[str, Control]
    measures: Mapping[str, Measure]
    classes: Mapping[str, str]


@dataclass(frozen=True)
class ClauseResult:
    """A clause's verdict, None for an informative one, with what it rests on."""

    policy: str
    clause: Clause
    verdict: Verdict | None
    proof: Proof | None
    counts: Mapping[str, int]
    excluded: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON: what the results file holds per clause."""
        return {
            "policy": self.policy,
            "clause": self.clause.id,
            "promise": self.clause.promise,
            "assess": self.clause.assess.value,
            "verdict": self.verdict.value if self.verdict else None,
            "proof": self.proof.value if self.proof else None,
            "findings": dict(self.counts),
            "excluded": dict(self.excluded),
            "controls": [_bound(binding) for binding in self.clause.bindings],
            "awaits": list(self.clause.awaits),
            "unbound": [
                {"name": figure.name, "value": figure.value, "reason": figure.reason,
                 "assumed": figure.assumed}
                for figure in self.clause.unbound
            ],
            "interpretation": list(self.clause.interpretation),
        }  # fmt: skip


def _bound(binding: Binding) -> dict[str, Any]:
    settings = {
        name: {"value": params.plain(setting.value), "source": setting.source}
        for name, setting in binding.settings.items()
    }
    return {"control": binding.control, "binding": binding.name, "settings": settings,
            "classes": list(binding.classes)}  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """Everything that judging found, sorted by finding key and by the documents' order."""

    findings: tuple[Finding, ...]
    clauses: tuple[ClauseResult, ...]


def judge(documents: Iterable[Document], books: Books, seen_of: SeenOf, as_of: datetime) -> Judged:
    """Return the findings and clause verdicts of all documents at ``as_of``.

    A rule or measure that fails as a program makes its part unknown with ``rule-error``.
    """
    findings: list[Finding] = []
    clauses: list[ClauseResult] = []
    for document in documents:
        moment = Moment(as_of, ZoneInfo(document.policy.timezone))
        for clause in document.clauses:
            if clause.assess is Assess.INFORMATIVE:
                nothing: dict[str, int] = {}
                name = document.policy.id
                clauses.append(ClauseResult(name, clause, None, None, nothing, nothing))
                continue
            answers = list(_answers(document, clause, books, seen_of, moment))
            findings.extend(finding for answer in answers for finding in answer.findings)
            clauses.append(_result(document.policy, clause, answers))
    return Judged(tuple(sorted(findings, key=lambda made: made.key)), tuple(clauses))


def _answers(
    document: Document, clause: Clause, books: Books, seen_of: SeenOf, moment: Moment
) -> Iterator[Answer]:
    for binding in clause.bindings:
        control = books.controls[binding.control]
        scope = Scope(binding.classes, books.classes, document.where)
        absent = document.absent
        questions = [
            Question(
                document.policy.id, clause.id, binding, control, part, scope,
                absent.get(part.kind, ""),
            )
            for part in control.parts
        ]  # fmt: skip
        off = idle(questions, moment)
        for question in questions:
            asked = replace(question, idle=question.part.name in off)
            yield _answer(asked, document, books, seen_of, moment)
    for control_id in clause.awaits:
        yield _awaited(document.policy.id, clause.id, control_id)


def _answer(
    question: Question, document: Document, books: Books, seen_of: SeenOf, moment: Moment
) -> Answer:
    part = question.part
    needs = {need.kind: seen_of(need.kind, document.targets) for need in part.needs}
    try:
        judge_part = PartJudge(question, books.kinds, books.measures, moment)
        return judge_part.answer(seen_of(part.kind, document.targets), needs)
    except RuleBug as error:
        text = f"control {question.control.id}, part {part.name}: {error}; please report this bug"
        finding = Finding(
            policy=question.policy, clause=question.clause, binding=question.binding.name,
            control=question.control.id, part=part.name, kind=part.kind, target="",
            resource=POPULATION, verdict=Verdict.UNKNOWN, severity=question.control.severity,
            failure=Failure(Reason.RULE_ERROR, text),
        )  # fmt: skip
        return Answer((finding,), Verdict.UNKNOWN, None)


def _awaited(policy: str, clause: str, control: str) -> Answer:
    text = f"no control '{control}' is written yet, so nothing decides this part of the promise"
    finding = Finding(
        policy=policy, clause=clause, binding=control, control=control, part="", kind="",
        target="", resource=POPULATION, verdict=Verdict.UNKNOWN, severity=Severity.LOW,
        failure=Failure(Reason.NO_CONTROL, text),
    )  # fmt: skip
    return Answer((finding,), Verdict.UNKNOWN, None)


def _result(policy: Policy, clause: Clause, answers: list[Answer]) -> ClauseResult:
    verdict = roll_up(answer.verdict for answer in answers)
    proofs = [answer.proof for answer in answers if answer.verdict is verdict]
    counts: dict[str, int] = {}
    excluded: dict[str, int] = {}
    for answer in answers:
        for finding in answer.findings:
            counts[finding.verdict.value] = counts.get(finding.verdict.value, 0) + 1
        for why, number in answer.excluded.items():
            excluded[why] = max(excluded.get(why, 0), number)
    proof = strongest(proofs) if verdict is Verdict.FAIL else weakest(proofs)
    return ClauseResult(policy.id, clause, verdict, proof, counts, excluded)


__all__ = ["Books", "ClauseResult", "Document", "Judged", "judge"]
