"""Every exit code that ``troth --help`` lists, reached by a real invocation."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli import toy
from troth.cli import main

TROTH = Path(sys.executable).parent / "troth"
AS_OF = ["--as-of", "2026-11-21T00:00:00+00:00"]
CHECK = ["check", *AS_OF, "--run", "run"]


def boxes(workspace: Path, behaviour: str) -> None:
    """Make the target's boxes weak, denied, hanging …"""
    path = workspace / "troth.yaml"
    path.write_text(path.read_text().replace("type: toy", f"type: toy\n    boxes: {behaviour}"))


def waive(workspace: Path, resource: str, expires_on: str = "2026-12-31") -> None:
    path = workspace / "waivers.yaml"
    text = path.read_text().replace("box-9", resource).replace("2026-12-31", expires_on)
    path.write_text(text)


def envelope(workspace: Path) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((workspace / "run" / "run.json").read_text())
    return body


@pytest.mark.parametrize(
    ("behaviour", "more", "code"),
    [
        ("sound", [], 0),
        ("weak", [], 1),
        ("weak", ["--fail-on", "critical"], 0),
        ("weak", ["--fail-on", "none"], 0),
        ("denied", [], 3),
        ("denied", ["--gate", "recorded"], 0),
        ("none", [], 3),
        ("broken", [], 70),
        ("broken", ["--gate", "recorded", "--fail-on", "none"], 70),
        ("sound", ["--clause", "acme/1.2"], 3),
        ("sound", ["--no-such-option"], 2),
        ("sound", ["--fail-on", "terrible"], 2),
        ("sound", ["--jobs", "0"], 2),
    ],
)
def test_what_a_check_exits_with(
    behaviour: str, more: list[str], code: int, workspace: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    boxes(workspace, behaviour)
    assert main([*CHECK, *more]) == code
    out, err = capfd.readouterr()
    if code == 2:
        assert out == ""
        assert err.count("\n") == 1
        assert not (workspace / "run").exists()
    else:
        assert f"exit {code}: " in err


def test_the_exit_code_does_not_depend_on_what_is_shown(workspace: Path) -> None:
    boxes(workspace, "weak")
    for number, form in enumerate(("text", "json", "junit")):
        assert main(["check", *AS_OF, "--run", f"run-{number}", "-o", form, "-q"]) == 1


def test_a_waived_promise_is_not_broken_for_the_exit_code(
    workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    boxes(workspace, "weak")
    waive(workspace, "box-2")
    assert main([*CHECK, "-o", "json"]) == 0
    findings = json.loads(capfd.readouterr().out)["findings"]
    (broken,) = [row for row in findings if row["verdict"] == "fail"]
    assert (broken["resource"], broken["waiver"]["id"]) == ("box-2", "w-1")


def test_an_expired_waiver_lets_it_fail_again(workspace: Path) -> None:
    boxes(workspace, "weak")
    waive(workspace, "box-2", "2026-11-20")
    assert main(CHECK) == 1


def test_what_nobody_could_see_cannot_be_waived(workspace: Path) -> None:
    boxes(workspace, "denied")
    waive(workspace, "box-2")
    assert main(CHECK) == 3


@pytest.mark.parametrize("command", ["replay", "report"])
def test_a_run_that_was_changed_exits_4(
    command: str, workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([*CHECK, "-q"]) == 0
    assert main([command, "run"]) == 0
    (shard,) = (workspace / "run" / "observations").iterdir()
    shard.write_text(shard.read_text().replace("256", "257"))
    capfd.readouterr()
    assert main([command, "run"]) == 4
    assert f"{shard.name} was changed after the run" in capfd.readouterr().err


def test_a_replay_has_the_exit_code_of_the_check(workspace: Path) -> None:
    boxes(workspace, "weak")
    assert main([*CHECK, "-q"]) == 1
    assert main(["replay", "run"]) == 1
    assert main(["replay", "run", "--fail-on", "none"]) == 0


def test_a_worked_example_that_is_wrong_exits_1(workspace: Path) -> None:
    cases = workspace / "controls" / "box-locked.cases.yaml"
    example = (
        'schema: 1\ncontrol: box-locked\nas_of: "2026-11-21T00:00:00+00:00"\n'
        'params: {min_bits: 128, min_model: "1.2", max_open: P90D}\n'
        "cases:\n  - name: sound\n    given: {box: {resources: [{id: a, like: example}]}}\n"
        "    want: {verdict: pass, proof: outcome}\n"
    )
    own = ["--controls", "controls", "--kinds", "kinds", "box-locked"]
    cases.write_text(example)
    assert main(["test", *own]) == 0
    cases.write_text(example.replace("verdict: pass", "verdict: fail"))
    assert main(["test", *own]) == 1


def test_a_traceback_becomes_a_file_and_exit_70(
    workspace: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that users write should bring this about: a resolver that breaks does."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("an invented bug")

    monkeypatch.setattr("troth.cli.check.new_id", broken)
    monkeypatch.setenv("TMPDIR", str(workspace))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert main(["check", *AS_OF]) == 70
    out, err = capfd.readouterr()
    (report,) = workspace.glob("troth-bug-*.txt")
    assert out == ""
    assert err == (
        "troth: this is a bug in troth: ZeroDivisionError('an invented bug'); "
        f"please report it with {report}\n"
    )
    assert "Traceback" in report.read_text()


@pytest.fixture
def hanging(workspace: Path, installed: Path) -> Iterator[subprocess.Popen[str]]:
    """A check that has begun to look and will not end by itself."""
    boxes(workspace, "hanging")
    process = subprocess.Popen(
        [TROTH, *CHECK], cwd=workspace, env=toy.environment(installed),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not (workspace / "called.log").exists():
        assert process.poll() is None, process.communicate()
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_is_kept_and_marked(
    number: int, code: int, workspace: Path, hanging: subprocess.Popen[str]
) -> None:
    hanging.send_signal(number)
    out, err = hanging.communicate()
    assert hanging.returncode == code, err
    assert "Traceback" not in err
    assert "run: run" in err
    assert "This run was interrupted" in out
    assert envelope(workspace)["state"] == "partial"
    lines = (workspace / "run" / "findings.jsonl").read_text().splitlines()
    findings = [json.loads(line) for line in lines]
    assert {row["verdict"] for row in findings} <= {"pass", "unknown"}
    assert "interrupted" in {row.get("reason") for row in findings}
    assert main(["replay", "run"]) == 3


@pytest.mark.parametrize("arguments", [[*CHECK, "-o", "json"], ["--help"], ["list", "clauses"]])
def test_a_reader_that_went_away_is_neither_success_nor_a_broken_promise(
    arguments: list[str], workspace: Path, installed: Path
) -> None:
    nobody, pipe = os.pipe()
    os.close(nobody)
    environment = toy.environment(installed)
    done = subprocess.run(
        [TROTH, *arguments], cwd=workspace, env=environment, stdout=pipe, stderr=subprocess.PIPE,
        text=True, check=False,
    )  # fmt: skip
    os.close(pipe)
    assert "Traceback" not in done.stderr
    assert done.returncode == 3
