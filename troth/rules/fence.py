"""The fence: what a rule may read, and the forms that could turn "could not look" into a pass.

Every chain must exist in the kind, the parameters or the measure. ``has()`` is refused, because a
fact that could not be read must make a rule unknown, not false. ``.all()`` over a list that may be
empty is refused unless the rule says what an empty list means, and whoever reads the items of a
list fact must also read whether it is complete.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from troth.kinds import Kind, is_list
from troth.params import VIEWS, Parameter
from troth.rules.tree import MACROS, Node, Unreadable, read

_FUNCTIONS = frozenset(
    {"size", "timestamp", "duration", "matches", "startsWith", "endsWith", "contains", "int",
     "double", "string", "getFullYear", "getMonth", "getDayOfMonth", "getDayOfWeek", "getHours",
     "getMinutes", "getSeconds"}
)  # fmt: skip
_ROOTS = ("facts", "params", "measured", "as_of", "today")
Schema = Mapping[str, Any]


class Surroundings(NamedTuple):
    """What the rules of one part may read."""

    kind: Kind
    reads: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    yields: tuple[str, ...] = ()


class Reading(NamedTuple):
    """What one expression reads, for evaluation and for the words of a finding."""

    facts: tuple[tuple[str, ...], ...] = ()
    params: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()
    iterates: bool = False


@dataclass
class _Walk:
    around: Surroundings
    facts: set[tuple[str, ...]] = field(default_factory=set)
    params: set[str] = field(default_factory=set)
    measured: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    iterates: bool = False


def fence(source: str, around: Surroundings) -> tuple[Reading, list[str]]:
    """Return what a CEL expression reads, and what is wrong with it, a sentence each."""
    try:
        tree = read(source)
    except Unreadable as error:
        return Reading(), [f"not CEL: {error}"]
    walk = _Walk(around)
    try:
        _visit(tree, walk, {}, frozenset(), frozenset())
    except RecursionError:
        return Reading(), ["not CEL: nested too deeply; make it flatter"]
    walk.problems.extend(_incomplete(walk))
    reading = Reading(
        tuple(sorted(walk.facts)),
        tuple(sorted(walk.params)),
        tuple(sorted(walk.measured)),
        walk.iterates,
    )
    return reading, list(dict.fromkeys(walk.problems))


Scope = dict[str, Schema]
Guards = frozenset[str]


def _visit(node: Node, walk: _Walk, scope: Scope, full: Guards, empty: Guards) -> None:
    """Check a node; ``full`` and ``empty`` are lists known not to be, or to be allowed, empty."""
    if node.chain:
        _chain(node.chain, walk, scope)
        return
    if node.kind == "op" and node.name in ("&&", "||"):
        _connective(node, walk, scope, full, empty)
        return
    if node.kind == "call":
        _call(node, walk, scope, full, empty)
        return
    if node.kind == "index" and not node.args[1].name.isdigit():
        # facts.a.keys["items"] would be read without anybody knowing that it is.
        walk.problems.append("[…] takes a number here; write .name instead of ['name']")
        return
    for arg in node.args:
        _visit(arg, walk, scope, full, empty)


def _connective(node: Node, walk: _Walk, scope: Scope, full: Guards, empty: Guards) -> None:
    parts = list(_operands(node, node.name))
    if node.name == "&&":
        full = full | {name for part in parts for name in _says_full(part)}
    else:
        empty = empty | {name for part in parts for name in _says_empty(part)}
    for part in parts:
        _visit(part, walk, scope, full, empty)


def _operands(node: Node, operator: str) -> Iterator[Node]:
    if node.kind == "op" and node.name == operator:
        for arg in node.args:
            yield from _operands(arg, operator)
    else:
        yield node


def _says_full(node: Node) -> Iterator[str]:
    """Yield the list that a conjunct makes sure is not empty: ``x.size() > 0``, ``x.exists(…)``."""
    if _compares_size(node) and _is_positive(node.name, node.args[1]):
        yield str(_sized(node.args[0]))
    if node.kind == "call" and node.on_target and node.name in ("exists", "exists_one"):
        yield str(node.args[0])


def _is_positive(operator: str, number: Node) -> bool:
    """Tell whether ``size <operator> number`` can only hold of one element or more."""
    if number.kind != "literal" or not number.name.isdecimal():
        return False
    least = {">": int(number.name) + 1, ">=": int(number.name), "==": int(number.name)}
    return least.get(operator, 0) >= 1


def _says_empty(node: Node) -> Iterator[str]:
    if _compares_size(node) and node.name == "==":
        sized, number = node.args
        if number.name == "0":
            yield str(_sized(sized))


def _compares_size(node: Node) -> bool:
    """Tell whether a node has the size of something on its left; a sign has one side only."""
    return node.kind == "op" and len(node.args) == 2 and _is_size(node.args[0])


def _is_size(node: Node) -> bool:
    return node.kind == "call" and node.name == "size" and len(node.args) == 1


def _sized(node: Node) -> Node:
    return node.args[0]


def _call(node: Node, walk: _Walk, scope: Scope, full: Guards, empty: Guards) -> None:
    if node.name == "has":
        walk.problems.append("has() hides a fact that could not be read; compare the fact itself")
        return
    if node.on_target and node.name in MACROS:
        _macro(node, walk, scope, full, empty)
        return
    if node.name not in _FUNCTIONS:
        walk.problems.append(_unknown("function", node.name, _FUNCTIONS))
    for arg in node.args:
        _visit(arg, walk, scope, full, empty)


def _macro(node: Node, walk: _Walk, scope: Scope, full: Guards, empty: Guards) -> None:
    if len(node.args) < 3 or node.args[1].kind != "name":
        walk.problems.append(f"{node.name}() takes a variable and a condition, as (k, k.on)")
        return
    target, variable, *bodies = node.args
    if variable.name == "facts":  # the engine is given each fact under one name
        walk.problems.append("'facts' cannot be a variable; choose another name")
        return
    walk.iterates = True
    _visit(target, walk, scope, full, empty)
    if node.name == "all" and str(target) not in full | empty:
        text = ".".join(target.chain) or "the list"
        walk.problems.append(
            f"{text}.all(…) is true of an empty list; add '{text}.size() > 0 &&' before it, "
            f"or '{text}.size() == 0 ||' if empty is fine"
        )
    inner = scope | {variable.name: _element(target, walk, scope)}
    for body in bodies:
        _visit(body, walk, inner, full, empty)


def _element(target: Node, walk: _Walk, scope: Scope) -> Schema:
    """Return the schema of the elements of what a macro runs over; empty when not known."""
    while target.kind == "call" and target.on_target and target.name == "filter":
        target = target.args[0]
    schema = _schema(target.chain, walk.around, scope) if target.chain else {}
    return dict(schema.get("items", {})) if isinstance(schema.get("items"), Mapping) else {}


def _schema(chain: tuple[str, ...], around: Surroundings, scope: Scope) -> Schema:
    if chain[0] in scope:
        schema, rest = scope[chain[0]], chain[1:]
    elif chain[0] == "facts" and len(chain) > 2 and chain[1] in around.kind.facets:
        facet = around.kind.facets[chain[1]]
        schema, rest = facet.facts.get(chain[2], {}), chain[3:]
    else:
        return {}
    for step in rest:
        schema = schema.get("properties", {}).get(step, {})
    return schema


def _chain(chain: tuple[str, ...], walk: _Walk, scope: Scope) -> None:
    root = chain[0]
    if root in scope:
        _members(scope[root], chain[1:], ".".join(chain), walk)
    elif root == "facts":
        _fact(chain, walk)
    elif root == "params":
        _param(chain, walk)
    elif root == "measured":
        if len(chain) < 2 or chain[1] not in walk.around.yields:
            name = chain[1] if len(chain) > 1 else ""
            walk.problems.append(_unknown("measured fact", name, walk.around.yields))
        else:
            walk.measured.add(chain[1])
    elif root not in _ROOTS:
        walk.problems.append(_unknown("name", root, _ROOTS))


def _fact(chain: tuple[str, ...], walk: _Walk) -> None:
    kind, text = walk.around.kind, ".".join(chain)
    if len(chain) < 3:
        walk.problems.append(f"{text} names no fact; write facts.<facet>.<fact>")
    elif chain[1] not in kind.facets:
        walk.problems.append(f"{text}: " + _unknown("facet", chain[1], kind.facets))
    elif chain[2] not in (facts := kind.facets[chain[1]].facts):
        walk.problems.append(f"{text}: " + _unknown("fact", chain[2], facts))
    elif chain[1] not in walk.around.reads:
        walk.problems.append(f"{text}: facet '{chain[1]}' is not read; add it to reads:")
    elif is_list(facts[chain[2]]) and len(chain) == 3:
        walk.problems.append(f"{text} is a list that may be incomplete; read .items and .complete")
    else:
        _members(facts[chain[2]], chain[3:], text, walk)
        walk.facts.add(chain[1:])


def _members(schema: Schema, rest: tuple[str, ...], text: str, walk: _Walk) -> None:
    for step in rest:
        known = schema.get("properties")
        if known is None:
            if schema:
                walk.problems.append(f"{text}: there is nothing below the value before '{step}'")
            return
        if step not in known:
            walk.problems.append(f"{text}: " + _unknown("member", step, known))
            return
        schema = known[step]


def _param(chain: tuple[str, ...], walk: _Walk) -> None:
    parameters = walk.around.parameters
    if len(chain) < 2 or chain[1] not in parameters:
        name = chain[1] if len(chain) > 1 else ""
        walk.problems.append(_unknown("parameter", name, parameters))
        return
    walk.params.add(chain[1])
    members = VIEWS.get(parameters[chain[1]].type, ())
    if members and len(chain) != 3:
        what = ", ".join(f".{member}" for member in members)
        walk.problems.append(f"params.{chain[1]} has several readings; choose one of {what}")
    elif members and chain[2] not in members:
        walk.problems.append(f"params.{chain[1]}: " + _unknown("reading", chain[2], members))
    elif not members and len(chain) > 2:
        walk.problems.append(f"params.{chain[1]} is a plain value; drop '.{chain[2]}'")


def _incomplete(walk: _Walk) -> Iterator[str]:
    for chain in sorted(walk.facts):
        schema = walk.around.kind.facets[chain[0]].facts[chain[1]]
        reads_items = is_list(schema) and chain[2:3] == ("items",)
        if reads_items and (*chain[:2], "complete") not in walk.facts:
            text = f"facts.{chain[0]}.{chain[1]}"
            yield f"{text}.items may be incomplete; the rule must read {text}.complete too"


def _unknown(what: str, given: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(given, list(known), n=1)
    if near:
        return f"unknown {what} '{given}'; did you mean '{near[0]}'?"
    return f"unknown {what} '{given}'; there is: {', '.join(sorted(known)) or 'none'}"
