"""How a run ends before its time: by a signal, by its limit, or because a disk is full."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.unattended.conftest import (
    CHECK,
    TROTH,
    Nursery,
    Start,
    envelope,
    environment,
    runs_of,
    until,
)
from tests.unattended.depot import Depot
from troth.collect.ending import Ending, Limit
from troth.model import Reason


def findings(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "findings.jsonl").read_text().splitlines()]


# The limit


def test_when_its_time_is_up_what_was_not_read_is_unknown_and_the_rest_counts(
    start: Start, workspace: Path, depot: Depot
) -> None:
    path = workspace / "troth.yaml"
    path.write_text(path.read_text().replace("halls: 4", "halls: 6"))
    depot.hanging |= {"lock/hall-03:1", "list/hall-02"}
    process = start("--max-time", "PT6S")
    assert process.wait() == 1, "a broken promise counts more than the limit"
    (made,) = runs_of(workspace)
    assert envelope(made)["state"] == "partial"
    rows = findings(made)
    unknown = {row["resource"]: row for row in rows if row["verdict"] == "unknown"}
    assert set(unknown) == {"hall-03:1", "listing depot.box hall-02"}
    for row, done in zip(unknown.values(), ("read", "listed"), strict=True):
        assert row["reason"] == "interrupted"
        assert f"(--max-time PT6S) was up before this was {done}; raise it, or " in row["why"]
    assert [row["resource"] for row in rows if row["verdict"] == "fail"] == ["hall-05:1"]
    (told,) = process.events("time is up")
    assert (told["level"], told["limit"]) == ("warning", "PT6S")
    depot.release()
    depot.asked.clear()
    assert start("--resume").wait() == 1
    assert depot.halls() == {"hall-02", "hall-03"}


def test_a_partial_run_never_ends_with_0(start: Start, depot: Depot) -> None:
    depot.hanging.add("hall-03")
    assert start("--max-time", "PT1S", "--gate", "recorded").wait() == 3


def test_people_are_told_that_the_time_is_up(
    nursery: Nursery, workspace: Path, depot: Depot
) -> None:
    depot.hanging.add("hall-03")
    process = nursery.start(workspace, "check", "-q", "--max-time", "PT1S")
    assert process.wait() == 3
    wanted = "troth: the time of the run (--max-time PT1S) was up; what was not read is unknown\n"
    assert process.err == wanted


def test_a_limit_that_is_not_reached_changes_nothing(start: Start, workspace: Path) -> None:
    process = start("--max-time", "P1D")
    assert process.wait() == 0
    assert envelope(runs_of(workspace)[0])["state"] == "complete"
    assert not process.events("time is up")


def test_the_first_cause_counts() -> None:
    stop = threading.Event()
    ending = Ending(stop, Limit("PT1S", 0.0))
    assert not ending.came
    assert ending()
    stop.set()
    failure = ending.before("read")
    assert failure.reason is Reason.INTERRUPTED
    assert "--max-time PT1S" in failure.message
    ending = Ending(stop, Limit("PT1S", 0.0))
    assert ending.before("listed").message == "the run was interrupted before this was listed"


# Signals


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGHUP, 143), (signal.SIGTERM, 143), (signal.SIGINT, 130)]
)
def test_a_signal_keeps_the_partial_run(
    number: int, code: int, start: Start, workspace: Path, depot: Depot
) -> None:
    depot.hanging.add("hall-03")
    process = start()
    until(lambda: len(process.events("unit saved")) == 3, process)
    process.signal(number)
    assert process.wait() == code
    (made,) = runs_of(workspace)
    assert envelope(made)["state"] == "partial"
    assert {row.get("reason") for row in findings(made)} == {None, "interrupted"}
    assert not (made / "unfinished.json").exists()


def test_a_hangup_that_is_ignored_stays_ignored(site: Path, workspace: Path, depot: Depot) -> None:
    """As under nohup."""
    depot.hanging.add("hall-03")
    process = subprocess.Popen(
        ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", TROTH, *CHECK], cwd=workspace,
        env=environment(site), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until(lambda: len(list((workspace / "runs").rglob("*.jsonl"))) == 3)
    process.send_signal(signal.SIGHUP)
    depot.release()
    assert process.wait() == 0
    assert envelope(runs_of(workspace)[0])["state"] == "complete"


def test_a_second_signal_ends_at_once_and_leaves_the_mark(
    start: Start, workspace: Path, depot: Depot
) -> None:
    depot.hanging.add("hall-03")
    process = start()
    until(lambda: len(process.events("unit saved")) == 3, process)
    process.signal(signal.SIGTERM)
    process.signal(signal.SIGINT)
    assert process.wait() in (130, 143)
    (made,) = runs_of(workspace)
    assert (made / "unfinished.json").exists() or (made / "run.json").exists()


# Outputs


def test_an_output_that_cannot_be_written_does_not_lose_the_run(
    nursery: Nursery, workspace: Path
) -> None:
    process = nursery.start(
        workspace, "check", "-o", "json=/dev/full", "-o", "csv=good.csv", "-o", "junit=/dev/full"
    )
    assert process.wait() == 3
    (made,) = runs_of(workspace)
    assert envelope(made)["state"] == "complete"
    assert (workspace / "good.csv").read_text().count("\n") > 4
    told = process.err.splitlines()
    for line in told[:2]:
        wanted = "troth: /dev/full cannot be written: No space left on device; choose another; "
        assert line == f"{wanted}the run is kept, troth report {made} writes it again"
    assert told[2].startswith("run: ")
    assert told[3].startswith("exit 3: ")


def test_a_full_disk_behind_standard_output_is_told(site: Path, workspace: Path) -> None:
    for form in ("text", "json"):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [TROTH, "check", "-o", form], cwd=workspace, env=environment(site), stdout=full,
                stderr=subprocess.PIPE, text=True, check=False,
            )  # fmt: skip
        assert done.returncode == 3, done.stderr
        assert "Traceback" not in done.stderr
        assert "troth: standard output cannot be written: No space left on device" in done.stderr


def test_an_output_that_fails_half_way_leaves_the_old_one(
    nursery: Nursery, workspace: Path
) -> None:
    (workspace / "out.prom").write_text("old\n")
    process = nursery.start(workspace, *CHECK, "-o", "openmetrics=out.prom", size=0)
    process.wait()
    assert (workspace / "out.prom").read_text() == "old\n"
    made = nursery.start(workspace, *CHECK, "-o", "openmetrics=out.prom")
    assert made.wait() == 0
    assert (workspace / "out.prom").read_text().endswith("# EOF\n")
    assert not [path.name for path in workspace.iterdir() if "part" in path.name]


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o027, 0o640)])
def test_an_output_has_the_mode_that_the_umask_leaves(
    mask: int, mode: int, site: Path, workspace: Path
) -> None:
    done = subprocess.run(
        ["sh", "-c", f'umask {mask:03o}; exec "$@"', "sh", TROTH, "check", "-q",
         "-o", "openmetrics=out.prom", "-o", "json=out.json"],
        cwd=workspace, env=environment(site), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (workspace / "out.prom").stat().st_mode & 0o777 == mode
    assert (workspace / "out.json").stat().st_mode & 0o777 == mode


def test_a_link_in_the_place_of_the_half_written_file_is_not_followed(
    nursery: Nursery, workspace: Path
) -> None:
    (workspace / "precious").write_text("kept")
    (workspace / ".out.json.part").symlink_to(workspace / "precious")
    assert nursery.start(workspace, "check", "-q", "-o", "json=out.json").wait() == 0
    assert (workspace / "precious").read_text() == "kept"
    assert json.loads((workspace / "out.json").read_text())


def test_a_set_of_documents_comes_whole(nursery: Nursery, workspace: Path) -> None:
    assert nursery.start(workspace, "check", "-q", "-o", "oscal=set/").wait() == 0
    names = {path.name for path in (workspace / "set").iterdir()}
    assert "assessment-results.json" in names
    assert not [name for name in names if name.startswith(".")]


def test_a_pipe_can_be_an_output(nursery: Nursery, workspace: Path) -> None:
    os.mkfifo(workspace / "pipe")
    process = nursery.start(workspace, "check", "-q", "-o", "json=pipe")
    assert json.loads((workspace / "pipe").read_text())["findings"]
    assert process.wait() == 0
