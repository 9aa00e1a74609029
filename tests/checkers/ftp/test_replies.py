"""The reply parser faces arbitrary bytes: replies or its own error, whatever the pieces."""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.checkers.network.replies import (
    KEPT,
    LONGEST_LINE,
    LONGEST_REPLY,
    MOST_LINES,
    Malformed,
    Replies,
    Reply,
    printable,
)

#: Mutated conversations; TROTH_FUZZ asks for more.
ROUNDS = int(os.environ.get("TROTH_FUZZ", "20000"))

SEEDS = [
    b"220 here\r\n",
    b"220-one\r\n220-two\r\n220 three\r\n250 ok\r\n",
    b"211-Features:\r\n AUTH TLS\r\n  211 not the end\r\n211 End\r\n",
    b"250-mail.example.test\r\n250-SIZE 1000\r\n250-AUTH PLAIN LOGIN\r\n250 HELP\r\n",
    b"120 wait\r\n220\r\n",
    b"421 \x1b[31mgood bye\x07\r\n",
]


def read(data: bytes, every_line: bool, pieces: int = 0) -> tuple[list[Reply], str]:
    """Return the replies in some bytes, fed in pieces, and what was wrong at the end."""
    replies, found = Replies(every_line=every_line), []
    step = pieces or max(1, len(data))
    try:
        for start in range(0, len(data), step):
            replies.feed(data[start : start + step])
            while (reply := replies.take()) is not None:
                found.append(reply)
    except Malformed as error:
        return found, str(error)
    return found, ""


@pytest.mark.parametrize(
    ("data", "every_line", "expected"),
    [
        (b"220 here\r\n", True, [Reply(220, ("here",))]),
        (b"220\r\n", True, [Reply(220, ("",))]),
        (b"220 here\n", False, [Reply(220, ("here",))]),
        (b"250-a\r\n250-b c\r\n250 d\r\n", True, [Reply(250, ("a", "b c", "d"))]),
        (b"250-a\r\n250-b\r\n250\r\n", True, [Reply(250, ("a", "b", ""))]),
        (b"211-a\r\n x\r\n211-y\r\n220 z\r\n211 b\r\n", False,
         [Reply(211, ("a", "x", "y", "220 z", "b"))]),
        (b"120 wait\r\n220 here\r\n", True, [Reply(120, ("wait",)), Reply(220, ("here",))]),
        (b"220-open", True, []),
        (b"220-open\r\n", False, []),
    ],
)  # fmt: skip
def test_replies_by_the_book(data: bytes, every_line: bool, expected: list[Reply]) -> None:
    for pieces in (0, 1, 3):
        assert read(data, every_line, pieces) == (expected, "")


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n",
        b"\r\n",
        b"22 x\r\n",
        b"2200 x\r\n",
        b"020 x\r\n",
        b"620 x\r\n",
        b"220x\r\n",
        b"250-a\r\n251 b\r\n",
        b"250-a\r\nb\r\n",
        b"\xb2\xb2\xb0 x\r\n",
    ],
)
def test_what_is_no_smtp_reply(data: bytes) -> None:
    found, wrong = read(data, True)
    assert found == []
    assert wrong.startswith("not a reply")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"220 " + b"x" * LONGEST_LINE, "line"),
        (b"220-x\r\n" * (MOST_LINES + 1), "lines"),
        (b"220-" + b"x" * (LONGEST_LINE - 10) + b"\r\n", "line"),
    ],
)
def test_a_reply_has_its_bounds(data: bytes, word: str) -> None:
    found, wrong = read(data * (1 + LONGEST_REPLY // len(data)), True)
    assert found == []
    assert word in wrong


@given(st.binary(max_size=600))
def test_text_is_printable_and_short(data: bytes) -> None:
    text = printable(data)
    assert len(text) <= KEPT
    assert text.isascii()
    assert text.isprintable()


@given(
    data=st.lists(st.sampled_from([*SEEDS, b"250-", b"\r", b"\n", b"\0"]), max_size=6).map(
        b"".join
    ),
    pieces=st.integers(1, 40),
    every_line=st.booleans(),
)
def test_pieces_do_not_matter(data: bytes, pieces: int, every_line: bool) -> None:
    assert read(data, every_line, pieces) == read(data, every_line)


def test_mutated_conversations_end_in_replies_or_in_malformed() -> None:
    chance = random.Random(20261122)  # noqa: S311 - it must repeat itself
    for _ in range(ROUNDS):
        data = mutated(chance)
        every_line = chance.random() < 0.5
        found, _wrong = read(data, every_line, chance.choice((0, 1, 7)))
        for reply in found:
            assert 100 <= reply.code <= 599
            assert len(reply.lines) <= MOST_LINES
            assert all(len(line) <= KEPT and line.isprintable() for line in reply.lines)


def mutated(chance: random.Random) -> bytes:
    data = bytearray(b"".join(chance.choices(SEEDS, k=chance.randint(1, 4))))
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) + 1)
        what = chance.randrange(4)
        if what == 0:
            data[at:at] = chance.choice((b"\r\n", b"\n", b"-", b" ", b"\0", b"\xff", b"599 "))
        elif what == 1:
            del data[at : at + chance.randint(1, 9)]
        elif what == 2 and at < len(data):
            data[at] = chance.randrange(256)
        else:
            data[at:at] = data[:at]
        del data[8_000:]
    return bytes(data)
