"""Canonical JSON against the numbers and texts that RFC 8785 itself gives, and by properties."""

from __future__ import annotations

import enum
import hashlib
import json
import math
import shutil
import struct
import subprocess
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.canonical import MAX_INTEGER, CanonicalError, digest, dumps, loads, parse

NODE = shutil.which("node")

INTEGERS = st.integers(-MAX_INTEGER, MAX_INTEGER)
FLOATS = st.floats(-MAX_INTEGER, MAX_INTEGER)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | FLOATS | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("bits", "text"),
    [  # RFC 8785, appendix B, as far as magnitudes below 2^53 go
        ("0000000000000000", b"0"),
        ("8000000000000000", b"0"),
        ("0000000000000001", b"5e-324"),
        ("8000000000000001", b"-5e-324"),
        ("43143ff3c1cb0959", b"1424953923781206.2"),
        ("41b3de4355555553", b"333333333.3333332"),
        ("41b3de4355555555", b"333333333.3333333"),
        ("becbf647612f3696", b"-0.0000033333333333333333"),
        ("3eb0c6f7a0b5ed8c", b"9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", b"0.000001"),
    ],
)
def test_floats_are_written_as_the_rfc_lists_them(bits: str, text: bytes) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert dumps(value) == text


def test_strings_are_escaped_as_the_rfc_shows() -> None:
    assert dumps('€$\x0f\nA\'B"\\\\"/') == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'.encode()
    assert dumps("\b\t\n\f\r\x1f\x7f") == b'"\\b\\t\\n\\f\\r\\u001f\x7f"'


def test_keys_are_sorted_by_utf_16_units_as_the_rfc_shows() -> None:
    keys = ["€", "\r", "\ufb33", "1", "\U0001f600", "\x80", "ö"]
    wanted = ["\r", "1", "\x80", "ö", "€", "\U0001f600", "\ufb33"]
    assert list(json.loads(dumps(dict.fromkeys(keys, 0)))) == wanted


def test_there_is_no_white_space_and_literals_are_json() -> None:
    assert dumps({"b": [1, 2], "a": {"t": True, "n": None}}) == (
        b'{"a":{"n":null,"t":true},"b":[1,2]}'
    )


def test_digest_is_the_sha256_of_the_bytes() -> None:
    assert digest({"a": 1}) == "sha256:" + hashlib.sha256(b'{"a":1}').hexdigest()


class Word(enum.StrEnum):
    GOOD = "good"


def test_enums_and_tuples_are_written_as_what_they_are() -> None:
    assert dumps({Word.GOOD: (Word.GOOD, 1)}) == b'{"good":["good",1]}'


CYCLE: list[Any] = []
CYCLE.append(CYCLE)
DEEP: list[Any] = []
for _ in range(100_000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        MAX_INTEGER + 1,
        -MAX_INTEGER - 1,
        1e300,
        10**5000,
        "\ud800",
        {"\udfff": 1},
        {1: "a", "1": "b"},
        {True: 1},
        {None: 1},
        {"a": {2: 1}},
        b"bytes",
        {"a": {1, 2}},
        CYCLE,
        DEEP,
    ],
    ids=range(16),
)
def test_what_would_not_survive_is_refused(value: Any) -> None:
    with pytest.raises(CanonicalError):
        dumps(value)


class Number(enum.IntEnum):
    ONE = 1


class Foreign(enum.Enum):
    TEXT = "text"


class Text(str):
    __slots__ = ()


class Pair(NamedTuple):
    left: int
    right: str


@dataclass
class Record:
    a: int


NOW = datetime(2026, 11, 21, tzinfo=UTC)
#: What stands among plain values in trees: what is written in its own way, and what is refused.
ODD = [
    Word.GOOD, Number.ONE, Text("text"), Pair(1, "b"), OrderedDict(b=1, a=2), 1e-5, 2.0, -0.0, 0.5,
    math.nan, math.inf, -math.inf, 2**53, -(2**53), 2**64, 1e300, "\ud800", "\U0001f600", b"bytes",
    {1}, Foreign.TEXT, Record(1), uuid.UUID(int=1), NOW, date(2026, 1, 1), time(1), Decimal(1),
    orjson.Fragment(b"1"), MappingProxyType({}), object(), {1: 1}, {None: 1}, {Word.GOOD: 1},
    {"\udfff": 1}, {Foreign.TEXT: 1}, {"\U0001f600": 1, "\ufb33": 2},
]  # fmt: skip
TREES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT | st.sampled_from(ODD),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(TEXT, inner, max_size=4)
    ),
    max_leaves=12,
)


