"""Read kind files, shipped and a company's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

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
    problems = [*misnamed(document, path), *_ages(document), *_open(document)]
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


def _open(document: Document) -> Iterator[Problem]:
    """Yield a problem for every fact that may hold more than the kind says.

    What a kind does not name is not recorded: nobody has thought about whether it may be seen.
    """
    for facet, body in document.data["facets"].items():
        for fact, schema in body["facts"].items():
            for path, advice in _openings(schema, ["facets", facet, "facts", fact]):
                yield document.error(path, f"fact '{fact}' may hold anything; {advice}")


def _openings(schema: Any, path: Steps) -> Iterator[tuple[Steps, str]]:
    """Yield where a schema leaves open what a value holds, and what to write there."""
    schema = schema if isinstance(schema, dict) else {}
    types = schema.get("type", ())
    types = (types,) if isinstance(types, str) else types
    inner = [key for key in ("list", "items") if key in schema]
    for key in inner:
        yield from _openings(schema[key], [*path, key])
    for key in ("anyOf", "oneOf"):
        for at, choice in enumerate(schema.get(key, ())):
            yield from _openings(choice, [*path, key, at])
    for name, of in schema.get("properties", {}).items():
        yield from _openings(of, [*path, "properties", name])
    if "object" in types or "properties" in schema:
        if schema.get("additionalProperties") is not False:
            yield path, "write additionalProperties: false"
    elif "array" in types and not inner:
        yield path, "write items:"
    elif not types and not schema.keys() & _CLOSED:
        yield path, "write type: or enum:"


#: Keys of a schema that settle what a value is, besides its type.
_CLOSED = frozenset({"enum", "const", "list", "anyOf", "oneOf"})
Steps = list[str | int]


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
