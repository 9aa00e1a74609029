"""Check a file of ours against its JSON Schema, with messages that point and suggest."""

from __future__ import annotations

import difflib
import json
from functools import cache
from pathlib import Path
from typing import Any

from troth import yamlfile
from troth.errors import InputError, Place, Problem
from troth.shipped import FOLDER

SCHEMA_NUMBER = 1


@cache
def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a file format (``policy``, ``control``, ``kind`` …)."""
    text = (FOLDER / "schemas" / f"{name}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@cache
def _validator(name: str) -> Any:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(schema(name), validate_formats=True)


def shown(path: Path) -> str:
    """Return what messages call a file: relative to here when it lies below, else as it is."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def read_text(path: Path, name: str = "") -> str:
    """Return a file's text; raises :class:`~troth.errors.InputError` saying why it cannot be."""
    called = name or shown(path)
    try:
        body = path.read_bytes()
    except OSError as error:
        text = f"cannot be read: {error.strerror}; check the path and its permissions"
        raise InputError.at(Place(called), text) from None
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        before = body[: error.start].decode()
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        text = "not UTF-8 from here on; save the file as UTF-8"
        raise InputError.at(Place(called, line, column), text) from None


def read(path: Path, kind_of_file: str, name: str = "") -> yamlfile.Document:
    """Return the document in a file after it has passed its schema.

    ``name`` is what messages call the file, by default its path. Raises
    :class:`~troth.errors.InputError` with one problem per fault.
    """
    called = name or shown(path)
    document = yamlfile.parse(read_text(path, called), called)
    problems = check(document, kind_of_file)
    if problems:
        raise InputError(problems)
    return document


def misnamed(document: yamlfile.Document, path: Path) -> list[Problem]:
    """Return a problem if the id in a file is not its name: references go by either."""
    made_id = document.data["id"]
    replaced = document.data.get("replaces", made_id)
    if replaced != made_id:
        text = f"replaces: '{replaced}' has to be the id too, which is '{made_id}'; correct one"
        return [document.error(["replaces"], text)]
    if path.stem == made_id:
        return []
    text = f"the id is '{made_id}', the file's name says '{path.stem}'; make them the same"
    return [document.error(["id"], text)]


def check(document: yamlfile.Document, kind_of_file: str) -> list[Problem]:
    """Return what the schema finds wrong with a document, each at its line and column."""
    validator = _validator(kind_of_file)
    if validator.is_valid(document.data):
        return []
    errors = list(validator.iter_errors(document.data))
    misspelt = {
        (*error.instance_path, name)
        for error in errors
        if _name(error) == "AdditionalProperties"
        for key in error.kind.unexpected
        for name in near(key, _known(error, schema(kind_of_file)))
    }
    return [
        problem
        for error in errors
        if _name(error) != "Required" or (*error.instance_path, error.kind.property) not in misspelt
        for problem in _problems(document, error, schema(kind_of_file))
    ]


def _name(error: Any) -> str:
    return type(error.kind).__name__.rsplit("_", 1)[-1]


def _known(error: Any, root: dict[str, Any]) -> list[str]:
    return sorted(_parent_schema(error, root).get("properties", {}))


def _problems(document: yamlfile.Document, error: Any, root: dict[str, Any]) -> list[Problem]:
    path = list(error.instance_path)
    where = _context(document.data, path)
    if _name(error) == "AdditionalProperties":
        known = _known(error, root)
        return [
            document.error([*path, key], where + unknown("key", key, known), key=True)
            for key in error.kind.unexpected
        ]
    if _name(error) == "PropertyNames":
        at: list[str | int] = [*path, error.kind.error.instance]
        return [document.error(at, where + sentence(error, path), key=True)]
    return [document.error(path, where + sentence(error, path))]


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


