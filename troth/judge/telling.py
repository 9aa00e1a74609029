"""The words of findings: what was expected, what was found, how it is proved, what is noted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from troth import params
from troth.definitions import Part, Rule
from troth.errors import RuleBug
from troth.judge.findings import Finding, showable, strongest, weakest
from troth.judge.question import Moment, Question
from troth.model import Failure, Proof, Verdict
from troth.rules.evaluate import Bench, offenders, shown


@dataclass(frozen=True)
class Told:
    """What the findings of one combination of rules have in common."""

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
        self._tellings: dict[tuple[tuple[int, ...], tuple[int, ...]], Told] = {}
        self._expected = {rule.name: self._fill(rule.expected) for rule in self.part.rules}

    def decided(
        self,
        resource: str,
        target: str,
        verdict: Verdict,
        failure: Failure | None,
        decided: tuple[Rule, ...],
        broken: tuple[Rule, ...],
        notes: tuple[str, ...],
        observations: tuple[str, ...],
    ) -> Finding:
        """Return the finding on what lies on the bench, with the facts that its rules read."""
        if self.part.notes:
            notes += tuple(self._notes())
        told = self._told(decided, broken)
        return self.finding(
            resource,
            target,
            verdict,
            failure,
            told.expected,
            self._found(told) if verdict is not Verdict.NOT_APPLICABLE else {},
            told.proof if verdict in _DECIDED else None,
            notes,
            observations,
        )

    def unknown(self, resource: str, target: str, failure: Failure) -> Finding:
        """Return the finding on something that could not be judged, and why."""
        expected = tuple(self._expected[rule.name] for rule in self.part.rules)
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
        question = self.question
        return Finding(
            question.policy,
            question.clause,
            question.binding.name,
            question.control.id,
            self.part.name,
            self.part.kind,
            target,
            resource,
            verdict,
            question.control.severity,
            failure,
            expected,
            found or {},
            proof,
            notes,
            observations,
        )

    def _told(self, decided: tuple[Rule, ...], broken: tuple[Rule, ...]) -> Told:
        """Return what findings say of these rules; worked out once for each combination."""
        key = (tuple(map(id, decided)), tuple(map(id, broken)))
        if key not in self._tellings:
            rules = broken or decided
            strong = strongest(rule.proves for rule in decided)
            self._tellings[key] = Told(
                tuple(self._expected[rule.name] for rule in rules or self.part.rules),
                shown(rule.reading for rule in rules),
                weakest([strong, self.cap]) if strong else None,
                tuple(pair for rule in broken for pair in offenders(rule.expect)),
            )
        return self._tellings[key]

    def _found(self, told: Told) -> dict[str, Any]:
        found = self.bench.found(told.shown)
        for name, against in told.offenders:
            found[name] = self.bench.select(against) or found.get(name)
        return {name: showable(value) for name, value in found.items()}

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
