"""Whether pseudonyms can be given at all: what the user's own files say must not undo them.

A run keeps those files byte for byte, so an account number in one would stand beside its
pseudonym; and a condition or a rule that names one would no longer match, which would change a
verdict. Names of people under ``owner:`` and ``approver:``, and of those who sign statements,
stay: they answer for what they signed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from troth import yamlfile
from troth.catalogue.schemas import read_text, shown
from troth.config import reads_resource
from troth.errors import InputError, Place, Problem
from troth.evidence.pseudonyms import Pseudonyms
from troth.run import Setup
from troth.shipped import FOLDER

_KEPT = "every run keeps a copy of this file"


def require(pseudonyms: Pseudonyms, setup: Setup) -> None:
    """Raise :class:`~troth.errors.InputError` naming every place that stands in the way."""
    problems = [*_conditions(setup), *_files(pseudonyms, setup)]
    if problems:
        raise InputError(problems)


def _conditions(setup: Setup) -> Iterator[Problem]:
    """Yield the conditions that take the ids of resources apart: they would silently not hold."""
    document = setup.config.document
    if document is None:
        return
    rows: list[tuple[list[str | int], str]] = [
        (["classes", name], text) for name, text in setup.config.classes.items()
    ]
    rows += [
        (["policies", at, "where"], row["where"])
        for at, row in enumerate(document.data["policies"])
        if "where" in row
    ]
    for path, text in rows:
        if reads_resource(text):
            said = "reads resource, of which --pseudonymize changes parts; use tag() or target"
            yield document.error(path, f"this condition {said}")


def _files(pseudonyms: Pseudonyms, setup: Setup) -> Iterator[Problem]:
    yield from _texts(pseudonyms, Path(setup.config.path))
    if setup.config.waivers:
        yield from _texts(pseudonyms, setup.config.waivers)
    files = setup.books.files
    whole = [clause for one in setup.chosen for clause in one.policy.clauses]
    for control in sorted({bound.control for clause in whole for bound in clause.bindings}):
        path = files["controls", control]
        if not path.is_relative_to(FOLDER):
            yield from _texts(pseudonyms, path)
    for one in setup.chosen:
        path = files["policies", one.policy.id]
        if not path.is_relative_to(FOLDER):
            yield from _settings(pseudonyms, path)


def _texts(pseudonyms: Pseudonyms, path: Path) -> Iterator[Problem]:
    text = read_text(path)
    for at, what in pseudonyms.find(text):
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        yield Problem(Place(shown(path), line, column), _said(what))


def _settings(pseudonyms: Pseudonyms, path: Path) -> Iterator[Problem]:
    """Yield what the parameters of a policy name; its prose is a document that customers read."""
    document = yamlfile.parse(read_text(path), shown(path))
    for at, clause in enumerate(document.data["clauses"]):
        for bound, binding in enumerate(clause.get("controls", ())):
            where: list[str | int] = ["clauses", at, "controls", bound, "set"]
            for _, what in pseudonyms.find("\n".join(_strings(binding.get("set", {})))):
                yield document.error(where, _said(what))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


_ADVICE = {
    "account": "name the target, a profile or a role's name instead",
    "person": "name a role instead of a mailbox",
    "ip": "name a host instead",
}


def _said(what: str) -> str:
    told = f"what --pseudonymize {what} replaces stands here, and {_KEPT}"
    return f"{told}; {_ADVICE[what]}, or leave {what} out"
