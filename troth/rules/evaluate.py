"""Run fenced CEL: true, false, or undecided with the reason why the facts are not there."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from troth.errors import RuleBug
from troth.model import Failure, Reason
from troth.rules.fence import Reading


@dataclass(frozen=True)
class Decision:
    """What an expression came to; ``value`` is None when ``failure`` says why it is undecided."""

    value: bool | None
    failure: Failure | None = None


TRUE, FALSE = Decision(True), Decision(False)


@lru_cache(maxsize=4096)
def _program(source: str) -> Any:
    import cel

    return cel.compile(source)


@dataclass
class Bench:
    """Where rules run: the parameters and the time are set once, the facts resource by resource.

    ``facts`` are coerced facts by facet; ``missing`` maps ``facet``, ``facet.fact`` or
    ``measured.name`` to why it is not there. ``wanted`` limits what is handed to the engine to
    these facts by facet; None means everything.
    """

    params: Mapping[str, Any]
    as_of: datetime
    today: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    measured: Mapping[str, Any] = field(default_factory=dict)
    missing: Mapping[str, Failure] = field(default_factory=dict)
    wanted: tuple[tuple[str, tuple[str, ...]], ...] | None = None

    def __post_init__(self) -> None:
        """Hand the values that stay the same to the engine once; converting them is costly."""
        import cel

        single = dict(_single(self.params))
        self._context = cel.Context(
            {"params": dict(self.params), "as_of": self.as_of, "today": self.today, "measured": {}}
            | {_flat_param(path): value for path, value in single.items()}
        )
        self._single = single.keys()
        self._flat_programs: dict[str, Any] = {}
        self._wanted = None if self.wanted is None else _named(self.wanted)
        #: The facts that the engine holds under names of their own.
        self._handed: dict[str, Any] = {}
        self.put(self.facts, self.measured, self.missing)

    def put(
        self,
        facts: Mapping[str, Any],
        measured: Mapping[str, Any],
        missing: Mapping[str, Failure],
    ) -> None:
        """Set what the next rules are about."""
        if measured or self.measured:
            try:
                self._context.add_variable("measured", measured)
            except (TypeError, ValueError, OverflowError) as error:
                raise RuleBug(f"measured facts that no rule can read: {error}") from error
        self.facts, self.measured, self.missing = facts, measured, missing
        news = self._news(facts)
        self._flat = news is not None
        if news is None:
            self._context.add_variable("facts", facts)
        elif news:
            self._hand(news)

    def _news(self, facts: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what the engine does not hold yet of the wanted facts, None if one is not there.

        Handing nested maps to the engine is a quarter of the time of a finding, so facts go over
        as single values, each under a name of its own, and only when it is another one than
        before. Only when all are there: none may keep the value of the resource before.
        """
        if self._wanted is None:
            return None
        news: dict[str, Any] = {}
        handed = self._handed
        try:
            for facet, fact, name in self._wanted:
                value, held = facts[facet][fact], handed.get(name, _NEVER)
                kind = value.__class__  # True and 1 are equal, but not the same to a rule
                if kind not in _CONSTANT or kind is not held.__class__ or value != held:
                    news[name] = value
        except (KeyError, TypeError):  # the fact is not there, or the whole facet is not
            return None
        return news

    def _hand(self, news: dict[str, Any]) -> None:
        try:
            self._context.update(news)
        except BaseException:  # which of them the engine took is not known
            self._handed.clear()
            raise
        self._handed.update(news)

    def decide(self, source: str, reading: Reading) -> Decision:
        """Return what the expression comes to.

        Raises :class:`~troth.errors.RuleBug` when it fails although every fact it reads is there,
        or comes to something other than true or false.
        """
        try:
            value = self._prepared(source).execute(self._context)
        except Exception as error:
            other = self._in_other_orders(source, reading) if reading.iterates else None
            if other is not None:
                return TRUE if other else FALSE
            failure = self._absent(reading)
            if failure is None and isinstance(error, KeyError) and reading.iterates:
                what = str(error).strip("'\"")
                failure = Failure(Reason.NO_DATA, f"an element has no {what}: it was not read")
            if failure is None:
                raise RuleBug(f"rule '{source}' failed: {error}") from error
            return Decision(None, failure)
        if value is True:
            return TRUE
        if value is False:
            return FALSE
        raise RuleBug(f"rule '{source}' came to {value!r}, not to true or false")

    def _prepared(self, source: str) -> Any:
        """Return the program of an expression, by the names under which its facts lie here."""
        if not self._flat:
            return _program(source)
        known = self._flat_programs.get(source)
        if known is None:
            known = _program(flat_params(flat(source), self._single))
            self._flat_programs[source] = known
        return known

    def rules_out(self, when: str, reading: Reading) -> bool:
        """Tell whether a rule with this condition can never apply, whatever the facts are.

        To be asked before any facts lie on the bench: a condition that is false without them
        (``params.x && facts.a.b``, x being false) stays false with them. Raises as
        :meth:`decide`.
        """
        return bool(when) and self.decide(when, reading).value is False

    def _in_other_orders(self, source: str, reading: Reading) -> bool | None:
        """Return what an expression comes to when elements of another shape come first, or None.

        The engine stops at the first element that lacks what is asked of it, although a later one
        may decide (CEL: all() and exists() absorb errors): the order of a list must not matter.
        """
        try:
            for ordered in _orders(self.facts, reading):
                self._context.add_variable("facts", ordered)
                with contextlib.suppress(*_UNDECIDED):
                    value = _program(source).execute(self._context)
                    if isinstance(value, bool):
                        return value
            return None
        finally:
            if not self._flat:
                self._context.add_variable("facts", self.facts)

    def _absent(self, reading: Reading) -> Failure | None:
        """Return why the first of the facts that are read is not there, or None."""
        for chain in reading.facts:
            failure = self._absent_fact(chain)
            if failure:
                return failure
        for name in reading.measured:
            if name not in self.measured:
                return self.missing.get(
                    f"measured.{name}", Failure(Reason.NO_DATA, f"{name} was not measured")
                )
        return None

    def _absent_fact(self, chain: tuple[str, ...]) -> Failure | None:
        facet, fact = chain[0], chain[1]
        text = f"{facet}.{fact}"
        values = self.facts.get(facet)
        if values is None:
            return self.missing.get(facet, Failure(Reason.NO_DATA, f"{facet} was not read"))
        if fact not in values:
            return self.missing.get(text, Failure(Reason.NO_DATA, f"{text} was not read"))
        if chain[2:] == ("complete",) and values[fact].get("complete") is not True:
            return self.missing.get(
                text, Failure(Reason.LISTING_INCOMPLETE, f"{text} could only be read in part")
            )
        return None

    def select(self, filter_source: str) -> list[Any]:
        """Return what a filter of :func:`offenders` gives, nothing if it cannot be evaluated."""
        try:
            value = self._prepared(filter_source).execute(self._context)
        except _UNDECIDED:
            return []
        return value if isinstance(value, list) else []

    def found(self, shown: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, Any]:
        """Return the values of the chains of ``shown`` (see :func:`shown`) that are there."""
        values: dict[str, Any] = {}
        for name, chain in shown:
            value: Any = self.facts if len(chain) > 1 else self.measured
            try:
                for step in chain:
                    value = value[step]
            except (KeyError, TypeError):  # not read, or null where it would go on
                continue
            values[name] = value
        return values


