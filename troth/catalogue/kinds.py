"""Read kind files, shipped and a company's own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

from troth.catalogue.schemas import misnamed, read
from troth.errors import InputError, Place, Problem
from troth.kinds import Kind, kind_from


def shipped_folder() -> Path:
    """Return the folder of the kinds that come with troth."""
    return Path(str(files("troth"))) / "kinds"


def kind_files(folder: Path) -> list[Path]:
    """Return the kind files of a folder, sorted by name."""
    return sorted(folder.glob("*.yaml"))


def read_kind(path: Path, name: str = "") -> Kind:
    """Return the kind in a file, its example checked against its own facts.

    Raises :class:`~troth.errors.InputError` naming file, line and column.
    """
    document = read(path, "kind", name)
    kind = kind_from(document.data, document.path)
    problems = misnamed(document, path)
    for facet in document.data["facets"]:
        if facet not in kind.example:
            problems.append(document.error(["example"], f"add an example of facet '{facet}'"))
            continue
        for wrong in kind.validate(facet, kind.example[facet]):
            problems.append(
                document.error(["example", facet], f"the example of facet '{facet}': {wrong}")
            )
    if problems:
        raise InputError(problems)
    return kind


@cache
def load_kind(kind_id: str) -> Kind:
    """Return a shipped kind by its id; raises :class:`FileNotFoundError` if there is none."""
    return read_kind(shipped_folder() / f"{kind_id}.yaml")


def read_kinds(paths: Iterable[Path]) -> dict[str, Kind]:
    """Return kinds by id; two files of one id are an error that names both."""
    found: dict[str, Kind] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            kind = read_kind(path)
        except InputError as error:
            problems.extend(error.problems)
            continue
        if kind.id in found:
            place = found[kind.id].origin
            text = f"kind '{kind.id}' is already in {place}; rename one"
            problems.append(Problem(Place(str(path), 1, 1), text))
        found[kind.id] = kind
    if problems:
        raise InputError(problems)
    return found
