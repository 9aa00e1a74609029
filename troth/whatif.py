"""What if: the facts of a run under another policy, and what would change clause by clause.

The other policy takes the place of the run's of the same id, with the user's own values for the
clauses that both have; one that the run does not know applies to all of its targets. A control
that the run did not copy is the one that comes with troth. What such a control reads and the run
did not look at is unknown.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from troth import record
from troth.catalogue.content import Library, shipped, yaml_files
from troth.catalogue.controls import read_control
from troth.catalogue.policies import read_policy
from troth.catalogue.schemas import shown
from troth.catalogue.shelves import Shelf
from troth.config import Config, Selection, policy_id
from troth.definitions import Control, Policy
from troth.errors import InputError, IntegrityError, Place
from troth.plan import choose
from troth.replay import replay, setup_of
from troth.run import Setup, judged
from troth.verdicts import Results

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """A clause that comes out differently: its row as it was and as it would be, None if absent."""

    policy: str
    clause: str
    before: Row | None
    after: Row | None


@dataclass(frozen=True)
class Supposed:
    """What a run would come to under other policies."""

    setup: Setup
    results: Results
    changes: tuple[Change, ...]


def suppose(folder: Path, paths: Iterable[Path]) -> Supposed:
    """Judge a run's facts under the policies in files, or in the files of folders.

    What would change is told against the run as its facts are judged now, not against what its
    folder says. Raises :class:`~troth.errors.IntegrityError` if the two differ, and
    :class:`~troth.errors.InputError` for a policy that cannot be used.
    """
    envelope = record.get_envelope(folder)
    now = replay(folder)
    if now.differences:
        raise IntegrityError("\n".join(now.differences))
    setup = _under(setup_of(folder, envelope["clauses"]), paths)
    as_of = datetime.fromisoformat(envelope["as_of"])
    outcome = judged(setup, folder, as_of, partial=envelope["state"] == "partial")
    before = now.results.summary["clauses"]
    return Supposed(setup, outcome, tuple(changes(before, outcome.summary["clauses"])))


def changes(before: Iterable[Row], after: Iterable[Row]) -> Iterator[Change]:
    """Yield what differs in verdict, waiving or number of findings, in the documents' order."""
    was = {(row["policy"], row["clause"]): row for row in before}
    would = {(row["policy"], row["clause"]): row for row in after}
    for key in dict.fromkeys([*would, *was]):
        old, new = was.get(key), would.get(key)
        if old is None or new is None or _said(old) != _said(new):
            yield Change(*key, old, new)


def _said(row: Row) -> tuple[Any, ...]:
    return row["verdict"], row["waived"], row["findings"]


def _under(setup: Setup, paths: Iterable[Path]) -> Setup:
    controls = _controls(setup.books)
    files = [file for path in paths for file in _files(path)]
    others = {
        made.id: made for made in (read_policy(file, controls, shown(file)) for file in files)
    }
    policies = {**setup.books.policies, **others}
    settings = _selected(setup.config, others)
    globs = [
        f"{one.policy.id}/{clause.id}"
        for one in setup.chosen
        for clause in one.clauses
        if one.policy.id not in others
    ]
    globs += [f"{name}/*" for name in others]
    books = dataclasses.replace(setup.books, controls=controls, policies=policies)
    return Setup(settings, books, choose(settings, policies, controls, globs), setup.waivers)


def _files(path: Path) -> list[Path]:
    found = [path] if path.is_file() else yaml_files(path)
    if not found:
        raise InputError.at(Place(shown(path)), "holds no policy; name another folder or file")
    return found


def _controls(books: Library) -> Mapping[str, Control]:
    """Return the run's controls, and after them those that come with troth, read when asked for."""
    shelf = Shelf(lambda path: read_control(path, books.kinds, books.measures, shown(path)))
    for path in yaml_files(shipped("controls")):
        shelf.leave(path)
    for name, control in books.controls.items():
        shelf.put(name, control)
    return shelf


def _selected(settings: Config, others: Mapping[str, Policy]) -> Config:
    """Return the settings with the other policies selected, and no value for what they lack."""
    kept = [_fitting(one, others.get(policy_id(one.policy))) for one in settings.selections]
    known = {policy_id(one.policy) for one in kept}
    kept += [Selection(name, tuple(settings.targets)) for name in others if name not in known]
    return dataclasses.replace(settings, selections=tuple(kept))


def _fitting(selection: Selection, policy: Policy | None) -> Selection:
    if policy is None:
        return selection
    bound = {clause.id: {one.name for one in clause.bindings} for clause in policy.clauses}
    values = {
        clause: {name: rows[name] for name in rows if name in bound[clause]}
        for clause, rows in selection.set.items()
        if clause in bound
    }
    return selection._replace(set=values)
