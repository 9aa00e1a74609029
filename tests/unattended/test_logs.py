"""What is told on stderr: for people as before, for machines one JSON object a line."""

from __future__ import annotations

import json
import logging
import os
import pty
import re
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.unattended import depot as depots
from tests.unattended.conftest import CHECK, TROTH, Nursery, Start, environment, runs_of
from tests.unattended.depot import Depot
from troth.cli.logs import Logs
from troth.events import DEBUG, ERROR, INFO, LOG, WARNING, tell

#: What can be told by its form, put together here so that this file holds none.
TOKEN = "gh" + "p_" + "L0gLines" * 4 + "Abcd"
HOSTILE = "a\x1b[31mred\u202e\nb"


def test_json_tells_a_run_from_beginning_to_end(start: Start, workspace: Path) -> None:
    process = start()
    assert process.wait() == 0
    told = process.events()
    names = [one["event"] for one in told]
    assert names[0] == "run started"
    assert names[-2:] == ["run saved", "exit"]
    assert names.count("unit started") == names.count("unit saved") == 4
    for one in told:
        moment = datetime.fromisoformat(one["time"])
        assert str(moment.utcoffset()) == "0:00:00"
        assert one["level"] == "info"
    saved = process.events("unit saved")[0]
    assert set(saved) == {"time", "level", "event", "unit", "resources", "shard", "seconds"}
    assert saved["resources"] == 3
    assert process.events("run saved")[0]["folder"] == str(runs_of(workspace)[0])
    assert process.events("exit")[0]["code"] == 0


def test_a_listing_that_failed_is_a_warning_with_its_reason(start: Start, depot: Depot) -> None:
    depot.failing.add("list/hall-01")
    process = start("--log-level", "warning")
    assert process.wait() == 3
    (told,) = process.events()
    assert (told["event"], told["level"]) == ("listing failed", "warning")
    assert (told["unit"], told["reason"]) == ("d.depot.box.hall-01", "unreachable")
    assert "403" in told["message"]


def test_debug_tells_which_calls_failed(start: Start, depot: Depot) -> None:
    depot.failing.add("lock/hall-01:2")
    process = start("--log-level", "debug")
    assert process.wait() == 3
    (told,) = process.events("call failed")
    assert told["level"] == "debug"
    assert {key: told[key] for key in told if key not in ("time", "level", "event")} == {
        "target": "d", "checker": "depot.box", "partition": "hall-01",
        "operation": "depot:GetLock", "reason": "unreachable",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["-o", "sarf"], 2), (["--config", "nowhere.yaml"], 2), (["--max-time", "x"], 2),
        (["--as-of", "yesterday"], 2),
    ],
)  # fmt: skip
def test_errors_are_json_too(start: Start, arguments: list[str], code: int) -> None:
    process = start(*arguments)
    assert process.wait() == code
    assert [one["event"] for one in process.events()] == ["error", "exit"]
    assert process.events("error")[0]["level"] == "error"
    assert process.events("exit")[0]["code"] == code


def test_a_bug_is_one_line_of_json(start: Start, workspace: Path) -> None:
    """The checker cannot count below nothing."""
    path = workspace / "troth.yaml"
    path.write_text(path.read_text().replace("halls: 4", "halls: -1"))
    process = start()
    assert process.wait() == 70
    (told,) = process.events("error")
    assert "this is a bug in troth" in told["message"]
    Path(told["message"].rpartition(" ")[2]).unlink()


def test_every_problem_of_a_file_is_a_line(start: Start, workspace: Path) -> None:
    (workspace / "troth.yaml").write_text("schema: 1\npolcies: []\ntargts: []\n")
    process = start()
    assert process.wait() == 2
    assert len(process.events("error")) > 1


def test_without_options_people_see_what_they_saw_before(
    nursery: Nursery, workspace: Path, depot: Depot
) -> None:
    depot.failing.add("list/hall-01")
    process = nursery.start(workspace, "check")
    assert process.wait() == 3
    lines = process.err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["run", "exit 3"]


