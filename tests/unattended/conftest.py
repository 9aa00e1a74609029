"""Real processes of ``troth check`` against a real server, quickly started and easily killed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.unattended import depot as depots
from tests.unattended.depot import AS_OF, Depot

TROTH = Path(sys.executable).with_name("troth")
NURSERY = Path(__file__).with_name("nursery.py")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for sys.path in which the depot's checkers are installed."""
    return depots.install(tmp_path_factory.mktemp("site"))


def environment(site: Path) -> dict[str, str]:
    """Return the environment of a process that finds the depot's checkers."""
    left_out = ("TROTH_CONFIG", "PYTHONUNBUFFERED", "NO_COLOR", "FORCE_COLOR")
    others = {name: value for name, value in os.environ.items() if name not in left_out}
    before = others.get("PYTHONPATH", "")
    return others | {"PYTHONPATH": f"{site}{os.pathsep}{before}" if before else str(site)}


@pytest.fixture
def depot() -> Iterator[Depot]:
    """Serve a depot that answers at once."""
    with depots.serving(Depot()) as served:
        yield served


@dataclass
class Process:
    """A process of troth: its pid, and what it wrote."""

    pid: int
    folder: Path
    nursery: Nursery
    copier: threading.Thread | None = None
    code: int | None = None

    @property
    def out(self) -> str:
        return (self.folder / "out").read_text()

    @property
    def err(self) -> str:
        return (self.folder / "err").read_text()

    def events(self, name: str = "") -> list[dict[str, Any]]:
        """Return the events that it told in JSON, whole lines only; those of one name."""
        lines = self.err.split("\n")[:-1]
        told = [json.loads(line) for line in lines]
        return [one for one in told if not name or one["event"] == name]

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self) -> int:
        """Return the exit code; negative if a signal ended it."""
        if self.code is None:
            status = self.nursery.ask({"wait": self.pid})
            self.code = os.waitstatus_to_exitcode(status)
            if self.copier:
                self.copier.join()
        return self.code


def _copy(pipe: Path, to: Path) -> None:
    with pipe.open("rb") as read, to.open("wb") as write:
        shutil.copyfileobj(read, write)


class Nursery:
    """Where processes are forked; see nursery.py."""

    def __init__(self, site: Path, folder: Path) -> None:
        self._folder = folder
        self._number = 0
        self._process = subprocess.Popen(
            [sys.executable, NURSERY], env=environment(site), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def ask(self, order: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def start(self, cwd: Path, *arguments: str, **more: Any) -> Process:
        """Start troth with arguments in a folder."""
        self._number += 1
        made = self._folder / str(self._number)
        made.mkdir()
        order = {"arguments": arguments, "cwd": str(cwd), "out": str(made / "out")}
        order |= {"err": str(made / "err"), **more}
        for name in ("out", "err"):
            (made / name).touch()
        if "size" not in more:
            return Process(self.ask(order), made, self)
        # The limit is on every file that the process writes, what it says too: through a pipe.
        os.mkfifo(made / "pipe")
        copier = threading.Thread(target=_copy, args=(made / "pipe", made / "err"))
        copier.start()
        order["err"] = str(made / "pipe")
        return Process(self.ask(order), made, self, copier)

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture(scope="module")
def nursery(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    made = Nursery(site, tmp_path_factory.mktemp("processes"))
    yield made
    made.close()


Start = Callable[..., Process]
CHECK = ["check", *AS_OF, "--log-format", "json"]


@pytest.fixture
def start(nursery: Nursery, workspace: Path) -> Start:
    """Return ``start(*options)``: a check of the workspace that tells its events in JSON."""
    return lambda *options, **more: nursery.start(workspace, *CHECK, *options, **more)


@pytest.fixture
def workspace(tmp_path: Path, depot: Depot) -> Path:
    """Return a folder with a troth.yaml that looks at four halls of the depot."""
    return depots.furnish(tmp_path / "work", depot)


def runs_of(workspace: Path) -> list[Path]:
    """Return the folders of runs, oldest first; names of one second do not tell which that is."""

    def begun(path: Path) -> int:
        inputs = path / "inputs"
        return (inputs if inputs.exists() else path).stat().st_mtime_ns

    return sorted((path for path in (workspace / "runs").glob("*") if path.is_dir()), key=begun)


def envelope(folder: Path) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((folder / "run.json").read_text())
    return body


def until(told: Callable[[], object], process: Process | None = None) -> None:
    """Wait until something holds; a process that ends before is told with what it said."""
    for _ in range(3000):
        if told():
            return
        if process and "exit" in process.err:
            break
        time.sleep(0.01)
    raise AssertionError(process.err if process else "it never came")
