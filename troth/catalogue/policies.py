"""Read policy files: clauses bound to controls, every parameter set, every reference resolved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from troth import params
from troth.catalogue.schemas import misnamed, near, read, unknown
from troth.definitions import Binding, Clause, Control, Policy, Setting, Unbound
from troth.errors import InputError, Problem
from troth.model import Assess
from troth.yamlfile import Document


def read_policy(path: Path, controls: Mapping[str, Control], name: str = "") -> Policy:
    """Return the policy in a file; raises :class:`~troth.errors.InputError` with every fault."""
    document = read(path, "policy", name)
    return _Reader(document, controls, misnamed(document, path)).policy()


class _Reader:
    """Builds one policy and gathers everything that is wrong with it."""

    def __init__(
        self, document: Document, controls: Mapping[str, Control], problems: list[Problem]
    ) -> None:
        self.document = document
        self.controls = controls
        self.problems = problems

    def policy(self) -> Policy:
        data = self.document.data
        if data["timezone"] not in params.zones():
            advice = "write a name of the IANA database, like Asia/Tokyo"
            text = unknown("time zone", data["timezone"], sorted(params.zones()), advice)
            self._problem(["timezone"], text)
        clauses = tuple(self._clause(index, body) for index, body in enumerate(data["clauses"]))
        seen: set[str] = set()
        for index, clause in enumerate(clauses):
            if clause.id in seen:
                text = f"clause '{clause.id}' stands twice; ids are never reused"
                self._problem(["clauses", index, "id"], text)
            seen.add(clause.id)
        if self.problems:
            raise InputError(self.problems)
        return Policy(
            id=data["id"],
            title=data["title"],
            language=data["source"]["language"],
            timezone=data["timezone"],
            digest=data["source"].get("digest", ""),
            clauses=clauses,
            origin=self.document.path,
        )

    def _problem(self, path: list[str | int], text: str, *, key: bool = False) -> None:
        self.problems.append(self.document.error(path, text, key=key))

    def _clause(self, index: int, body: Mapping[str, Any]) -> Clause:
        path: list[str | int] = ["clauses", index]
        bindings = self._bindings(path, body)
        awaits = tuple(body.get("awaits", ()))
        for at, control in enumerate(awaits):
            if control in self.controls:
                text = (
                    f"clause {body['id']}: control '{control}' is written; bind it under controls:"
                )
                self._problem([*path, "awaits", at], text)
        decides = body.get("controls") or awaits
        if body["assess"] != Assess.INFORMATIVE and not decides:
            text = (
                f"clause {body['id']}: nothing decides it; bind a control, or list one in awaits:"
            )
            self._problem(path, text)
        lines = body.get("lines", {})
        return Clause(
            id=body["id"],
            promise=body["promise"],
            assess=Assess(body["assess"]),
            bindings=bindings,
            awaits=awaits,
            unbound=tuple(_unbound(item) for item in body.get("unbound", ())),
            interpretation=tuple(body.get("interpretation", ())),
            lines=tuple(lines.get("at", ())),
            digest=lines.get("digest", ""),
            line=self.document.place(path).line,
        )

    def _bindings(self, path: list[str | int], body: Mapping[str, Any]) -> tuple[Binding, ...]:
        rows = body.get("controls", ())
        made = [
            self._binding([*path, "controls", at], body["id"], row) for at, row in enumerate(rows)
        ]
        names = [row.get("as", row["control"]) for row in rows]
        for at, name in enumerate(names):
            if name in names[:at]:
                text = f"clause {body['id']}: '{name}' is bound twice; name each with as:"
                self._problem([*path, "controls", at], text)
        return tuple(binding for binding in made if binding)

    def _binding(
        self, path: list[str | int], clause: str, row: Mapping[str, Any]
    ) -> Binding | None:
        control = self.controls.get(row["control"])
        if control is None:
            advice = "write it, or list it in awaits:"
            text = unknown("control", row["control"], sorted(self.controls), advice)
            self._problem([*path, "control"], f"clause {clause}: {text}")
            return None
        settings = dict(self._settings(path, clause, row, control))
        if settings.keys() != control.parameters.keys():
            self._complete(settings, path, clause, row, control)
        return Binding(
            row.get("as", control.id),
            control.id,
            dict(sorted(settings.items())),
            tuple(row.get("classes", ())),
        )

    def _complete(
        self,
        settings: dict[str, Setting],
        path: list[str | int],
        clause: str,
        row: Mapping[str, Any],
        control: Control,
    ) -> None:
        """Add what the control has by default; a parameter without any value is a problem."""
        told = {name for where in _SOURCES for name in row.get(where, ())}
        known = control.parameters
        meant = {name for given in told - known.keys() for name in near(given, sorted(known))}
        for name, parameter in known.items():
            # A value that is wrong, or under a misspelt name, has its own message already.
            if name in told or name in meant:
                continue
            if parameter.has_default:
                value = params.parse(parameter, parameter.default)
                settings[name] = Setting(value, "default")
            else:
                text = f"clause {clause}: parameter '{name}' has no value; state it under set:"
                self._problem(path, f"{text}, or choose one under assumed:")

    def _settings(
        self, path: list[str | int], clause: str, row: Mapping[str, Any], control: Control
    ) -> Iterable[tuple[str, Setting]]:
        for where, source in _SOURCES.items():
            for name, raw in row.get(where, _NOTHING).items():
                parameter = control.parameters.get(name)
                if parameter is None:
                    text = unknown("parameter", name, sorted(control.parameters))
                    self._problem([*path, where, name], f"clause {clause}: {text}", key=True)
                    continue
                if where == "assumed" and name in row.get("set", {}):
                    text = f"clause {clause}: '{name}' is stated and assumed; keep one"
                    self._problem([*path, where, name], text, key=True)
                try:
                    yield name, Setting(params.parse(parameter, raw), source)
                except params.BadValue as error:
                    self._problem([*path, where, name], f"clause {clause}: {name}: {error}")


_NOTHING: Mapping[str, Any] = {}
#: Where a binding's values stand, and who said them.
_SOURCES = {"set": "stated", "assumed": "assumed"}


def _unbound(item: Mapping[str, Any]) -> Unbound:
    return Unbound(item["name"], item["value"], item["reason"], item.get("assumed", False))
