"""OSCAL as tests read it: written by troth, parsed, judged by NIST's schema."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from troth.report import oscal
from troth.report.account import Account

SCHEMAS = Path(__file__).parent / "schemas"


def alone(account: Account, version: str = oscal.DEFAULT) -> dict[str, Any]:
    """Return the assessment results as they are written without the other documents."""
    out = io.StringIO()
    oscal.write(account, out, version)
    document: dict[str, Any] = json.loads(out.getvalue())
    return document


def together(
    account: Account,
    folder: Path,
    version: str = oscal.DEFAULT,
    layout: oscal.Layout | None = None,
) -> dict[str, Any]:
    """Return all documents by file name."""
    paths = oscal.write_set(account, folder, version, layout)
    assert sorted(paths) == sorted(folder.iterdir())
    return {path.name: json.loads(path.read_text()) for path in paths}


def invalid(document: Mapping[str, Any], release: str) -> list[str]:
    """Return what a release's schema has against a document."""
    (model,) = document
    found = _validator(release, model).iter_errors(document)
    return [f"{list(error.instance_path)}: {error.message[:200]}" for error in found]


@cache
def _validator(release: str, model: str) -> Any:
    """Return the schema of one model: of all together an error tells only that none fits."""
    schema = json.loads(unpacked(release))
    branches = [one for one in schema.pop("oneOf") if model in one["properties"]]
    assert len(branches) == 1
    return jsonschema_rs.validator_for(schema | branches[0], validate_formats=True)


def unpacked(release: str) -> bytes:
    """Return NIST's complete schema of a release, which is what NOTICE says it is."""
    name = f"oscal_complete_schema-{release}.json"
    body = gzip.decompress((SCHEMAS / f"{name}.gz").read_bytes())
    assert f"{hashlib.sha256(body).hexdigest()}  {name}\n" in (SCHEMAS / "NOTICE").read_text()
    return body
