"""The words of findings: what was expected, what was found, how it is proved, what is noted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from troth import params
from troth.definitions import Part
from troth.errors import RuleBug
from troth.judge.findings import (
    PLAIN,
    Finding,
    Outcome,
    showable,
    strongest,
    verdict_on,
    weakest,
)
from troth.judge.question import Moment, Question
from troth.model import Failure, Proof, Verdict
from troth.rules.evaluate import Bench, offenders, shown


@dataclass(frozen=True)
class Told:
    """What the findings with the same outcomes of all rules have in common."""

    verdict: Verdict
    expected: tuple[str, ...]
    shown: tuple[tuple[str, tuple[str, ...]], ...]
    proof: Proof | None
    offenders: tuple[tuple[str, str], ...]


class Teller:
    """Makes the findings of one question; ``cap`` is the strongest proof its kinds can give."""

    def __init__(self, question: Question, bench: Bench, cap: Proof) -> None:
        """Fill the parameters into the words once."""
        self.question = question
        self.part = question.part
        self.bench = bench
        self.cap = cap
        self._about = (
            question.policy,
            question.clause,
            question.binding.name,
            question.control.id,
            question.part.name,
            question.part.kind,
        )
        self._severity = question.control.severity
        self._tellings: dict[tuple[Outcome, ...], Told] = {}
        self._expected = {rule.name: self._fill(rule.expected) for rule in self.part.rules}
        asked = [r for r in self.part.rules if not bench.rules_out(r.when, r.when_reading)]
        self._asked = tuple(self._expected[rule.name] for rule in asked or self.part.rules)

    def decided(
        self,
        resource: str,
        target: str,
        outcomes: tuple[Outcome, ...],
        gap: Failure | None,
        notes: tuple[str, ...],
        observations: tuple[str, ...],
    ) -> Finding:
        """Return the finding on what lies on the bench, with the facts that its rules read.

        ``outcomes`` are those of the part's rules, in their order; ``gap`` is why the first
        undecided one is undecided.
        """
        if self.part.notes:
            notes += tuple(self._notes())
        told = self._tellings.get(outcomes) or self._told(outcomes)
        return self.finding(
            resource,
            target,
            told.verdict,
            gap if told.verdict is Verdict.UNKNOWN else None,
            told.expected,
            self._found(told),
            told.proof,
            notes,
            observations,
        )

    def unknown(self, resource: str, target: str, failure: Failure) -> Finding:
        """Return the finding on something that could not be judged, and why."""
        expected = self._asked
        return self.finding(resource, target, Verdict.UNKNOWN, failure, expected)

    def finding(
        self,
        resource: str,
        target: str,
        verdict: Verdict,
        failure: Failure | None = None,
        expected: tuple[str, ...] = (),
        found: Mapping[str, Any] | None = None,
        proof: Proof | None = None,
        notes: tuple[str, ...] = (),
        observations: tuple[str, ...] = (),
    ) -> Finding:
        """Return a finding of this question."""
        return Finding(
            *self._about,
            target,
            resource,
            verdict,
            self._severity,
            failure,
            expected,
            found or {},
            proof,
            notes,
            observations,
        )

    def _told(self, outcomes: tuple[Outcome, ...]) -> Told:
        """Return what findings with these outcomes say; worked out once and kept."""
        ruled = tuple(zip(self.part.rules, outcomes, strict=True))
        decided = [rule for rule, outcome in ruled if outcome is True or outcome is False]
        broken = [rule for rule, outcome in ruled if outcome is False]
        rules = broken or decided
        verdict = verdict_on(outcomes)
        strong = strongest(rule.proves for rule in decided) if verdict in _DECIDED else None
        told = Told(
            verdict,
            tuple(self._expected[rule.name] for rule in rules) or self._asked,
            shown(rule.reading for rule in rules),
            weakest([strong, self.cap]) if strong else None,
            tuple(pair for rule in broken for pair in offenders(rule.expect)),
        )
        self._tellings[outcomes] = told
        return told

    def _found(self, told: Told) -> dict[str, Any]:
        found = self.bench.found(told.shown)
        for name, against in told.offenders:
            found[name] = self.bench.select(against) or found.get(name)
        for name, value in found.items():
            if value.__class__ not in PLAIN:
                found[name] = showable(value)
        return found

    def _notes(self) -> Iterator[str]:
        for note in self.part.notes:
            try:
                said = self.bench.decide(note.when, note.reading).value is True
            except RuleBug as error:  # a note decides nothing, so it must not cost a verdict
                yield f"a note of this control failed, please report it: {error}"
                continue
            if said:
                yield self._fill(note.say)

    def _fill(self, words: str) -> str:
        return params.fill(words, self.question.binding.values)


_DECIDED = (Verdict.PASS, Verdict.FAIL)


def bench_of(question: Question, moment: Moment) -> Bench:
    """Return the bench on which a question's rules run, with its parameters as rules see them."""
    views = {
        name: params.view(value, moment.as_of, moment.zone)
        for name, value in question.binding.values.items()
    }
    return Bench(views, moment.as_of, moment.today, wanted=_wanted(question.part))


def _wanted(part: Part) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the facts that any rule or note of the part reads, by facet."""
    readings = [rule.reading for rule in part.rules]
    readings += [rule.when_reading for rule in part.rules] + [note.reading for note in part.notes]
    names: dict[str, set[str]] = {}
    for chain in (chain for reading in readings for chain in reading.facts):
        names.setdefault(chain[0], set()).add(chain[1])
    return tuple((facet, tuple(sorted(names[facet]))) for facet in sorted(names))
