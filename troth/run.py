"""One run from plan to record: observe, judge, waive, write; every output is made from the record.

What is judged is read back from the shards, so that a replay years later judges the same bytes.
"""

from __future__ import annotations

import re
import secrets
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
from troth import attestations, canonical, record, waivers
from troth.catalogue.content import Library
from troth.checker import Checker
from troth.collect import shards
from troth.collect.door import Disguise, Door
from troth.collect.runner import Budget, Progress, collect
from troth.config import Config
from troth.cycles import uncollected
from troth.judge.document import Books, Document, judge
from troth.judge.question import Seen
from troth.judge.subjects import Unit, subject
from troth.measures import Item
from troth.plan import Chosen, Plan
from troth.shipped import FOLDER
from troth.verdicts import Results, results

_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]+")


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
) -> Run:
    """Observe the plan, judge it at ``as_of`` (aware) and record everything in ``folder``.

    ``disguise`` puts pseudonyms in the place of what it knows before anything is hashed.
    """
    started = datetime.now(UTC)
    record.create(folder)
    _keep_inputs(folder, setup)
    if disguise is None or "person" not in disguise.about["what"]:  # they name who signed
        _keep_attestations(folder, setup, plan)
    record.put_json(folder / record.PLAN, {"schema": 1, "reads": [r.as_json() for r in plan.reads]})
    collection = collect(
        plan,
        setup.config.targets,
        checkers,
        setup.books.kinds,
        folder / record.OBSERVATIONS,
        budget,
        stop,
        progress,
        Door(setup.config.tags_read, disguise),
    )
    outcome = judged(setup, folder, as_of, partial=collection.interrupted)
    write_results(folder, outcome)
    envelope = _envelope(folder, setup, as_of, started, collection.counters, outcome)
    if disguise:
        envelope["pseudonyms"] = dict(disguise.about)
    record.put_json(folder / record.ENVELOPE, envelope)
    return Run(folder, envelope, outcome)


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


def _keep_inputs(folder: Path, setup: Setup) -> None:
    """Copy every file that was read, as it was read, so that a replay needs nothing else."""
    inputs = folder / record.INPUTS
    record.put(inputs / "troth.yaml", Path(setup.config.path).read_bytes())
    if setup.config.waivers:
        record.put(inputs / "waivers.yaml", setup.config.waivers.read_bytes())
    library = setup.books
    whole = [clause for one in setup.chosen for clause in one.policy.clauses]
    for control in {binding.control for clause in whole for binding in clause.bindings}:
        record.put(
            inputs / "controls" / f"{control}.yaml", library.files["controls", control].read_bytes()
        )
    for one in setup.chosen:
        name = f"{one.policy.id}.yaml"
        record.put(
            inputs / "policies" / name, library.files["policies", one.policy.id].read_bytes()
        )
    for kind in library.kinds:
        record.put(inputs / "kinds" / f"{kind}.yaml", library.files["kinds", kind].read_bytes())


def _keep_attestations(folder: Path, setup: Setup, plan: Plan) -> None:
    """Copy the signed statements that are looked at, so that their signatures can be verified.

    What cannot be read is left out here; the observation says why.
    """
    for name in sorted({unit.target for unit in plan.units}):
        target = setup.config.targets[name]
        if target["type"] != "attestation":
            continue
        kept = folder / record.INPUTS / "attestations" / name
        for path, body in signed_statements(target):
            stem = file_name(path.name.removesuffix(attestations.SUFFIX))
            record.put(kept / f"{stem}{attestations.SUFFIX}", body)


def signed_statements(target: Mapping[str, Any]) -> Iterator[tuple[Path, bytes]]:
    """Yield the files of signed statements in a target's folder that a run would keep."""
    for path in sorted((Path(target["base_dir"]) / target["folder"]).glob("*")):
        if not path.name.endswith(attestations.SUFFIX) or not path.is_file():
            continue
        try:
            with path.open("rb") as file:
                body = file.read(attestations.MAX_BYTES + 1)
        except OSError:
            continue
        if len(body) <= attestations.MAX_BYTES:
            yield path, body


def file_name(text: str) -> str:
    """Return text as the name of a file that is safe everywhere; most keep theirs."""
    safe = _UNSAFE.sub("-", text).lstrip(".")
    if safe == text:
        return text
    return f"{safe}-{canonical.digest(text).removeprefix('sha256:')[:8]}"


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
