"""One run at a time: the second says who is running, and a dead one holds nothing."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import signal
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unattended.conftest import CHECK, Nursery, Start, runs_of, until
from tests.unattended.depot import Depot
from troth import lock
from troth.errors import UsageError

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def test_of_two_runs_at_once_the_second_ends_and_says_who_holds_the_lock(
    start: Start, workspace: Path, depot: Depot
) -> None:
    depot.hanging.add("hall-00")
    one = start()
    until(lambda: runs_of(workspace), one)
    other = start()
    assert other.wait() == 2
    (told,) = [event["message"] for event in other.events("error")]
    host = re.escape(socket.gethostname())
    who = rf"another run holds .*/runs/\.lock: process {one.pid} on {host}, since (\S+)"
    found = re.fullmatch(rf"{who}; wait until it ends, or end that process", told)
    assert found, told
    since = datetime.fromisoformat(found[1])
    assert since.utcoffset() is not None
    assert abs((datetime.now(UTC) - since).total_seconds()) < 600
    assert len(runs_of(workspace)) == 1
    assert not other.events("unit started")
    one.signal(signal.SIGKILL)
    one.wait()
    depot.release()
    assert start().wait() == 0


def test_a_run_that_was_killed_holds_nothing(start: Start, workspace: Path, depot: Depot) -> None:
    depot.hanging.add("hall-00")
    one = start()
    until(lambda: runs_of(workspace), one)
    one.signal(signal.SIGKILL)
    one.wait()
    assert (workspace / "runs" / ".lock").exists()
    depot.release()
    assert start().wait() == 0


def test_a_run_in_another_folder_holds_the_same_lock(
    start: Start, workspace: Path, depot: Depot
) -> None:
    depot.hanging.add("hall-00")
    one = start("--run", "elsewhere")
    until((workspace / "elsewhere").exists, one)
    assert start("--run", "third").wait() == 2
    assert not (workspace / "third").exists()
    depot.release()
    assert one.wait() == 0


def test_people_are_told_in_one_line(
    nursery: Nursery, start: Start, workspace: Path, depot: Depot
) -> None:
    depot.hanging.add("hall-00")
    one = start()
    until(lambda: runs_of(workspace), one)
    other = nursery.start(workspace, "check", "-q")
    assert other.wait() == 2
    assert other.err.count("\n") == 1
    assert other.err.startswith("troth: another run holds ")
    assert f"process {one.pid} on " in other.err
    depot.release()
    one.wait()


def test_where_there_can_be_no_runs_a_run_elsewhere_needs_no_lock(
    nursery: Nursery, workspace: Path
) -> None:
    (workspace / "runs").write_text("in the way")
    assert nursery.start(workspace, *CHECK).wait() == 2
    process = nursery.start(workspace, *CHECK, "--run", "elsewhere")
    assert process.wait() == 0
    (told,) = process.events("not locked")
    assert "/runs/.lock cannot be opened: " in told["reason"]


def test_the_folder_and_the_file_are_for_their_owner(tmp_path: Path) -> None:
    with lock.held(tmp_path / "runs", NOW):
        assert (tmp_path / "runs").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "runs" / ".lock").stat().st_mode & 0o777 == 0o600
        by = json.loads((tmp_path / "runs" / ".lock").read_text())
        assert by == {
            "pid": os.getpid(), "host": socket.gethostname(), "since": "2026-11-22T02:00:00+00:00",
        }  # fmt: skip
    with lock.held(tmp_path / "runs", NOW):
        """It is free again."""


def test_what_an_earlier_holder_left_is_not_told_while_another_has_not_signed(
    tmp_path: Path,
) -> None:
    """Between taking the lock and signing it there is a moment."""
    path = tmp_path / ".lock"
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    path.write_text(json.dumps({"pid": child, "host": socket.gethostname(), "since": "long ago"}))
    with path.open("r+") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match="long ago"), lock.held(tmp_path, NOW):
            """Nobody else signed, so what is there is told in the end."""
        path.write_text("not JSON")
        with pytest.raises(UsageError, match=r"another run holds .*/\.lock; wait until it ends"), \
                lock.held(tmp_path, NOW):  # fmt: skip
            """Who it is cannot be said."""


def test_a_link_in_the_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    (tmp_path / ".lock").symlink_to(tmp_path / "precious")
    with pytest.raises(lock.NoLockFile), lock.held(tmp_path, NOW):
        """Never reached."""
    assert (tmp_path / "precious").read_text() == "kept"


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS])
def test_a_file_system_without_locks_is_told(tmp_path: Path, number: int) -> None:
    with (tmp_path / ".lock").open("w") as file:
        error = OSError(number, os.strerror(number))
        told = lock._told(file.fileno(), tmp_path / ".lock", error)
    assert told == (
        f"{tmp_path}/.lock cannot be locked: {os.strerror(number)}; set runs: to a folder on a "
        "file system that has locks, as local disks do"
    )
