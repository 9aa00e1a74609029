"""Going on with a run that was cut short: which one, what of it, and what it says of itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unattended import depot as depots
from tests.unattended.conftest import CHECK, Nursery, Process, Start, envelope, runs_of, until
from tests.unattended.depot import Depot
from troth import offline
from troth.cli import main
from troth.collect import resume
from troth.errors import NotSaved


def cut_short(
    start: Start, workspace: Path, depot: Depot, number: int = signal.SIGKILL, *options: str
) -> Path:
    """Return the folder of a run that was ended while two of four halls hung."""
    depot.hanging |= {"hall-02", "hall-03"}
    process = start(*options)
    until(lambda: len(process.events("unit saved")) == 2, process)
    process.signal(number)
    process.wait()
    depot.release()
    depot.asked.clear()
    return runs_of(workspace)[-1]


def not_resumed(process: Process) -> str:
    """Return why a run was not gone on with."""
    assert process.wait() == 0, process.err
    (told,) = process.events("not resumed")
    assert not process.events("resumed")
    reason: str = told["reason"]
    return reason


def aged(folder: Path, **by: float) -> None:
    """Let a run's folder be from some time ago."""
    path = folder / ("run.json" if (folder / "run.json").exists() else "unfinished.json")
    body = json.loads(path.read_text())
    began = datetime.fromisoformat(body["started_at"]) - timedelta(**by)
    path.write_text(json.dumps(body | {"started_at": began.isoformat()}))
    moment = (datetime.now(UTC) - timedelta(**by)).timestamp()
    os.utime(path, (moment, moment))


def test_a_killed_run_is_marked_and_the_next_takes_over_what_it_had_finished(
    start: Start, workspace: Path, depot: Depot
) -> None:
    killed = cut_short(start, workspace, depot)
    mark = json.loads((killed / "unfinished.json").read_text())
    assert set(mark) == {"schema", "id", "started_at", "as_of", "by", "pid", "host", "troth"}
    assert mark["id"] == killed.name
    process = start("--resume")
    assert process.wait() == 0, process.err
    assert depot.halls() == {"hall-02", "hall-03"}
    (made,) = runs_of(workspace)
    body = envelope(made)
    assert body["resumed"] == {"run": killed.name, "units": 2, "since": mark["started_at"]}
    assert body["id"] == made.name != killed.name
    (told,) = process.events("resumed")
    assert told["message"] == f"2 of 4 units are taken over from {killed.name}"
    assert {told["unit"] for told in process.events("unit started")} == {
        "d.depot.box.hall-02", "d.depot.box.hall-03",
    }  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_partial_run_stays_as_it_is_and_is_gone_on_with(
    number: int, start: Start, workspace: Path, depot: Depot
) -> None:
    partial = cut_short(start, workspace, depot, number)
    before = {path: path.read_bytes() for path in partial.rglob("*") if path.is_file()}
    assert envelope(partial)["state"] == "partial"
    assert not (partial / "unfinished.json").exists()
    assert start("--resume").wait() == 0
    assert depot.halls() == {"hall-02", "hall-03"}
    assert {path: path.read_bytes() for path in partial.rglob("*") if path.is_file()} == before
    made = next(folder for folder in runs_of(workspace) if folder != partial)
    assert envelope(made)["resumed"]["run"] == partial.name
    assert envelope(made)["state"] == "complete"


def test_a_resumed_run_replays_byte_for_byte_and_can_be_packed(
    nursery: Nursery, start: Start, workspace: Path, depot: Depot
) -> None:
    cut_short(start, workspace, depot)
    assert start("--resume").wait() == 0
    (made,) = runs_of(workspace)
    replay = nursery.start(workspace, "replay", str(made))
    assert replay.wait() == 0
    assert "the results are the recorded ones" in replay.err
    packed = nursery.start(
        workspace, "evidence", "pack", str(made), "--unsigned", "--out", "bag.tar.gz",
        "--organization", "Acme",
    )  # fmt: skip
    assert packed.wait() == 0, packed.err
    assert nursery.start(workspace, "evidence", "show", "bag.tar.gz").wait() == 0


def test_a_resumed_run_gives_the_results_of_an_undisturbed_one(
    start: Start, workspace: Path, depot: Depot
) -> None:
    assert start().wait() == 0
    wanted = envelope(runs_of(workspace)[-1])["results_digest"]
    cut_short(start, workspace, depot)
    assert start("--resume").wait() == 0
    assert envelope(runs_of(workspace)[-1])["results_digest"] == wanted


