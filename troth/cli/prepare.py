"""Read and check everything that a run needs, before anything is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.util import find_spec
from pathlib import Path

from troth import config, plugins, waivers
from troth.catalogue import content, schemas, verbatim
from troth.checker import Checker
from troth.cli.common import Folders, merged
from troth.collect.inputs import signed_statements
from troth.errors import InputError, Problem, UsageError
from troth.plan import Chosen, Plan, choose, make
from troth.run import Setup


@dataclass(frozen=True)
class Ready:
    """Everything read and checked: what to judge with, and what may look."""

    setup: Setup
    checkers: Mapping[str, type[Checker]]

    def plan(self) -> Plan:
        """Return the plan of everything chosen."""
        setup = self.setup
        return make(
            setup.config, setup.chosen, setup.books.controls, setup.books.kinds, self.checkers
        )


def prepare(
    config_path: Path | None, extra: Folders, clauses: tuple[str, ...] = (), *, looks: bool = True
) -> Ready:
    """Read troth.yaml and everything it names; raises with every fault that is found.

    Without ``looks`` a client library that is not installed is no fault: who only reads files, as
    a hook before a commit does, has nothing to call.
    """
    checkers = plugins.checkers()
    settings = config.load(config_path or config.find(Path.cwd()), checkers)
    folders_of = merged(settings.extend, extra)
    names = [selection.policy for selection in settings.selections]
    named_at = {selection.policy: selection.at for selection in settings.selections}
    books = content.load(folders_of, policies=names, base=settings.base_dir, named_at=named_at)
    problems = list(_absent_problems(settings, books))
    chosen = choose(settings, books.policies, books.controls, clauses)
    names = [f"{one.policy.id}/{clause.id}" for one in chosen for clause in one.clauses]
    lost = [glob for glob in clauses if not any(fnmatchcase(name, glob) for name in names)]
    if lost:
        raise UsageError(f"no clause matches {', '.join(lost)}; troth list clauses shows them")
    exceptions: tuple[waivers.Waiver, ...] = ()
    if settings.waivers:
        exceptions = waivers.load(settings.waivers, books.policies)
    problems.extend(verbatim.own(_kept(settings, books, chosen)))
    problems.extend(_signed(settings, chosen))
    for target in settings.targets.values():
        for checker in checkers.values():
            if checker.target_type == target["type"]:
                if looks:
                    problems.extend(_library_problems(settings, target["id"], checker))
                problems.extend(checker.problems(target))
    if problems:
        raise InputError(problems)
    return Ready(Setup(settings, books, chosen, exceptions), checkers)


def _kept(
    settings: config.Config, books: content.Library, chosen: tuple[Chosen, ...]
) -> Iterator[Path]:
    """Yield the files besides troth.yaml that a run keeps as they are."""
    if settings.waivers:
        yield settings.waivers
    for one in chosen:
        yield books.files["policies", one.policy.id]
        for clause in one.policy.clauses:
            yield from (books.files["controls", bound.control] for bound in clause.bindings)
    yield from (books.files["kinds", kind] for kind in books.kinds)


def _signed(settings: config.Config, chosen: tuple[Chosen, ...]) -> Iterator[Problem]:
    """Yield the credentials in signed statements, which a run keeps as they were signed."""
    for name in sorted({name for one in chosen for name in one.selection.targets}):
        target = settings.targets[name]
        if target["type"] != "attestation":
            continue
        for path, body in signed_statements(target):
            yield from verbatim.enveloped(body, schemas.shown(path))


def _library_problems(
    settings: config.Config, target: str, checker: type[Checker]
) -> Iterator[Problem]:
    """Yield a problem if what a checker's calls import is not installed."""
    module, package = checker.client_library
    if settings.document is None or not module or _installed(module):
        return
    text = f"target {target}: {module} is not installed; pip install '{package}'"
    at = [row["id"] for row in settings.document.data["targets"]].index(target)
    yield settings.document.error(["targets", at, "type"], text)


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _absent_problems(settings: config.Config, books: content.Library) -> Iterator[Problem]:
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
