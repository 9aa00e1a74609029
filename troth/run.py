"""One run from plan to record: observe, judge, waive, write; every output is made from the record.

What is judged is read back from the shards, so that a replay years later judges the same bytes.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import troth
from troth import canonical, lock, record, waivers
from troth.catalogue.content import Library
from troth.checker import Checker
from troth.collect import shards
from troth.collect.door import Disguise, Door
from troth.collect.inputs import Asked, asked
from troth.collect.resume import Found, Search, find, forget, take
from troth.collect.runner import Budget, Progress, collect
from troth.config import Config
from troth.cycles import uncollected
from troth.events import tell
from troth.judge.document import Books, Document, judge
from troth.judge.question import Seen
from troth.judge.subjects import Unit, subject
from troth.measures import Item
from troth.plan import Chosen, Plan
from troth.shipped import FOLDER
from troth.verdicts import Results, results


@dataclass(frozen=True)
class Setup:
    """Everything a run needs, read and checked before anything is looked at."""

    config: Config
    books: Library
    chosen: tuple[Chosen, ...]
    waivers: tuple[waivers.Waiver, ...] = ()


@dataclass(frozen=True)
class Run:
    """A finished run: where it lies, its envelope and its results."""

    folder: Path
    envelope: Mapping[str, Any]
    results: Results


def new_id(started: datetime) -> str:
    """Return a run id that sorts by time: ``20261121T190000Z-1f3a``."""
    return f"{started.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def carry_out(
    setup: Setup,
    plan: Plan,
    checkers: Mapping[str, type[Checker]],
    folder: Path,
    as_of: datetime,
    budget: Budget,
    stop: threading.Event,
    progress: Progress = lambda unit, done, total: None,
    disguise: Disguise | None = None,
    search: Search | None = None,
) -> Run:
    """Observe the plan, judge it at ``as_of`` (aware) and record everything in ``folder``.

    ``disguise`` puts pseudonyms in the place of what it knows before anything is hashed. With
    ``search`` the finished units of a run that was cut short are taken over, if there is one that
    asks the same. Raises :class:`~troth.errors.NotSaved` if something cannot be written: what was
    saved by then stays, and the folder stays marked as unfinished.
    """
    started = datetime.now(UTC)
    about = dict(disguise.about) if disguise else None
    asks = asked(setup.config, setup.books, setup.chosen, plan, about)
    found = find(search, asks, started) if search else Found(None, "")
    more: dict[str, Any] = {"by": asks.by}
    more |= {"pseudonyms": about} if about else {}
    more |= {"resumed": found.earlier.as_json()} if found.earlier else {}
    with _begun(folder, _mark(folder, started, as_of) | more):
        asks.keep(folder)
        if found.earlier:
            take(found.earlier, folder)
        _tell_start(folder, asks, found, search)
        collected = collect(
            plan,
            setup.config.targets,
            checkers,
            setup.books.kinds,
            folder / record.OBSERVATIONS,
            budget,
            stop,
            progress,
            Door(setup.config.tags_read, disguise),
            found.earlier.shards if found.earlier else (),
        )
        outcome = judged(setup, folder, as_of, partial=collected.interrupted)
        write_results(folder, outcome)
        envelope = _envelope(folder, setup, as_of, started, collected.counters, outcome) | more
        _seal(folder, envelope, outcome)
        forget(found.spent)
    return Run(folder, envelope, outcome)


@contextlib.contextmanager
def _begun(folder: Path, mark: Mapping[str, Any]) -> Iterator[None]:
    """Make a run's folder, and hold the lock of its mark for as long as the run lives."""
    with contextlib.ExitStack() as stack:
        record.begin(folder, mark, lambda path: stack.enter_context(lock.kept(path)))
        yield


def _mark(folder: Path, started: datetime, as_of: datetime) -> dict[str, Any]:
    """Return what an unfinished run says of itself."""
    return {
        "schema": 1,
        "id": folder.name,
        "started_at": started.isoformat(timespec="milliseconds"),
        "as_of": as_of.isoformat(),
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "troth": troth.__version__,
    }


def _tell_start(folder: Path, asks: Asked, found: Found, search: Search | None) -> None:
    """Tell that looking begins, and of a search what it found."""
    units = len(asks.plan.units)
    tell("run started", run=folder.name, folder=str(folder), units=units)
    if found.earlier:
        name, done = found.earlier.folder.name, len(found.earlier.shards)
        tell("resumed", said=f"{done} of {units} units are taken over from {name}",
             run=name, units=done)  # fmt: skip
    elif search:
        tell("not resumed", said=f"everything is looked at: {found.why}", reason=found.why)


def _seal(folder: Path, envelope: Mapping[str, Any], outcome: Results) -> None:
    """Write the envelope of a folder that is otherwise whole, and take its mark away."""
    record.settle(folder)
    record.put_json(folder / record.ENVELOPE, envelope)
    record.settle(folder)
    record.discard(folder / record.MARK)
    took = datetime.now(UTC) - datetime.fromisoformat(envelope["started_at"])
    tell("run saved", run=folder.name, folder=str(folder), state=envelope["state"],
         findings=len(outcome.findings), seconds=round(took.total_seconds(), 3),
         results_digest=envelope["results_digest"])  # fmt: skip


