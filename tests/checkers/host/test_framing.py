"""Answers that were cut off, forged or are nonsense: never more than what really came."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.checkers.host.shells import brought, results
from troth.checker import Failure, ObservationFailed, Reason
from troth.checkers.host import framing, script
from troth.checkers.host.account import Accounts
from troth.checkers.host.batch import Batch
from troth.checkers.host.password_policy import PasswordPolicy
from troth.checkers.host.transport.local import talk
from troth.checkers.host.volume import Volumes
from troth.errors import CheckerBug

MARK = b"0123456789abcdef0123456789abcdef"
GONE = Failure(Reason.UNREACHABLE, "the connection broke")


def answer(*records: str | bytes, end: bool = True) -> bytes:
    """Return an answer of our own making."""
    parts = [one.encode() if isinstance(one, str) else one for one in records]
    body = b"".join(b"\n" + MARK + b" " + one for one in parts)
    return (
        b"troth-collector 1 "
        + MARK
        + b" plain\n"
        + body
        + (b"\n" + MARK + b" end\n" if end else b"")
    )


def plain(sent: bytes, mark: bytes) -> bytes:
    """Return an answer as a machine without gzip sends it."""
    body = framing.unpacked(sent, mark)
    assert body is not None
    return b"troth-collector 1 " + mark + b" plain\n" + body


def test_a_packed_answer_that_was_cut_off_or_damaged_is_one_that_was_cut_off() -> None:
    asked = script.made(["mounts", "pam", "accounts"], {})
    sent = talk(["sh", "-s"], asked.text, 60.0).out
    whole = plain(sent, asked.mark)
    begin = sent.index(b"gzip\n") + 5
    assert framing.unpacked(sent[: begin - 1], asked.mark) is None
    for cut in range(begin, len(sent), 97):
        damaged = sent[:cut] + b"\x00\xff" + sent[cut + 2 :]
        for one in (sent[:cut], damaged):
            body = framing.unpacked(one, asked.mark)
            assert body is not None
            if one is not damaged:
                assert whole.endswith(body) or body in whole
                assert not framing.is_whole(body, asked.mark)
    assert (framing.unpacked(sent + b"Connection closed.", asked.mark) or b"?") in whole


def test_an_answer_that_unpacks_to_no_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing, "LARGEST", 3_000_000)
    bomb = b"troth-collector 1 " + MARK + b" gzip\n" + gzip.compress(bytes(50_000_000))
    body = framing.unpacked(bomb, MARK)
    assert body is not None
    assert len(body) < 5_000_000


def test_an_answer_that_was_cut_off_anywhere_says_nothing_more() -> None:
    wanted = {one for name in Accounts.calls() for one in Accounts.sections_of(name)}
    wanted |= {one for name in PasswordPolicy.calls() for one in PasswordPolicy.sections_of(name)}
    wanted |= {one for name in Volumes.calls() for one in Volumes.sections_of(name)}
    asked = script.made(wanted, {})
    packed = talk(["sh", "-s"], asked.text, 60.0).out
    sent = plain(packed, asked.mark)
    checkers = (Accounts, PasswordPolicy, Volumes)
    whole = {cls: results(Batch(sent, asked.mark), cls) for cls in checkers}
    assert not [found for found in whole[Accounts].values() if isinstance(found, CheckerBug)]

    def cut_at(cut: int) -> Batch | Failure:
        try:
            return Batch(sent[:cut], asked.mark, GONE)
        except ObservationFailed as error:
            return error.failure

    marks = [found.start() for found in re.finditer(asked.mark, sent)]
    cuts = {at + shift for at in marks for shift in (-1, 0, 20, 33, 40)} | set(range(0, 60))
    for cut in sorted(one for one in cuts if one < len(sent))[:: max(1, len(cuts) // 150)]:
        batch = cut_at(cut)
        if isinstance(batch, Failure):
            assert batch == GONE
            continue
        for cls in checkers:
            for name, found in results(batch, cls).items():
                if isinstance(found, ObservationFailed):
                    lost = found.failure.reason
                    was = whole[cls][name]
                    known = isinstance(was, ObservationFailed) and was.failure.reason == lost
                    assert lost == Reason.UNREACHABLE or known
                elif isinstance(found, Exception):
                    assert repr(found) == repr(whole[cls][name]), (cut, cls.id, name)
                else:
                    assert found == whole[cls][name], (cut, cls.id, name)


def test_without_a_reason_a_cut_is_a_malformed_response() -> None:
    sent = answer("ask text 0 /a", "text /a\nhalf", end=False)
    batch = Batch(sent, MARK)
    with pytest.raises(ObservationFailed) as raised:
        batch.text("/a")
    assert raised.value.failure.reason == Reason.MALFORMED_RESPONSE
    with pytest.raises(ObservationFailed) as raised:
        Batch(b"Welcome!\n", MARK)
    assert raised.value.failure.reason == Reason.MALFORMED_RESPONSE


@pytest.mark.parametrize("cut", ["gone /etc", "denied /etc", "text /etc/passwd\nroot:x:0"])
def test_a_record_that_nothing_follows_is_none(cut: str) -> None:
    batch = Batch(answer("ask text 0 /etc/passwd", cut, end=False), MARK)
    with pytest.raises(ObservationFailed):
        batch.text("/etc/passwd")
    batch = Batch(answer("ask run id\x1f", "out\nx", "err\n", ". 0", end=False), MARK)
    with pytest.raises(ObservationFailed):
        batch.run("id")


def test_without_its_sum_a_packed_answer_is_not_whole() -> None:
    packed = gzip.compress(answer("ask text 0 /a", "gone /a").split(b"plain\n")[1])
    for cut, whole in ((0, True), (1, False), (8, False)):
        head = b"troth-collector 1 " + MARK + b" gzip\n"
        body = framing.unpacked(head + packed[: len(packed) - cut], MARK)
        assert body is not None
        assert framing.is_whole(body, MARK) is whole


def test_what_was_not_read_to_its_end_is_no_text() -> None:
    batch = Batch(answer("ask text 0 /a", "text /a\nhalf", ". 1"), MARK)
    with pytest.raises(ObservationFailed):
        batch.text("/a")


@pytest.mark.parametrize("forged", [b"end\n", b". 0\n", b"text /etc/passwd\nroot::0:0::/:/bin/sh"])
def test_marks_in_files_are_those_of_other_batches(tmp_path: Path, forged: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(
        b"\n".join([b"a", MARK + b" " + forged, b"troth-collector 1 " + MARK + b" plain", b""])
    )
    batch = brought(f"file {path}; file /etc/hostname")
    assert batch.whole
    assert batch.read(str(path), 10_000) == path.read_bytes()


def test_what_a_login_prints_before_is_passed_over() -> None:
    noise = b"Last login: never\r\n\x1b]0;title\x07\n\n"
    assert Batch(noise + answer("ask text 0 /a", "text /a\nx", ". 0"), MARK).text("/a") == "x"


@pytest.mark.parametrize(
    "record",
    [
        "ask below 1 /a", "ask", "ask text", "ask run ", ". ", ".", "text", "gone", "denied",
        "below 1 /a\n81a4 0 0 1 1 /a/b", "rows\n", "err\n", "out", "absent", "odd", "more", "other",
        b"ask text 0 /\xff\xfe\x1b[2J", "ask below 99999999999999999999999 /a",
    ],
)  # fmt: skip
def test_no_record_breaks_anything(record: str | bytes) -> None:
    for others in ([], ["ask text 0 /a"], ["ask below 1 /a", "below 1 /a\n=0"]):
        found = results(Batch(answer(*others, record, record, ". 0"), MARK), PasswordPolicy)
        del found["machine_name"]  # the target's
        assert all(isinstance(one, Exception) for one in found.values())


@given(st.lists(st.sampled_from(
    ["ask text 0 /etc/pam.d/*", "text /etc/pam.d/x\npassword", ". 0", ". 1", "gone /etc/pam.d",
     "denied /etc/pam.d", "ask below 1 /etc/pam.d", "below 1 /etc/pam.d\n81a4 0 0 1 9 /etc/pam.d/x",
     "below 1 /etc/pam.d\n=0", "rows\n@81a4 1 1 1 1 /etc/pam.d/x\n!", "ask run id\x1f", "out\nx",
     "err\n", "absent", "other /etc/pam.d/x", "more", "odd", "denied /etc"]), max_size=12),
    st.booleans())  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_records_in_any_order_are_answers_or_failures(records: list[str], end: bool) -> None:
    try:
        batch = Batch(answer(*records, end=end), MARK)
    except ObservationFailed:
        return
    for cls in (PasswordPolicy, Accounts):
        for found in results(batch, cls).values():
            if isinstance(found, Exception):
                assert isinstance(found, ObservationFailed | OSError | CheckerBug)


def test_rows_that_are_none_leave_the_list_incomplete() -> None:
    for row in ("81a4 0 0 1 /a/b", "zz 0 0 1 1 /a/b", "81a4 0 0 1 1 relative", "!", "x" * 100_000):
        batch = Batch(answer("ask below 1 /a", f"below 1 /a\n{row}\n=0\n", ". 0"), MARK)
        with pytest.raises(ObservationFailed):
            batch.names("/a")


def test_times_in_no_calendar_are_a_malformed_response() -> None:
    row = "below 1 /a\n81a4 0 0 1 99999999999999999 /a/b\n=0\n"
    batch = Batch(answer("ask below 1 /a", row, ". 0"), MARK)
    assert batch.stat("/a/b").st_mtime == 99999999999999999
    failure = Accounts.failure_of(OverflowError(), Accounts.calls()["passwd"])
    assert failure is not None
    assert failure.reason == Reason.MALFORMED_RESPONSE
