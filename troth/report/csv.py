r"""Findings as a table for a spreadsheet: RFC 4180, UTF-8, a row per finding.

A spreadsheet takes a cell that begins with ``=`` for a formula and runs it, and names are written
by whoever owns the scanned system. Such a beginning gets a ``'`` in front, as OWASP advises. So
does one after a semicolon: where the comma parts decimals, spreadsheets part cells there. The value
comes back by the expression of docs/formats.md.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from typing import Any, TextIO

from troth.report.account import Account
from troth.report.jsontext import line
from troth.report.words import harmless

COLUMNS = (
    "finding", "policy", "clause", "promise", "verdict", "waiver", "waived_until", "severity",
    "control", "part", "kind", "target", "resource", "reason", "permission", "expected", "found",
    "why", "proof", "notes", "observations", "partial",
)  # fmt: skip
#: What spreadsheets keep of a cell; a longer one would spill over its neighbours.
LONGEST = 32_767
#: The signs that begin a formula, and those that some spreadsheets make of them.
SIGNS = "=+@\uff1d\uff0b\uff20\uff0d\ufe66\ufe62\ufe6b\ufe63-"
_FIRST = re.compile(rf"\s*(?='*[{SIGNS}])")
_AFTER = re.compile(rf"(;\s*)(?='*[{SIGNS}])")
_CUT = " … (cut)"


def write(account: Account, out: TextIO) -> None:
    """Write the header and a row per finding; lines end with CR LF."""
    promises = {(row["policy"], row["clause"]): row["promise"] for row in account.clauses}
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(COLUMNS)
    same = {"partial": "true" if account.summary["partial"] else "false"}
    for finding in account.findings:
        promise = promises[finding["policy"], finding["clause"]]
        table.writerow(map(_cell, _row(finding, same | {"promise": promise})))


def _row(finding: Mapping[str, Any], more: Mapping[str, str]) -> list[str]:
    waiver = finding.get("waiver", {})
    given = {
        **more,
        "finding": finding["id"],
        "waiver": waiver.get("id"),
        "waived_until": waiver.get("expires_on"),
        "expected": "; ".join(finding["expected"]),
        "found": line(finding["found"]) if finding["found"] else "",
        "notes": "; ".join(finding["notes"]),
        "observations": " ".join(finding["observations"]),
    }
    return [given.get(name, finding.get(name)) or "" for name in COLUMNS]


def _cell(text: str) -> str:
    """Return a text that no spreadsheet runs, hides a part of, or spreads over other cells."""
    shown = harmless(text)
    if formula := _FIRST.match(shown):
        shown = f"{formula[0]}'{shown[formula.end() :]}"
    if ";" in shown:
        shown = _AFTER.sub(r"\1'", shown)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - len(_CUT)] + _CUT
