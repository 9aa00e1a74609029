"""The plan: which checkers look where, for which facets, with which calls; before any is made.

The clauses' parts are merged: one observation of a resource serves every clause that reads it,
and what the clauses request of a facet is merged into one request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from troth import params
from troth.catalogue.schemas import unknown
from troth.checker import Call, Checker, Partition
from troth.config import Config, Selection, policy_id
from troth.definitions import Binding, Clause, Control, Part, Policy, Setting
from troth.errors import InputError, Problem
from troth.judge.requests import ALL, longest
from troth.kinds import Kind
from troth.model import TAGS, Assess

#: What to do about a clause that there is not.
LIST_CLAUSES = "troth list clauses shows them"

Requests = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Chosen:
    """A policy as it will be judged: the user's values applied, informative clauses kept."""

    policy: Policy
    selection: Selection
    clauses: tuple[Clause, ...]

    def parts(self, controls: Mapping[str, Control]) -> Iterator[tuple[Clause, Binding, Part]]:
        """Yield every part that has to be judged."""
        for clause in self.clauses:
            if clause.assess is Assess.INFORMATIVE:
                continue
            for binding in clause.bindings:
                for part in controls[binding.control].parts:
                    yield clause, binding, part


@dataclass(frozen=True)
class Unit:
    """One checker in one partition of one target: what it looks for, and what it will call."""

    target: str
    checker: str
    partition: Partition
    kind: str
    facets: tuple[str, ...]
    unsupported: tuple[str, ...]
    requests: Requests = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Return the stable key of the unit, also the name of its shard."""
        return f"{self.target}.{self.checker}.{self.partition.name}"

    def as_json(self) -> dict[str, Any]:
        """Return what is asked of the unit as JSON."""
        return {
            "target": self.target,
            "checker": self.checker,
            "partition": self.partition.name,
            "kind": self.kind,
            "facets": sorted({*self.facets, *self.unsupported}),
            "requests": {name: dict(asked) for name, asked in self.requests.items()},
        }


@dataclass(frozen=True)
class Read:
    """One line of the plan: an operation at a target, and the permissions that it needs."""

    target: str
    checker: str
    partition: str
    operation: str
    per: str
    effect: str
    allowed: bool
    permissions: tuple[str, ...]
    egress: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the line as JSON."""
        return {
            "target": self.target,
            "checker": self.checker,
            "partition": self.partition,
            "operation": self.operation,
            "per": self.per,
            "effect": self.effect,
            "allowed": self.allowed,
            "permissions": list(self.permissions),
            "egress": list(self.egress),
        }


@dataclass(frozen=True)
class Plan:
    """Everything that will be looked at, and every read that it takes."""

    chosen: tuple[Chosen, ...]
    units: tuple[Unit, ...]
    reads: tuple[Read, ...]


def choose(
    config: Config,
    policies: Mapping[str, Policy],
    controls: Mapping[str, Control],
    clauses: Iterable[str] = (),
) -> tuple[Chosen, ...]:
    """Return the selected policies with the user's values.

    ``clauses`` limits them to full ids (``policy/clause``, with ``*``). Raises
    :class:`~troth.errors.InputError` for a value that loosens what the document states.
    """
    problems: list[Problem] = []
    made = []
    wanted = tuple(clauses)
    for index, selection in enumerate(config.selections):
        policy = policies[policy_id(selection.policy)]
        setter = _Setter(config, index, policy, controls, problems)
        kept = tuple(
            setter.apply(clause)
            for clause in policy.clauses
            if not wanted or any(fnmatchcase(f"{policy.id}/{clause.id}", glob) for glob in wanted)
        )
        setter.unused(selection)
        made.append(Chosen(policy, selection, kept))
    if problems:
        raise InputError(problems)
    return tuple(made)


class _Setter:
    """Applies ``set:`` of one selection: stated values only stricter, assumed ones freely."""

    def __init__(
        self,
        config: Config,
        index: int,
        policy: Policy,
        controls: Mapping[str, Control],
        problems: list[Problem],
    ) -> None:
        self.config = config
        self.path: list[str | int] = ["policies", index, "set"]
        self.policy = policy
        self.controls = controls
        self.problems = problems

    def _problem(self, path: list[str | int], text: str, *, key: bool = False) -> None:
        if self.config.document is not None:
            self.problems.append(self.config.document.error([*self.path, *path], text, key=key))

    def unused(self, selection: Selection) -> None:
        for clause_id, bindings in selection.set.items():
            clause = self.policy.by_id.get(clause_id)
            if clause is None:
                text = unknown("clause", clause_id, sorted(self.policy.by_id), LIST_CLAUSES)
                self._problem([clause_id], text, key=True)
                continue
            names = [binding.name for binding in clause.bindings]
            for name in bindings.keys() - set(names):
                text = f"clause {clause_id}: {unknown('control', name, names)}"
                self._problem([clause_id, name], text, key=True)

    def apply(self, clause: Clause) -> Clause:
        rows = self.config.selections[int(self.path[1])].set.get(clause.id, {})
        if not rows:
            return clause
        bindings = tuple(
            replace(binding, settings=self._settings(clause, binding, rows[binding.name]))
            if binding.name in rows
            else binding
            for binding in clause.bindings
        )
        return clause._replace(bindings=bindings)

    def _settings(
        self, clause: Clause, binding: Binding, rows: Mapping[str, Any]
    ) -> dict[str, Setting]:
        settings = dict(binding.settings)
        known = self.controls[binding.control].parameters
        for name, raw in rows.items():
            path: list[str | int] = [clause.id, binding.name, name]
            if name not in known:
                text = f"clause {clause.id}: {unknown('parameter', name, sorted(known))}"
                self._problem(path, text, key=True)
                continue
            try:
                value = params.parse(known[name], raw)
            except params.BadValue as error:
                self._problem(path, f"clause {clause.id}: {name}: {error}")
                continue
            stated = settings[name]
            if stated.source == "stated" and params.loosens(known[name], stated.value, value):
                said = params.plain(stated.value)
                text = (
                    f"clause {clause.id} promises {name} {said}; {raw} is looser; set it stricter"
                )
                self._problem(path, text)
            settings[name] = Setting(value, "yours")
        return settings


