"""Run a control's worked examples: facts in, the exact verdict, reason and proof out.

Also the mutations behind them: each rule that is true is asked again with each facet it reads
taken away, with each nullable fact null and with each list cut short. Whatever still passes must be
declared under ``tolerates:``, because "could not look" must not be a pass.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from troth import params
from troth.catalogue.content import CASES, Library
from troth.catalogue.schemas import read, unknown
from troth.definitions import Binding, Control, Part, Rule, Setting
from troth.errors import InputError, Problem, RuleBug
from troth.judge.asked import idle
from troth.judge.findings import Finding, roll_up, strongest, weakest
from troth.judge.part import PartJudge
from troth.judge.question import Answer, Moment, Question, Seen
from troth.judge.subjects import Unit, subject
from troth.kinds import is_list, is_nullable
from troth.measures import Item
from troth.model import TAGS, Failure, Listing, Proof, Reason, Verdict
from troth.rules.evaluate import Bench
from troth.yamlfile import Document

CLAUSE = "example/1"


@dataclass(frozen=True)
class Outcome:
    """What one case came to; ``faults`` is empty when it is as wanted."""

    control: str
    case: str
    traps: tuple[int, ...]
    verdict: Verdict
    faults: tuple[str, ...]
    place: str


def cases_file(control: Control) -> Path:
    """Return where a control's cases stand: beside its own file."""
    return Path(control.origin.removesuffix(".yaml") + CASES)


def run(control: Control, library: Library) -> list[Outcome]:
    """Run every case of a control.

    Raises :class:`~troth.errors.InputError` when the cases file is missing or wrong.
    """
    document = read(
        library.files["controls", control.id].with_name(f"{control.id}{CASES}"), "cases"
    )
    if document.data["control"] != control.id:
        text = f"these are cases of '{document.data['control']}'; write control: {control.id}"
        raise InputError([document.error(["control"], text)])
    return [
        _Case(document, index, control, library).outcome()
        for index in range(len(document.data["cases"]))
    ]


