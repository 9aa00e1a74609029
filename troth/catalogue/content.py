"""Everything that can be judged with: kinds, controls, policies, measures; shipped and added.

A company's own files come from ``extend:`` in troth.yaml, from ``--controls/--policies/--kinds``
and from installed packages. An id that troth ships is replaced only by a file that says
``replaces:`` with that id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from troth.catalogue.controls import read_control
from troth.catalogue.kinds import read_kind
from troth.catalogue.policies import read_policy
from troth.catalogue.schemas import read_text, shown, unknown
from troth.catalogue.shelves import Shelf
from troth.cycles import uncollected
from troth.definitions import Control, Policy
from troth.errors import InputError, Place, Problem, UsageError
from troth.kinds import Kind
from troth.measures import Measure, registry
from troth.plugins import content_folders
from troth.shipped import FOLDER
from troth.yamlfile import parse

_Made = TypeVar("_Made", Kind, Control, Policy)
CASES = ".cases.yaml"


@dataclass(frozen=True)
class Library:
    """What is known: by id; ``files`` maps ``("controls", id)`` and the like to where it stands."""

    kinds: Mapping[str, Kind]
    controls: Mapping[str, Control]
    policies: Mapping[str, Policy]
    measures: Mapping[str, Measure]
    files: Mapping[tuple[str, str], Path] = field(default_factory=dict)


def shipped(what: str) -> Path:
    """Return the folder of the ``kinds``, ``controls`` or ``policies`` that come with troth."""
    return FOLDER / what


def yaml_files(folder: Path) -> list[Path]:
    """Return every YAML file below a folder that is not a file of cases, sorted by path.

    Raises :class:`~troth.errors.InputError` if there is no such folder.
    """
    if not folder.is_dir():
        text = "is not a folder; correct the path, or make it"
        raise InputError.at(Place(shown(folder)), text)
    return sorted(path for path in folder.rglob("*.yaml") if not path.name.endswith(CASES))


@uncollected(kept=True)
def load(
    extra: Mapping[str, Iterable[Path]] | None = None,
    *,
    policies: Iterable[str] | None = None,
    base: Path | None = None,
    named_at: Mapping[str, Place] | None = None,
    as_needed: bool = False,
) -> Library:
    """Return the library with ``extra`` folders by ``kinds``, ``controls`` and ``policies``.

    ``policies`` limits which policies are read: ids, or paths of policy files relative to
    ``base``; None reads them all. ``named_at`` tells where they are named. With
    ``as_needed`` a shipped kind or control is read only when something names it; further ones
    are always read. Raises :class:`~troth.errors.InputError` with every fault, and
    :class:`~troth.errors.UsageError` for a policy that there is not and that no file names.
    """
    folders = _folders(extra or {})
    origins: dict[tuple[str, str], Path] = {}
    measures = registry()
    kinds = _load(
        "kinds",
        _paths("kinds", folders),
        lambda path: read_kind(path, shown(path)),
        origins,
        as_needed=as_needed,
    )
    controls = _load(
        "controls",
        _paths("controls", folders),
        lambda path: read_control(path, kinds, measures, shown(path)),
        origins,
        as_needed=as_needed,
    )
    wanted = _policy_paths(_paths("policies", folders), policies, base, named_at or {})
    documents = _load(
        "policies", wanted, lambda path: read_policy(path, controls, shown(path)), origins
    )
    return Library(kinds, controls, documents, measures, origins)


def policy_ids(extra: Mapping[str, Iterable[Path]]) -> list[str]:
    """Return the names of the policies that are shipped, installed, or in ``extra`` folders."""
    return sorted({path.stem for path, _ in _paths("policies", _folders(extra))})


def _folders(extra: Mapping[str, Iterable[Path]]) -> dict[str, list[Path]]:
    """Return the folders of installed packages and then those of ``extra``, by what they hold."""
    return {what: [*there, *extra.get(what, ())] for what, there in content_folders().items()}


def _paths(what: str, folders: Mapping[str, Iterable[Path]]) -> list[tuple[Path, bool]]:
    """Return the files of one sort; the flag tells which are shipped and may be replaced."""
    found = [(path, True) for path in yaml_files(shipped(what))]
    for folder in folders[what]:
        found.extend((path, False) for path in yaml_files(folder))
    return found


def _policy_paths(
    known: list[tuple[Path, bool]],
    wanted: Iterable[str] | None,
    base: Path | None,
    named_at: Mapping[str, Place],
) -> list[tuple[Path, bool]]:
    if wanted is None:
        return known
    named: dict[str, list[tuple[Path, bool]]] = {}
    for row in known:
        named.setdefault(row[0].stem, []).append(row)
    chosen: list[tuple[Path, bool]] = []
    for name in wanted:
        if name in named:
            chosen.extend(named[name])
        elif (as_path := (base or Path()) / name).suffix == ".yaml":
            chosen.append((as_path, False))
        else:
            text = unknown("policy", name, sorted(path.stem for path, _ in known))
            if name not in named_at:
                raise UsageError(text)
            raise InputError.at(named_at[name], text)
    return chosen


def _load(
    what: str,
    paths: Iterable[tuple[Path, bool]],
    reader: Callable[[Path], _Made],
    origins: dict[tuple[str, str], Path],
    *,
    as_needed: bool = False,
) -> Mapping[str, _Made]:
    found: Shelf[_Made] = Shelf(reader)
    ours: dict[str, bool] = {}
    problems: list[Problem] = []
    for path, is_shipped in paths:
        if as_needed and is_shipped:
            found.leave(path)
            ours[path.stem], origins[what, path.stem] = True, path
            continue
        try:
            made = reader(path)
        except InputError as error:
            problems.extend(error.problems)
            continue
        if made.id in found and not (ours[made.id] and _replaces(path, made.id)):
            problems.append(_taken(what, path, found[made.id], is_shipped=ours[made.id]))
            continue
        found.put(made.id, made)
        ours[made.id] = is_shipped
        origins[what, made.id] = path
    if problems:
        raise InputError(problems)
    return found if as_needed else dict(found)


def _taken(what: str, path: Path, known: Kind | Control | Policy, *, is_shipped: bool) -> Problem:
    """Return the problem of a file whose id another has."""
    name = "policy" if what == "policies" else what.removesuffix("s")
    text = f"{name} '{known.id}' is already in {known.origin}; rename it"
    if is_shipped:
        text = f"{name} '{known.id}' comes with troth; rename it, or write replaces: {known.id}"
    return parse(read_text(path), shown(path)).error(["id"], text)


def _replaces(path: Path, made_id: str) -> bool:
    import yaml

    data: Any = yaml.safe_load(read_text(path))
    return bool(data.get("replaces") == made_id)
