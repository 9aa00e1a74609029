"""The reader of CEL against the engine: whatever one understands the other does, in one shape."""

from __future__ import annotations

from typing import Any

import cel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.rules.tree import Node, Unreadable, read

NAMES = st.sampled_from(["a", "b", "facts", "x_1"])
LITERALS = st.sampled_from(
    ["0", "12", "1.5", "2.0e3", "0x1F", "7u", "'t'", '"t"', r"'it\'s'", r'r"\d+"', "true", "false",
     "null", "[]", "'日本'"]
)  # fmt: skip
OPERATORS = st.sampled_from(
    ["&&", "||", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "in"]
)
SPACE = st.sampled_from(["", " ", "\n  "])


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return larger expressions of the CEL grammar made of smaller ones."""
    return st.one_of(
        st.tuples(inner, SPACE, OPERATORS, SPACE, inner).map(
            lambda row: f"{row[0]}{row[1] or ' '}{row[2]}{row[3] or ' '}{row[4]}"
        ),
        inner.map(lambda text: f"!({text})"),
        inner.map(lambda text: f"-({text})"),
        inner.map(lambda text: f"({text})"),
        st.tuples(inner, inner, inner).map(lambda row: f"({row[0]}) ? {row[1]} : {row[2]}"),
        st.tuples(NAMES, NAMES).map(".".join),
        st.tuples(NAMES, inner).map(lambda row: f"{row[0]}[{row[1]}]"),
        st.tuples(NAMES, inner).map(lambda row: f"{row[0]}.startsWith({row[1]})"),
        inner.map(lambda text: f"size({text})"),
        st.tuples(NAMES, inner).map(lambda row: f"{row[0]}.items.all(k, {row[1]})"),
        st.tuples(NAMES, inner).map(lambda row: f"{row[0]}.exists(k, k.b == {row[1]})"),
        st.lists(inner, max_size=3).map(lambda row: f"[{', '.join(row)}]"),
    )


EXPRESSIONS = st.recursive(NAMES | LITERALS, _grow, max_leaves=12)


def compiles(source: str) -> bool:
    try:
        cel.compile(source)
    except ValueError:
        return False
    return True


@given(EXPRESSIONS)
def test_what_the_engine_compiles_can_be_read(source: str) -> None:
    if compiles(source):
        read(source)


@given(st.lists(EXPRESSIONS | OPERATORS | st.sampled_from([*"()[]?:.,!-", "if"]), max_size=8))
def test_what_can_be_read_the_engine_compiles(pieces: list[str]) -> None:
    source = " ".join(pieces)
    try:
        read(source)
    except Unreadable:
        return
    assert compiles(source), source


VALUES: dict[str, Any] = {"a": 3, "b": 5, "c": 7, "p": True, "q": False, "l": [3, 7]}


def _joined(inner: st.SearchStrategy[str], *operators: str) -> st.SearchStrategy[str]:
    """Return operands and operators in a row, without any bracket."""
    return st.lists(st.tuples(st.sampled_from(operators), inner), max_size=3).flatmap(
        lambda tail: inner.map(
            lambda first: " ".join([first, *(f"{operator} {text}" for operator, text in tail)])
        )
    )


SUMS = _joined(st.sampled_from(["a", "b", "c", "2"]), "+", "-", "*", "/", "%")
COMPARED = st.one_of(
    st.tuples(SUMS, st.sampled_from(["<", "<=", "==", "!=", ">="]), SUMS).map(" ".join),
    SUMS.map(lambda text: f"{text} in l"),
    st.sampled_from(["p", "q", "!p", "!q"]),
)
CONDITIONS = _joined(COMPARED, "&&", "||")


def bracketed(node: Node) -> str:
    """Write a tree out with every bracket, so that only the shape of the tree decides."""
    if node.kind != "op":
        return node.name
    if len(node.args) == 1:
        return f"({node.name}{bracketed(node.args[0])})"
    return f"({f' {node.name} '.join(bracketed(arg) for arg in node.args)})"


def outcome(source: str) -> Any:
    try:
        return cel.evaluate(source, VALUES)
    except Exception as error:
        return type(error)


@given(CONDITIONS)
def test_operators_bind_as_the_engine_binds_them(source: str) -> None:
    assert outcome(bracketed(read(source))) == outcome(source)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read(text)
    except Unreadable as error:
        told = str(error)
        assert told


def test_chains_calls_and_literals_have_their_shape() -> None:
    tree = read("facts.a.b.exists(k, k.c == 1) && size([x]) > 0")
    assert tree.name == "&&"
    macro, comparison = tree.args
    assert (macro.kind, macro.name, macro.on_target) == ("call", "exists", True)
    assert macro.args[0].chain == ("facts", "a", "b")
    assert macro.args[1] == Node("name", "k")
    assert comparison.args[0] == Node("call", "size", (Node("list", "[]", (Node("name", "x"),)),))


def test_an_index_ends_a_chain() -> None:
    assert read("a.b[0].c").chain == ()


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("a b", "'b' is not expected at character 3"),
        ("a &&", "the expression ends where more is expected"),
        ("(a", r"the expression ends where \) is expected"),
        ("a.1", "'1' cannot follow a dot"),
        ("a ? b", "the expression ends where : is expected"),
        ("f(a b)", "'b' at character 5, where ',' is expected"),
        ("!-a", "'-' at character 2, where '!' is expected"),
        ("f(a, )", "character 6 closes after a comma"),
        ("import.a", "'import' is a word of CEL; choose another name"),
        ("a.in", "'in' cannot follow a dot"),
        (") a", r"'\)' is not expected at character 1"),
    ],
)
def test_where_it_is_wrong(source: str, told: str) -> None:
    with pytest.raises(Unreadable, match=f"^{told}$"):
        read(source)
