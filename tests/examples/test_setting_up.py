"""The commands of docs/nightly.md, below a folder instead of /: what they make is what is read."""

from __future__ import annotations

import re
import shlex
import shutil
import stat
import subprocess
import sys
from importlib.metadata import metadata
from pathlib import Path

import pytest

from tests.examples import units
from tests.examples.estate import EXAMPLES, bare, furnish
from tests.house.tree import ROOT, TROTH, block

PAGE = ROOT / "docs" / "nightly.md"
NIGHTLY = EXAMPLES / "nightly"

#: What a machine has that a test cannot: users, a network, services. Each notes how it was called.
_STUBS = {
    "useradd": 'for user; do :; done; echo "$user" >>"$NOTES/users"',
    "systemctl": 'echo "$*" >>"$NOTES/systemctl"',
    "journalctl": 'echo "$*" >>"$NOTES/journalctl"',
    "crontab": 'cp "$3" "$NOTES/crontab"; echo "$1 $2" >>"$NOTES/crontabs"',
    "python3": """
[ "$1 $2" = "-m venv" ] || exit 9
mkdir -p "$3/bin"
cp "$(dirname "$0")/pip" "$3/bin/pip"
""",
    "pip": """
[ "$1" = install ] || exit 9
echo "$2" >>"$NOTES/installed"
ln -s "$TROTH" "$(dirname "$0")/troth"
""",
}
#: install, for owners that are no users of this machine: they must have been made before.
_INSTALL = """#!{python}
import os, subprocess, sys
from pathlib import Path
argv, notes = sys.argv[1:], Path(os.environ["NOTES"])
if "-o" in argv:
    at = argv.index("-o")
    owner = argv[at + 1]
    del argv[at : at + 2]
    if owner not in (notes / "users").read_text().split():
        sys.exit(f"install: invalid user {{owner}}")
    with (notes / "owners").open("a") as file:
        file.write(f"{{argv[-1]}} {{owner}}\\n")
sys.exit(subprocess.call(["/usr/bin/install", *argv]))
"""


