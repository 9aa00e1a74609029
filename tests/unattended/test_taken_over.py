"""What is taken over is as it was written, of the same user, and no living run's."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.unattended import depot as depots
from tests.unattended.conftest import CHECK, Nursery, Start, envelope, runs_of, until
from tests.unattended.depot import Depot
from tests.unattended.test_resume import aged, cut_short, not_resumed
from troth import lock, record
from troth.cli import listing
from troth.collect.inputs import Asked, asker
from troth.collect.resume import Search, find, forget
from troth.plan import Plan

ELSE = "was made on another machine, by another user, or acting as somebody else"


def unfinished(folder: Path) -> Path:
    """Let a run be one that was killed right before it wrote its envelope; return its folder."""
    body = envelope(folder)
    mark = {key: body[key] for key in ("schema", "id", "started_at", "as_of", "by")}
    mark |= {"troth": body["versions"]["troth"]}
    (folder / "unfinished.json").write_text(json.dumps(mark))
    (folder / "run.json").unlink()
    return folder


# As it was written


def test_what_was_changed_in_an_unfinished_folder_does_not_mend_a_broken_promise(
    start: Start, workspace: Path, depot: Depot
) -> None:
    shutil.rmtree(workspace)
    depots.furnish(workspace, depot, 6)
    assert start().wait() == 1
    (made,) = runs_of(workspace)
    (shard,) = (unfinished(made) / "observations").glob("*hall-05.jsonl")
    shard.write_text(shard.read_text().replace('"bits":64', '"bits":256'))
    depot.asked.clear()
    assert start("--resume").wait() == 1
    assert depot.halls() == {"hall-05"}


# By the same user


def test_a_run_of_somebody_else_gives_nothing(start: Start, workspace: Path, depot: Depot) -> None:
    killed = cut_short(start, workspace, depot)
    process = start("--resume", variables={"AWS_PROFILE": "production"})
    assert not_resumed(process) == f"{killed.name} {ELSE}"
    assert len(depot.halls()) == 4
    assert killed.exists()


def test_a_partial_run_of_somebody_else_gives_nothing_either(
    start: Start, workspace: Path, depot: Depot
) -> None:
    partial = cut_short(start, workspace, depot, signal.SIGTERM)
    process = start("--resume", variables={"GOOGLE_APPLICATION_CREDENTIALS": "/else.json"})
    assert not_resumed(process) == f"{partial.name} {ELSE}"


@pytest.mark.parametrize(
    "name",
    ["HOME", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_REGION",
     "GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_ACTIVE_CONFIG_NAME", "CLOUDSDK_CONFIG"],
)  # fmt: skip
def test_who_looks_is_somebody_else_with_another(name: str) -> None:
    made = asker({name: "one"})
    assert made == asker({name: "one"})
    assert made not in (asker({name: "other"}), asker({}))


@pytest.mark.parametrize(
    "name",
    ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
     "CLOUDSDK_AUTH_ACCESS_TOKEN", "CLOUDSDK_PROXY_PASSWORD", "GOOGLE_CREDENTIALS"],
)  # fmt: skip
def test_the_value_of_a_secret_is_no_part_of_who_looks_but_that_there_is_one(name: str) -> None:
    assert asker({name: "one"}) == asker({name: "other"}) != asker({})


def test_what_has_nothing_to_do_with_it_is_no_part_of_who_looks() -> None:
    assert asker({"LANG": "C", "TERM": "dumb", "TROTH_PING": "x", "NO_AWS_X": "1"}) == asker({})


def test_another_machine_is_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    here = asker({})
    monkeypatch.setattr(socket, "gethostname", lambda: "another.example")
    assert asker({}) != here


def test_another_user_is_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    here, other = asker({}), os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    assert asker({}) != here


# Nobody's yet


@pytest.mark.parametrize("saved", [2, 0])
def test_the_folder_of_a_run_that_lives_is_left_alone(
    saved: int, nursery: Nursery, start: Start, workspace: Path, depot: Depot
) -> None:
    """It asks the same from elsewhere, so another lock keeps it apart from its like."""
    twin = depots.furnish(workspace.with_name("twin"), depot)
    depot.hanging |= {f"hall-{number:02}" for number in range(saved, 4)}
    folder = workspace / "runs" / "living"
    living = nursery.start(twin, *CHECK, "--run", str(folder))
    until(lambda: len(living.events("unit started")) == 4, living)
    until(lambda: len(living.events("unit saved")) == saved, living)
    living.signal(signal.SIGSTOP)
    try:
        depot.release()
        reason = not_resumed(start("--resume"))
    finally:
        living.signal(signal.SIGCONT)
    assert saved == 0 or reason == f"{folder.name} is still going on"
    assert living.wait() == 0, living.err
    assert envelope(folder)["state"] == "complete"
    assert len(runs_of(workspace)) == 2


def test_the_list_of_runs_tells_the_living_from_the_dead(
    start: Start, workspace: Path, depot: Depot
) -> None:
    depot.hanging |= {"hall-02", "hall-03"}
    process = start()
    until(lambda: len(process.events("unit saved")) == 2, process)
    (folder,) = runs_of(workspace)
    told = f"{folder.name}  {{}}  as of 2026-11-21T00:00:00+00:00  2 units finished"
    assert list(listing.run_lines(workspace / "runs")) == [told.format("going on")]
    process.signal(signal.SIGKILL)
    process.wait()
    assert list(listing.run_lines(workspace / "runs")) == [told.format("unfinished")]


def test_a_mark_is_held_before_anybody_can_see_it(tmp_path: Path) -> None:
    seen: list[str] = []
    record.begin(tmp_path / "run", {}, lambda path: seen.extend(os.listdir(path.parent)))
    assert seen
    assert record.MARK not in seen
    assert record.MARK in os.listdir(tmp_path / "run")


def test_a_file_is_held_until_its_holder_is_done(tmp_path: Path) -> None:
    path = tmp_path / "unfinished.json"
    assert not lock.is_held(path)
    path.touch()
    assert not lock.is_held(path)
    with lock.kept(path):
        assert lock.is_held(path)
        forget((tmp_path,))
        assert path.exists()
    assert not lock.is_held(path)
    forget((tmp_path,))
    assert not tmp_path.exists()


# Told


def test_whoever_reads_a_report_is_told_that_facts_are_of_an_earlier_run(
    nursery: Nursery, start: Start, workspace: Path, depot: Depot
) -> None:
    def written(*arguments: str) -> str:
        process = nursery.start(workspace, *arguments)
        assert process.wait() in (0, 3), process.err
        return process.out

    killed = cut_short(start, workspace, depot)
    mark = json.loads((killed / "unfinished.json").read_text())
    text = start("--resume", "--output", "text")
    assert text.wait() == 0
    (made,) = runs_of(workspace)
    began = mark["started_at"]
    second = f"{began[:10]} {began[11:19]} UTC"
    said = f"2 units, read by run {killed.name} from {{}} on"
    whole = f"Some facts are older than this run: {said.format(began)}."
    assert " ".join(text.out.split()).endswith(whole)
    assert said.format(second) in written("report", str(made), "--output", "html")
    written(
        "evidence", "pack", str(made), "--unsigned", "--out", "bag.tar.gz", "--organization", "A"
    )
    shown = written("evidence", "show", "bag.tar.gz")
    assert f"\nTaken over: {said.format(began)}\n" in shown
    with tarfile.open(workspace / "bag.tar.gz") as bag:
        (name,) = (name for name in bag.getnames() if name.endswith("README.txt"))
        readme = bag.extractfile(name)
        assert readme is not None
        assert f"\nTaken over     {said.format(began)}\n" in readme.read().decode()


def test_nobody_is_told_so_of_a_run_that_took_nothing_over(
    nursery: Nursery, start: Start, workspace: Path
) -> None:
    text = start("--output", "text")
    assert text.wait() == 0
    (made,) = runs_of(workspace)
    html = nursery.start(workspace, "report", str(made), "--output", "html")
    assert html.wait() == 0
    for out in (text.out, html.out):
        assert "older than this run" not in out
        assert "Taken over" not in out


# The clock


def test_a_run_that_began_in_the_future_gives_nothing(
    start: Start, workspace: Path, depot: Depot
) -> None:
    killed = cut_short(start, workspace, depot)
    aged(killed, hours=-1)
    began = json.loads((killed / "unfinished.json").read_text())["started_at"]
    reason = not_resumed(start("--resume"))
    assert reason == f"{killed.name} began in the future, at {began}; correct the clock"


def test_a_clock_may_be_a_little_wrong(start: Start, workspace: Path, depot: Depot) -> None:
    aged(cut_short(start, workspace, depot), minutes=-4)
    assert start("--resume").wait() == 0
    assert depot.halls() == {"hall-02", "hall-03"}


# What cannot be read


@contextmanager
def closed(folder: Path) -> Iterator[None]:
    """Make a folder one of another user's, who lets nobody in."""
    folder.chmod(0o700 if os.geteuid() == 0 else 0)
    here, user = Path.cwd(), os.geteuid()
    os.chdir(folder.parent)  # the folders of the tests are closed as well
    folder.parent.chmod(0o755)
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)
        os.chdir(here)
        folder.chmod(0o700)


def test_the_folder_of_another_user_is_passed_by_and_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "runs" / "foreign"
    folder.mkdir(parents=True)
    (folder / "unfinished.json").write_text("{}")
    search = Search(Path(), timedelta(hours=12), "PT12H")
    asks = Asked(Plan((), (), ()), {}, None, asker({}))
    said = "foreign cannot be read: Permission denied; it is passed by; "
    said += "give it to the user who runs troth, or remove it"
    with caplog.at_level("WARNING", logger="troth"), closed(folder):
        found = find(search, asks, datetime.now(UTC))
        lines = list(listing.run_lines(Path()))
    assert (found.earlier, found.spent, lines) == (None, (), [])
    (told,) = caplog.records
    assert (told.getMessage(), told.__dict__["said"]) == ("folder not read", said)
    assert capsys.readouterr().err == f"troth: {said}\n"