def write_results(folder: Path, outcome: Results) -> None:
    """Write the findings, and the summary that names their digest."""
    digest = record.put_lines(folder / record.FINDINGS, outcome.findings)
    outcome.summary["findings"] = {"count": len(outcome.findings), "digest": digest}
    record.put_json(folder / record.RESULTS, outcome.summary)


def judged(setup: Setup, folder: Path, as_of: datetime, *, partial: bool = False) -> Results:
    """Return the results of judging a run folder's observations at ``as_of``."""
    shelf = Shelf(folder / record.OBSERVATIONS, setup.books, as_of)
    library = setup.books
    books = Books(library.kinds, library.controls, library.measures, setup.config.classes)
    with uncollected():
        found = judge(documents(setup.chosen), books, shelf.seen, as_of)
    today = as_of.astimezone(ZoneInfo("UTC")).date().isoformat()
    waived = waivers.apply(setup.waivers, found.findings, today)
    titles = {one.policy.id: one.policy.title for one in setup.chosen}
    return results(found, setup.waivers, waived, as_of.isoformat(), titles, partial=partial)


def documents(chosen: Iterable[Chosen]) -> list[Document]:
    """Return the chosen policies as judging takes them."""
    return [
        Document(
            one.policy,
            one.clauses,
            one.selection.targets,
            one.selection.where,
            {
                kind: f"absent: {said.reason} ({said.owner})"
                for kind, said in one.selection.absent.items()
            },
        )
        for one in chosen
    ]


@dataclass
class Shelf:
    """The shards of a run, read kind by kind and kept as long as they are asked for."""

    folder: Path
    books: Library
    as_of: datetime
    _kinds: dict[str, Seen] = field(default_factory=dict)
    _index: dict[str, list[Path]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find out which shard holds which kind."""
        for path in sorted(self.folder.glob("*.jsonl")):
            unit, _ = shards.read(path)
            self._index.setdefault(unit.kind, []).append(path)

    def seen(self, kind: str, targets: tuple[str, ...]) -> Seen:
        """Return what was seen of a kind at some targets, resources sorted by id."""
        if kind not in self._kinds:
            self._kinds[kind] = self._read(kind)
        everything = self._kinds[kind]
        return Seen(
            tuple(unit for unit in everything.units if unit.target in targets),
            tuple(item for item in everything.items if item.target in targets),
        )

    def _read(self, kind: str) -> Seen:
        units: list[Unit] = []
        items: list[Item] = []
        for path in self._index.get(kind, ()):
            unit, lines = shards.read(path)
            units.append(unit)
            made = self.books.kinds[kind]
            items.extend(subject(made, unit.target, line, self.as_of) for line in lines)
        return Seen(tuple(units), tuple(sorted(items, key=lambda item: (item.id, item.target))))


def _envelope(
    folder: Path,
    setup: Setup,
    as_of: datetime,
    started: datetime,
    counters: Counter[str],
    outcome: Results,
) -> dict[str, Any]:
    return {
        "schema": 1,
        "id": folder.name,
        "state": "partial" if outcome.summary["partial"] else "complete",
        "started_at": started.isoformat(timespec="milliseconds"),
        "finished_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "as_of": as_of.isoformat(),
        "places": places(setup),
        "clauses": {one.policy.id: [clause.id for clause in one.clauses] for one in setup.chosen},
        "versions": versions(),
        "counters": dict(sorted(counters.items())),
        "results_digest": results_digest(outcome),
        "files": record.manifest(folder),
    }


def places(setup: Setup) -> dict[str, Any]:
    """Return where troth.yaml and the user's own policies lie in their repository.

    Paths are relative to its root: the nearest folder upwards that is under version control, or
    that of troth.yaml. Shipped policies lie in no repository of the user's, and are not named.
    """
    base = setup.config.base_dir
    root = next((one for one in (base, *base.parents) if (one / ".git").exists()), base)
    own = {}
    for one in setup.chosen:
        path = setup.books.files["policies", one.policy.id].resolve()
        if path.is_relative_to(root) and not path.is_relative_to(FOLDER):
            own[one.policy.id] = path.relative_to(root).as_posix()
    config = (base / Path(setup.config.path).name).relative_to(root).as_posix()
    return {"config": config, "policies": own}


def results_digest(outcome: Results) -> str:
    """Return the digest of the results: equal facts, files and time give an equal digest."""
    return canonical.digest(outcome.summary)


def versions() -> dict[str, str]:
    """Return the versions of everything that a verdict may depend on."""
    packages = ("common-expression-language", "tzdata", "holidays", "jsonschema-rs", "cryptography")
    return {"troth": troth.__version__} | {name: version(name) for name in packages}
