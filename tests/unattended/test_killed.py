"""Killed at any moment, or on a full disk: nothing that was saved is lost, the next run goes on.

Real processes against a real server, which counts what it is asked. Every run goes into a history,
which is whole at each of these moments and gets each saved run once.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.unattended import depot as depots
from tests.unattended.conftest import CHECK, Nursery, Process, envelope, runs_of, until
from tests.unattended.depot import Depot
from troth.history.reading import History
from troth.history.store import Store
from troth.history.verify import verify

HALLS = 12
MOMENTS = 50
#: Few at once, so that some units are finished at most moments and others are not.
SLOWLY = ("--jobs", "4")


def recorded(workspace: Path) -> list[str]:
    """Return the ids in the history, in their order; it opens, and its chain verifies."""
    with Store.open(f"sqlite:///{workspace}/history.db") as store:
        assert verify(store).problems == ()
        with store.reading() as connection:
            return [night.id for night in reversed(History(connection, "main").nights())]


def saved(workspace: Path) -> list[str]:
    """Return the runs below a folder that have ended, in their order."""
    return [path.name for path in runs_of(workspace) if (path / "run.json").exists()]


def require_recorded(workspace: Path) -> None:
    """After a check that came to its end every saved run is in the history, once and in order."""
    assert recorded(workspace) == saved(workspace)
    assert not (workspace / "runs" / ".unrecorded").exists()


def require_noted(workspace: Path) -> None:
    """What is saved and not in the history is noted, so that the next check records it."""
    note = workspace / "runs" / ".unrecorded"
    lines = note.read_text().splitlines() if note.exists() else []
    waiting = {json.loads(line)[1] for line in lines}
    assert set(saved(workspace)) - set(recorded(workspace)) <= waiting


@pytest.fixture
def depot() -> Iterator[Depot]:
    with depots.serving(Depot(boxes=3, seconds=0.01)) as served:
        yield served


@pytest.fixture
def workspace(tmp_path: Path, depot: Depot) -> Path:
    made = depots.furnish(tmp_path / "work", depot, HALLS)
    path = made / "troth.yaml"
    path.write_text(path.read_text() + "history: {store: history.db}\n")
    return made


def undisturbed(nursery: Nursery, workspace: Path) -> tuple[Process, dict[str, Any], list[float]]:
    """Return a run that nobody disturbs, its envelope, and when it began and ended, in seconds."""
    began = time.time()
    process = nursery.start(workspace, *CHECK, *SLOWLY)
    assert process.wait() == 1, process.err
    ended = time.time()
    made = runs_of(workspace)[-1]
    start = next(path for path in (made / "inputs").iterdir()).stat().st_mtime
    return process, envelope(made), [start - began, ended - began]


def whole_shard(path: Path) -> bool:
    """Tell whether a shard has all the lines that its head counts, each of them whole."""
    body = path.read_bytes()
    head, *rows = [json.loads(line) for line in body.splitlines()]
    return body.endswith(b"\n") and head["listing"]["count"] == len(rows)


def require_no_half_file(folder: Path, wanted: dict[str, Any]) -> None:
    """Every file under a final name is whole; the inputs are those of the run to compare with."""
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.suffix == ".jsonl" and path.parent.name == "observations":
            assert whole_shard(path), path
        elif path.suffix == ".jsonl":
            assert path.read_bytes().endswith(b"\n"), path
            assert [json.loads(line) for line in path.read_bytes().splitlines()], path
        elif path.suffix == ".json":
            assert json.loads(path.read_bytes()), path
        elif path.suffix == ".yaml":
            assert digest(path) == wanted["files"][name], name
    if (folder / "run.json").exists():
        for name, told in envelope(folder)["files"].items():
            assert digest(folder / name) == told, name


def digest(path: Path) -> str:
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def finished_halls(folder: Path) -> set[str]:
    """Return the halls whose shards lie in a run's folder."""
    shards = (folder / "observations").glob("*.jsonl")
    return {path.name.removesuffix(".jsonl").rpartition(".")[2] for path in shards}


