"""The demo as a newcomer runs it: in a process of its own, in an empty folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

TROTH = str(Path(sys.executable).with_name("troth"))
#: What the printed commands write for the user, as any file of his.
WRITTEN = ("junit.xml", "report.html")
#: Runs the demo with an expectation in which one planted fault is said to be none.
WITHOUT_A_FAULT = """
import sys
from pathlib import Path
from troth.demo import expected, show

right = expected.load()
wrong = right | {("smart-receico", "3.2d"): expected.Wanted("pass")}
expected.load = lambda: wrong
sys.exit(show.run(Path("troth-demo"), keep=False))
"""
WITHOUT_THE_EXTRA = """
import sys
from troth.cli import main

sys.modules["moto"] = None
sys.exit(main(["demo"]))
"""


@dataclass(frozen=True)
class Standing:
    """A demo that was started with --keep: what it printed, and what a check found meanwhile."""

    home: Path
    output: str
    errors: str
    code: int
    check: subprocess.CompletedProcess[str]

    @property
    def folder(self) -> Path:
        return self.home / "work" / "troth-demo"


def environment(home: Path) -> dict[str, str]:
    """Return an environment in which everything that could be written to is below ``home``."""
    for name in ("work", "home", "tmp"):
        (home / name).mkdir(parents=True, exist_ok=True)
    bin_folder = str(Path(TROTH).parent)
    return {
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "HOME": str(home / "home"),
        "TMPDIR": str(home / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        # None of these may lead the demo anywhere.
        "AWS_PROFILE": "production",
        "AWS_ENDPOINT_URL": "http://192.0.2.1:1",
        "HTTP_PROXY": "http://192.0.2.1:1",
    }


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Standing:
    home = tmp_path_factory.mktemp("demo")
    around = environment(home)
    process = subprocess.Popen(
        [TROTH, "demo", "--keep"],
        cwd=home / "work",
        env=around,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    output = ""
    for line in process.stdout:
        output += line
        if "demo.env" in line:
            break
    check = subprocess.run(
        ["sh", "-c", ". ./demo.env && troth check"],
        cwd=home / "work" / "troth-demo" if process.poll() is None else home,
        env=around,
        capture_output=True,
        text=True,
        check=False,
    )
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=180)
    return Standing(home, output + rest, errors, process.returncode, check)


def test_every_verdict_is_the_one_written_by_hand(standing: Standing) -> None:
    assert standing.errors == ""
    assert "nothing differs from what is true" in standing.output
    assert standing.code == 0


def test_it_says_what_a_check_would_have_exited_with(standing: Standing) -> None:
    """A company with planted faults breaks promises."""
    assert "troth check would have exited with 1;" in standing.output


def test_it_shows_every_sort_of_result(standing: Standing) -> None:
    for words in ("Broken", "Unknown", "Kept: ", "Not applicable: 8.3c", "(waived)"):
        assert words in standing.output
    assert "[permission-denied]" in standing.output
    assert "s3:GetEncryptionConfiguration" in standing.output
    for reason in ("timeout", "no-target", "unproven", "not-attested"):
        assert f"[{reason}]" in standing.output


def test_what_depends_on_this_machine_is_reported_apart(standing: Standing) -> None:
    company, apart, machine = standing.output.partition("This machine by the same documents.")
    assert apart
    assert "this-machine" not in company
    assert "password-strength: " in machine


def test_a_check_by_hand_finds_the_same_while_the_servers_stand(standing: Standing) -> None:
    assert standing.check.returncode == 1, standing.check.stderr
    assert "exit 1: a promise is broken" in standing.check.stderr
    for words in ("hinoki-old-uploads", "[permission-denied]", "Not applicable: 8.3c"):
        assert words in standing.check.stdout
    assert "[unreachable]" not in standing.check.stdout


def test_every_command_works_after_the_demo_has_ended(standing: Standing) -> None:
    text = (standing.folder / "commands.txt").read_text()
    assert text in standing.output
    lines = [line.strip() for line in text.splitlines()]
    assert lines[0] == "cd troth-demo"
    codes = {}
    for line in lines[1:]:
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=standing.folder,
            env=environment(standing.home),
            capture_output=True,
            text=True,
            check=False,
        )
        codes[line.split()[1]] = done.returncode, done.stderr
    assert codes.pop("replay")[0] == 1  # the verdict of a company with broken promises
    assert {name: found for name, found in codes.items() if found != (0, "")} == {}
    assert (standing.folder / "junit.xml").read_text().startswith("<?xml")
    assert (standing.folder / "report.html").read_text().startswith("<!doctype html>")


def test_only_its_owner_can_read_the_folder(standing: Standing) -> None:
    made = [standing.folder, *standing.folder.rglob("*")]
    modes = {path: path.stat().st_mode & 0o777 for path in made if path.name not in WRITTEN}
    wanted = {path: 0o700 if path.is_dir() else 0o600 for path in modes}
    assert modes == wanted


def test_nothing_is_written_outside_the_folder(standing: Standing) -> None:
    found = {path.relative_to(standing.home) for path in standing.home.glob("*/*")}
    assert found == {Path("work/troth-demo")}


def test_no_private_key_is_left_behind(standing: Standing) -> None:
    files = [path for path in standing.folder.rglob("*") if path.is_file()]
    assert [path for path in files if b"PRIVATE KEY" in path.read_bytes()] == []


def test_one_verdict_that_differs_is_named_and_exits_1(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_A_FAULT],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "1 difference from what is true" in done.stdout
    assert "smart-receico/3.2d: expected pass, got fail" in done.stdout


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_EXTRA],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'troth[demo]'" in done.stderr
    assert not (tmp_path / "troth-demo").exists()
