"""Writers that are killed, that meet, and that find no space: nothing is half there."""

from __future__ import annotations

import contextlib
import multiprocessing
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from tests.history.conftest import NOW, Nights
from tests.history.world import FAIL, PASS, World
from troth.errors import TrothError
from troth.history.reading import History, scopes
from troth.history.recording import record
from troth.history.store import Store, StoreError
from troth.history.verify import verify
from troth.report.account import Account

#: How often a writer is killed, each time a little later.
KILLS = 12


class Writer:
    """A process that records runs once it is told to."""

    def __init__(
        self, url: str, scope: str, runs: Sequence[Path], limit: int = resource.RLIM_INFINITY
    ) -> None:
        self._out, inner = _FORK.Pipe(duplex=False)
        self._go = _FORK.Event()
        self.process = _FORK.Process(
            target=_write, args=(url, scope, runs, limit, self._go, inner), daemon=True
        )
        self.process.start()
        inner.close()

    def go(self) -> None:
        """Let it begin."""
        self._go.set()

    def end(self, seconds: float | None = None) -> list[str]:
        """Wait until it ended, or kill it after some seconds; return what it said."""
        self.process.join(seconds)
        self.process.kill()
        self.process.join()
        said = []
        with self._out, contextlib.suppress(EOFError):
            while True:
                said.append(self._out.recv())
        return said


_FORK = multiprocessing.get_context("fork")


def _write(
    url: str, scope: str, runs: Sequence[Path], limit: int, go: Any, out: Connection
) -> None:
    accounts = [Account.of_run(run) for run in runs]
    go.wait()
    try:
        if limit != resource.RLIM_INFINITY:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        with Store.open(url, create=True) as store:
            for account in accounts:
                record(store, scope, account, 0, NOW)
                out.send(account.envelope["id"])
    except TrothError as error:
        out.send(f"{type(error).__name__}: {error}")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return runs over 200 people, of whom each night other ones keep their promise."""
    world = World(tmp_path_factory.mktemp("many"))
    made = []
    for night in range(3):
        people = {f"p{n}": FAIL if n % 3 == night else PASS for n in range(200)}
        world.people = {"hr": people}
        made.append(world.night().folder)
    return made


def test_two_writers_at_once_are_both_recorded(url: str, runs: list[Path]) -> None:
    # Neither finds a store: one of them makes it.
    both = [Writer(url, "mine", runs), Writer(url, "other", runs)]
    for writer in both:
        writer.go()
    for writer in both:
        assert writer.end() == ["run-001", "run-002", "run-003"]
    with Store.open(url) as store:
        found = verify(store)
        assert (found.links, found.problems) == (6, ())
        with store.reading() as connection:
            assert scopes(connection) == ["mine", "other"]
            assert len(History(connection, "mine").nights()) == 3


def test_two_writers_of_the_same_runs_record_each_once(url: str, runs: list[Path]) -> None:
    both = [Writer(url, "main", runs), Writer(url, "main", runs)]
    for writer in both:
        writer.go()
    for writer in both:
        assert writer.end() == ["run-001", "run-002", "run-003"]
    with Store.open(url) as store:
        found = verify(store)
        assert (found.links, found.problems) == (3, ())


def test_a_writer_that_is_killed_leaves_nothing_half(url: str, runs: list[Path]) -> None:
    whole = Writer(url, "whole", runs)
    whole.go()
    begin = time.monotonic()
    assert len(whole.end()) == 3
    lasted = time.monotonic() - begin
    saved: set[str] = set()
    for kill in range(KILLS):
        scope = f"scope-{kill}"
        writer = Writer(url, scope, runs)
        writer.go()
        saved |= {f"{scope} {name}" for name in writer.end(lasted * kill / KILLS)}
        if url.startswith("sqlite"):
            _is_sound(url)
        with Store.open(url) as store:
            assert verify(store).problems == ()
            with store.reading() as connection:
                there = {
                    f"{scope} {night.id}"
                    for scope in scopes(connection)
                    for night in History(connection, scope).nights()
                }
        assert saved <= there
    last = Writer(url, "scope-0", runs)
    last.go()
    assert last.end() == ["run-001", "run-002", "run-003"]
    with Store.open(url) as store:
        assert verify(store).problems == ()


def test_a_reader_heals_what_a_killed_writer_left(tmp_path: Path, world: World) -> None:
    path = tmp_path / "history.db"
    url = f"sqlite:///{path}"
    with Store.open(url, create=True) as store:
        record(store, "main", world.night(), 0, NOW)
    # A journal as a kill leaves it: some pages of the transaction are in the file already.
    script = (
        "import os, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA cache_size = 2')\n"
        "c.execute('BEGIN IMMEDIATE')\n"
        "c.execute(\"UPDATE troth_run SET body = 'x'\")\n"
        "c.execute('CREATE TABLE much (x)')\n"
        "for n in range(2000): c.execute('INSERT INTO much VALUES (?)', (str(n) * 200,))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert path.with_name("history.db-journal").exists()
    with Store.open(url) as store:
        assert verify(store).problems == ()


def test_a_full_disk_is_told_and_leaves_nothing_half(
    tmp_path: Path, world: World, runs: list[Path]
) -> None:
    path = tmp_path / "history.db"
    url = f"sqlite:///{path}"
    with Store.open(url, create=True) as store:
        record(store, "main", world.night(), 0, NOW)
        head = verify(store).head
    size = path.stat().st_size

    writer = Writer(url, "main", runs[1:], size + 20_000)
    writer.go()
    (said,) = writer.end()
    assert said.startswith(f"StoreAway: {path} cannot be used: ")
    assert said.endswith("; free space on that disk and record the run again")
    assert "\n" not in said
    _is_sound(url)
    with Store.open(url) as store:
        assert verify(store) == (1, head, ())
    with Store.open(url, create=True) as store:
        record(store, "main", Account.of_run(runs[1]), 0, NOW)
        assert verify(store).problems == ()


def test_a_reader_sees_one_state_while_a_writer_writes(url: str, nights: Nights) -> None:
    nights.passes()
    account = nights.world.night()
    with Store.open(url) as reading, reading.reading() as connection:
        history = History(connection, "main")
        assert len(history.nights()) == 1
        if url.startswith("sqlite"):  # a writer waits for readers, so that they see no half
            return
        nights.record(account)
        assert len(history.nights()) == 1
    nights.record(account)
    with Store.open(url) as store, store.reading() as connection:
        assert len(History(connection, "main").nights()) == 2


def test_a_reader_may_read_while_a_writer_has_begun(url: str, nights: Nights) -> None:
    nights.passes()
    with (
        nights.store.writing(),
        Store.open(url) as reading,
        reading.reading() as connection,
    ):
        assert len(History(connection, "main").nights()) == 1


def test_who_waits_too_long_for_a_writer_is_told(
    url: str, nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.passes()
    monkeypatch.setattr("troth.history.store.PATIENCE", 1)
    with (
        nights.store.writing(),
        Store.open(url, create=True) as other,
        pytest.raises(StoreError, match="another run is writing; try again"),
        other.writing(),
    ):
        pass


def _is_sound(url: str) -> None:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    finally:
        connection.close()
