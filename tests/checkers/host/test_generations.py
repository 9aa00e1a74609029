"""The files of one log: sign-in records, clocks that are wrong, files that were taken away."""

from __future__ import annotations

import gzip
import struct

import pytest

from tests.checkers.host.machines import Tree
from troth.checkers.host import wtmp
from troth.checkers.host.log import Logs
from troth.model import Reason

NOVEMBER_20 = 1795132800
DAY = 86400
YEAR_2099 = 4073000000


def sign_in(seconds: int, length: int = 384) -> bytes:
    """Return a record of utmp(5), by the layout of glibc."""
    offset, form = (340, "<i") if length == 384 else (344, "<q")
    record = bytearray(length)
    struct.pack_into("<h", record, 0, 7)
    struct.pack_into(form, record, offset, seconds)
    return bytes(record)


def rotated(tree: Tree, numbers: dict[int, int], live: int = NOVEMBER_20) -> None:
    """Write a log of which file ``number`` begins at a Unix time and ends an hour later."""
    tree.write("/etc/logrotate.conf", "/var/log/x.log {\n daily\n rotate 30\n}\n")
    for number, begun in {0: live, **numbers}.items():
        suffix = f".{number}" if number else ""
        body = f"type=X msg=audit({begun}.0:1): x\n"
        tree.write(f"/var/log/x.log{suffix}", body, mtime=begun + 3600)


def ends(tree: Tree) -> tuple[str | None, str | None, str | None]:
    seen = tree.only(Logs)["extent"]
    return seen.get("created_at"), seen.get("oldest_event_at"), seen.get("newest_event_at")


def test_an_unbroken_row_says_nothing_of_when_it_was_begun(tree: Tree) -> None:
    rotated(tree, {1: NOVEMBER_20 - DAY, 2: NOVEMBER_20 - 2 * DAY})
    assert ends(tree)[:2] == (None, "2026-11-18T00:00:00+00:00")


def test_a_number_that_is_lacking_ends_the_record(tree: Tree) -> None:
    rotated(tree, {1: NOVEMBER_20 - DAY, 2: NOVEMBER_20 - 2 * DAY, 4: NOVEMBER_20 - 40 * DAY})
    assert ends(tree)[:2] == ("2026-10-11T00:00:00+00:00", "2026-11-18T00:00:00+00:00")


def test_nothing_lacks_between_the_live_file_and_the_first_number(tree: Tree) -> None:
    rotated(tree, {2: NOVEMBER_20 - 2 * DAY, 3: NOVEMBER_20 - 3 * DAY})
    assert ends(tree)[:2] == (None, "2026-11-17T00:00:00+00:00")


def test_events_beyond_a_hole_alone_do_not_reach_back(tree: Tree) -> None:
    rotated(tree, {1: NOVEMBER_20 - DAY, 3: NOVEMBER_20 - 3 * DAY})
    tree.write("/var/log/x.log", "")
    tree.write("/var/log/x.log.1", "")
    created, oldest, newest = ends(tree)
    assert (created, oldest, newest) == (
        "2026-11-17T00:00:00+00:00",
        "2026-11-17T00:00:00+00:00",
        "2026-11-17T01:00:00+00:00",
    )


def test_a_dated_name_is_no_number(tree: Tree) -> None:
    rotated(tree, {1: NOVEMBER_20 - DAY})
    tree.write("/var/log/x.log-20261101", "type=X msg=audit(1793491200.0:1): x\n", mtime=1793494800)
    assert ends(tree)[:2] == (None, "2026-11-01T00:00:00+00:00")


def test_a_clock_in_the_future_makes_nothing_fresh(tree: Tree) -> None:
    rotated(tree, {}, live=YEAR_2099)
    seen = tree.only(Logs)["extent"]
    assert "newest_event_at" not in seen
    assert "oldest_event_at" not in seen
    assert seen.missing["newest_event_at"].reason == Reason.NO_DATA
    assert "clock" in seen.missing["newest_event_at"].message


def test_sign_in_records_have_their_own_form(tree: Tree) -> None:
    tree.write("/etc/logrotate.conf", "/var/log/wtmp {\n monthly\n rotate 1\n}\n")
    tree.write("/var/log/wtmp", sign_in(NOVEMBER_20 - DAY), mtime=NOVEMBER_20)
    tree.write("/var/log/wtmp.1", sign_in(NOVEMBER_20 - 40 * DAY) * 3, mtime=NOVEMBER_20 - DAY)
    assert ends(tree)[1:] == ("2026-10-11T00:00:00+00:00", "2026-11-20T00:00:00+00:00")


def test_packed_sign_in_records_are_read(tree: Tree) -> None:
    tree.write("/etc/logrotate.conf", "/var/log/btmp {\n monthly\n rotate 1\n}\n")
    tree.write("/var/log/btmp", b"")
    packed = gzip.compress(sign_in(NOVEMBER_20 - 40 * DAY, 400) * 9)
    tree.write("/var/log/btmp.1.gz", packed, mtime=NOVEMBER_20 - DAY)
    assert ends(tree)[1] == "2026-10-11T00:00:00+00:00"


@pytest.mark.parametrize("length", [384, 400])
def test_both_layouts_are_told_apart_by_two_records(length: int) -> None:
    assert wtmp.first_time(sign_in(NOVEMBER_20, length) * 2) == NOVEMBER_20


def test_a_session_that_looks_like_a_time_is_none() -> None:
    record = bytearray(sign_in(NOVEMBER_20, 400))
    struct.pack_into("<i", record, 340, NOVEMBER_20 - 9 * DAY)
    assert wtmp.first_time(bytes(record) * 2) == NOVEMBER_20


@pytest.mark.parametrize(
    "head",
    [b"", b"x" * 20, b"\xff" * 800, sign_in(0) * 2, sign_in(2**33, 400)[:399], b"\0" * 800],
)
def test_what_is_no_record_has_no_time(head: bytes) -> None:
    assert wtmp.first_time(head) is None


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/var/log/wtmp", True),
        ("/var/log/btmp.1", True),
        ("/var/log/wtmp-20261101.gz", True),
        ("/var/log/xwtmp", False),
        ("/var/log/wtmp.log", False),
    ],
)
def test_files_of_sign_ins_are_known_by_name(path: str, named: bool) -> None:
    assert wtmp.is_named(path) is named
