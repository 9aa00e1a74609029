"""What several commands share: options, and reading everything before anything is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from troth import config, plugins, waivers
from troth.catalogue import library, schemas
from troth.checker import Checker
from troth.errors import InputError, Problem, UsageError
from troth.plan import Plan, choose, make
from troth.run import Setup

_Command = TypeVar("_Command", bound=Callable[..., Any])


def config_option(function: _Command) -> _Command:
    """Add ``--config`` and the folders of a company's own files."""
    for decorate in (
        click.option("--kinds", multiple=True, type=Path, help="Folder of further kinds."),
        click.option("--policies", multiple=True, type=Path, help="Folder of further policies."),
        click.option("--controls", multiple=True, type=Path, help="Folder of further controls."),
        click.option(
            "-c", "--config", "config_path", type=Path, envvar="TROTH_CONFIG",
            help="troth.yaml; by default the nearest from here upwards.",
        ),
    ):  # fmt: skip
        function = decorate(function)
    return function


def clause_option(function: _Command) -> _Command:
    """Add ``--clause``."""
    return click.option(
        "--clause", "clauses", multiple=True, metavar="POLICY/CLAUSE",
        help="Only these clauses; * matches anything. May be given again.",
    )(function)  # fmt: skip


@dataclass(frozen=True)
class Ready:
    """Everything read and checked: what to judge with, and what may look."""

    setup: Setup
    checkers: Mapping[str, type[Checker]]

    def plan(self) -> Plan:
        """Return the plan of everything chosen."""
        setup = self.setup
        return make(
            setup.config, setup.chosen, setup.library.controls, setup.library.kinds, self.checkers
        )


Folders = Mapping[str, tuple[Path, ...]]


def folders(
    controls: tuple[Path, ...], policies: tuple[Path, ...], kinds: tuple[Path, ...]
) -> Folders:
    """Return the folders given on the command line by what they hold."""
    return {"controls": controls, "policies": policies, "kinds": kinds}


def prepare(config_path: Path | None, extra: Folders, clauses: tuple[str, ...] = ()) -> Ready:
    """Read troth.yaml and everything it names; raises with every fault that is found."""
    checkers = plugins.checkers()
    settings = config.load(config_path or config.find(Path.cwd()), checkers)
    folders_of = {what: (*settings.extend.get(what, ()), *extra.get(what, ())) for what in _CONTENT}
    names = [selection.policy for selection in settings.selections]
    named_at = {selection.policy: selection.at for selection in settings.selections}
    books = library.load(folders_of, policies=names, base=settings.base_dir, named_at=named_at)
    problems = list(_absent_problems(settings, books))
    chosen = choose(settings, books.policies, books.controls, clauses)
    if clauses and not any(one.clauses for one in chosen):
        raise UsageError(f"no clause matches {', '.join(clauses)}; troth list clauses shows them")
    exceptions: tuple[waivers.Waiver, ...] = ()
    if settings.waivers:
        exceptions = waivers.load(settings.waivers, books.policies)
    for target in settings.targets.values():
        for checker in checkers.values():
            if checker.target_type == target["type"]:
                problems.extend(checker.problems(target))
    if problems:
        raise InputError(problems)
    return Ready(Setup(settings, books, chosen, exceptions), checkers)


def _absent_problems(settings: config.Config, books: library.Library) -> Iterator[Problem]:
    """Yield a problem for every kind under ``absent:`` that there is not."""
    if settings.document is None:
        return
    known = sorted(books.kinds)
    for index, row in enumerate(settings.document.data["policies"]):
        for at, said in enumerate(row.get("absent", ())):
            if said["kind"] not in books.kinds:
                path: list[str | int] = ["policies", index, "absent", at, "kind"]
                text = schemas.unknown("kind", said["kind"], known)
                yield settings.document.error(path, text)


_CONTENT = ("kinds", "controls", "policies")


def instant(text: str | None) -> datetime:
    """Return an ISO 8601 instant with offset, or now in UTC; raises :class:`UsageError`."""
    if text is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        made = datetime.fromisoformat(text)
    except ValueError:
        made = None
    if made is None or made.tzinfo is None:
        raise UsageError(
            f"'{text}' is not an instant with its offset; write 2026-11-21T00:00:00+00:00"
        )
    return made


def run_folder(text: str, runs: Path | None = None) -> Path:
    """Return a run's folder by path or by its id below ``runs``; raises :class:`UsageError`."""
    from troth import record

    for folder in (Path(text), (runs or Path("runs")) / text):
        if (folder / record.ENVELOPE).is_file():
            return folder
    raise UsageError(f"'{text}' is not a run folder; troth list runs shows them")