class _Machine:
    """A machine whose root is a folder, with a kept estate of its owner's to be set up."""

    def __init__(self, folder: Path) -> None:
        self.root, self.notes = folder / "root", folder / "notes"
        self.work, self.stubs = folder / "work", folder / "stubs"
        for name in ("etc/systemd/system", "var/lib", "opt"):  # of Debian, as it is installed
            (self.root / name).mkdir(parents=True)
        self.notes.mkdir()
        self.stubs.mkdir()
        for name, text in _STUBS.items():
            self._stub(name, f"#!/bin/sh\n{text}\n")
        self._stub("install", _INSTALL.format(python=sys.executable))
        furnish(self.work, "kept", more=f"runs: {self.root}/var/lib/troth/runs\n")
        for path in NIGHTLY.iterdir():
            shutil.copy(path, self.work)

    def _stub(self, name: str, text: str) -> None:
        (self.stubs / name).write_text(text, encoding="utf-8")
        (self.stubs / name).chmod(0o755)

    def here(self, text: str) -> str:
        """Return a text with the root of this machine before its paths."""
        return re.sub(r"(?<![\w.-])(?=/(?:etc|var|opt)/)", str(self.root), text)

    def run(self, commands: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run commands of the page, each of which must succeed."""
        given = {"NOTES": str(self.notes), "TROTH": str(TROTH), **more}
        environment = bare(**given)
        environment["PATH"] = f"{self.stubs}:/usr/bin:/bin"
        return subprocess.run(
            ["sh", "-e", "-c", self.here(commands)], cwd=self.work, env=environment,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def noted(self, name: str) -> list[str]:
        """Return what was noted under a name."""
        return (self.notes / name).read_text(encoding="utf-8").splitlines()

    def mode(self, path: str) -> str:
        """Return the mode of a path of this machine, in octal."""
        return oct(stat.S_IMODE((self.root / path).stat().st_mode))

    def policies(self) -> None:
        """Put what troth.yaml names beside it, which the page leaves to its reader."""
        shutil.copy(self.work / "shop.yaml", self.root / "etc/troth")
        shutil.copytree(self.work / "registers", self.root / "etc/troth/registers")


@pytest.fixture
def machine(tmp_path: Path) -> _Machine:
    """Return a machine on which nothing is set up."""
    return _Machine(tmp_path)


def _installable(machine: _Machine) -> None:
    """Assert that what pip was asked for is there."""
    (asked,) = machine.noted("installed")
    (extras,) = re.findall(r"^troth\[([a-z,]+)\]$", asked)
    assert set(extras.split(",")) <= set(metadata("troth").get_all("Provides-Extra") or ())


def test_the_commands_for_systemd_make_what_the_unit_reads(machine: _Machine) -> None:
    ran = machine.run(block(PAGE, "sh", "systemd"))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    _installable(machine)
    service = machine.root / "etc/systemd/system/troth.service"
    assert service.read_bytes() == (NIGHTLY / "troth.service").read_bytes()
    assert (service.parent / "troth.timer").is_file()
    assert machine.noted("users") == [units.one(service, "User")]
    assert machine.mode("etc/troth") == "0o755"
    assert machine.mode("etc/troth/environment") == "0o600"
    assert not (machine.notes / "owners").exists()  # systemd reads it as root
    named = units.one(service, "EnvironmentFile").removeprefix("-")
    assert Path(machine.here(named)).is_file()
    assert units.one(service, "StateDirectory") == "troth"  # systemd makes /var/lib/troth
    machine.policies()
    (machine.root / "var/lib/troth").mkdir()
    (machine.root / "var/cache/troth").mkdir(parents=True)
    started = machine.run(units.one(service, "ExecStart"))
    assert started.returncode == 0, started.stderr


def test_the_commands_for_cron_make_what_its_line_reads(machine: _Machine) -> None:
    ran = machine.run(block(PAGE, "sh", "cron"))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    _installable(machine)
    assert machine.noted("users") == ["troth"]
    assert machine.noted("crontabs") == ["-u troth"]
    assert machine.noted("owners") == [
        f"{machine.root}/var/lib/troth troth", f"{machine.root}/etc/troth/environment troth",
    ]  # fmt: skip
    assert machine.mode("var/lib/troth") == "0o700"
    assert machine.mode("etc/troth/environment") == "0o600"
    machine.policies()
    lines = (machine.notes / "crontab").read_text(encoding="utf-8").splitlines()
    (entry,) = [line for line in lines if line.startswith("30 2 * * * ")]
    given = dict(line.split("=", 1) for line in lines if re.match("[A-Z_]+=", line))
    path, config = machine.here(given["PATH"]), machine.here(given["TROTH_CONFIG"])
    night = machine.run(f"PATH={path}; {entry[11:]}", TROTH_CONFIG=config)
    assert (night.returncode, night.stdout, night.stderr) == (0, "", "")
    last = machine.root / "var/lib/troth/last.txt"
    assert last.read_text(encoding="utf-8").endswith("\ntroth ended with 0\n")
    assert len([one for one in (last.parent / "runs").iterdir() if one.is_dir()]) == 1


def test_the_command_of_the_page_runs(machine: _Machine) -> None:
    text = PAGE.read_text(encoding="utf-8")
    (command,) = re.findall(r"^## The command\n\n```sh\n(troth check [^\n]+)\n```$", text, re.M)
    argv = [str(TROTH), *shlex.split(command)[1:]]
    ran = subprocess.run(
        argv, cwd=machine.work, env=bare(), capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_the_options_that_the_page_and_the_examples_name_are_those_of_a_check() -> None:
    told = subprocess.run(
        [TROTH, "check", "--help"], env=bare(), capture_output=True, text=True, check=True
    ).stdout
    known = set(re.findall(r"--[a-z-]+", told))
    named = set(re.findall(r"`(--[a-z-]+)[ `]", PAGE.read_text(encoding="utf-8")))
    assert {"--resume", "--max-time", "--fail-on", "--no-history", "--baseline"} <= named <= known
