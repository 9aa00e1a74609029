"""YAML with positions: JSON scalars only, no duplicate keys, every value can be pointed at.

YAML 1.1 reads ``22:30`` as 1350, ``1.10`` as 1.1 and ``no`` as false. Here a plain scalar is
null, true, false, a JSON number or text; text that a YAML 1.1 reader would take for something
else must be quoted, so that every tool reads the file alike.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from troth.errors import InputError, Place, Problem

_Base: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
#: An exponent only after a fraction and with its sign: YAML 1.1 reads 1e3 as text.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+([eE][-+][0-9]+)?)?")
_WORDS = {"null": None, "true": True, "false": False}
_AMBIGUOUS = re.compile(
    r"""(?ix) y|yes|n|no|on|off|~|=|<<|true|false|null
      | [-+]?\.?(inf|nan) | [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?
      | [-+]?0[0-9_]+ | 0x[0-9a-f_]+ | 0b[01_]+ | 0o[0-7_]+
      | [-+]?[0-9][0-9_]*\.?[0-9_]*(e[-+]?[0-9]+)?
      | [-+]?\.[0-9_]+(e[-+]?[0-9]+)? | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt\ \t].*)? """
)
#: What a YAML 1.1 reader makes of these words; whoever writes one may mean either.
_TRUTHS = dict.fromkeys(("y", "yes", "on", "true"), "true") | dict.fromkeys(
    ("n", "no", "off", "false"), "false"
)
_STARTS = frozenset("+-.~=<0123456789yYnNtTfFoO")

#: Integers up to here survive every JSON reader (RFC 7493); longer texts are not even tried.
_LARGEST = 2**53 - 1
_DIGITS = 17

Path = Sequence[str | int]

_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))


class _Loader(_Base):  # type: ignore[misc]
    """Composes nodes without looking for YAML 1.1 types; a tag that nobody wrote stays empty.

    These three are called for every node, so each is a function of C that does nothing.
    """

    resolve = "".format
    descend_resolver = operator.is_
    ascend_resolver = bool


@dataclass(frozen=True)
class Document:
    """A parsed file: its data as JSON values, and the positions of every one of them."""

    path: str
    data: Any
    text: str
    _root: Any = None

    def place(self, path: Path = (), *, key: bool = False) -> Place:
        """Return where the value at ``path`` starts, or its key; the nearest parent if absent."""
        node, name = self._root, None
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            name, node = found
        mark = (name if key and name is not None else node).start_mark
        return Place(self.path, mark.line + 1, mark.column + 1)

    def error(self, path: Path, text: str, *, key: bool = False) -> Problem:
        """Return a problem at the value (or key) at ``path``."""
        return Problem(self.place(path, key=key), text)


def parse(text: str, path: str) -> Document:
    """Return the document in ``text``; ``path`` is only its name in messages.

    Raises :class:`~troth.errors.InputError` with one problem per fault.
    """
    reader = _Reader(path)
    try:
        root = yaml.compose(text, Loader=_Loader)
        data = None if root is None else reader.value(root)
    except yaml.YAMLError as error:
        raise InputError([_syntax(error, text, path)]) from None
    except RecursionError:
        raise InputError.at(Place(path), "is nested too deeply; make it flatter") from None
    if root is None:
        raise InputError.at(Place(path, 1, 1), "the file is empty; write its keys, or remove it")
    if reader.problems:
        raise InputError(reader.problems)
    return Document(path, data, text, root)


def _syntax(error: yaml.YAMLError, text: str, path: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return Problem(Place(path, 1, 1), f"not YAML: {str(error).splitlines()[0]}; correct it")
    place = Place(path, mark.line + 1, mark.column + 1)
    lines = text.splitlines()
    if mark.line < len(lines) and lines[mark.line][mark.column : mark.column + 1] == "\t":
        return Problem(place, "not YAML: a tab cannot indent; use spaces")
    opened = getattr(error, "context_mark", None)
    since = f" for what opens at {opened.line + 1}:{opened.column + 1}" if opened else ""
    what = f"{getattr(error, 'problem', None) or error}{since}"
    return Problem(place, f"not YAML: {what}; check indentation, quotes and brackets")


def _child(node: Any, step: str | int) -> tuple[Any, Any] | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == str(step):
                return name, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    return None


class _Reader:
    """Makes JSON values of nodes and gathers everything that is wrong with them.

    Scalars and keys are most of a file: the sound ones are taken where they stand, without a call.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self._seen: set[int] = set()

    def value(self, node: Any) -> Any:
        """Return what a node stands for; where it is wrong, anything that lets reading go on."""
        if node.tag and node.tag not in _TAGS:  # it was written out by hand
            self._problem(node, f"the tag {node.tag} is not read here; write plain JSON values")
            return None
        if node.__class__ is yaml.ScalarNode:
            return node.value if node.style else self._plain(node, node.value)
        if id(node) in self._seen:
            # An alias, perhaps to itself: a few can stand for more values than memory holds.
            self._problem(node, "an alias leads here; write the value out")
            return None
        self._seen.add(id(node))
        if node.__class__ is yaml.SequenceNode:
            return [self.value(item) for item in node.value]
        return self._mapping(node)

    def _mapping(self, node: Any) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in node.value:
            name = key.value
            if key.__class__ is not yaml.ScalarNode:
                self._problem(key, "a key must be text; write it on one line")
                continue
            if not key.style and _is_more_than_text(name):
                text = f"YAML readers disagree about the key {name or 'that is empty'}"
                self._problem(key, f"{text}; write it as '{name}'")
            if name in made:
                self._problem(key, f"key '{name}' stands twice; keep one")
            if value.__class__ is yaml.ScalarNode and not value.tag:
                made[name] = value.value if value.style else self._plain(value, value.value)
            else:
                made[name] = self.value(value)
        return made

    def _plain(self, node: Any, text: str) -> Any:
        if text and text[0] not in _STARTS:
            return text
        value, problem = _scalar(text)
        if problem:
            self._problem(node, problem)
        return value

    def _problem(self, node: Any, text: str) -> None:
        mark = node.start_mark
        self.problems.append(Problem(Place(self.path, mark.line + 1, mark.column + 1), text))


@lru_cache
def _is_more_than_text(text: str) -> bool:
    """Tell whether some YAML reader takes the plain text for something else."""
    if not text:
        return True
    if text[0] not in _STARTS:
        return False
    return bool(text in _WORDS or _NUMBER.fullmatch(text) or _AMBIGUOUS.fullmatch(text))


@lru_cache
def _scalar(text: str) -> tuple[Any, str]:
    """Return the value of a plain scalar, and what is wrong with it, or nothing."""
    if not text:
        return None, ""
    if text in _WORDS:
        return _WORDS[text], ""
    if _NUMBER.fullmatch(text):
        return _number(text)
    if _AMBIGUOUS.fullmatch(text):
        truth = _TRUTHS.get(text.lower())
        advice = f"'{text}' for the text, or {truth}" if truth else f"it as '{text}'"
        return text, f"YAML readers disagree about {text}; write {advice}"
    return text, ""


def _number(text: str) -> tuple[int | float, str]:
    is_float = any(mark in text for mark in ".eE")
    value = float(text) if is_float or len(text) > _DIGITS else int(text)
    if abs(value) > _LARGEST:
        shown = text if len(text) < 30 else f"{text[:30]}…"
        return 0, f"the number {shown} is too large to survive every reader; write a smaller one"
    return value, ""
