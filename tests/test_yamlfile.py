"""Our YAML: every value can be pointed at, and what readers disagree about is refused."""

from __future__ import annotations

import contextlib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from troth.errors import InputError
from troth.yamlfile import Document, parse

TEXT = """\
# a comment
id: acme
clauses:
  - id: "1.1"
    set: {min: 3, kinds: [a, b]}
  -
    id: "1.2"
"""


def refused(text: str) -> list[str]:
    with pytest.raises(InputError) as error:
        parse(text, "x.yaml")
    return [str(problem) for problem in error.value.problems]


def at(document: Document, *path: str | int, key: bool = False) -> str:
    return str(document.place(path, key=key))


def test_values_and_keys_have_their_places() -> None:
    made = parse(TEXT, "x.yaml")
    assert at(made, "id") == "x.yaml:2:5"
    assert at(made, "id", key=True) == "x.yaml:2:1"
    assert at(made, "clauses", 0) == "x.yaml:4:5"
    assert at(made, "clauses", 0, "set", "min") == "x.yaml:5:16"
    assert at(made, "clauses", 0, "set", "kinds", 1) == "x.yaml:5:30"
    assert at(made, "clauses", 1, "id") == "x.yaml:7:9"


def test_what_is_absent_has_the_place_of_what_should_hold_it() -> None:
    made = parse(TEXT, "x.yaml")
    assert at(made, "clauses", 0, "lines", "at") == "x.yaml:4:5"
    assert at(made, "clauses", 7) == "x.yaml:4:3"
    assert at(made) == "x.yaml:2:1"


def test_scalars_are_those_of_json() -> None:
    text = "{a: null, b: true, c: false, d: 12, e: -1.5, f: 1.5e+3, g: text, h: '12', i: , j: 'no'}"
    assert parse(text, "x").data == {
        "a": None, "b": True, "c": False, "d": 12, "e": -1.5, "f": 1500.0, "g": "text",
        "h": "12", "i": None, "j": "no",
    }  # fmt: skip


@pytest.mark.parametrize(
    "scalar",
    ["no", "Yes", "ON", "off", "y", "~", "True", "NULL", "2026-01-01", "2026-1-1 10:00:00",
     "22:30", "1:30:00", "0x1F", "0b1", "0o17", "017", "1_000", "+1", ".5", "1.", ".inf", "-.INF",
     ".nan", "=", "1e3", "1.5e3",
     ".0E-0"],
)  # fmt: skip
def test_what_readers_disagree_about_must_be_quoted(scalar: str) -> None:
    (told,) = refused(f"a: {scalar}")
    assert told.startswith(f"x.yaml:1:4 YAML readers disagree about {scalar}; write ")
    assert parse(f"a: '{scalar}'", "x").data == {"a": scalar}


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), min_size=1)
    | st.text("01589eE+-._:xobnNyYTZ~=", min_size=1, max_size=9)
    | st.from_regex(r"[-+]?[0-9.]{1,5}([eE][-+]?[0-9]{1,2})?", fullmatch=True)
)
def test_a_plain_scalar_is_read_as_other_readers_do_or_refused(scalar: str) -> None:
    """PyYAML reads YAML 1.1: what both accept they read alike, unless it is text here."""
    try:
        ours = parse(f"a: {scalar}", "x").data
        theirs = yaml.safe_load(f"a: {scalar}")
    except (InputError, yaml.YAMLError):
        return
    assert ours == theirs
    assert type(ours["a"]) is type(theirs["a"])


def test_a_word_that_may_be_a_truth_value_gets_both_advices() -> None:
    assert refused("a: off") == [
        "x.yaml:1:4 YAML readers disagree about off; write 'off' for the text, or false"
    ]


def test_every_fault_is_told_in_the_order_of_the_file() -> None:
    assert refused("a: no\nb: 1\nb: 22:30\n") == [
        "x.yaml:1:4 YAML readers disagree about no; write 'no' for the text, or false",
        "x.yaml:3:1 key 'b' stands twice; keep one",
        "x.yaml:3:4 YAML readers disagree about 22:30; write it as '22:30'",
    ]


def test_a_key_that_is_no_text_is_refused() -> None:
    assert refused("? [a, b]\n: 1\n") == ["x.yaml:1:3 a key must be text; write it on one line"]


@pytest.mark.parametrize("key", ["no", "1.10", "2026-01-01", "22:30", "null", "12", "~"])
def test_a_key_that_readers_disagree_about_must_be_quoted(key: str) -> None:
    told = [f"x.yaml:1:1 YAML readers disagree about the key {key}; write it as '{key}'"]
    assert refused(f"{key}: 1") == told
    assert parse(f"'{key}': 1", "x").data == {key: 1}


def test_the_merge_key_is_refused() -> None:
    assert refused("a: &a {x: 1}\nb:\n  <<: *a\n") == [
        "x.yaml:1:4 an alias leads here; write the value out",
        "x.yaml:3:3 YAML readers disagree about the key <<; write it as '<<'",
    ]


@pytest.mark.parametrize("text", ["9" * 17, "-" + "9" * 400, "1.0e+999", "9007199254740992"])
def test_a_number_that_readers_would_round_is_refused(text: str) -> None:
    (told,) = refused(f"a: {text}")
    assert told.startswith("x.yaml:1:4 the number ")


def test_the_largest_number_that_survives() -> None:
    assert parse("a: 9007199254740991", "x").data == {"a": 9007199254740991}


def test_a_billion_laughs_are_refused() -> None:
    rows = ["a0: &a0 [x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert all("alias" in told for told in refused("\n".join(rows)))


def test_an_alias_to_itself_ends() -> None:
    (told,) = refused("a: &a [*a]")
    assert "alias" in told


def test_two_documents_in_a_file_are_refused() -> None:
    (told,) = refused("a: 1\n---\nb: 2\n")
    assert told.startswith("x.yaml:2:1 not YAML: ")


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(InputError):
        assert str(parse(text, "x").place()).startswith("x:")
