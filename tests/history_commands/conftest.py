"""A company's folder with a history, and the command line run in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.history.world import FAIL, PASS, UNKNOWN, World
from troth.cli import main


class Said(NamedTuple):
    """What a command left: its exit code, what it printed, and what it said on stderr."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Return what was printed, without the blanks that fill a table."""
        return [line.rstrip() for line in self.out.splitlines()]


Troth = Callable[..., Said]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return an estate in which every promise is kept; its troth.yaml names a history."""
    return World(tmp_path, more={"history": {"store": "history.db"}})


@pytest.fixture
def base(world: World) -> Path:
    """Return the folder of troth.yaml."""
    made = world.folder / "workspace"
    made.mkdir()
    return made


@pytest.fixture
def troth(base: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Troth:
    """Return the command line, run in the folder of troth.yaml."""
    monkeypatch.chdir(base)
    for name in ("TROTH_CONFIG", "TROTH_HISTORY"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> Said:
        capsys.readouterr()
        code = main(list(arguments))
        printed = capsys.readouterr()
        return Said(code, printed.out, printed.err)

    return run


@pytest.fixture
def passes(world: World, troth: Troth) -> Callable[[], Said]:
    """Return a function that lets a night pass and records it."""

    def night() -> Said:
        run = world.night()
        said = troth("history", "record", str(run.folder))
        assert said.code == 0, said.err
        return said

    return night


@pytest.fixture(scope="session")
def seven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven nights: bob is broken from the 2nd to the 3rd and from the 6th on, the 4th unknown."""
    world = World(tmp_path_factory.mktemp("seven"), more={"history": {"store": "history.db"}})
    base = world.folder / "workspace"
    runs = []
    for status in (PASS, FAIL, FAIL, UNKNOWN, PASS, FAIL, FAIL):
        world.people["hr"]["bob"] = status
        world.shut = {"hr"} if status == UNKNOWN else set()
        runs.append(str(world.night().folder))
    assert main(["history", "record", "-c", str(base / "troth.yaml"), *runs]) == 0
    return base


@pytest.fixture
def week(seven: Path, base: Path) -> None:
    """Have the history of seven nights in the folder."""
    shutil.copytree(seven, base, dirs_exist_ok=True)
