"""The shape of the command line: help, suggestions, outputs, and what starting costs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import troth
from troth.cli import COMMANDS, main

AS_OF = ["--as-of", "2026-11-21T00:00:00+00:00"]
HEAVY = ("boto3", "botocore", "cel", "cryptography", "google.cloud", "jinja2", "jsonschema_rs",
         "rich")  # fmt: skip


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("chek", "did you mean 'check'?"),
        ("Check", "did you mean 'check'?"),
        ("scan", "did you mean 'check'?"),
        ("lint", "did you mean 'validate'?"),
        ("replya", "did you mean 'replay'?"),
        ("xyzzy", "see troth --help"),
    ],
)
def test_a_command_that_there_is_not(
    given: str, hint: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([given]) == 2
    out, err = capfd.readouterr()
    assert (out, err) == ("", f"troth: there is no command '{given}'; {hint}\n")


def test_a_misspelt_option_is_one_message(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--clauses", "x"]) == 2
    out, err = capfd.readouterr()
    assert (out, err) == ("", "troth: No such option '--clauses'. Did you mean '--clause'?\n")


@pytest.mark.parametrize("command", [*COMMANDS, ""])
def test_every_command_has_help(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*command.split(), "--help"]) == 0
    out, err = capfd.readouterr()
    assert out.startswith(f"Usage: troth {command}".rstrip())
    assert err == ""


def test_help_lists_every_exit_code(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capfd.readouterr().out
    for code in ("0", "1", "2", "3", "4", "70", "130"):
        assert re.search(rf"^ +{code}  ", out, re.MULTILINE)
    assert "143" in out


def test_no_command_is_help_and_not_a_success(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "Usage: troth" in "".join(capfd.readouterr())


def test_the_version(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capfd.readouterr().out == f"troth, version {troth.__version__}\n"


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["check", "--help"]])
def test_starting_imports_nothing_heavy(arguments: list[str]) -> None:
    probe = (
        "import sys; from troth.cli import main; main(sys.argv[1:]); "
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]; "
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, *arguments], capture_output=True, text=True, check=False
    )
    assert "imported" not in done.stderr
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("arguments", [["explain", "exit:3"], ["completion", "bash"]])
def test_what_needs_no_files_needs_none(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 0


def test_many_outputs_of_one_run(workspace: Path, capfd: pytest.CaptureFixture[str]) -> None:
    wanted = ["-o", "json=a.json", "-o", "junit=b.xml", "-o", "text=c.txt", "-o", "json"]
    assert main(["check", *AS_OF, *wanted, "-q"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert json.loads(out) == json.loads((workspace / "a.json").read_text())
    assert ElementTree.parse(workspace / "b.xml").getroot().tag == "testsuites"  # noqa: S314
    text = (workspace / "c.txt").read_text()
    assert "Kept: 1.1" in text
    assert "\x1b" not in text


def test_text_goes_to_stdout_besides_files(
    workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *AS_OF, "-o", "json=a.json"]) == 0
    out, err = capfd.readouterr()
    assert "Kept: 1.1" in out
    assert "Kept" not in err
    assert "exit 0: every selected clause was evaluated, none is broken" in err


def test_a_report_says_what_the_check_said(
    workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    main(["check", *AS_OF, "--run", "run", "-q", "-o", "json"])
    checked = capfd.readouterr().out
    assert main(["report", "run", "-o", "json"]) == 0
    assert capfd.readouterr().out == checked


def test_an_output_into_a_folder_is_refused_before_looking(
    workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "-o", "json=registers"]) == 2
    wanted = "troth: registers cannot be written: it is a folder; name a file\n"
    assert capfd.readouterr().err == wanted
    assert not (workspace / "called.log").exists()


@pytest.mark.parametrize(
    ("what", "wanted"),
    [
        ("clauses", "acme/1.1  observed  Boxes are locked with 128 bits and opened every 90 days."),
        ("controls", "box-locked  high  "),
        ("checkers", "toy.box  toy → box  (toy-boxes 1.0)"),
        ("kinds", "box  A box that things are kept in  (lock)"),
        ("targets", "boxes  toy"),
        ("waivers", "w-1  acme/1.1  until 2026-12-31  Rin"),
        ("policies", "acme  en  2 clauses  What Acme promises"),
    ],
)
def test_lists(what: str, wanted: str, workspace: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["list", what, "-c", "troth.yaml"]) == 0
    assert any(line.startswith(wanted) for line in capfd.readouterr().out.splitlines())


def test_the_plan_touches_nothing(workspace: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["plan"]) == 0
    out = capfd.readouterr().out
    assert "toy:ListBoxes  per partition  [toy:List]  toy.box" in out
    assert "toy:GetLock  per resource  [toy:Look]  toy.box" in out
    assert not (workspace / "called.log").exists()
    assert not (workspace / "runs").exists()


def test_everything_is_valid_and_the_doctor_content(
    workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate"]) == 0
    assert main(["doctor"]) == 0
    assert "BAD" not in capfd.readouterr().out


def test_the_doctor_tells_what_is_wrong(workspace: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (workspace / "policies" / "acme.yaml").write_text("schema: 2\n")
    assert main(["doctor"]) == 2
    assert "BAD  policies/acme.yaml:1:9 schema 2 is not known" in capfd.readouterr().out


def test_the_configuration_is_found_from_a_folder_below(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(workspace / "deep" / "er")
    assert main(["check", *AS_OF, "-q"]) == 0
    assert (workspace / "runs").is_dir()


def test_the_configuration_is_named_by_the_environment(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "elsewhere").mkdir()
    monkeypatch.chdir(workspace / "elsewhere")
    monkeypatch.setenv("TROTH_CONFIG", os.fspath(workspace / "troth.yaml"))
    assert main(["check", *AS_OF, "-q"]) == 0


def test_a_policy_may_be_named_by_the_path_of_its_file(workspace: Path) -> None:
    text = (workspace / "troth.yaml").read_text()
    for name in (
        "policies/acme.yaml",
        "./policies/acme.yaml",
        str(workspace / "policies/acme.yaml"),
    ):
        changed = text.replace("policy: acme", f"policy: {name}")
        (workspace / "troth.yaml").write_text(changed)
        run = ["--run", f"run-{len(name)}"]
        assert main(["check", *AS_OF, *run, "-q"]) == 0
        assert main(["replay", run[1]]) == 0
