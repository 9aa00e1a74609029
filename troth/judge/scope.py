"""Which resources a clause speaks of: classes that the user defines over tags.

A resource that the tags definitely exclude is out, with the reason kept. One that has not the tag
that decides is in scope and says so: a forgotten label must not hide a resource. If the tags could
not be read the finding is unknown (``scope-unknown``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from troth.credentials import WITHHELD
from troth.measures import Item
from troth.model import TAGS, Failure, Reason

_TAG = re.compile(r"\btag\(\s*(\"[^\"]*\"|'[^']*')\s*\)")


class NotACondition(ValueError):
    """A class or ``where`` that does not come to true or false; the message says what to do."""


@dataclass(frozen=True)
class Scope:
    """The classes that a binding names (any of them) and the selection's ``where`` (as well)."""

    classes: tuple[str, ...] = ()
    defined: Mapping[str, str] | None = None
    where: str = ""

    @property
    def limits(self) -> bool:
        """Tell whether tags have to be known."""
        return bool(self.classes or self.where)


@dataclass(frozen=True)
class Placed:
    """Where a resource stands: in scope, out of it with a reason, or not known."""

    inside: bool
    note: str = ""
    failure: Failure | None = None


_IN = Placed(True)


def place(item: Item, scope: Scope) -> Placed:
    """Return whether a resource is in scope."""
    if not scope.limits:
        return _IN
    if TAGS not in item.facts:
        cause = item.missing.get(TAGS)
        told = f": {cause.message}" if cause else ""
        permission = cause.permission if cause else ""
        text = f"its tags could not be read, so its class is not known{told}"
        return Placed(True, failure=Failure(Reason.SCOPE_UNKNOWN, text, permission))
    try:
        return _placed(item, scope)
    except NotACondition as error:
        return Placed(True, failure=Failure(Reason.SCOPE_UNKNOWN, str(error)))


def _placed(item: Item, scope: Scope) -> Placed:
    of_class = _any_class(item, scope)
    if not of_class.inside or not scope.where:
        return of_class
    value = _evaluate(scope.where, item)
    if value is False:
        return Placed(False, f"excluded by where: {scope.where}")
    return (
        of_class if value else Placed(True, "unclassified: a tag that where: asks for is not set")
    )


def _any_class(item: Item, scope: Scope) -> Placed:
    notes: list[str] = []
    for name in scope.classes:
        expression = (scope.defined or {}).get(name)
        if expression is None:
            notes.append(f"class '{name}' is not defined in troth.yaml; everything is in scope")
            continue
        value = _evaluate(expression, item)
        if value is True:
            return _IN
        if value is None:
            notes.append(f"unclassified: a tag that class '{name}' asks for is not set")
    if notes:
        return Placed(True, "; ".join(notes))
    if not scope.classes:
        return _IN
    return Placed(False, f"in none of the classes {', '.join(scope.classes)}")


def _evaluate(expression: str, item: Item) -> bool | None:
    tags = item.facts[TAGS]
    if WITHHELD in tags.values():
        for name in _names(expression):
            if tags.get(name) == WITHHELD:
                raise _withheld(f"the tag '{name}'")
        known = {name: value for name, value in tags.items() if value != WITHHELD}
        value = holds(expression, known, item.id, item.target)
        if value is None and holds(expression, tags, item.id, item.target) is not None:
            raise _withheld("one of its tags")  # one whose name the text does not show
        return value
    return holds(expression, tags, item.id, item.target)


def _withheld(what: str) -> NotACondition:
    text = f"no condition read {what} then, so its value was not recorded"
    return NotACondition(f"{text}; check again with this troth.yaml")


@lru_cache(maxsize=256)
def _names(expression: str) -> tuple[str, ...]:
    """Return the names of the tags that an expression reads."""
    return tuple(name[1:-1] for name in _TAG.findall(expression))


def holds(
    expression: str, tags: Mapping[str, str], resource: str = "", target: str = ""
) -> bool | None:
    """Return whether the expression holds; None when a tag it needs is not set.

    Raises :class:`NotACondition` when it fails otherwise, or is neither true nor false.
    """
    context = {"tags": dict(tags), "resource": resource, "target": target}
    try:
        value: Any = _program(expression).execute(context)
    except KeyError:
        return None
    except (TypeError, ValueError, RuntimeError) as error:
        why = str(error).partition(":")[0]
        raise NotACondition(f"'{expression}' cannot be evaluated: {why}; correct it") from error
    if not isinstance(value, bool):
        raise NotACondition(f"'{expression}' is not a condition; compare it with something")
    return value


@lru_cache(maxsize=256)
def _program(expression: str) -> Any:
    import cel

    return cel.compile(_TAG.sub(r"tags[\1]", expression))


def split(items: Iterable[Item], scope: Scope) -> tuple[list[tuple[Item, Placed]], dict[str, int]]:
    """Return the resources in scope with how they got there, and the counts of the others."""
    excluded: dict[str, int] = {}
    if not scope.limits:
        return [(item, _IN) for item in items], excluded
    inside: list[tuple[Item, Placed]] = []
    for item in items:
        placed = place(item, scope)
        if placed.inside:
            inside.append((item, placed))
        else:
            excluded[placed.note] = excluded.get(placed.note, 0) + 1
    return inside, excluded