class _Case:
    """One case: its populations built as a run would record them, then judged."""

    def __init__(self, document: Document, index: int, control: Control, library: Library) -> None:
        self.document = document
        self.path: list[str | int] = ["cases", index]
        self.body: dict[str, Any] = document.data["cases"][index]
        self.control = control
        self.books = library
        whole = document.data
        self.moment = Moment(
            datetime.fromisoformat(self.body.get("as_of", whole["as_of"])),
            ZoneInfo(self.body.get("zone", whole.get("zone", "UTC"))),
        )
        self.binding = self._binding()

    def _wrong(self, path: Iterable[str | int], text: str) -> InputError:
        return InputError([self.document.error([*self.path, *path], text)])

    def _binding(self) -> Binding:
        raw = {**self.document.data.get("params", {}), **self.body.get("params", {})}
        settings = {}
        for name in raw.keys() - self.control.parameters.keys():
            known = sorted(self.control.parameters)
            raise self._wrong(["params", name], unknown("parameter", name, known))
        for name, parameter in self.control.parameters.items():
            if name not in raw and not parameter.has_default:
                raise self._wrong(["params"], f"parameter '{name}' has no value; add it")
            try:
                value = params.parse(parameter, raw.get(name, parameter.default))
            except params.BadValue as error:
                raise self._wrong(["params", name], f"{name}: {error}") from None
            settings[name] = Setting(value, "stated")
        return Binding(self.control.id, self.control.id, settings)

    def outcome(self) -> Outcome:
        parts = [
            part for part in self.control.parts if self.body.get("part", part.name) == part.name
        ]
        if not parts:
            names = [part.name for part in self.control.parts]
            raise self._wrong(["part"], unknown("part", self.body["part"], names))
        seen = {kind: self._seen(kind, body) for kind, body in self.body["given"].items()}
        questions = [self._question(part) for part in parts]
        off = idle(questions, self.moment)
        answers = [
            self._answer(replace(question, idle=question.part.name in off), seen)
            for question in questions
        ]
        verdict = roll_up(answer.verdict for answer in answers)
        proof = _proof(verdict, answers)
        findings = [finding for answer in answers for finding in answer.findings]
        return Outcome(
            self.control.id,
            self.body["name"],
            tuple(self.body.get("traps", ())),
            verdict,
            tuple(self._faults(verdict, proof, findings)),
            str(self.document.place(self.path)),
        )

    def _question(self, part: Part) -> Question:
        policy, clause = self.body.get("clause", CLAUSE).split("/")
        return Question(policy, clause, self.binding, self.control, part)

    def _answer(self, question: Question, seen: Mapping[str, Seen]) -> Answer:
        part = question.part
        judge = PartJudge(question, self.books.kinds, self.books.measures, self.moment)
        nothing = Seen((), ())
        needs = {need.kind: seen.get(need.kind, nothing) for need in part.needs}
        return judge.answer(seen.get(part.kind, nothing), needs)

    def _seen(self, kind_id: str, body: Mapping[str, Any]) -> Seen:
        if kind_id not in self.books.kinds:
            raise self._wrong(
                ["given", kind_id], unknown("kind", kind_id, sorted(self.books.kinds))
            )
        failure = Failure.from_json(body["listing"]) if "listing" in body else None
        rows = body.get("resources", ())
        unit = Unit("cases", "cases", "cases", kind_id, Listing(len(rows), failure))
        items = tuple(
            sorted(
                (self._item(kind_id, index, row) for index, row in enumerate(rows)),
                key=lambda item: item.id,
            )
        )
        return Seen((unit,), items)

    def _item(self, kind_id: str, index: int, row: Mapping[str, Any]) -> Item:
        kind = self.books.kinds[kind_id]
        path: list[str | int] = ["given", kind_id, "resources", index]
        gaps = {name: Failure.from_json(why) for name, why in row.get("missing", {}).items()}
        base = kind.example if "like" in row else {}
        given: Mapping[str, Any] = row.get("facets", {})
        facets: dict[str, Any] = {TAGS: self._line({}, row.get("tags", {}), {}, {})}
        for name in given:
            if name not in kind.facets:
                raise self._wrong(
                    [*path, "facets", name], unknown("facet", name, sorted(kind.facets))
                )
        for name in [*base, *(name for name in given if name not in base)]:
            override = given.get(name, {})
            if "failure" in override:
                facets[name] = {"failure": override["failure"], "digest": "case"}
                continue
            missing = {
                full.partition(".")[2]: why
                for full, why in gaps.items()
                if full.partition(".")[0] == name
            }
            merged = {**copy.deepcopy(dict(base.get(name, {}))), **override}
            facts = {
                fact: v for fact, v in merged.items() if fact in override or fact not in missing
            }
            covered = row.get("covered", {}).get(
                name, dict.fromkeys(kind.facets[name].request, "all")
            )
            for wrong in kind.validate(name, facts, missing):
                raise self._wrong([*path, "facets", name], f"{name}: {wrong}")
            facets[name] = self._line(missing, facts, covered, {})
        line = {"id": row["id"], "facets": facets}
        return subject(kind, "cases", line, self.moment.as_of)

    def _line(
        self,
        missing: Mapping[str, Failure],
        facts: Mapping[str, Any],
        covered: Mapping[str, Any],
        _: Mapping[str, Any],
    ) -> dict[str, Any]:
        return {
            "facts": facts,
            "missing": {name: why.as_json() for name, why in missing.items()},
            "covered": covered,
            "observed_at": self.moment.as_of.isoformat(),
            "digest": "case",
        }

    def _faults(
        self, verdict: Verdict, proof: Proof | None, findings: list[Finding]
    ) -> Iterator[str]:
        want = self.body["want"]
        told = "; ".join(
            f"{finding.part}/{finding.resource}: {finding.verdict.value} {finding.why}"
            for finding in findings
        )
        if verdict != want["verdict"]:
            yield f"want {want['verdict']}, got {verdict.value}: {told}"
        if (proof.value if proof else None) != want.get("proof"):
            yield f"want proof {want.get('proof')}, got {proof.value if proof else None}"
        for index, wanted in enumerate(want.get("findings", ())):
            if not any(_matches(finding, wanted) for finding in findings):
                yield f"no finding {index + 1} as wanted ({wanted}): {told}"


