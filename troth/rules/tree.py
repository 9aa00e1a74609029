"""Read a CEL expression into a tree, so that it can be fenced before it ever runs.

The engine that evaluates CEL tells only the root names that an expression reads. The fence needs
every chain (``facts.retention.days``) and every macro with its variable, hence this reader of the
grammar in the CEL language definition. It never evaluates anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)[uU]?)
      |(?P<text>[rR]?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))
      |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
      |(?P<sign>\|\||&&|==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}]))""",
    re.VERBOSE,
)
_BINDING = {"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "in": 3,
            "+": 4, "-": 4, "*": 5, "/": 5, "%": 5}  # fmt: skip

#: Words that cannot be names, and those of them that cannot be fields either.
_RESERVED = frozenset(
    {"in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
     "loop", "package", "namespace", "return", "var", "void", "while"}
)  # fmt: skip
_NO_FIELDS = frozenset({"in", "true", "false", "null"})

#: Macros whose first argument is a variable bound to each element of the list they are called on.
MACROS = frozenset({"all", "exists", "exists_one", "filter", "map"})


class Unreadable(ValueError):
    """An expression that is not CEL; the message says where."""


@dataclass(frozen=True)
class Node:
    """One node: ``kind`` is literal, name, select, index, call, op, list, map or choice.

    ``name`` is the operator, function, selected field, variable or literal's text. ``args`` are
    the operands; of a select or a call on something the first is what it is applied to.
    """

    kind: str
    name: str = ""
    args: tuple[Node, ...] = ()
    on_target: bool = False

    @property
    def chain(self) -> tuple[str, ...]:
        """Return ``("facts", "retention", "days")`` for a chain of selections, else ``()``."""
        if self.kind == "name":
            return (self.name,)
        if self.kind == "select" and (inner := self.args[0].chain):
            return (*inner, self.name)
        return ()

    def __str__(self) -> str:
        """Return a text that is equal for equal expressions."""
        inner = ", ".join(str(arg) for arg in self.args)
        return ".".join(self.chain) if self.chain else f"{self.kind}:{self.name}({inner})"


def read(source: str) -> Node:
    """Return the tree of a CEL expression; raises :class:`Unreadable`."""
    reader = _Reader(source)
    try:
        node = reader.expression()
    except RecursionError:
        raise Unreadable("nested too deeply; make it flatter") from None
    if reader.peek():
        raise Unreadable(f"'{reader.peek()}' is not expected at character {reader.position() + 1}")
    return node


class _Reader:
    def __init__(self, source: str) -> None:
        self._tokens = _tokens(source)
        self._at = 0
        self._end = len(source)

    def peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def position(self) -> int:
        return self._tokens[self._at][2] if self._at < len(self._tokens) else self._end

    def take(self, wanted: str = "") -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise Unreadable(f"the expression ends where {wanted or 'more'} is expected")
        kind, text, position = self._tokens[self._at]
        if wanted and text != wanted:
            raise Unreadable(f"'{text}' at character {position + 1}, where '{wanted}' is expected")
        self._at += 1
        return kind, text

    def expression(self) -> Node:
        condition = self.binary(1)
        if self.peek() != "?":
            return condition
        self.take("?")
        chosen = self.binary(1)
        self.take(":")
        return Node("choice", "?:", (condition, chosen, self.expression()))

    def binary(self, level: int) -> Node:
        left = self.unary()
        while (strength := _BINDING.get(self.peek(), 0)) >= level:
            _, operator = self.take()
            left = Node("op", operator, (left, self.binary(strength + 1)))
        return left

    def unary(self, before: str = "") -> Node:
        if self.peek() in ("!", "-"):
            _, operator = self.take(before)
            return Node("op", operator, (self.unary(operator),))
        return self.member(self.primary())

    def member(self, node: Node) -> Node:
        while self.peek() in (".", "["):
            if self.take()[1] == "[":
                node = Node("index", "[]", (node, self.expression()))
                self.take("]")
                continue
            kind, name = self.take()
            if kind != "name" or name in _NO_FIELDS:
                raise Unreadable(f"'{name}' cannot follow a dot")
            if self.peek() == "(":
                node = Node("call", name, (node, *self.arguments("(", ")")), on_target=True)
            else:
                node = Node("select", name, (node,))
        return node

    def primary(self) -> Node:
        kind, text = self.take()
        if kind in ("number", "text"):
            return Node("literal", text)
        if kind == "name":
            if text in _RESERVED:
                raise Unreadable(f"'{text}' is a word of CEL; choose another name")
            if self.peek() == "(":
                return Node("call", text, self.arguments("(", ")"))
            return (
                Node("literal", text) if text in ("true", "false", "null") else Node("name", text)
            )
        if text == "(":
            node = self.expression()
            self.take(")")
            return node
        if text == "[":
            self._at -= 1
            return Node("list", "[]", self.arguments("[", "]"))
        raise Unreadable(
            f"'{text}' is not expected at character {self._tokens[self._at - 1][2] + 1}"
        )

    def arguments(self, opening: str, closing: str) -> tuple[Node, ...]:
        self.take(opening)
        found: list[Node] = []
        while self.peek() != closing:
            found.append(self.expression())
            if self.peek() != closing:
                self.take(",")
                if self.peek() == closing == ")":
                    raise Unreadable(f"character {self.position() + 1} closes after a comma")
        self.take(closing)
        return tuple(found)


def _tokens(source: str) -> list[tuple[str, str, int]]:
    found: list[tuple[str, str, int]] = []
    at = 0
    while source[at:].strip():
        match = _TOKEN.match(source, at)
        if match is None:
            raise Unreadable(_strange(source, at))
        kind = str(match.lastgroup)
        found.append((kind, match[kind], match.start(kind)))
        at = match.end()
    return found


def _strange(source: str, at: int) -> str:
    """Return what is wrong at a character that starts no token, with the likely intention."""
    at += len(source[at:]) - len(source[at:].lstrip())
    sign = source[at]
    if sign in "\"'":
        return f"the text that starts at character {at + 1} does not end; close its quote"
    meant = {"=": "==", "&": "&&", "|": "||"}.get(sign, "")
    if sign == "=" and source[at + 1 : at + 2] in ("<", ">"):
        meant = f"{source[at + 1]}="
    hint = f"; did you mean '{meant}'?" if meant else ""
    return f"'{sign}' at character {at + 1} is not known{hint}"