def test_what_was_seen_before_says_when(start: Start, workspace: Path, depot: Depot) -> None:
    cut_short(start, workspace, depot)
    assert start("--resume").wait() == 0
    (made,) = runs_of(workspace)
    began = datetime.fromisoformat(envelope(made)["started_at"])
    seen = {}
    for path in (made / "observations").iterdir():
        row = json.loads(path.read_text().splitlines()[1])
        seen[path.stem[-2:]] = datetime.fromisoformat(row["facets"]["lock"]["observed_at"]) < began
    assert seen == {"00": True, "01": True, "02": False, "03": False}


# Which run counts


def test_without_an_unfinished_run_everything_is_looked_at(start: Start, depot: Depot) -> None:
    reason = not_resumed(start("--resume"))
    assert reason.startswith("nothing below ")
    assert reason.endswith(" was cut short")
    assert len(depot.halls()) == 4


def test_people_are_told_in_one_line_why_not(
    nursery: Nursery, workspace: Path, depot: Depot
) -> None:
    process = nursery.start(workspace, "check", "--resume")
    assert process.wait() == 0
    assert process.err.splitlines()[0].startswith("troth: everything is looked at: nothing below ")
    assert len(process.err.splitlines()) == 3
    quiet = nursery.start(workspace, "check", "--resume", "-q")
    assert quiet.wait() == 0
    assert quiet.err == ""


def test_without_the_option_nothing_is_taken_over(
    start: Start, workspace: Path, depot: Depot
) -> None:
    killed = cut_short(start, workspace, depot)
    assert start().wait() == 0
    assert len(depot.halls()) == 4
    assert killed.exists()


def test_a_run_that_is_too_old_is_left_alone(start: Start, workspace: Path, depot: Depot) -> None:
    killed = cut_short(start, workspace, depot)
    aged(killed, hours=13)
    assert not_resumed(start("--resume")) == (
        f"{killed.name} began more than PT12H ago (--resume-within)"
    )
    assert len(depot.halls()) == 4


def test_how_old_it_may_be_can_be_said(start: Start, workspace: Path, depot: Depot) -> None:
    aged(cut_short(start, workspace, depot), hours=13)
    assert start("--resume", "--resume-within", "PT14H").wait() == 0
    assert len(depot.halls()) == 2


def test_what_counts_is_the_age_of_the_oldest_that_was_taken_over(
    start: Start, workspace: Path, depot: Depot
) -> None:
    aged(cut_short(start, workspace, depot), hours=11)
    depot.hanging.add("hall-03")
    process = start("--resume")
    until(lambda: len(process.events("unit saved")) == 1, process)
    process.signal(signal.SIGTERM)
    process.wait()
    depot.release()
    depot.asked.clear()
    partial = next(one for one in runs_of(workspace) if (one / "run.json").exists())
    assert not_resumed(start("--resume", "--resume-within", "PT10H")) == (
        f"{partial.name} began more than PT10H ago (--resume-within)"
    )


@pytest.mark.parametrize(
    ("path", "before", "after", "told"),
    [
        ("policies/acme.yaml", "min_bits: 128", "min_bits: 129", "inputs/policies/acme.yaml"),
        ("troth.yaml", "halls: 4", "halls: 5", "inputs/troth.yaml"),
        ("kinds/box.yaml", "A box", "One box", "inputs/kinds/box.yaml"),
    ],
)
def test_a_run_that_asked_something_else_is_left_alone(
    path: str, before: str, after: str, told: str, start: Start, workspace: Path, depot: Depot
) -> None:
    killed = cut_short(start, workspace, depot)
    text = (workspace / path).read_text()
    assert before in text
    (workspace / path).write_text(text.replace(before, after))
    assert not_resumed(start("--resume")) == f"{killed.name} asked something else ({told})"
    assert killed.exists()


def test_another_plan_of_the_same_files_is_something_else(
    start: Start, workspace: Path, depot: Depot
) -> None:
    killed = cut_short(start, workspace, depot)
    process = start("--resume", "--clause", "acme/1.2", "--gate", "observed")
    process.wait()
    (told,) = process.events("not resumed")
    assert told["reason"] == f"{killed.name} asked something else (plan.json)"


def test_a_run_of_another_version_is_left_alone(
    start: Start, workspace: Path, depot: Depot
) -> None:
    killed = cut_short(start, workspace, depot)
    path = killed / "unfinished.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"troth": "0.0.1"}))
    assert not_resumed(start("--resume")) == f"{killed.name} was made by troth 0.0.1"