def require_nothing_lost(process: Process, folder: Path) -> None:
    """What the process told to be saved is there and whole."""
    for told in process.events("unit saved"):
        assert whole_shard(folder / "observations" / told["shard"]), told
    if process.events("run saved"):
        assert (folder / "run.json").exists()


def require_resumed(
    nursery: Nursery, workspace: Path, depot: Depot, wanted: dict[str, Any], folder: Path | None
) -> None:
    """The next run takes over exactly what is finished, and ends as if nothing had happened."""
    ended = folder is None or (folder / "run.json").exists()
    done = set() if folder is None or ended else finished_halls(folder)
    before = runs_of(workspace)
    depot.asked.clear()
    process = nursery.start(workspace, *CHECK, *SLOWLY, "--resume")
    assert process.wait() == 1, process.err
    (made,) = set(runs_of(workspace)) - set(before)
    halls = {f"hall-{number:02}" for number in range(HALLS)}
    assert depot.halls() == halls - done
    assert set(depot.asked.values()) <= {1}
    body = envelope(made)
    assert body["results_digest"] == wanted["results_digest"]
    assert body["state"] == "complete"
    assert body.get("resumed", {}).get("units", 0) == len(done)
    if done:
        assert folder is not None
        assert body["resumed"]["run"] == folder.name
        assert not folder.exists()
    assert not (made / "unfinished.json").exists()
    require_no_half_file(made, wanted)


def test_killed_at_any_moment_nothing_is_lost_and_the_next_run_goes_on(
    nursery: Nursery, workspace: Path, depot: Depot
) -> None:
    chance = random.Random(8)  # noqa: S311 - moments, not secrets
    moments = [(at + chance.random()) / MOMENTS for at in range(MOMENTS)]
    phases = []
    for number, moment in enumerate(chance.sample(moments, MOMENTS)):
        if number % 10 == 0:  # a machine is not always as fast
            _, wanted, (start, end) = undisturbed(nursery, workspace)
        before = set(runs_of(workspace))
        process = nursery.start(workspace, *CHECK, *SLOWLY)
        time.sleep(max(start + (end - start) * moment, 0))
        process.signal(signal.SIGKILL)
        process.wait()
        made = sorted(set(runs_of(workspace)) - before)
        assert len(made) <= 1
        for folder in made:
            require_no_half_file(folder, wanted)
            require_nothing_lost(process, folder)
            phases.append(
                "ended" if (folder / "run.json").exists() else len(finished_halls(folder))
            )
        require_noted(workspace)
        require_resumed(nursery, workspace, depot, wanted, made[0] if made else None)
        require_recorded(workspace)
    assert len({*phases}) > 3, phases
    assert nursery.start(workspace, "replay", str(runs_of(workspace)[-1])).wait() == 1


def has_finished(workspace: Path, before: set[Path], number: int) -> bool:
    """Tell whether a new run has finished so many halls."""
    made = set(runs_of(workspace)) - before
    return any(len(finished_halls(folder)) >= number for folder in made)


def test_killed_again_and_again_it_gets_there(
    nursery: Nursery, workspace: Path, depot: Depot
) -> None:
    _, wanted, _ = undisturbed(nursery, workspace)
    done: set[str] = set()
    for number in range(2, 10, 2):
        before = set(runs_of(workspace))
        depot.hanging |= {f"hall-{hall:02}" for hall in range(number, HALLS)}
        depot.asked.clear()
        process = nursery.start(workspace, *CHECK, "--resume" if done else "-q")
        until(partial(has_finished, workspace, before, number), process)
        depot.hanging.clear()
        process.signal(signal.SIGKILL)
        process.wait()
        depot.release()
        (last,) = set(runs_of(workspace)) - before
        assert not depot.halls() & done
        assert finished_halls(last) > done
        done = finished_halls(last)
    assert len(list((workspace / "runs").rglob("unfinished.json"))) == 4
    require_resumed(nursery, workspace, depot, wanted, last)
    assert list((workspace / "runs").rglob("unfinished.json")) == []


# A full disk