#: Types of facts of which two are the same to every rule if they are equal.
_CONSTANT = frozenset({str, int, bool, type(None)})
_NEVER = object()


def _named(wanted: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[tuple[str, str, str], ...]:
    """Return facet, fact and flat name of each wanted fact."""
    pairs = ((facet, fact) for facet, facts in wanted for fact in facts)
    return tuple((facet, fact, _flat_name(facet, fact)) for facet, fact in pairs)


def flat(source: str) -> str:
    """Return an expression with each ``facts.<facet>.<fact>`` as one name; texts stay as they are.

    The fence has made sure that ``facts`` is always followed by a facet and a fact.
    """
    return _FACT.sub(lambda m: _flat_name(m[1], m[2]) if m[1] else m[0], source)


def _flat_name(facet: str, fact: str) -> str:
    """Return a name that no other facet and fact have: the facet's length keeps them apart."""
    return f"facts_{len(facet)}_{facet}_{fact}"


def _single(params: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the parameters that are single values, and the members of the others, by path.

    The engine copies a whole map to read one member: three quarters of the time of a short rule.
    """
    for name, value in params.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{member}", inner) for member, inner in value.items())
        else:
            yield name, value


def flat_params(source: str, known: Collection[str]) -> str:
    """Return an expression with each path of ``known`` below ``params`` as one name.

    Whatever else stands below ``params`` stays: a path that is not known, a method's name.
    """

    def named(found: re.Match[str]) -> str:
        name, member = found["name"], found["member"]
        if name is None or source[: found.start()].rstrip().endswith("."):
            return found[0]
        if f"{name}.{member}" in known:
            return _flat_param(f"{name}.{member}")
        return _flat_param(name) + found[0][len(f"params.{name}") :] if name in known else found[0]

    return _PARAM.sub(named, source)


def _flat_param(path: str) -> str:
    """Return a name that no other parameter or member has, as :func:`_flat_name` does."""
    name, _, member = path.partition(".")
    return f"params_{len(name)}_{name}_{member}"


#: What the engine raises for an expression that cannot be evaluated over these facts.
_UNDECIDED = (LookupError, ArithmeticError, TypeError, ValueError, RuntimeError)


def _orders(facts: Mapping[str, Any], reading: Reading) -> Iterator[Mapping[str, Any]]:
    """Yield the facts with the elements of one shape of one list first, for each of them."""
    for facet, fact, *rest in reading.facts:
        whole: Any = facts.get(facet, {}).get(fact) if rest == ["items"] else None
        items = whole["items"] if isinstance(whole, Mapping) else []
        shapes = dict.fromkeys(map(_shape, items))
        for wanted in shapes if len(shapes) > 1 else ():
            first = sorted(items, key=lambda item: _shape(item) != wanted)
            yield {**facts, facet: {**facts[facet], fact: {**whole, "items": first}}}


def _shape(value: Any) -> Any:
    """Return which members a value has, all the way down, and which lists are empty."""
    if isinstance(value, Mapping):
        return tuple((name, _shape(value[name])) for name in sorted(value))
    return bool(value) if isinstance(value, list | int | float) else value is None


def offenders(source: str) -> tuple[tuple[str, str], ...]:
    """Return, for every ``list.all(x, …)`` of an expression, the list's name and a filter.

    The filter gives the elements that are against the rule: the others in the list are fine, and
    a finding that shows them all hides the one that matters.
    """
    found = []
    for match in _ALL.finditer(source):
        inner = _inside(source, match.end())
        variable, comma, body = inner.partition(",")
        if comma:
            chain = match["chain"]
            name = chain.removeprefix("facts.").removeprefix("measured.")
            found.append((name, f"{chain}.filter({variable.strip()}, !({body}))"))
    return tuple(found)


def _inside(source: str, start: int) -> str:
    """Return the text from ``start`` to the parenthesis that closes there."""
    depth = 1
    for match in _BRACKET.finditer(source, start):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0:
            return source[start : match.start()]
    return source[start:]


_ALL = re.compile(r"(?P<chain>(?:facts|measured)(?:\.\w+)+)\.all\(")
_FACT = re.compile(
    r"""(?<![\w.])facts\s*\.\s*(\w+)\s*\.\s*(\w+)|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'"""
)
_PARAM = re.compile(
    r"""(?<![\w.])params\.(?P<name>\w+)(?:\.(?P<member>\w+))?"""
    r"""|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'"""
)
_BRACKET = re.compile(r"""\(|\)|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""")


def shown(readings: Iterable[Reading]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what findings show of some expressions: name and chain, sorted by name.

    A chain of one step is a measured fact. Whether a list is complete is not shown.
    """
    readings = tuple(readings)
    chains = {chain for reading in readings for chain in reading.facts if chain[-1] != "complete"}
    chains |= {(name,) for reading in readings for name in reading.measured}
    return tuple(sorted((".".join(chain), chain) for chain in chains))
