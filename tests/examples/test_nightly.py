"""The systemd units are sound and shut in, and their command really runs."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.examples import units
from tests.examples.estate import ENDS, EXAMPLES, furnish, tree
from tests.house.tree import TROTH
from troth.errors import Exit

SERVICE = EXAMPLES / "nightly" / "troth.service"
TIMER = EXAMPLES / "nightly" / "troth.timer"

systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
each_end = pytest.mark.parametrize("state", ENDS)


def _analyze(*argv: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *argv], capture_output=True, text=True, timeout=60, check=False,
        env=os.environ | {"SYSTEMD_PAGER": ""},
    )  # fmt: skip


@pytest.fixture
def installed(tmp_path: Path) -> tuple[Path, Path]:
    """Return the units as they stand, but with the troth that is here."""
    service, timer = tmp_path / SERVICE.name, tmp_path / TIMER.name
    text = SERVICE.read_text(encoding="utf-8")
    assert text.count("ExecStart=/opt/troth/bin/troth ") == 1
    service.write_text(text.replace("/opt/troth/bin/troth", str(TROTH)), encoding="utf-8")
    shutil.copy(TIMER, timer)
    return service, timer


# systemd


@systemd
def test_systemd_takes_the_units(installed: tuple[Path, Path]) -> None:
    ran = _analyze("verify", *installed)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@systemd
@pytest.mark.parametrize("wrong", ["ProtectSistem=strict", "TimeoutStartSec=4 hoars"])
def test_systemd_would_tell_of_a_slip(installed: tuple[Path, Path], wrong: str) -> None:
    service, timer = installed
    name = "ProtectSystem=strict" if wrong.startswith("Protect") else "TimeoutStartSec=4h"
    text = service.read_text(encoding="utf-8")
    assert name in text
    service.write_text(text.replace(name, wrong), encoding="utf-8")
    assert _analyze("verify", service, timer).stderr


@systemd
def test_the_service_is_shut_in(installed: tuple[Path, Path]) -> None:
    # In tenths: a unit without any hardening has 96, one that may use the network hardly below 10.
    ran = _analyze("security", "--offline=true", "--threshold=15", installed[0])
    assert ran.returncode == 0, ran.stdout


def test_the_service_cannot_gain_rights_or_write_elsewhere() -> None:
    wanted = {
        "CapabilityBoundingSet": "", "NoNewPrivileges": "yes", "PrivateTmp": "yes",
        "ProtectHome": "yes", "ProtectSystem": "strict", "User": "troth",
    }  # fmt: skip
    assert {name: units.one(SERVICE, name) for name in wanted} == wanted
    assert "Environment=HOME=/var/lib/troth\n" in SERVICE.read_text(encoding="utf-8")


@systemd
def test_without_its_hardening_the_service_is_not_shut_in(installed: tuple[Path, Path]) -> None:
    text = installed[0].read_text(encoding="utf-8")
    before, separator, _ = text.partition("# Hardening\n")
    assert separator
    installed[0].write_text(before, encoding="utf-8")
    assert _analyze("security", "--offline=true", "--threshold=15", installed[0]).returncode == 1


@systemd
def test_the_timer_elapses_every_day() -> None:
    ran = _analyze("calendar", "--iterations=2", units.one(TIMER, "OnCalendar"))
    assert ran.returncode == 0, ran.stderr
    days = re.findall(r"\d{4}-\d\d-(\d\d) 02:30:00", ran.stdout)
    assert len(set(days)) == 2
    assert units.one(TIMER, "Persistent") == "true"
    assert _microseconds(units.one(TIMER, "RandomizedDelaySec")) > 0


@systemd
def test_systemd_waits_longer_than_troth_looks() -> None:
    (hours,) = re.findall(r"--max-time PT(\d+)H ", units.one(SERVICE, "ExecStart"))
    assert _microseconds(units.one(SERVICE, "TimeoutStartSec")) > int(hours) * 3_600_000_000


def _microseconds(span: str) -> int:
    (found,) = re.findall(r"μs: (\d+)", _analyze("timespan", span).stdout)
    return int(found)


def test_answers_are_no_failures_of_the_unit() -> None:
    codes = {int(code) for code in units.one(SERVICE, "SuccessExitStatus").split()}
    assert codes == {Exit.BROKEN, Exit.INCOMPLETE}


class _Started:
    """What systemd would start, with its folders below one of this test."""

    def __init__(self, root: Path, state: str) -> None:
        service = units.settings(SERVICE)
        self.root = root
        self.state = self._folder("/var/lib", service["StateDirectory"])
        self.cache = self._folder("/var/cache", service["CacheDirectory"])
        self.runs = self.state / "runs"
        furnish(root / "etc/troth", state, more=f"runs: {self.runs}\n")
        self.argv = [self._here(word) for word in shlex.split(service["ExecStart"][0])]
        pairs = (line.partition("=") for line in service["Environment"])
        self.environment = {name: self._here(value) for name, _, value in pairs}

    def _folder(self, above: str, names: list[str]) -> Path:
        (name,) = names
        folder = self.root / above.lstrip("/") / name
        folder.mkdir(parents=True)
        return folder

    def _here(self, text: str) -> str:
        text = text.replace("/opt/troth/bin/troth", str(TROTH))
        return re.sub(r"(?<![\w.-])(?=/(?:etc|var)/)", str(self.root), text)

    def run(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv, cwd=self.state, env=self.environment, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip


@each_end
def test_the_command_of_the_service_runs(tmp_path: Path, state: str) -> None:
    started = _Started(tmp_path, state)
    ran = started.run()
    assert ran.returncode == ENDS[state], ran.stderr
    logged = [json.loads(line) for line in ran.stderr.splitlines()]
    assert logged
    assert "shop" in (started.state / "last.txt").read_text(encoding="utf-8")
    figures = (started.cache / "troth.prom").read_text(encoding="utf-8")
    assert "troth_last_run_timestamp_seconds " in figures


def test_the_service_writes_where_systemd_lets_it(tmp_path: Path) -> None:
    started = _Started(tmp_path, "kept")
    before = tree(tmp_path)
    assert started.run().returncode == Exit.OK
    assert started.run().returncode == Exit.OK  # there is nothing to resume, and that is no error
    written = tree(tmp_path) - before
    assert {name.split("/")[1] for name in written} == {"lib", "cache"}
    assert len([path for path in started.runs.iterdir() if path.is_dir()]) == 2


def test_node_exporter_can_read_the_figures_and_nothing_else() -> None:
    assert units.one(SERVICE, "CacheDirectoryMode") == "0755"
    assert units.one(SERVICE, "StateDirectoryMode") == "0700"
    assert "UMask" not in units.settings(SERVICE)
    outputs = re.findall(r"--output (\w+)=(\S+)", units.one(SERVICE, "ExecStart"))
    assert [form for form, path in outputs if path.startswith("/var/cache/")] == ["openmetrics"]
