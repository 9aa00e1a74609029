"""Results as one JSON document: the summary with the findings inside."""

from __future__ import annotations

from typing import TextIO

from troth.report.account import Account
from troth.report.jsontext import indented


def write(account: Account, out: TextIO) -> None:
    """Write ``{"findings": [...], "schema": 1, "summary": {...}}``, indented, keys sorted.

    Its JSON Schema is ``troth schema report-json``.
    """
    before = "\n    "
    out.write('{\n  "findings": [')
    for finding in account.findings:
        out.write(before + indented(finding, 4))
        before = ",\n    "
    out.write("\n  ]" if before.startswith(",") else "]")
    out.write(f',\n  "schema": 1,\n  "summary": {indented(account.summary, 2)}\n}}\n')
