"""What the caller of a check is told, whatever becomes of its streams, its outputs and signals."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.nightly.conftest import Watched, steps
from tests.notify.receiver import Receiver, receiver
from tests.unattended import depot as depots
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
from troth import lock
from troth.errors import UsageError
from troth.history.reading import History
from troth.history.store import Store

NOW = depots.AS_OF[1]


def change(workspace: Path, before: str, after: str) -> None:
    path = workspace / "troth.yaml"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def add(workspace: Path, text: str) -> None:
    with (workspace / "troth.yaml").open("a") as file:
        file.write(text)


def recorded(workspace: Path) -> list[int]:
    """Return the exit codes in the history, the first run's first."""
    url = f"sqlite:///{workspace}/history.db"
    with Store.open(url) as store, store.reading() as connection:
        return [night.body["exit_code"] for night in reversed(History(connection, "main").nights())]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[], Receiver]]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(receiver(folder=tmp_path))


# Streams


KEPT, BROKEN, BUG = "halls: 4", "halls: 6", "halls: -1"


@pytest.mark.parametrize(
    ("halls", "shell", "code"),
    [
        (KEPT, '"$@" check 2>/dev/full >/dev/null', 0),
        (KEPT, '"$@" check 2>&- >/dev/null', 0),
        (KEPT, '"$@" check --log-format json 2>/dev/full >/dev/null', 0),
        (KEPT, '"$@" check >&-', 3),
        (KEPT, '"$@" check -q >/dev/full 2>/dev/full', 3),
        (KEPT, '"$@" check <&- >&- 2>&-', 3),
        (KEPT, '"$@" check --config nope.yaml 2>/dev/full', 2),
        (KEPT, '"$@" check --jobs 0 2>/dev/full', 2),
        (KEPT, '"$@" 2>/dev/full', 2),
        (KEPT, 'ulimit -f 0; "$@" check -q 2>/dev/full', 3),
        (KEPT, 'ulimit -f 0; "$@" check --log-format json 2>/dev/full', 3),
        (KEPT, '"$@" list clauses >/dev/full', 3),
        (KEPT, '"$@" list clauses >&-', 3),
        (KEPT, '"$@" --version >&-', 3),
        (KEPT, '"$@" --help >/dev/full 2>&-', 3),
        (BROKEN, '"$@" check 2>/dev/full >/dev/null', 1),
        (BROKEN, '"$@" check >/dev/full', 1),
        (BROKEN, '"$@" check >&- 2>&-', 1),
        (BUG, '"$@" check 2>/dev/full', 70),
        (BUG, '"$@" check 2>&-', 70),
        (BUG, 'ulimit -f 0; "$@" check 2>/dev/full', 70),
        (BUG, 'ulimit -f 0; "$@" check --log-format json', 70),
    ],
    ids=lambda part: str(part),
)  # fmt: skip
def test_where_nothing_can_be_said_the_exit_code_still_stands(
    halls: str, shell: str, code: int, workspace: Path, site: Path
) -> None:
    change(workspace, KEPT, halls)
    done = subprocess.run(
        ["sh", "-c", shell, "sh", TROTH], cwd=workspace, env=environment(site),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert done.returncode == code, done.stderr


def test_a_closed_stream_is_not_mistaken_for_a_file_of_the_run(workspace: Path, site: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", '"$@" check -o json <&- >&- 2>&-', "sh", TROTH], cwd=workspace,
        env=environment(site), check=False,
    )  # fmt: skip
    assert done.returncode == 3
    (made,) = runs_of(workspace)
    assert subprocess.run([TROTH, "replay", made], cwd=workspace, env=environment(site),
                          capture_output=True, check=False).returncode == 0  # fmt: skip


def test_a_bug_on_a_full_disk_is_told_without_its_file(
    workspace: Path, site: Path, tmp_path: Path
) -> None:
    change(workspace, KEPT, BUG)
    folder = tmp_path / "temporary"
    folder.mkdir()
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 0; "$@" check', "sh", TROTH], cwd=workspace,
        env=environment(site) | {"TMPDIR": str(folder)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 70
    assert "ZeroDivisionError('a bug of this checker') at " in done.stderr
    assert "depot_boxes.py:" in done.stderr
    assert "no file could be written with more about it (" in done.stderr
    assert list(folder.iterdir()) == []


def test_an_output_that_nobody_can_read_is_said_in_the_end(workspace: Path, site: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", '"$@" check >&-', "sh", TROTH], cwd=workspace, env=environment(site),
        stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    assert "troth: standard output cannot be written: Bad file descriptor" in done.stderr
    wanted = "exit 3: an output could not be written; the run is kept"
    assert done.stderr.splitlines()[-1] == wanted


@pytest.mark.parametrize(
    "options",
    [
        ["--log-format", "json", "--jobs", "0"],
        ["--no-such-option", "--log-format=json"],
        ["--log-format", "json", "--fail-on", "sometimes"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_told_in_json_too(
    options: list[str], nursery: Nursery, workspace: Path
) -> None:
    process = nursery.start(workspace, "check", *options)
    assert process.wait() == 2
    (error,) = process.events("error")
    assert error["message"]
    assert process.events()[-1]["event"] == "exit"
    assert process.events()[-1]["code"] == 2


# The dead man's switch


@pytest.fixture
def switch(workspace: Path, serve: Callable[[], Receiver]) -> Receiver:
    add(workspace, "ping: TROTH_PING\n")
    return serve()


@pytest.mark.parametrize(
    ("more", "options"),
    [
        ("waivers: waivers.yaml\n", []),
        ("", ["--fail-on", "new"]),
        ("", ["--clause", "acme/none"]),
        ("", ["--baseline", "none"]),
        ("history: {store: garbage.db}\n", []),
    ],
    ids=["waivers", "no-history", "clause", "baseline", "store"],
)
def test_bad_input_beside_troth_yaml_is_told_to_the_switch(
    more: str, options: list[str], workspace: Path, nursery: Nursery, switch: Receiver
) -> None:
    add(workspace, more)
    (workspace / "waivers.yaml").write_text("schema: 1\nwaivers: none\n")
    (workspace / "garbage.db").write_text("no database at all, " * 100)
    process = nursery.start(workspace, *CHECK, *options, variables={"TROTH_PING": switch.url()})
    assert process.wait() == 2, process.err
    assert steps(switch) == ["start", "2"]
    assert not (workspace / "runs").exists(), "nothing was begun"


def test_a_troth_yaml_that_cannot_be_read_names_no_switch_and_all_its_faults(
    workspace: Path, nursery: Nursery, switch: Receiver
) -> None:
    change(workspace, "type: depot", "type: depots")
    add(workspace, "classes: {odd: 'nothing()'}\n")
    process = nursery.start(workspace, *CHECK, variables={"TROTH_PING": switch.url()})
    assert process.wait() == 2
    assert steps(switch) == []
    told = " ".join(event["message"] for event in process.events("error"))
    assert "depots" in told
    assert "nothing" in told


def test_a_second_run_that_is_refused_tells_the_switch_nothing(
    workspace: Path, nursery: Nursery, switch: Receiver, depot: Depot
) -> None:
    depot.hanging.add("hall-00")
    variables = {"TROTH_PING": switch.url()}
    one = nursery.start(workspace, *CHECK, variables=variables)
    until(lambda: runs_of(workspace), one)
    assert steps(switch) == ["start"]
    (workspace / "runs" / ".lock").unlink()
    assert nursery.start(workspace, *CHECK, variables=variables).wait() == 2
    assert steps(switch) == ["start"]
    depot.release()
    assert one.wait() == 0
    assert steps(switch) == ["start", "0"]


# Signals


def signalled(
    workspace: Path, nursery: Nursery, to: Receiver, at: str, *options: str
) -> tuple[int, str]:
    """Run a check that gets SIGTERM while it sends to a path; return code and what it said."""
    pids: queue.Queue[int] = queue.Queue()
    to.requests = Watched(at, lambda: os.kill(pids.get(timeout=60), signal.SIGTERM))
    variables = {"TROTH_PING": to.url("/ping"), "TROTH_HOOK": to.url("/hook")}
    process = nursery.start(workspace, *CHECK, *options, variables=variables)
    pids.put(process.pid)
    return process.wait(), process.err


def test_a_signal_before_looking_leaves_no_run(
    workspace: Path, nursery: Nursery, switch: Receiver, depot: Depot
) -> None:
    code, err = signalled(workspace, nursery, switch, "/start")
    assert code == 143, err
    assert steps(switch) == ["start", "143"]
    assert not (workspace / "runs").exists()
    assert not depot.asked
    assert "terminated before anything was looked at" in err


def test_a_signal_while_a_channel_is_told_keeps_the_whole_run(
    workspace: Path, nursery: Nursery, switch: Receiver
) -> None:
    add(workspace, "history: {store: history.db}\nnotify: [{url: TROTH_HOOK}]\n")
    change(workspace, KEPT, BROKEN)
    code, err = signalled(workspace, nursery, switch, "/hook")
    assert code == 143, err
    assert [request.path for request in switch.requests if "hook" in request.path] == ["/hook"]
    assert switch.requests[-1].path.startswith("/ping/143?")
    (made,) = runs_of(workspace)
    assert envelope(made)["state"] == "complete"
    assert recorded(workspace) == [1], "what the run had come to when it was recorded"


def test_a_signal_at_the_very_end_is_no_silent_death(
    workspace: Path, nursery: Nursery, switch: Receiver
) -> None:
    code, err = signalled(workspace, nursery, switch, "/0")
    assert code == 143
    last = json.loads(err.splitlines()[-1])
    assert (last["event"], last["code"]) == ("exit", 143)
    assert envelope(runs_of(workspace)[0])["state"] == "complete"


def test_a_probe_that_hangs_does_not_keep_the_process(
    workspace: Path, depot: Depot, tmp_path: Path
) -> None:
    """A checker that has threads of its own, and waits longer than anybody wants to."""
    (tmp_path / "probes").mkdir()
    site = depots.install(tmp_path / "probes")
    module = site / "depot_boxes.py"
    text = module.read_text().replace("timeout=30", "timeout=600")
    module.write_text(text.replace('lists = ("names",)', 'lists = ("names",)\n    at_once = 4'))
    depot.hanging.add("lock/hall-03:1")  # for 60 seconds
    done = subprocess.run(
        [TROTH, *CHECK, "--max-time", "PT3S"], cwd=workspace, env=environment(site),
        capture_output=True, text=True, check=False, timeout=50,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert envelope(runs_of(workspace)[0])["state"] == "partial"


# The lock


def test_taking_the_file_away_does_not_take_the_lock(tmp_path: Path) -> None:
    from datetime import datetime

    since = datetime.fromisoformat(NOW)
    with lock.held(tmp_path, since):
        (tmp_path / lock.NAME).unlink()
        with pytest.raises(UsageError, match="another run holds"), lock.held(tmp_path, since):
            """Never reached."""
    with lock.held(tmp_path, since):
        """It is free again."""


def test_a_file_that_is_taken_away_before_it_is_locked_is_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import datetime

    since, opened = datetime.fromisoformat(NOW), lock._opened
    lost = [tmp_path / lock.NAME]

    def open_and_lose(path: Path) -> int:
        descriptor = opened(path)
        while lost:
            lost.pop().unlink()
        return descriptor

    monkeypatch.setattr(lock, "_opened", open_and_lose)
    with lock.held(tmp_path, since):
        assert json.loads((tmp_path / lock.NAME).read_text())["pid"] == os.getpid()


# Outputs and the history


@pytest.mark.parametrize("halls", [KEPT, BROKEN])
@pytest.mark.parametrize(
    "outputs",
    [["-o", "json=/dev/full"], ["-o", "html=page/in", "-o", "text=/dev/full"]],
    ids=["json", "page"],
)
def test_the_history_has_the_exit_code_of_the_process(
    halls: str, outputs: list[str], start: Start, workspace: Path
) -> None:
    add(workspace, "history: {store: history.db}\n")
    change(workspace, KEPT, halls)
    (workspace / "page").mkdir()
    code = start(*outputs).wait()
    assert code == (1 if halls == BROKEN else 3)
    assert recorded(workspace) == [code]


def test_a_reader_that_went_away_does_not_keep_a_run_out_of_the_history(
    start: Start, workspace: Path, site: Path
) -> None:
    add(workspace, "history: {store: history.db}\n")
    for form in ("json", "text"):
        nobody, pipe = os.pipe()
        os.close(nobody)
        done = subprocess.run(
            [TROTH, *CHECK, "-o", form], cwd=workspace, env=environment(site), stdout=pipe,
            stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        os.close(pipe)
        assert done.returncode == 3, done.stderr
    assert recorded(workspace) == [3, 3]


def test_a_page_in_a_file_shows_the_run_that_was_just_recorded(
    start: Start, workspace: Path
) -> None:
    add(workspace, "history: {store: history.db}\n")
    assert start("-o", "html=old.html", "--no-history").wait() == 0
    assert start().wait() == 0
    process = start("-o", "html=page.html", "-o", "csv=out.csv")
    assert process.wait() == 0
    assert not process.events("output without history")
    assert len((workspace / "page.html").read_text()) > len((workspace / "old.html").read_text())