def test_people_can_have_events_as_well(nursery: Nursery, workspace: Path) -> None:
    process = nursery.start(workspace, "check", "--log-level", "info", "-q")
    assert process.wait() == 0
    lines = process.err.splitlines()
    instant = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00"
    assert all(re.match(rf"{instant} info [a-z ]+", line) for line in lines)
    assert any(" unit saved unit=d.depot.box.hall-00 resources=3 shard=" in line for line in lines)


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Any:
    """Return ``logged(logs, level, said, fields)``: what one event writes to stderr."""

    def run(logs: Logs, level: int = INFO, said: str = "", **fields: Any) -> str:
        with logs.listening():
            tell("something", level, said=said, **fields)
        return capsys.readouterr().err

    return run


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_line_holds_a_credential_or_steers_a_terminal(form: str, logged: Any) -> None:
    fields = {"message": f"token {TOKEN}", "names": [HOSTILE, {"deep": TOKEN}], "why": HOSTILE}
    line = logged(Logs(form, DEBUG), **fields)
    assert line.count("\n") == 1
    assert TOKEN not in line
    assert "[redacted: GitHub token]" in line
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]|u001b|u202e", line)
    said = logged(Logs(form, DEBUG), said=f"{HOSTILE} {TOKEN}")
    assert said.count("\n") == 1
    assert TOKEN not in said


@pytest.mark.parametrize(
    ("logs", "level", "said", "shown"),
    [
        (Logs("text", ERROR), WARNING, "", False),
        (Logs("text", ERROR), INFO, "a sentence", True),
        (Logs("text", ERROR, quiet=True), INFO, "a sentence", False),
        (Logs("text", ERROR, quiet=True), WARNING, "a sentence", True),
        (Logs("json", ERROR), WARNING, "a sentence", False),
        (Logs("json", INFO, quiet=True), INFO, "", True),
        (Logs("json", INFO), DEBUG, "", False),
        (Logs("text", DEBUG), DEBUG, "", True),
    ],
)
def test_what_is_shown(logs: Logs, level: int, said: str, shown: bool, logged: Any) -> None:
    assert bool(logged(logs, level, said)) is shown


def test_fields_are_one_word_each_in_text(logged: Any) -> None:
    line = logged(Logs("text", INFO), a="one", b="two words", c="", d=3, e=["x"], f='q"=')
    assert line.endswith(' info something a=one b="two words" c="" d=3 e="[\\"x\\"]" f="q\\"="\n')


def test_nothing_listens_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    handlers, level = list(LOG.handlers), LOG.level
    with pytest.raises(ZeroDivisionError), Logs("text", DEBUG).listening():
        raise ZeroDivisionError
    assert (LOG.handlers, LOG.level) == (handlers, level)
    tell("nobody listens", ERROR)
    assert capsys.readouterr().err == ""
    assert logging.getLogger("troth") is LOG


# A terminal or none


def on_terminal(site: Path, workspace: Path, *options: str, **variables: str) -> str:
    """Return what a check writes to a terminal that is its standard error."""
    leader, follower = pty.openpty()
    env = environment(site) | {"TERM": "xterm-256color"} | variables
    process = subprocess.Popen(
        [TROTH, "check", "-o", "json=out.json", "-o", "text", *options], cwd=workspace, env=env,
        stdout=subprocess.DEVNULL, stderr=follower,
    )  # fmt: skip
    os.close(follower)
    told = b""
    while True:
        try:
            part = os.read(leader, 4096)
        except OSError:  # the other side was closed
            break
        if not part:
            break
        told += part
    os.close(leader)
    assert process.wait() == 0
    return told.decode()


@pytest.fixture
def depot() -> Any:
    with depots.serving(Depot(seconds=0.05)) as served:
        yield served


def test_on_a_terminal_there_is_a_bar(site: Path, workspace: Path) -> None:
    told = on_terminal(site, workspace)
    assert "looking" in told
    assert "\x1b[" in told


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        pytest.param(["--log-format", "json"], {}, id="json"),
        pytest.param([], {"NO_COLOR": "1"}, id="NO_COLOR"),
        pytest.param([], {"TERM": "dumb"}, id="a dumb terminal"),
        pytest.param(["-q"], {}, id="quiet"),
    ],
)
def test_and_none_where_nobody_wants_one(
    options: list[str], variables: dict[str, str], site: Path, workspace: Path
) -> None:
    told = on_terminal(site, workspace, *options, **variables)
    assert "looking" not in told
    assert "\x1b" not in told
    if "json" in options:
        assert [json.loads(line)["event"] for line in told.splitlines()][-1] == "exit"


@pytest.mark.parametrize("variable", ["FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "PLAIN"])
def test_without_a_terminal_nothing_has_colours(variable: str, site: Path, workspace: Path) -> None:
    env = environment(site) | {"TERM": "xterm-256color", "COLORTERM": "truecolor", variable: "1"}
    done = subprocess.run(
        [TROTH, *CHECK[:3]], cwd=workspace, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "Acme" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