def sizes_that_hurt(folder: Path) -> list[int]:
    """Return limits on the size of a file at which, one by one, more of a run cannot be written."""
    sizes = sorted({path.stat().st_size for path in folder.rglob("*") if path.is_file()})
    picked = [sizes[len(sizes) * part // 9] for part in range(9)]
    return sorted({0, 200, *picked, sizes[-1]} - {max(sizes) + 1})


def require_told(process: Process) -> str:
    """A run on a full disk ends with 3 and a sentence that names the file; return the sentence."""
    assert process.wait() == 3, process.err
    assert "Traceback" not in process.err
    told = [one["message"] for one in process.events("error")]
    assert len(told) == 1, process.err
    assert " cannot be written: " in told[0]
    assert told[0].endswith("; free space there, then go on with troth check --resume")
    return str(told[0]).partition(" cannot be")[0]


def test_where_files_may_not_grow_the_run_ends_and_the_next_goes_on(
    nursery: Nursery, workspace: Path, depot: Depot
) -> None:
    """SIGXFSZ, which the limit sends, would end a process that does not mind it."""
    _, wanted, _ = undisturbed(nursery, workspace)
    named = set()
    for size in sizes_that_hurt(runs_of(workspace)[-1]):
        before = set(runs_of(workspace))
        process = nursery.start(workspace, *CHECK, *SLOWLY, size=size)
        if process.wait() == 1:
            continue
        path = Path(require_told(process))
        made = sorted(set(runs_of(workspace)) - before)
        assert not path.exists()
        for folder in made:
            assert (folder / "unfinished.json").exists()
            require_no_half_file(folder, wanted)
            require_nothing_lost(process, folder)
            assert not list(folder.rglob("*.part"))
        named.add(path.name)
        require_noted(workspace)
        require_resumed(nursery, workspace, depot, wanted, made[0] if made else None)
        require_recorded(workspace)
    assert {"unfinished.json", "findings.jsonl", "run.json"} & named
    assert len(named) > 3, named


@contextmanager
def mounted(folder: Path, size: int) -> Iterator[None]:
    """Put a small disk of some bytes at a folder."""
    folder.mkdir(exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={size}"]
    subprocess.run(["mount", *options, "none", folder], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def can_mount(folder: Path) -> bool:
    """Tell whether this process may have a small disk."""
    try:
        with mounted(folder, 65536):
            return os.path.ismount(folder)
    except (OSError, subprocess.CalledProcessError):
        return False


def test_on_a_full_disk_the_run_ends_and_the_next_goes_on(
    nursery: Nursery, workspace: Path, depot: Depot
) -> None:
    """Where no small disk may be mounted, the limit on files above has to do."""
    runs = workspace / "small"
    if not can_mount(runs):
        return
    path = workspace / "troth.yaml"
    path.write_text(path.read_text() + "runs: small\n")
    nursery.start(workspace, *CHECK, "--run", "small/measured").wait()
    made = runs / "measured"
    wanted = envelope(made)
    whole = sum(-(-one.stat().st_size // 4096) * 4096 for one in made.rglob("*") if one.is_file())
    named = []
    for part in range(1, 10):
        with mounted(runs, whole * part // 10 // 4096 * 4096):
            process = nursery.start(workspace, *CHECK, *SLOWLY)
            named.append(Path(require_told(process)).parent.name)
            folders = [one for one in runs.glob("*") if one.is_dir()]
            for folder in folders:
                require_no_half_file(folder, wanted)
                require_nothing_lost(process, folder)
            done = finished_halls(folders[0]) if folders else set()
            subprocess.run(["mount", "-o", f"remount,size={whole * 4}", runs], check=True)
            depot.asked.clear()
            again = nursery.start(workspace, *CHECK, *SLOWLY, "--resume")
            assert again.wait() == 1, again.err
            assert depot.halls() == {f"hall-{number:02}" for number in range(HALLS)} - done
            (folder,) = [one for one in runs.glob("*") if one.is_dir()]
            assert envelope(folder)["results_digest"] == wanted["results_digest"]
    assert {"kinds", "observations"} <= set(named)
