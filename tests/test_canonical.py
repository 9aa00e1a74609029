"""Canonical JSON against the numbers and texts that RFC 8785 itself gives, and by properties."""

from __future__ import annotations

import enum
import hashlib
import json
import shutil
import struct
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.canonical import MAX_INTEGER, CanonicalError, digest, dumps, loads

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
