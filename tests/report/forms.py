"""A run in a format, as text and as what an independent reader makes of it."""

from __future__ import annotations

import importlib
import io
import json
from functools import cache
from typing import Any

from troth.catalogue.formats import bundled
from troth.report import Format
from troth.report.account import Account
from troth.report.findings import kept


def written(name: str, run: Account) -> str:
    """Return a run in a format, with the line ends that a file would have."""
    out = io.StringIO(newline="")
    Format(name).writer()(run, out)
    return out.getvalue()


def lines(text: str) -> list[dict[str, Any]]:
    """Return the objects of JSON Lines; the last line ends too."""
    assert text.endswith("\n")
    return [json.loads(line) for line in text[:-1].split("\n")]


def faults(name: str, value: Any) -> list[str]:
    """Return what python-jsonschema, which troth does not use, finds wrong by our schema."""
    return [error.message for error in _validator(name).iter_errors(value)]


@cache
def _validator(name: str) -> Any:
    jsonschema = importlib.import_module("jsonschema")  # it has no types of its own
    body = bundled(name)
    jsonschema.Draft202012Validator.check_schema(body)
    return jsonschema.Draft202012Validator(body)


def only(run: Account, *ids: str) -> Account:
    """Return a run with only those findings that are named by id."""
    rows = [row for row in run.findings if row["id"] in ids]
    return Account(run.folder, run.summary, kept(rows), run.envelope)
