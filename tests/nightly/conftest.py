"""Nights of a small estate, each a whole ``troth check``; real receivers, real stores."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.history.conftest import postgres
from tests.history.world import World
from tests.notify.receiver import Receiver, Reply, Request, receiver
from tests.unattended.conftest import nursery, site
from troth import offline
from troth.cli import main
from troth.events import LOG
from troth.history.reading import History
from troth.history.store import Store

__all__ = ["nursery", "postgres", "site"]

#: Never told anywhere but to whom it leads.
SECRET = "T0ken-Secr3t"
VARIABLES = ("TROTH_CONFIG", "TROTH_HISTORY", "TROTH_HOOK", "TROTH_CHAT", "TROTH_PING")


class Said(NamedTuple):
    """What a check left: its exit code, what it printed, and the events that it told."""

    code: int
    out: str
    err: str

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the events of one name."""
        told = [json.loads(line) for line in self.err.splitlines()]
        return [one for one in told if one["event"] == name]

    @property
    def run(self) -> str:
        """Return the id of the run."""
        (saved,) = self.events("run saved")
        return str(saved["run"])

    @property
    def meaning(self) -> str:
        """Return what the exit code was said to mean."""
        (ended,) = self.events("exit")
        return str(ended["meaning"])


@dataclass
class Nightly:
    """Lets nights pass in a world by the command line; the history is a file beside troth.yaml."""

    world: World
    capsys: pytest.CaptureFixture[str]

    @property
    def base(self) -> Path:
        """Return the folder of troth.yaml."""
        return self.world.folder / "workspace"

    @property
    def runs(self) -> Path:
        """Return the folder of the runs."""
        return self.base / "runs"

    @property
    def url(self) -> str:
        """Return the URL of the store."""
        return f"sqlite:///{self.base}/history.db"

    def night(self, *options: str) -> Said:
        """Check everything as it is now; each night is a day after the last."""
        self.world._write()
        as_of = self.world.as_of.isoformat()
        self.world.nights += 1
        json_ = ("--log-format", "json")
        return self.troth("check", "--as-of", as_of, *json_, *options)

    def troth(self, *arguments: str) -> Said:
        """Run a command in the folder of troth.yaml."""
        self.capsys.readouterr()
        with contextlib.chdir(self.base):
            code = main(list(arguments))
        printed = self.capsys.readouterr()
        return Said(code, printed.out, printed.err)

    def recorded(self, scope: str = "main", url: str = "") -> list[tuple[str, int]]:
        """Return the recorded runs, the first one first: id and exit code."""
        with Store.open(url or self.url) as store, store.reading() as connection:
            nights = History(connection, scope).nights()
        return [(night.id, night.body["exit_code"]) for night in reversed(nights)]

    def noted(self) -> list[Any]:
        """Return the runs that wait to be recorded."""
        path = self.runs / ".unrecorded"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def verified(self) -> str:
        """Return the head of a history that verifies."""
        said = self.troth("history", "verify")
        assert said.code == 0, said.err
        return said.out.splitlines()[-1]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return an estate in which every promise is kept; its nights go into a history."""
    return World(tmp_path, more={"history": {"store": "history.db"}})


@pytest.fixture
def nightly(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Nightly]:
    """Return the nights of the estate, none of which has been yet."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    world._write()
    yield Nightly(world, capsys)
    offline.allow_sockets()


Serve = Callable[..., Receiver]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Return what runs a receiver, until the test is over, with these replies."""
    with contextlib.ExitStack() as stack:
        yield lambda *replies: stack.enter_context(receiver(*replies, folder=tmp_path))


class _OnceLooking(logging.Handler):
    """Does something when a run has begun to look, once."""

    def __init__(self, deed: Callable[[], object]) -> None:
        super().__init__()
        self._deeds = [deed]

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage() == "run started" and self._deeds:
            self._deeds.pop()()


class Watched(list[Request]):
    """The requests of a receiver; at the first to a path that ends so, something is done first."""

    def __init__(self, end: str, deed: Callable[[], object]) -> None:
        super().__init__()
        self._end, self._deeds, self._lock = end, [deed], threading.Lock()

    def append(self, request: Request) -> None:
        with self._lock:
            if self._deeds and request.path.partition("?")[0].endswith(self._end):
                self._deeds.pop()()
            super().append(request)


@pytest.fixture
def while_looking(
    nightly: Nightly, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Callable[[], object]], Receiver]]:
    """Yield what lets something happen in the next night, after it began to look.

    It returns the dead man's switch of that night.
    """
    listeners: list[logging.Handler] = []

    def arranged(deed: Callable[[], object]) -> Receiver:
        to = serve()
        listeners.append(_OnceLooking(deed))
        LOG.addHandler(listeners[-1])
        monkeypatch.setenv("TROTH_PING", to.url())
        nightly.world.more["ping"] = "TROTH_PING"
        return to

    yield arranged
    for listener in listeners:
        LOG.removeHandler(listener)


@pytest.fixture
def hook(nightly: Nightly, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """Return the receiver of the one channel that there is."""
    to = serve()
    monkeypatch.setenv("TROTH_HOOK", to.url(f"/hooks/{SECRET}"))
    nightly.world.more["notify"] = [{"url": "TROTH_HOOK", "through": "webhook"}]
    return to


def bodies(to: Receiver) -> list[dict[str, Any]]:
    """Return the documents that a receiver was sent."""
    return [json.loads(body) for body in to.bodies]


def told(to: Receiver) -> list[list[tuple[str, str, str]]]:
    """Return change, clause and resource of the events of each message."""
    return [
        [(row["change"], row["clause"], row["resource"]) for row in body["events"]]
        for body in bodies(to)
    ]


def counted(to: Receiver) -> Counter[str]:
    """Return how often each change was told."""
    return Counter(change for message in told(to) for change, *_ in message)


def steps(to: Receiver) -> list[str]:
    """Return the ends of the paths that a dead man's switch was told at."""
    found = [re.search(r"/([^/?]*)\?", request.path) for request in to.requests]
    return [one[1] for one in found if one]


DOWN = Reply(404)  # a refusal that is not tried again, so nobody waits