def _proof(verdict: Verdict, answers: Iterable[Answer]) -> Proof | None:
    proofs = [answer.proof for answer in answers if answer.verdict is verdict]
    return strongest(proofs) if verdict is Verdict.FAIL else weakest(proofs)


def _matches(finding: Finding, wanted: Mapping[str, Any]) -> bool:
    seen = {
        "part": finding.part,
        "resource": finding.resource,
        "verdict": finding.verdict.value,
        "reason": finding.failure.reason.value if finding.failure else None,
        "permission": finding.failure.permission if finding.failure else "",
        "proof": finding.proof.value if finding.proof else None,
    }
    note = wanted.get("note")
    said = note is None or any(note in text for text in finding.notes)
    plain = {name: value for name, value in wanted.items() if name != "note"}
    return said and all(seen[name] == value for name, value in plain.items())


def survivors(control: Control, library: Library) -> list[Problem]:
    """Return a problem for every rule that stays true without a fact and does not declare it."""
    problems: list[Problem] = []
    document = read(library.files["controls", control.id], "control")
    for at, part in enumerate(control.parts):
        for index, rule in enumerate(part.rules):
            for text in _survivors(control, part, rule, library):
                problems.append(document.error(["parts", at, "rules", index], text))
    return problems


def _survivors(control: Control, part: Part, rule: Rule, library: Library) -> Iterator[str]:
    path = library.files["controls", control.id].with_name(f"{control.id}{CASES}")
    if not path.is_file():
        return
    document = read(path, "cases")
    reported: set[str] = set()
    for index, body in enumerate(document.data["cases"]):
        case = _Case(document, index, control, library)
        given = body["given"].get(part.kind, {})
        for at, row in enumerate(given.get("resources", ())):
            item = case._item(part.kind, at, row)
            for name, text in _mutations(part, rule, item, case, library):
                if name not in reported and name not in rule.tolerates:
                    reported.add(name)
                    yield f"rule {rule.name} {text}; guard it, or list '{name}' in tolerates:"


def _mutations(
    part: Part, rule: Rule, item: Item, case: _Case, library: Library
) -> Iterator[tuple[str, str]]:
    if rule.reading.measured or not rule.reading.facts:
        return
    views = {
        name: params.view(value, case.moment.as_of, case.moment.zone)
        for name, value in case.binding.values.items()
    }
    bench = Bench(views, case.moment.as_of, case.moment.today)
    bench.put(item.facts, {}, item.missing)
    if not _holds(bench, rule):
        return
    for name, facts, what in _mutants(part, rule, item, library):
        bench.put(facts, {}, {**item.missing, name: Failure(Reason.NO_DATA, "taken away")})
        try:
            if _holds(bench, rule):
                yield name, f"stays true {what}"
        except RuleBug:
            yield name, f"breaks {what}"


def _holds(bench: Bench, rule: Rule) -> bool:
    if rule.when and bench.decide(rule.when, rule.when_reading).value is not True:
        return False
    return bench.decide(rule.expect, rule.reading).value is True


def _mutants(
    part: Part, rule: Rule, item: Item, library: Library
) -> Iterator[tuple[str, dict[str, Any], str]]:
    kind = library.kinds[part.kind]
    for facet in sorted({chain[0] for chain in rule.reading.facts}):
        without = {name: values for name, values in item.facts.items() if name != facet}
        yield facet, without, f"without facet {facet}"
    for facet, fact in sorted({chain[:2] for chain in rule.reading.facts}):
        schema = kind.facets[facet].facts[fact]
        values = dict(item.facts.get(facet, {}))
        name = f"{facet}.{fact}"
        if is_nullable(schema) and values.get(fact) is not None:
            nulled = {**item.facts, facet: {**values, fact: None}}
            yield name, nulled, f"when {name} is null"
        if is_list(schema) and fact in values:
            cut = {key: inner for key, inner in values[fact].items() if key != "complete"}
            yield name, {**item.facts, facet: {**values, fact: cut}}, f"when {name} is incomplete"
