"""What the files define, as values: controls with their parts and rules, policies with clauses.

The catalogue builds these after every reference in them has been resolved; plan, judge and
reports read them and never open a file. Most are named tuples, which every command defines in a
sixth of the time that frozen dataclasses take.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

from troth.model import Assess, Proof, Severity
from troth.params import Parameter
from troth.rules.fence import Reading

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Rule(NamedTuple):
    """One CEL condition on one resource or on a measured population.

    ``tolerates`` names facets and facts (``facet`` or ``facet.fact``) without which, or with
    which null, the rule may still be true; everything else must make it undecided.
    """

    name: str
    expect: str
    proves: Proof
    reading: Reading
    when: str = ""
    when_reading: Reading = Reading()
    expected: str = ""
    tolerates: tuple[str, ...] = ()


class Note(NamedTuple):
    """A sentence that a finding carries when its condition holds; it decides nothing."""

    when: str
    say: str
    reading: Reading


class Need(NamedTuple):
    """Another population that a part's measure looks at."""

    kind: str
    reads: tuple[str, ...]


class Part(NamedTuple):
    """A control's share on one kind.

    ``request`` maps facet to request name to a parameter reference or a constant. ``arguments``
    are the measure's, likewise.
    """

    name: str
    kind: str
    reads: tuple[str, ...]
    rules: tuple[Rule, ...]
    when_empty: str = "unknown"
    needs: tuple[Need, ...] = ()
    request: Mapping[str, Mapping[str, str]] = _NOTHING
    measure: str = ""
    arguments: Mapping[str, Any] = _NOTHING
    notes: tuple[Note, ...] = ()


class Control(NamedTuple):
    """A reusable requirement: typed parameters, and parts that must all hold."""

    id: str
    domain: str
    title: str
    severity: Severity
    parameters: Mapping[str, Parameter]
    parts: tuple[Part, ...]
    fix: Mapping[str, str]
    frameworks: Mapping[str, tuple[str, ...]]
    origin: str = ""


class Setting(NamedTuple):
    """One parameter's value in one binding: parsed, and who said so.

    ``source`` is ``stated`` (the document), ``assumed`` (whoever wrote the policy), ``default``
    (the control) or ``yours`` (troth.yaml).
    """

    value: Any
    source: str


@dataclass(frozen=True)
class Binding:
    """The tie from a clause to a control, with every parameter set."""

    name: str
    control: str
    settings: Mapping[str, Setting]
    classes: tuple[str, ...] = ()

    @cached_property
    def values(self) -> dict[str, Any]:
        """Return the parsed parameter values by name."""
        return {name: setting.value for name, setting in self.settings.items()}


class Unbound(NamedTuple):
    """A figure of the document, or an assumed value, that no parameter carries, and why."""

    name: str
    value: Any
    reason: str
    assumed: bool = False


class Clause(NamedTuple):
    """One promise of a document under the document's own number.

    ``lines`` are the source lines it rests on (first is 1), ``digest`` the digest of their text.
    ``line`` is where the clause stands in the policy file.
    """

    id: str
    promise: str
    assess: Assess
    bindings: tuple[Binding, ...] = ()
    awaits: tuple[str, ...] = ()
    unbound: tuple[Unbound, ...] = ()
    interpretation: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()
    digest: str = ""
    line: int = 0


@dataclass(frozen=True)
class Policy:
    """One document: its clauses, language, time zone and the digest of its source text."""

    id: str
    title: str
    language: str
    timezone: str
    digest: str
    clauses: tuple[Clause, ...]
    origin: str = ""

    @cached_property
    def by_id(self) -> dict[str, Clause]:
        """Return the clauses by their number."""
        return {clause.id: clause for clause in self.clauses}
