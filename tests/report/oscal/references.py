"""Whether every reference in a set of OSCAL documents resolves, which no schema tells.

Written from the OSCAL model reference: UUIDs resolve inside their document, control, objective and
parameter ids in the catalog or in the document's own objectives, ``#…`` in the back matter, and
relative addresses to documents of the set and to files.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_INSERT = re.compile(r"(?<!\\)\{\{ insert: param, (\S+) \}\}")
#: Where the thing must be declared that a member refers to: names of arrays in the same document.
_HOMES = {
    "component-uuid": {"components"},
    "observation-uuid": {"observations"},
    "risk-uuid": {"risks"},
    "finding-uuid": {"findings"},
    "activity-uuid": {"activities"},
    "party-uuid": {"parties"},
    "party-uuids": {"parties"},
}
_SUBJECTS = {"component": {"components"}, "inventory-item": {"inventory-items"}}
_ACTORS = {"tool": {"components"}, "party": {"parties"}}


def dangling(documents: Mapping[str, Any], folder: Path | None = None) -> list[str]:
    """Return what does not resolve in documents by file name; files are looked for in a folder."""
    found = []
    shared = _declared(documents)
    for name, document in documents.items():
        found += [f"{name}: {text}" for text in _Document(document).problems(shared)]
        found += [f"{name}: {text}" for text in _addresses(document, documents, folder)]
    return found


class _Document:
    def __init__(self, document: Any) -> None:
        self.body = document
        self.homes: dict[str, set[str]] = {}
        self.uuids: Counter[str] = Counter()
        self.roles: set[str] = set()
        for key, value, parent in walk(document):
            if key == "uuid":
                self.uuids[value] += 1
                self.homes.setdefault(parent, set()).add(value)
            if parent == "roles" and key == "id":
                self.roles.add(value)

    def problems(self, shared: set[str]) -> Iterator[str]:
        yield from (f"{one} stands twice" for one, count in self.uuids.items() if count > 1)
        own = shared | _ids(self.body)
        for row in objects(self.body):
            for key, homes in self._wanted(row):
                named = row[key] if isinstance(row[key], list) else [row[key]]
                there = set().union(*(self.homes.get(home, set()) for home in homes))
                yield from (f"{key} {one}" for one in named if one not in there)
            if "role-id" in row and row["role-id"] not in self.roles:
                yield f"role-id {row['role-id']}"
            for text in _named(row):
                if text not in own:
                    yield f"id {text}"

    @staticmethod
    def _wanted(row: Mapping[str, Any]) -> Iterator[tuple[str, set[str]]]:
        for key in row:
            if key in _HOMES:
                yield key, _HOMES[key]
            elif key == "subject-uuid":
                yield key, _SUBJECTS[row["type"]]
            elif key == "actor-uuid":
                yield key, _ACTORS[row["type"]]
            elif key.endswith(("-uuid", "-uuids")):
                yield key, set()


def _named(row: Mapping[str, Any]) -> Iterator[str]:
    for key in ("control-id", "objective-id", "target-id", "param-id"):
        if key in row:
            yield row[key]
    yield from row.get("with-ids", ())
    yield from row.get("statement-ids", ())
    yield from _INSERT.findall(row.get("prose", ""))


def _declared(documents: Mapping[str, Any]) -> set[str]:
    """Return the ids of the catalogs' controls, parts and parameters."""
    catalogs = [one["catalog"] for one in documents.values() if "catalog" in one]
    return set().union(*map(_ids, catalogs)) if catalogs else set()


def _ids(body: Any) -> set[str]:
    """Return the ids that a catalog, or a document's own objectives, declare."""
    found = set()
    for row in objects(body):
        if "id" in row and ("title" in row or "name" in row or "label" in row):
            found.add(row["id"])
        if "control-id" in row and "parts" in row:
            found.add(row["control-id"])
    return found


def _addresses(document: Any, documents: Mapping[str, Any], folder: Path | None) -> Iterator[str]:
    (body,) = document.values()
    resources = {row["uuid"] for row in body.get("back-matter", {}).get("resources", ())}
    for row in objects(document):
        for key in ("href", "source"):
            address = row.get(key, "")
            if address.startswith("#"):
                if address[1:] not in resources:
                    yield f"{key} {address}"
            elif address and address not in documents:
                yield from _file(address, row, folder)


def _file(address: str, row: Mapping[str, Any], folder: Path | None) -> Iterator[str]:
    path = folder / address if folder else None
    if path is None or not path.is_file():
        yield f"there is no file {address}"
    else:
        actual = hashlib.sha256(path.read_bytes()).hexdigest()
        for one in row.get("hashes", ()):
            if (one["algorithm"], one["value"]) != ("SHA-256", actual):
                yield f"{address} is not {one['value']}"


def walk(value: Any, parent: str = "") -> Iterator[tuple[str, Any, str]]:
    """Yield every member of every object: name, value, and the array or member it stands in."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner, parent
            yield from walk(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner, parent)


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every object."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner)
