"""Judge one part of one binding over the resources of its kind.

Within a resource any false rule is a fail, all decided and true a pass, anything else unknown. A
rule that ``when`` skips decides nothing; a resource of which every rule was skipped is
not-applicable. What could not be listed is itself an unknown finding.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from troth import canonical
from troth.errors import RuleBug
from troth.judge.findings import (
    SKIPPED,
    Finding,
    Outcome,
    roll_up,
    showable,
    strongest,
    weakest,
)
from troth.judge.question import Answer, Moment, Question, Seen
from troth.judge.requests import covered
from troth.judge.scope import Placed, split
from troth.judge.subjects import Unit, listing_failure
from troth.judge.telling import Teller, bench_of
from troth.kinds import Kind
from troth.measures import Inputs, Item, Measure, Measured, MissingFact, Population
from troth.model import POPULATION, Failure, Reason, Verdict


class PartJudge:
    """Judges one question; make one per question, it keeps the prepared parameters."""

    def __init__(
        self,
        question: Question,
        kinds: Mapping[str, Kind],
        measures: Mapping[str, Measure],
        moment: Moment,
    ) -> None:
        """Prepare the parameters, the words and the limits of proof."""
        self.question = question
        self.part = question.part
        self.kinds = kinds
        self.measure = measures[self.part.measure] if self.part.measure else None
        self.moment = moment
        self.bench = bench_of(question, moment)
        cap = min(
            (
                kinds[kind].proof_cap
                for kind in (self.part.kind, *(n.kind for n in self.part.needs))
            ),
            key=lambda proof: proof.rank,
        )
        self.tell = Teller(question, self.bench, cap)

    def answer(self, seen: Seen, needs: Mapping[str, Seen]) -> Answer:
        """Return the findings on everything seen of the part's kind."""
        if self.question.idle:
            said = ("the clause asks nothing of this part",)
            nothing = self.tell.finding(POPULATION, "", Verdict.NOT_APPLICABLE, notes=said)
            return self._rolled([nothing])
        if not seen.units:
            return self._rolled([self._no_target()])
        findings = list(self._listings(seen.units))
        inside, excluded = split(seen.items, self.question.scope)
        everyone = self._everyone(seen.units)
        judged = list(self._judged(inside, everyone, needs))
        findings.extend(judged)
        if not any(made.verdict is not Verdict.NOT_APPLICABLE for made in judged):
            empty = self._empty(everyone.failure, bool(seen.items), excluded)
            if empty:  # one finding says it of the population, not two of one key
                findings = [made for made in findings if made.resource != POPULATION] + [empty]
        return self._rolled(findings, excluded)

    def _rolled(
        self, findings: Sequence[Finding], excluded: Mapping[str, int] | None = None
    ) -> Answer:
        verdict = roll_up(finding.verdict for finding in findings)
        proofs = [finding.proof for finding in findings if finding.verdict is verdict]
        proof = strongest(proofs) if verdict is Verdict.FAIL else weakest(proofs)
        return Answer(tuple(findings), verdict, proof, excluded or {})

    def _no_target(self) -> Finding:
        kind = self.part.kind
        if self.question.absent:
            said = (self.question.absent,)
            return self.tell.finding(POPULATION, "", Verdict.NOT_APPLICABLE, notes=said)
        return self.tell.unknown(POPULATION, "", _no_target(kind))

    def _listings(self, units: Iterable[Unit]) -> Iterator[Finding]:
        for unit in units:
            failure = listing_failure(self.kinds[self.part.kind], unit, self.moment.as_of)
            if failure:
                where = f"listing {unit.checker} {unit.partition}"
                yield self.tell.unknown(where, unit.target, failure)

    def _whole_failure(self, kind_id: str, units: Iterable[Unit]) -> Failure | None:
        kind = self.kinds[kind_id]
        failures = (listing_failure(kind, unit, self.moment.as_of) for unit in units)
        return next((failure for failure in failures if failure), None)

    def _empty(
        self, incomplete: Failure | None, listed: bool, excluded: Mapping[str, int]
    ) -> Finding | None:
        """Return the finding on a population without a judged resource.

        Nothing more is said when the listing is already an unknown finding of its own.
        """
        if incomplete:
            return None
        if self.part.when_empty == "not-applicable":
            return self.tell.finding(POPULATION, "", Verdict.NOT_APPLICABLE)
        kind = self.part.kind
        if excluded:
            text = (
                f"every {kind} is out of scope ({'; '.join(sorted(excluded))}); check the classes"
            )
        elif listed:
            text = f"no rule applies to any {kind} that was found; there is nothing to judge"
        else:
            text = f"no {kind} was found; check that the target is the right one"
        return self.tell.unknown(POPULATION, "", Failure(Reason.NOTHING_FOUND, text))

    def _judged(
        self,
        inside: Sequence[tuple[Item, Placed]],
        everyone: Population,
        needs: Mapping[str, Seen],
    ) -> Iterator[Finding]:
        """Yield the findings on what is in scope; ``everyone`` tells how whole the listing is."""
        if self.measure is None:
            for item, placed in inside:
                yield self._resource(item, placed, {}, {}, ())
            return
        if not inside and not self.measure.on_empty:
            return
        yield from self._measured(self.measure, inside, everyone, needs)

    def _measured(
        self,
        measure: Measure,
        inside: Sequence[tuple[Item, Placed]],
        everyone: Population,
        needs: Mapping[str, Seen],
    ) -> Iterator[Finding]:
        for item, placed in inside:
            if placed.failure:
                yield self._resource(item, placed, {}, {}, ())
        inputs = self._inputs(inside, everyone, needs)
        placed_well = [placed for _, placed in inside if not placed.failure]
        known = list(zip(inputs.population.items, placed_well, strict=True))
        results = self._run(measure, inputs)
        if measure.per == "population":
            if known and not results:  # else nothing said would read as nothing to judge
                raise RuleBug(f"measure {measure.name} says nothing of {len(known)} resources")
            for made in results:
                yield self._population_finding(made)
            return
        # Two targets may have an id in common; both are measured, in the population's order.
        by_resource: dict[str, deque[Measured]] = defaultdict(deque)
        for made in results:
            by_resource[made.resource].append(made)
        for item, placed in known:
            if not by_resource[item.id]:
                raise RuleBug(f"measure {measure.name} says nothing of {item.id}")
            made = by_resource[item.id].popleft()
            yield self._resource(item, placed, made.facts, made.missing, made.notes)

    def inputs(self, seen: Seen, needs: Mapping[str, Seen]) -> Inputs:
        """Return what the part's measure is given, for those who ask it something themselves."""
        inside, _ = split(seen.items, self.question.scope)
        return self._inputs(inside, self._everyone(seen.units), needs)

    def _everyone(self, units: Sequence[Unit]) -> Population:
        """Return the population without its resources: where it was looked for, and how whole."""
        targets = tuple(sorted({unit.target for unit in units}))
        return Population((), self._whole_failure(self.part.kind, units), targets)

    def _inputs(
        self,
        inside: Sequence[tuple[Item, Placed]],
        everyone: Population,
        needs: Mapping[str, Seen],
    ) -> Inputs:
        uncertain = next((placed.failure for _, placed in inside if placed.failure), None)
        return Inputs(
            population=everyone._replace(
                items=tuple(self._covered(item) for item, placed in inside if not placed.failure),
                failure=everyone.failure or uncertain,
            ),
            needs={kind: self._population(kind, seen) for kind, seen in needs.items()},
            args={name: self._argument(value) for name, value in self.part.arguments.items()},
            as_of=self.moment.as_of,
            zone=self.moment.zone,
            clause=f"{self.question.policy}/{self.question.clause}",
            control=self.question.control.id,
        )

    def _run(self, measure: Measure, inputs: Inputs) -> list[Measured]:
        try:
            made = list(measure.function(inputs))
            canonical.dumps([showable(one.facts) for one in made])  # what no report can carry
            return made
        except MissingFact as gap:
            names = dict.fromkeys(measure.yields, gap.failure)
            if measure.per == "population":
                return [Measured({}, names)]
            return [Measured({}, names, resource=item.id) for item in inputs.population.items]
        except Exception as error:
            raise RuleBug(f"measure {measure.name} failed: {error!r}") from error

    def _population(self, kind: str, seen: Seen) -> Population:
        if not seen.units:
            return Population((), _no_target(kind))
        targets = tuple(sorted({unit.target for unit in seen.units}))
        return Population(seen.items, self._whole_failure(kind, seen.units), targets)

    def _argument(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("params."):
            return self.question.binding.values[value.removeprefix("params.")]
        return value

    def _covered(self, item: Item) -> Item:
        """Return the item without the facets that were asked for less than this part needs."""
        return covered(item, self.part.request, self._argument)

    def _resource(
        self,
        item: Item,
        placed: Placed,
        measured: Mapping[str, Any],
        unmeasured: Mapping[str, Failure],
        said: tuple[str, ...],
    ) -> Finding:
        if placed.failure:
            return self.tell.unknown(item.id, item.target, placed.failure)
        if self.part.request and not self.measure:
            item = self._covered(item)
        missing = item.missing
        if unmeasured:
            missing = {**missing, **{f"measured.{name}": why for name, why in unmeasured.items()}}
        self.bench.put(item.facts, measured, missing)
        notes = (placed.note,) if placed.note else ()
        known = item.digests
        digests = tuple([known[name] for name in self.part.reads if name in known])
        try:
            return self._decide(item.id, item.target, notes + said, digests)
        except RuleBug as error:
            # A rule that breaks on one resource must not hide what it says of the others.
            text = f"control {self.question.control.id}, part {self.part.name}: {error}"
            failure = Failure(Reason.RULE_ERROR, f"{text}; please report this bug")
            return self.tell.unknown(item.id, item.target, failure)

    def _population_finding(self, made: Measured) -> Finding:
        missing = {f"measured.{name}": why for name, why in made.missing.items()}
        self.bench.put({}, made.facts, missing)
        return self._decide(made.resource or POPULATION, "", made.notes, ())

    def _decide(
        self, resource: str, target: str, notes: tuple[str, ...], digests: tuple[str, ...]
    ) -> Finding:
        outcomes, gap = self._outcomes()
        return self.tell.decided(resource, target, outcomes, gap, notes, digests)

    def _outcomes(self) -> tuple[tuple[Outcome, ...], Failure | None]:
        """Return what each rule came to, and why the first undecided one is undecided."""
        outcomes: list[Outcome] = []
        gap: Failure | None = None
        for rule in self.part.rules:
            if rule.when:
                applies = self.bench.decide(rule.when, rule.when_reading)
                gap = gap or applies.failure
                if applies.value is not True:
                    outcomes.append(None if applies.failure else SKIPPED)
                    continue
            held = self.bench.decide(rule.expect, rule.reading)
            gap = gap or held.failure
            outcomes.append(held.value)
        return tuple(outcomes), gap


def _no_target(kind: str) -> Failure:
    text = f"no target is configured where {kind} is looked for; add one to troth.yaml"
    return Failure(Reason.NO_TARGET, f"{text}, or say with absent: that there is none")
