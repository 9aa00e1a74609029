"""Whole runs: a small policy, one target over real HTTP, the command line in process."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checkers.aws.conftest import (  # noqa: F401 - fixtures
    _closed,
    _credentials,
    aws,
    doubtful,
    moto,
    moto_address,
    peer,
    target,
)
from troth import record
from troth.cli import main

AS_OF = "2026-11-21T00:00:00+00:00"

ENCRYPTED = """\
schema: 1
id: encrypted
domain: cryptography
title: Stores are encrypted
parts:
  - name: stores
    kind: data-store
    reads: [encryption]
    rules:
      - name: encrypted
        expect: facts.encryption.state == "encrypted"
        proves: outcome
        expected: encrypted
severity: high
fix: {any: encrypt it}
frameworks: {}
"""

KEPT = """\
schema: 1
id: kept
domain: logging
title: Logs are kept for at least {min_retention}
parameters:
  min_retention: {type: duration, stricter: higher}
parts:
  - name: stores
    kind: log-store
    reads: [retention]
    rules:
      - name: long-enough
        expect: >-
          facts.retention.mode == "forever" ||
          facts.retention.days >= params.min_retention.days
        proves: setting
        expected: kept at least {min_retention}
severity: high
fix: {any: keep them}
frameworks: {}
"""

POLICY = """\
schema: 1
id: small
title: A small promise
source: {language: en}
timezone: Europe/Berlin
clauses:
  - {id: "1", promise: Data is encrypted., assess: observed, controls: [{control: encrypted}]}
  - id: "2"
    promise: Logs are kept for 30 days.
    assess: observed
    controls: [{control: kept, set: {min_retention: P30D}}]
"""


@dataclass(frozen=True)
class Checked:
    """What one ``troth check`` left: exit code, findings, the envelope, what was printed."""

    code: int
    findings: list[dict[str, Any]]
    envelope: Mapping[str, Any]
    folder: Path
    out: str
    err: str

    def told(self) -> dict[str, tuple[str, str | None]]:
        """Return verdict and reason by resource."""
        return {row["resource"]: (row["verdict"], row.get("reason")) for row in self.findings}


Check = Callable[..., Checked]


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    """Return ``check(target, clause, *options)``: writes the files and runs the command line."""
    number = 0

    def run(target_row: Mapping[str, Any], clause: str, *options: str) -> Checked:
        nonlocal number
        number += 1
        write_files(tmp_path, target_row)
        folder = tmp_path / f"run-{number}"
        code = main([
            "check", "-c", str(tmp_path / "troth.yaml"), "--controls", str(tmp_path / "controls"),
            "--clause", f"small/{clause}", "--run", str(folder), "-q", *options,
        ])  # fmt: skip
        printed = capsys.readouterr()
        findings = record.get_lines(folder / record.FINDINGS)
        envelope = json.loads((folder / record.ENVELOPE).read_text())
        return Checked(code, findings, envelope, folder, printed.out, printed.err)

    return run


def write_files(folder: Path, target_row: Mapping[str, Any]) -> None:
    """Write the policy, the two controls and a troth.yaml with one target."""
    (folder / "controls").mkdir(exist_ok=True)
    (folder / "controls" / "encrypted.yaml").write_text(ENCRYPTED)
    (folder / "controls" / "kept.yaml").write_text(KEPT)
    (folder / "small.yaml").write_text(POLICY)
    config = {"schema": 1, "policies": [{"policy": "small.yaml"}], "targets": [dict(target_row)]}
    (folder / "troth.yaml").write_text(yaml.safe_dump(config))
