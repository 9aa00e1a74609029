"""The JSON Schemas of our file formats, each whole: what one refers to comes with it.

The files in ``troth/schemas`` refer to each other by ``$id``, which holds the format's number. A
bundled schema carries what it refers to under ``$defs``, by ``$id``, as JSON Schema 2020-12 has it
(core, 9.3), so a validator needs no other file and no network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from troth.catalogue.schemas import schema
from troth.shipped import FOLDER

_PREFIX = "urn:troth:schema:"


def names() -> list[str]:
    """Return the names of all formats, sorted."""
    return sorted(path.stem for path in (FOLDER / "schemas").glob("*.json"))


def described(name: str) -> str:
    """Return what a format is, in one line."""
    return str(schema(name)["description"])


def bundled(name: str) -> dict[str, Any]:
    """Return the schema of a format with every schema it refers to, also by way of others."""
    found: dict[str, dict[str, Any]] = {}
    queue = [name]
    for wanted in queue:
        found[wanted] = schema(wanted)
        queue += [one for one in sorted(set(_named(found[wanted]))) if one not in queue]
    body = dict(found.pop(name))
    if found:
        others = {schema(one)["$id"]: whole for one, whole in found.items()}
        body["$defs"] = {**body.get("$defs", {}), **others}
    return body


def _named(value: Any) -> Iterator[str]:
    """Yield the formats that a schema refers to."""
    if isinstance(value, Mapping):
        reference = value.get("$ref")
        if isinstance(reference, str) and reference.startswith(_PREFIX):
            yield reference.removeprefix(_PREFIX).partition(":")[0]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _named(item)