def plainly(value: Any) -> str:
    """Write RFC 8785 in the plainest way; raises ValueError for what it does not carry."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        value.encode()
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int | float):
        if not abs(value) <= MAX_INTEGER:
            raise ValueError
        return {1e-5: "0.00001", 2.0: "2", -0.0: "0"}.get(value) or repr(value + 0)
    if isinstance(value, list | tuple):
        return f"[{','.join(map(plainly, value))}]"
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
        raise ValueError
    names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(f"{plainly(name)}:{plainly(value[name])}" for name in names) + "}"


@given(TREES)
def test_every_tree_is_written_plainly_or_refused(value: Any) -> None:
    try:
        wanted = plainly(value).encode()
    except ValueError:
        with pytest.raises(CanonicalError):
            dumps(value)
    else:
        assert dumps(value) == wanted


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_odd_values_are_written_plainly_or_refused_wherever_they_stand(value: Any) -> None:
    for tree in (value, [value], (1, value), {"a": {"b": [value, None]}}):
        test_every_tree_is_written_plainly_or_refused.hypothesis.inner_test(tree)  # type: ignore[attr-defined]


def test_depth_alone_is_no_reason_to_refuse() -> None:
    value: Any = 1
    for _ in range(500):  # more than the quick writer follows
        value = [value]
    assert dumps(value) == b"[" * 500 + b"1" + b"]" * 500


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"a":1,"a":1}', "'a' stands twice"),
        (b'{"a":{"b":1,"b":2}}', "'b' stands twice"),
        (b"[NaN]", "NaN is not JSON"),
        (b"[-Infinity]", "-Infinity is not JSON"),
        (b"\xff", "not UTF-8 at byte 0"),
        (b"{", "not JSON"),
        (b"1 2", "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"1" * 5000, "not JSON"),
    ],
)
def test_loads_refuses(body: bytes, says: str) -> None:
    with pytest.raises(CanonicalError, match=says):
        loads(body)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"[NaN]", "NaN is not JSON"),
        (b"\xff", "not UTF-8 at byte 0"),
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"1 2", "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_parse_refuses(body: bytes, says: str) -> None:
    with pytest.raises(CanonicalError, match=says):
        parse(body)


@given(VALUES)
def test_parse_reads_what_was_written_as_loads_does(value: Any) -> None:
    body = dumps(value)
    assert repr(parse(body)) == repr(loads(body))


@given(VALUES)
def test_every_value_survives_and_has_one_form(value: Any) -> None:
    body = dumps(value)
    assert loads(body) == value
    assert dumps(loads(body)) == body


@given(st.dictionaries(TEXT, INTEGERS, min_size=2))
def test_the_order_in_which_keys_were_put_in_does_not_matter(value: dict[str, int]) -> None:
    assert dumps(dict(reversed(value.items()))) == dumps(value)


@pytest.mark.skipif(NODE is None, reason="compares with ECMAScript, which RFC 8785 is written on")
def test_a_second_implementation_writes_the_same() -> None:
    samples: list[Any] = []

    @given(VALUES)
    def collect(value: Any) -> None:
        samples.append(value)

    collect()
    # Keys are sorted by Array.prototype.sort, which compares UTF-16 units, as RFC 8785 does.
    program = """
      const text = require('fs').readFileSync(0, 'utf8');
      const write = v => {
        if (Array.isArray(v)) return '[' + v.map(write).join(',') + ']';
        if (v === null || typeof v !== 'object') return JSON.stringify(v);
        const names = Object.keys(v).sort();
        return '{' + names.map(n => JSON.stringify(n) + ':' + write(v[n])).join(',') + '}';
      };
      const lines = JSON.parse(text).map(write);
      process.stdout.write(JSON.stringify(lines));
    """
    assert NODE is not None
    samples = [one for one in samples if "__proto__" not in json.dumps(one)]
    asked = json.dumps(samples).encode()
    answer = subprocess.run([NODE, "-e", program], input=asked, capture_output=True, check=True)
    assert json.loads(answer.stdout) == [dumps(one).decode() for one in samples]