def make(
    config: Config,
    chosen: tuple[Chosen, ...],
    controls: Mapping[str, Control],
    kinds: Mapping[str, Kind],
    checkers: Mapping[str, type[Checker]],
) -> Plan:
    """Return the plan for the chosen policies over the configured targets."""
    wanted = _wanted(chosen, controls, kinds)
    units: list[Unit] = []
    reads: list[Read] = []
    for target_id in sorted(config.targets):
        target = config.targets[target_id]
        for name in sorted(checkers):
            cls = checkers[name]
            if cls.target_type != target["type"] or name not in target.get("checkers", (name,)):
                continue
            asked = wanted.get((target_id, cls.kind))
            if asked is None:
                continue
            units.extend(_units(cls, target, asked))
    for unit in units:
        reads.extend(_reads(checkers[unit.checker], config.targets[unit.target], unit))
    return Plan(chosen, tuple(units), tuple(sorted(set(reads), key=_order)))


def _order(read: Read) -> tuple[str, ...]:
    return (read.target, read.partition, read.checker, read.operation, read.per)


@dataclass
class _Asked:
    """What all clauses want of one kind at one target."""

    facets: set[str] = field(default_factory=set)
    requests: dict[str, dict[str, Any]] = field(default_factory=dict)


def _wanted(
    chosen: Iterable[Chosen], controls: Mapping[str, Control], kinds: Mapping[str, Kind]
) -> dict[tuple[str, str], _Asked]:
    wanted: dict[tuple[str, str], _Asked] = {}
    for one in chosen:
        scoped = bool(one.selection.where)
        for _, binding, part in one.parts(controls):
            reads = {*part.reads, *([TAGS] if scoped or binding.classes else [])}
            for target in one.selection.targets:
                asked = wanted.setdefault((target, part.kind), _Asked())
                asked.facets |= reads
                _merge(asked, part, binding, kinds[part.kind])
                for need in part.needs:
                    wanted.setdefault((target, need.kind), _Asked()).facets |= set(need.reads)
    return wanted


def _merge(asked: _Asked, part: Part, binding: Binding, kind: Kind) -> None:
    for facet, wants in part.request.items():
        merged = asked.requests.setdefault(facet, {})
        for what, raw in wants.items():
            value = raw
            if raw.startswith("params."):
                value = params.plain(binding.values[raw.removeprefix("params.")])
            merged[what] = _merged(kind.facets[facet].request[what], merged.get(what), value)


def _merged(how: str, before: Any, value: Any) -> Any:
    if before is None:
        return value
    if ALL in (before, value):
        return ALL
    if how == "union":
        return sorted({*before, *value})
    return longest(before, value)


def _units(cls: type[Checker], target: Mapping[str, Any], asked: _Asked) -> Iterator[Unit]:
    offered = {*cls.facets(), TAGS}
    facets = tuple(sorted(asked.facets & offered))
    for partition in cls.partitions(target):
        yield Unit(
            target=target["id"],
            checker=cls.id,
            partition=partition,
            kind=cls.kind,
            facets=facets,
            unsupported=tuple(sorted(asked.facets - offered)),
            requests={name: asked.requests[name] for name in facets if name in asked.requests},
        )


def calls_of(cls: type[Checker], facets: Iterable[str]) -> list[Call]:
    """Return the calls that listing and the facets take, each once, by name."""
    declared, made = cls.calls(), cls.facets()
    names = {*cls.lists, *cls.basis}
    for name in facets:
        names.update(made[name].uses if name in made else ())
    return [declared[name] for name in sorted(names)]


def _reads(cls: type[Checker], target: Mapping[str, Any], unit: Unit) -> Iterator[Read]:
    egress = tuple(cls.egress(target, unit.partition))
    for operation, permission, host in cls.credential_reads(target):
        yield Read(
            unit.target, "credentials", "", operation, "run", "read", True,
            (permission,) if permission else (), (host,) if host else (),
        )  # fmt: skip
    for call in calls_of(cls, unit.facets):
        allowed = call.effect == "read" or call.effect in target.get("allow", ())
        yield Read(
            unit.target, unit.checker, unit.partition.name, call.operation, call.per,
            call.effect, allowed, call.actions, egress,
        )  # fmt: skip
