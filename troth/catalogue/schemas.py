"""Check a file of ours against its JSON Schema, with messages that point and suggest."""

from __future__ import annotations

import difflib
import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from troth import yamlfile
from troth.errors import InputError, Place, Problem

SCHEMA_NUMBER = 1


@cache
def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a file format (``policy``, ``control``, ``kind`` …)."""
    text = (files("troth") / "schemas" / f"{name}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@cache
def _validator(name: str) -> Any:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(schema(name), validate_formats=True)


def read_text(path: Path, name: str = "") -> str:
    """Return a file's text; raises :class:`~troth.errors.InputError` saying why it cannot be."""
    shown = name or str(path)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        text = f"not UTF-8 at byte {error.start}; save the file as UTF-8"
        raise InputError.at(Place(shown), text) from None
    except OSError as error:
        text = f"cannot be read: {error.strerror}; check the path and its permissions"
        raise InputError.at(Place(shown), text) from None


def read(path: Path, kind_of_file: str, name: str = "") -> yamlfile.Document:
    """Return the document in a file after it has passed its schema.

    ``name`` is what messages call the file, by default its path. Raises
    :class:`~troth.errors.InputError` with one problem per fault.
    """
    shown = name or str(path)
    document = yamlfile.parse(read_text(path, shown), shown)
    problems = check(document, kind_of_file)
    if problems:
        raise InputError(problems)
    return document


def check(document: yamlfile.Document, kind_of_file: str) -> list[Problem]:
    """Return what the schema finds wrong with a document, each at its line and column."""
    validator = _validator(kind_of_file)
    if validator.is_valid(document.data):
        return []
    return [
        problem
        for error in validator.iter_errors(document.data)
        for problem in _problems(document, error, schema(kind_of_file))
    ]


def _problems(document: yamlfile.Document, error: Any, root: dict[str, Any]) -> list[Problem]:
    path = list(error.instance_path)
    where = _context(document.data, path)
    kind = error.kind
    name = type(kind).__name__.rsplit("_", 1)[-1]
    if name == "AdditionalProperties":
        known = sorted(_parent_schema(error, root).get("properties", {}))
        return [
            document.error([*path, key], where + unknown("key", key, known), key=True)
            for key in kind.unexpected
        ]
    if name == "Required":
        return [document.error(path, f"{where}key '{kind.property}' is missing; add it")]
    if name == "Enum":
        value, options = error.instance, [str(option) for option in kind.options]
        return [document.error(path, where + unknown("value", str(value), options))]
    return [document.error(path, f"{where}{_plain(error, name)}")]


def _parent_schema(error: Any, root: dict[str, Any]) -> dict[str, Any]:
    """Return the schema object that raised the error, following local references."""
    node: Any = root
    for step in list(error.schema_path)[:-1]:
        if isinstance(node, dict) and "$ref" in node and step not in node:
            node = _local(node["$ref"], root)
        if step == "$ref":
            node = _local(node["$ref"], root)
            continue
        node = node[step] if not isinstance(node, list) else node[int(step)]
    found: dict[str, Any] = _local(node["$ref"], root) if "$ref" in node else node
    return found


def _local(reference: str, root: dict[str, Any]) -> Any:
    node: Any = root
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


def _plain(error: Any, name: str) -> str:
    value = json.dumps(error.instance, ensure_ascii=False)
    if name == "Constant" and error.instance_path == ["schema"]:
        return f"schema {value} is not known to this version; write schema: {SCHEMA_NUMBER}"
    if name == "Type":
        wanted = error.message.rsplit("of type ", 1)[-1].replace('"', "")
        hint = (
            "; put it in quotes"
            if wanted == "string" and isinstance(error.instance, float | int)
            else ""
        )
        return f"{value} is not of type {wanted}{hint or '; write one'}"
    return f"{error.message}; correct it"


def _context(data: Any, path: list[Any]) -> str:
    """Return ``clause 1.15b: `` when the path lies inside something that has an id or a name."""
    label = ""
    node = data
    for depth, step in enumerate(path):
        node = node[step]
        if isinstance(node, dict) and depth:
            named = node.get("id", node.get("name"))
            if isinstance(named, str) and isinstance(step, int):
                label = f"{str(path[depth - 1]).rstrip('s')} {named}: "
    return label


def unknown(what: str, given: str, known: list[str]) -> str:
    """Return ``unknown key 'min_retenton'; did you mean 'min_retention'?`` or the choices."""
    near = difflib.get_close_matches(given, known, n=1)
    if near:
        return f"unknown {what} '{given}'; did you mean '{near[0]}'?"
    choices = ", ".join(known) if known else "nothing"
    return f"unknown {what} '{given}'; use one of: {choices}"