def test_a_run_under_other_pseudonyms_is_left_alone(
    start: Start, workspace: Path, depot: Depot
) -> None:
    for name in ("one", "other"):
        (workspace / name).write_bytes(name.encode().ljust(32, b"."))
        (workspace / name).chmod(0o600)
    under = ["--pseudonymize", "person", "--pseudonym-key"]
    killed = cut_short(start, workspace, depot, signal.SIGKILL, *under, "one")
    assert not_resumed(start("--resume", *under, "other")).endswith("has other pseudonyms")
    shutil.rmtree(runs_of(workspace)[-1])
    assert not_resumed(start("--resume")).endswith("has other pseudonyms")
    shutil.rmtree(runs_of(workspace)[-1])
    depot.asked.clear()
    assert start("--resume", *under, "one").wait() == 0
    assert depot.halls() == {"hall-02", "hall-03"}
    assert not killed.exists()


def test_a_partial_run_that_was_changed_gives_nothing(
    start: Start, workspace: Path, depot: Depot
) -> None:
    partial = cut_short(start, workspace, depot, signal.SIGTERM)
    shard = partial / "observations" / "d.depot.box.hall-00.jsonl"
    shard.write_text(shard.read_text().replace("256", "257"))
    reason = not_resumed(start("--resume"))
    assert reason == f"{partial.name} was changed since; troth replay says where"


def test_after_a_complete_run_an_older_partial_one_does_not_count(
    start: Start, workspace: Path, depot: Depot
) -> None:
    """Its facts are older than what is known already."""
    cut_short(start, workspace, depot, signal.SIGTERM)
    assert start("--resume").wait() == 0
    complete = runs_of(workspace)[-1]
    depot.asked.clear()
    reason = not_resumed(start("--resume"))
    assert reason == f"{complete.name}, which asks the same, is complete"
    assert len(depot.halls()) == 4


def test_a_run_that_finished_nothing_does_not_hide_one_that_did(
    start: Start, workspace: Path, depot: Depot
) -> None:
    killed = cut_short(start, workspace, depot)
    empty = workspace / "runs" / "empty"
    (empty / "observations").mkdir(parents=True)
    shutil.copy(killed / "unfinished.json", empty / "unfinished.json")
    os.utime(empty / "unfinished.json")
    assert start("--resume").wait() == 0
    assert depot.halls() == {"hall-02", "hall-03"}
    assert len(runs_of(workspace)) == 1


def seen_in(year: bytes, shard: bytes) -> bytes:
    return re.sub(rb'("observed_at":")\d{4}', rb"\g<1>" + year, shard)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda body: body[:-20], id="cut off"),
        pytest.param(lambda body: body.rpartition(b"\n{")[0] + b"\n", id="a line is missing"),
        pytest.param(lambda body: b"", id="empty"),
        pytest.param(lambda body: b"\0" * len(body), id="zeroes"),
        pytest.param(lambda body: body.replace(b"hall-00", b"hall-09"), id="of another unit"),
        pytest.param(lambda body: body.replace(b'"facets"', b'"fcets"'), id="without facets"),
        pytest.param(lambda body: body.replace(b'"bits":256', b'"bits":512'), id="other facts"),
        pytest.param(lambda body: body.replace(b'"facts"', b'"fakts"'), id="without facts"),
        pytest.param(lambda body: re.sub(rb'"facets":{.*}}', b'"facets":{}', body), id="no facet"),
        pytest.param(lambda body: re.sub(rb':[12]"', b':0"', body), id="of one box only"),
        pytest.param(lambda body: seen_in(b"2099", body), id="seen in the future"),
        pytest.param(lambda body: seen_in(b"1999", body), id="seen before its run"),
    ],
)
def test_a_shard_that_is_not_whole_is_looked_at_again(
    damage: Any, start: Start, workspace: Path, depot: Depot
) -> None:
    killed = cut_short(start, workspace, depot)
    shard = killed / "observations" / "d.depot.box.hall-00.jsonl"
    before = shard.read_bytes()
    shard.write_bytes(damage(before))
    assert shard.read_bytes() != before
    assert start("--resume").wait() == 0
    assert depot.halls() == {"hall-00", "hall-02", "hall-03"}


def test_a_unit_of_which_one_box_was_not_reached_is_looked_at_again_whole(
    start: Start, workspace: Path, depot: Depot
) -> None:
    depot.hanging |= {"lock/hall-03:1"}
    process = start()
    until(lambda: len(process.events("unit saved")) == 3, process)
    process.signal(signal.SIGTERM)
    assert process.wait() == 143
    (told,) = process.events("unit cut short")
    assert told["unit"] == "d.depot.box.hall-03"
    depot.release()
    depot.asked.clear()
    assert start("--resume").wait() == 0
    assert depot.halls() == {"hall-03"}
    assert set(depot.asked.values()) == {1}


def test_what_failed_for_another_reason_is_not_asked_again(
    start: Start, workspace: Path, depot: Depot
) -> None:
    depot.failing.add("list/hall-00")
    cut_short(start, workspace, depot)
    process = start("--resume")
    assert process.wait() == 3
    assert depot.halls() == {"hall-02", "hall-03"}


