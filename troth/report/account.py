"""A run as reports see it: the record of a check, opened for reading and never held whole.

Everything comes from the run's folder, so a report that is written years later says the same. A
hundred thousand findings are read from the disk as often as a format asks for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from troth import canonical, record
from troth.collect import shards
from troth.definitions import Control, Policy
from troth.errors import IntegrityError
from troth.model import Verdict
from troth.replay import setup_of
from troth.report.findings import Findings, kept, stored
from troth.report.trend import Trend
from troth.run import Setup
from troth.verdicts import Results

Row = Mapping[str, Any]


class Region(NamedTuple):
    """Lines of a file of the user's repository: path relative to its root, line and end from 1.

    ``columns`` is how many characters the line has.
    """

    path: str
    line: int
    columns: int


@dataclass(frozen=True)
class Listed:
    """The head of a shard: what one checker listed in one partition of one target.

    ``file`` is relative to the run's folder. ``failure`` is ``reason``, ``message`` and perhaps
    ``permission``, or None for a complete list. ``content_at`` is an ISO 8601 instant or empty.
    """

    file: str
    target: str
    checker: str
    partition: str
    kind: str
    count: int
    complete: bool
    content_at: str
    failure: Row | None


@dataclass(frozen=True)
class Account:
    """A run: its summary (results.json), its findings, and whatever else its folder tells."""

    folder: Path
    summary: Mapping[str, Any]
    findings: Findings
    envelope: Mapping[str, Any]
    #: What earlier runs were like; whoever has a history fills it.
    trend: Trend | None = field(default=None, kw_only=True)

    @classmethod
    def of_run(cls, folder: Path, results: Results | None = None) -> Account:
        """Return a stored run, or its ``results`` as they are judged now.

        Raises :class:`~troth.errors.IntegrityError` naming every file that was changed, unless
        results are given: whoever judges again has compared the files already.
        """
        envelope = record.get_envelope(folder)
        if results is not None:
            return cls(folder, results.summary, kept(results.findings), envelope)
        changed = record.verify(folder, envelope["files"])
        if changed:
            raise IntegrityError("\n".join(f"{folder}: {text}" for text in changed))
        summary = record.get_json(folder / record.RESULTS)
        return cls(folder, summary, stored(folder / record.FINDINGS), envelope)

    @property
    def clauses(self) -> Sequence[Row]:
        """Return the clauses' rows of the summary, in the documents' order."""
        return list(self.summary["clauses"])

    def counts(self) -> dict[str, dict[str | None, int]]:
        """Return policy → verdict → number of clauses; None counts the informative ones."""
        found: dict[str, dict[str | None, int]] = {
            row["id"]: {verdict.value: 0 for verdict in Verdict} | {None: 0}
            for row in self.summary["policies"]
        }
        for row in self.clauses:
            found[row["policy"]][row["verdict"]] += 1
        return found

    def caveats(self) -> dict[str, str]:
        """Return why no finding, or too few, may mean nothing: a short name → a sentence."""
        found = {}
        if self.summary["partial"]:
            found["interrupted"] = "this run was interrupted: what was not read is unknown"
        if all(row["verdict"] is None for row in self.clauses):
            found["nothing-judged"] = "nothing was judged: there is no clause that can be"
        return found

    @cached_property
    def plan(self) -> Mapping[str, Any]:
        """Return what was planned to be read (plan.json)."""
        body: Mapping[str, Any] = record.get_json(self.folder / record.PLAN)
        return body

    @cached_property
    def setup(self) -> Setup:
        """Return what the run was judged with, from its own copies of the files."""
        return setup_of(self.folder, self.envelope["clauses"])

    @property
    def policies(self) -> Mapping[str, Policy]:
        """Return the policies by id."""
        return self.setup.books.policies

    @property
    def controls(self) -> Mapping[str, Control]:
        """Return the controls by id."""
        return self.setup.books.controls

    def place(self, policy: str, clause: str) -> Region:
        """Return where a clause stands for a reader of the user's repository.

        A policy of the user's own is pointed at where the clause begins. A shipped one is no file
        of the repository: there it is the line of troth.yaml that selects the policy.
        """
        return self._places[policy, clause]

    @property
    def config(self) -> str:
        """Return the path of troth.yaml, relative to the root of the user's repository."""
        return str(self.envelope.get("places", {}).get("config", "troth.yaml"))

    @cached_property
    def _places(self) -> dict[tuple[str, str], Region]:
        known = self.envelope.get("places", {})
        own = known.get("policies", {})
        found = {}
        for one in self.setup.chosen:
            name = one.policy.id
            selected = one.selection.at.line
            copy = record.INPUTS + (f"/policies/{name}.yaml" if name in own else "/troth.yaml")
            lines = (self.folder / copy).read_text(encoding="utf-8").splitlines()
            path = own.get(name) or self.config
            for clause in one.policy.clauses:
                line = clause.line if name in own else selected
                found[name, clause.id] = Region(path, line, len(lines[line - 1]))
        return found

    @cached_property
    def listings(self) -> tuple[Listed, ...]:
        """Return the heads of all shards, sorted by file."""
        return tuple(_listed(self.folder, path) for path in self._shards())

    def _shards(self) -> Iterable[Path]:
        return sorted((self.folder / record.OBSERVATIONS).glob("*.jsonl"))

    def evidence(self, digest: str) -> tuple[str, ...]:
        """Return the files that hold the observation of a digest, relative to the folder."""
        return self._evidence.get(digest, ())

    @cached_property
    def _evidence(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for path in self._shards():
            name = f"{record.OBSERVATIONS}/{path.name}"
            for digest in _digests(path):
                if name not in (there := found.get(digest, ())):
                    found[digest] = (*there, name)
        return found


def _listed(folder: Path, path: Path) -> Listed:
    unit, _ = shards.read(path)
    failure = unit.listing.failure
    return Listed(
        str(path.relative_to(folder)),
        unit.target,
        unit.checker,
        unit.partition,
        unit.kind,
        unit.listing.count,
        unit.listing.complete,
        unit.listing.content_at,
        failure.as_json() if failure else None,
    )


def _digests(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        next(file, None)
        for line in file:
            for observation in canonical.parse(line)["facets"].values():
                yield observation["digest"]
