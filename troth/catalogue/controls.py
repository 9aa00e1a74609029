"""Read control files: parameters, parts and rules, everything fenced against kinds and measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from troth import params
from troth.catalogue.schemas import misnamed, read, unknown
from troth.definitions import Control, Need, Note, Part, Rule
from troth.errors import InputError, Problem
from troth.kinds import MERGES, Kind
from troth.measures import Measure
from troth.model import Proof, Severity
from troth.params import Parameter
from troth.rules.fence import Reading, Surroundings, fence
from troth.yamlfile import Document


def read_control(
    path: Path, kinds: Mapping[str, Kind], measures: Mapping[str, Measure], name: str = ""
) -> Control:
    """Return the control in a file.

    Raises :class:`~troth.errors.InputError` with every fault: a name that the kind, the
    parameters or the measure does not have, a rule that could pass unseen, an unread parameter.
    """
    document = read(path, "control", name)
    return _Reader(document, kinds, measures, misnamed(document, path)).control()


class _Reader:
    """Builds one control and gathers everything that is wrong with it."""

    def __init__(
        self,
        document: Document,
        kinds: Mapping[str, Kind],
        measures: Mapping[str, Measure],
        problems: list[Problem],
    ) -> None:
        self.document = document
        self.kinds = kinds
        self.measures = measures
        self.problems = problems
        self.used: set[str] = set()
        self.parameters: dict[str, Parameter] = {}

    def control(self) -> Control:
        data = self.document.data
        self.parameters = {
            name: self._parameter(name, body) for name, body in data.get("parameters", {}).items()
        }
        parts = tuple(self._part(index, body) for index, body in enumerate(data["parts"]))
        self._words(["title"], data["title"])
        self._unique(["parts"], [part.name for part in parts], "part")
        if self.problems:
            raise InputError(self.problems)
        for name in self.parameters.keys() - self.used:
            text = f"parameter '{name}' is read by no rule; read it, or take it away"
            self.problems.append(self.document.error(["parameters", name], text, key=True))
        if self.problems:
            raise InputError(self.problems)
        return Control(
            id=data["id"],
            domain=data["domain"],
            title=data["title"],
            severity=Severity[data["severity"].upper()],
            parameters=self.parameters,
            parts=parts,
            fix=data["fix"],
            frameworks={name: tuple(ids) for name, ids in data["frameworks"].items()},
            origin=self.document.path,
        )

    def _problem(self, path: list[str | int], text: str) -> None:
        self.problems.append(self.document.error(path, text))

    def _unique(self, path: list[str | int], names: list[str], what: str) -> None:
        for index, name in enumerate(names):
            if name in names[:index]:
                self._problem([*path, index], f"two {what}s are called '{name}'; rename one")

    def _parameter(self, name: str, body: Mapping[str, Any]) -> Parameter:
        made = Parameter(
            name=name,
            type=body["type"],
            stricter=body["stricter"],
            unit=body.get("unit", ""),
            title=body.get("title", ""),
            choices=tuple(body.get("choices", ())),
            default=body.get("default"),
            has_default="default" in body,
        )
        if made.type == "enum" and not made.choices:
            self._problem(["parameters", name], f"parameter '{name}' needs choices: […]")
        elif made.has_default:
            try:
                params.parse(made, made.default)
            except params.BadValue as error:
                self._problem(["parameters", name, "default"], f"parameter {name}: {error}")
        return made

    def _part(self, index: int, body: Mapping[str, Any]) -> Part:
        path: list[str | int] = ["parts", index]
        kind = self._kind([*path, "kind"], body["kind"])
        measure = self._measure(path, body)
        self._facets([*path, "reads"], kind, body["reads"])
        around = Surroundings(
            kind or _NO_KIND,
            tuple(body["reads"]),
            self.parameters,
            measure.yields if measure else (),
        )
        rules = tuple(
            self._rule([*path, "rules", at], rule, around if kind else None)
            for at, rule in enumerate(body["rules"])
        )
        self._unique([*path, "rules"], [rule.name for rule in rules], "rule")
        return Part(
            name=body["name"],
            kind=body["kind"],
            reads=tuple(body["reads"]),
            rules=rules,
            when_empty=body.get("when_empty", "unknown"),
            needs=tuple(self._needs(path, body)),
            request=self._request(path, body, kind),
            measure=body.get("measure", ""),
            arguments=body.get("with", {}),
            notes=tuple(self._notes(path, body, around if kind else None)),
        )

    def _kind(self, path: list[str | int], kind_id: str) -> Kind | None:
        if kind_id not in self.kinds:
            self._problem(path, unknown("kind", kind_id, sorted(self.kinds)))
        return self.kinds.get(kind_id)

    def _facets(self, path: list[str | int], kind: Kind | None, names: Iterable[str]) -> None:
        for index, name in enumerate(names):
            if kind and name not in kind.facets:
                self._problem([*path, index], unknown("facet", name, sorted(kind.facets)))

    def _measure(self, path: list[str | int], body: Mapping[str, Any]) -> Measure | None:
        name = body.get("measure")
        if name is None:
            if "with" in body or "needs" in body:
                self._problem(path, "with: and needs: are for measures; name one, or drop them")
            return None
        if name not in self.measures:
            self._problem([*path, "measure"], unknown("measure", name, sorted(self.measures)))
            return None
        made, given = self.measures[name], body.get("with", {})
        for argument in sorted(set(made.args) - set(given)):
            self._problem([*path, "measure"], f"measure '{name}' needs with: {{{argument}: …}}")
        for argument, value in given.items():
            if argument not in made.args:
                self._problem(
                    [*path, "with", argument], unknown("argument", argument, list(made.args))
                )
            self._reference([*path, "with", argument], value)
        return made

    def _reference(self, path: list[str | int], value: Any) -> None:
        if isinstance(value, str) and value.startswith("params."):
            name = value.removeprefix("params.")
            if name not in self.parameters:
                self._problem(path, unknown("parameter", name, sorted(self.parameters)))
            self.used.add(name)

    def _needs(self, path: list[str | int], body: Mapping[str, Any]) -> Iterable[Need]:
        for index, need in enumerate(body.get("needs", ())):
            kind = self._kind([*path, "needs", index, "kind"], need["kind"])
            self._facets([*path, "needs", index, "reads"], kind, need["reads"])
            yield Need(need["kind"], tuple(need["reads"]))

    def _request(
        self, path: list[str | int], body: Mapping[str, Any], kind: Kind | None
    ) -> dict[str, dict[str, str]]:
        asked: dict[str, dict[str, str]] = body.get("request", {})
        for facet, wants in asked.items():
            known = kind.facets[facet].request if kind and facet in kind.facets else {}
            for what, value in wants.items():
                if what not in known or known[what] not in MERGES:
                    self._problem(
                        [*path, "request", facet], unknown("request", what, sorted(known))
                    )
                else:
                    self._wanted([*path, "request", facet, what], what, known[what], value)
        return asked

    def _wanted(self, path: list[str | int], what: str, merge: str, value: str) -> None:
        """Check what is requested: a parameter of the type that merges so, ``all``, a duration."""
        type_wanted = "duration" if merge == "longest" else "set"
        named = self.parameters.get(value.removeprefix("params."))
        if value.startswith("params."):
            self._reference(path, value)
            if named and named.type != type_wanted:
                text = f"'{what}' asks for a {type_wanted}, parameter '{named.name}' is of type"
                self._problem(path, f"{text} {named.type}; use another")
        elif value != "all":
            try:
                params.parse_duration(value)
            except params.BadValue as error:
                self._problem(path, str(error))

    def _rule(
        self, path: list[str | int], body: Mapping[str, Any], around: Surroundings | None
    ) -> Rule:
        when = body.get("when", "")
        self._words([*path, "expected"], body["expected"])
        known = len(self.problems)
        reading = self._fence([*path, "expect"], body["expect"], around)
        read = reading.facts or reading.measured or len(self.problems) > known
        if around and not read:
            text = "this reads no fact, so it would hold where nobody could look; read one"
            self._problem([*path, "expect"], text)
        return Rule(
            name=body["name"],
            expect=body["expect"],
            proves=Proof(body["proves"]),
            reading=reading,
            when=when,
            when_reading=self._fence([*path, "when"], when, around) if when else Reading(),
            expected=body["expected"],
            tolerates=tuple(body.get("tolerates", ())),
        )

    def _notes(
        self, path: list[str | int], body: Mapping[str, Any], around: Surroundings | None
    ) -> Iterable[Note]:
        for index, note in enumerate(body.get("notes", ())):
            where = [*path, "notes", index]
            self._words([*where, "say"], note["say"])
            yield Note(
                note["when"], note["say"], self._fence([*where, "when"], note["when"], around)
            )

    def _fence(self, path: list[str | int], source: str, around: Surroundings | None) -> Reading:
        if around is None:
            return Reading()
        reading, wrong = fence(source, around)
        self.used.update(reading.params)
        for text in wrong:
            self._problem(path, text)
        return reading

    def _words(self, path: list[str | int], text: str) -> None:
        for name in params.names_in(text):
            if name not in self.parameters:
                self._problem(path, unknown("parameter", name, sorted(self.parameters)))


_NO_KIND = Kind("", "", "", {}, {})