#: What JSON Schema calls a type: the word for a value of it, and what to write.
_TYPES = {
    "string": ("text", "put it in quotes"),
    "number": ("a number", "write it without quotes"),
    "integer": ("a whole number", "write it without quotes"),
    "boolean": ("true or false", "write one of them without quotes"),
    "array": ("a list", "write [one, two]"),
    "object": ("keys and values", "write key: value"),
}
_FORMATS = {
    "date": "a date; write one like '2026-11-21'",
    "date-time": "an instant; write one like '2026-11-21T00:00:00+00:00'",
}
_EMPTY = {"MinItems": "one item or more", "MinLength": "it", "MinProperties": "one key or more"}
_PATTERNS = {
    "^[a-z][a-z0-9]*(-[a-z0-9]+)*$": "lower-case words joined by -",
    "^[a-z][a-z0-9]*([-.][a-z0-9]+)*$": "lower-case words joined by - or .",
    "^[a-z][a-z0-9_]*$": "lower-case words joined by _",
    "^[A-Za-z0-9][A-Za-z0-9._-]*$": "letters, digits, '.', '_' and '-'",
    "^sha256:[0-9a-f]{64}$": "sha256: and 64 hexadecimal digits",
    "^[a-z0-9]+([-._][a-z0-9]+)*$": "lower-case letters and digits, joined by '-', '.' or '_'",
}
#: Where the name of an environment variable belongs, its value may stand: that is never shown.
_VARIABLE = "^[A-Z][A-Z0-9_]*$"


def sentence(error: Any, path: list[str | int]) -> str:
    """Return what a schema's validation error says in words; ``path`` leads to the value."""
    name, kind = _name(error), error.kind
    if name == "Required":
        return f"key '{kind.property}' is missing; add it"
    if name == "Constant" and path == ["schema"]:
        value = json.dumps(error.instance, ensure_ascii=False)
        return f"schema {value} is not known to this version; write schema: {SCHEMA_NUMBER}"
    if name == "Type" and not path:
        is_a = "empty" if error.instance is None else _worded(error.instance)
        return f"the file is {is_a}, not keys and values; write schema: {SCHEMA_NUMBER} first"
    what = f"{path[-1]}: " if path and isinstance(path[-1], str) else ""
    return what + _sentence(error, name)


def _sentence(error: Any, name: str) -> str:
    kind, value = error.kind, json.dumps(error.instance, ensure_ascii=False)
    if name == "Enum":
        return unknown("value", str(error.instance), [str(option) for option in kind.options])
    if name == "Type":
        return _of_type(error.instance, kind.types)
    if name == "Format" and kind.format in _FORMATS:
        return f"{value} is not {_FORMATS[kind.format]}"
    if name == "Pattern" and kind.pattern == _VARIABLE:
        return "this is no name of an environment variable; write one like TROTH_SLACK, and set it"
    if name == "Pattern" and kind.pattern in _PATTERNS:
        return f"{value} does not fit; write {_PATTERNS[kind.pattern]}"
    if name in _EMPTY:
        return f"this is empty; write {_EMPTY[name]}"
    if name == "PropertyNames":
        return _sentence(kind.error, _name(kind.error))
    return f"{error.message}; correct it"


def _of_type(value: Any, types: list[str]) -> str:
    known, advice = _TYPES[next(name for name in types if name != "null")]
    if value is None:
        return f"this is empty; {advice}"
    shown_value = (
        "this" if isinstance(value, list | dict) else json.dumps(value, ensure_ascii=False)
    )
    return f"{shown_value} is {_worded(value)}, not {known}; {advice}"


def _worded(value: Any) -> str:
    """Return what a value of a file is, in words."""
    if isinstance(value, bool):
        return "a truth value"
    kinds = {str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return _TYPES[kinds[type(value)]][0]


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


def unknown(what: str, given: str, known: list[str], otherwise: str = "") -> str:
    """Return ``unknown key 'min_retenton'; did you mean 'min_retention'?`` or the choices.

    ``otherwise`` is what to do when nothing is near, instead of the choices: there may be many.
    """
    for name in near(given, known):
        return f"unknown {what} '{given}'; did you mean '{name}'?"
    choices = ", ".join(known) if known else "nothing"
    return f"unknown {what} '{given}'; {otherwise or f'use one of: {choices}'}"


def near(given: str, known: list[str]) -> list[str]:
    """Return the name that was probably meant, or nothing."""
    return difflib.get_close_matches(given, known, n=1)
