"""What a reader sees: lines without white space at their ends, hints that work, no flood."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as Tree

import pytest

from troth.cli import main

TROTH = Path(sys.executable).parent / "troth"
CHECK = ["check", "--as-of", "2026-11-21T00:00:00+00:00", "--run", "run", "-q"]


@pytest.fixture
def weak(workspace: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    """Return the workspace after a check in which a promise of several lines is broken."""
    policy = workspace / "policies" / "acme.yaml"
    promise = "promise: Boxes are locked"
    policy.write_text(policy.read_text().replace(promise, promise + " and guarded" * 20))
    path = workspace / "troth.yaml"
    path.write_text(path.read_text().replace("type: toy", "type: toy\n    boxes: weak"))
    assert main(CHECK) == 1
    capfd.readouterr()
    return workspace


def test_no_line_ends_in_white_space(weak: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "run"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert [line for line in lines if "guarded" in line][1:], "the promise takes several lines"
    assert [line for line in lines if line != line.rstrip()] == []


def test_the_report_names_the_command_that_goes_on(
    weak: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    main(["report", "run"])
    *_, last = capfd.readouterr().out.strip().splitlines()
    assert last == "All that was found, and how to fix it: troth explain acme/1.1 --run RUN"
    assert main(["explain", "acme/1.1", "--run", "run"]) == 0
    out = capfd.readouterr().out
    assert "Verdict         broken" in out
    assert "Found           broken: box-locked/" in out


def test_a_report_into_a_file_writes_nothing_else(
    weak: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "run", "-o", "junit=run.xml"]) == 0
    assert capfd.readouterr() == ("", "")
    text = (weak / "run.xml").read_text(encoding="utf-8")
    assert Tree.fromstring(text).find(".//failure") is not None  # noqa: S314 - our own


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_lacks_signs_is_no_bug(weak: Path, encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(
        [TROTH, "report", "run"], env=environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Broken" in done.stdout


def test_junit_is_utf_8_as_it_says_whatever_the_locale(weak: Path) -> None:
    done = subprocess.run(
        [TROTH, "report", "run", "-o", "junit"],
        env={**os.environ, "PYTHONIOENCODING": "utf-16"},
        capture_output=True,
        check=False,
    )
    assert Tree.fromstring(done.stdout).find(".//failure") is not None  # noqa: S314 - our own


def test_without_a_command_there_is_the_help(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("Usage: troth [OPTIONS] COMMAND")


def test_what_can_be_listed_is_named_without_odd_signs(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 2
    err = capfd.readouterr().err
    assert err.startswith("troth: Missing argument 'WHAT'.")
    assert "\N{REPLACEMENT CHARACTER}" not in err


def test_troth_yaml_is_not_taken_for_a_policy(
    workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", "troth.yaml"]) == 2
    assert capfd.readouterr().err == (
        "troth: troth.yaml is no policy; troth validate -c troth.yaml checks it\n"
    )
