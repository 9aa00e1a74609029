"""Read kind files, shipped and a company's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from troth.catalogue.schemas import misnamed, read
from troth.errors import InputError, Place, Problem
from troth.kinds import Kind, kind_from
from troth.params import BadValue, parse_duration
from troth.shipped import FOLDER
from troth.yamlfile import Document


def shipped_folder() -> Path:
    """Return the folder of the kinds that come with troth."""
    return FOLDER / "kinds"


def kind_files(folder: Path) -> list[Path]:
    """Return the kind files of a folder, sorted by name."""
    return sorted(folder.glob("*.yaml"))


def read_kind(path: Path, name: str = "") -> Kind:
    """Return the kind in a file, its example checked against its own facts.

    Raises :class:`~troth.errors.InputError` naming file, line and column.
    """
    document = read(path, "kind", name)
    kind = kind_from(document.data, document.path)
    problems = [*misnamed(document, path), *_ages(document)]
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


def _ages(document: Document) -> Iterator[Problem]:
    """Yield a problem for every age of a kind file that is no duration."""
    places = [["facets", facet, "max_age"] for facet in document.data["facets"]]
    places += [["listing_max_age"]] if "listing_max_age" in document.data else []
    for path in places:
        value = document.data
        for step in path:
            value = value[step]
        try:
            parse_duration(value)
        except BadValue as error:
            yield document.error(path, f"{path[-1]}: {error}")


@cache
def load_kind(kind_id: str) -> Kind:
    """Return a shipped kind by its id; raises :class:`~troth.errors.InputError` without one."""
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