def test_calls_that_two_checkers_share_are_right_when_one_of_them_is_left(
    start: Start, workspace: Path, depot: Depot
) -> None:
    shutil.rmtree(workspace)
    depots.furnish(workspace, depot, 2, ("depot.box", "depot.seal"))
    assert start().wait() == 0
    assert set(depot.asked.values()) == {1}
    depot.asked.clear()
    wanted = envelope(runs_of(workspace)[-1])["results_digest"]
    made = runs_of(workspace)[-1]
    for name in ("d.depot.seal.hall-00", "d.depot.box.hall-01"):
        (made / "observations" / f"{name}.jsonl").unlink()
    body = envelope(made)
    mark = {key: body[key] for key in ("schema", "id", "started_at", "as_of", "by")}
    (made / "unfinished.json").write_text(json.dumps(mark | {"troth": body["versions"]["troth"]}))
    (made / "run.json").unlink()
    assert start("--resume").wait() == 0
    assert depot.halls() == {"hall-00", "hall-01"}
    assert set(depot.asked.values()) == {1}
    assert envelope(runs_of(workspace)[-1])["results_digest"] == wanted


def test_the_old_folder_stays_until_the_new_run_is_on_the_disk(
    start: Start, workspace: Path, depot: Depot
) -> None:
    killed = cut_short(start, workspace, depot)
    before = {path: path.read_bytes() for path in killed.rglob("*") if path.is_file()}
    depot.hanging.add("hall-03")
    process = start("--resume")
    until(lambda: process.events("unit saved"), process)
    assert {path: path.read_bytes() for path in killed.rglob("*") if path.is_file()} == before
    depot.release()
    process.wait()
    assert not killed.exists()


def test_where_there_are_no_links_the_shards_are_copied(tmp_path: Path) -> None:
    """A link across file systems fails, and memory is another one than the disk."""
    other = Path("/dev/shm")  # noqa: S108 - no name in it is guessed
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        other = tmp_path
    import tempfile

    with tempfile.TemporaryDirectory(dir=other) as there:
        shard = Path(there) / "d.depot.box.hall-00.jsonl"
        shard.write_bytes(b"{}\n")
        (tmp_path / "run" / "observations").mkdir(parents=True)
        earlier = resume.Earlier(Path(there), datetime.now(UTC), {"d.depot.box.hall-00": shard})
        resume.take(earlier, tmp_path / "run")
        (taken,) = (tmp_path / "run" / "observations").iterdir()
        assert taken.read_bytes() == b"{}\n"
        assert [path.name for path in (tmp_path / "run").iterdir()] == ["observations"]


def test_shards_are_taken_over_all_or_none(tmp_path: Path) -> None:
    there = tmp_path / "earlier"
    there.mkdir()
    (there / "a.jsonl").write_bytes(b"{}\n")
    (tmp_path / "run" / "observations").mkdir(parents=True)
    paths = {"a": there / "a.jsonl", "b": there / "b.jsonl"}
    with pytest.raises((NotSaved, OSError)):
        resume.take(resume.Earlier(there, datetime.now(UTC), paths), tmp_path / "run")
    assert list((tmp_path / "run" / "observations").iterdir()) == []


def test_the_list_of_runs_shows_the_unfinished_with_what_they_finished(
    start: Start, nursery: Nursery, workspace: Path, depot: Depot
) -> None:
    killed = cut_short(start, workspace, depot)
    listed = nursery.start(workspace, "list", "runs")
    assert listed.wait() == 0
    wanted = f"{killed.name}  unfinished  as of 2026-11-21T00:00:00+00:00  2 units finished\n"
    assert listed.out == wanted
    (killed / "unfinished.json").write_text("")
    listed = nursery.start(workspace, "list", "runs")
    assert listed.wait() == 0, listed.err
    assert listed.out == f"{killed.name}  unfinished  2 units finished\n"


def test_the_mark_is_no_part_of_a_run(start: Start, workspace: Path) -> None:
    """A run that died between writing run.json and taking its mark away is finished."""
    assert start().wait() == 0
    (made,) = runs_of(workspace)
    (made / "unfinished.json").write_text("{}")
    assert "unfinished.json" not in envelope(made)["files"]
    try:
        assert main(["replay", str(made)]) == 0
    finally:
        offline.allow_sockets()


def test_the_command_takes_only_durations(nursery: Nursery, workspace: Path) -> None:
    for option in ("--max-time", "--resume-within"):
        for value in ("3h", "PT0S", "P32D", "P1000Y", ""):
            process = nursery.start(workspace, *CHECK, option, value)
            assert process.wait() == 2, (option, value)
            (told,) = process.events("error")
            assert told["message"].startswith(f"{option}: ")
    assert runs_of(workspace) == []
