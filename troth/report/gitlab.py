"""GitLab Code Quality: what is broken and not waived, at the clause's line in the policy file.

The artifact of ``artifacts:reports:codequality``: a JSON array without a byte order mark. GitLab
shows one of several entries that have the same fingerprint, so ours is the finding's id.

An empty array is green. A run that was interrupted, or judged nothing, says so in an entry of its
own at the first line of troth.yaml.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, TextIO

from troth.model import Severity
from troth.report.account import Account
from troth.report.brief import TEXT, Row, Rule, cut, is_broken, sentence, severity
from troth.report.jsontext import line
from troth.report.words import harmless

# GitLab's five: info, minor, major, critical, blocker.
_SEVERITIES = {
    Severity.LOW: "minor",
    Severity.MEDIUM: "major",
    Severity.HIGH: "critical",
    Severity.CRITICAL: "blocker",
}


def write(account: Account, out: TextIO) -> None:
    """Write the entries, one a line."""
    separator = "["
    for entry in _entries(account):
        out.write(f"{separator}\n{line(entry)}")
        separator = ","
    out.write("\n]\n" if separator == "," else "[]\n")


def _entries(account: Account) -> Iterator[dict[str, Any]]:
    for name, text in account.caveats().items():
        yield _caveat(account.config, name, text)
    promises = {(row["policy"], row["clause"]): row["promise"] for row in account.clauses}
    for row in filter(is_broken, account.findings):
        yield _entry(account, row, promises[row["policy"], row["clause"]])


def _caveat(config: str, name: str, text: str) -> dict[str, Any]:
    return {
        "description": text,
        "check_name": f"troth/{name}",
        "fingerprint": hashlib.sha256(f"{name} {config}".encode()).hexdigest()[:20],
        "severity": "critical",
        "location": {"path": config, "lines": {"begin": 1}},
    }


def _entry(account: Account, row: Row, promise: str) -> dict[str, Any]:
    place = account.place(row["policy"], row["clause"])
    told = f"{row['policy']} {row['clause']}: {harmless(cut(promise, TEXT))} {sentence(row)}"
    return {
        "description": told,
        "check_name": Rule.of(row).id,
        "fingerprint": row["id"],
        "severity": _SEVERITIES[severity(row)],
        "location": {"path": place.path, "lines": {"begin": place.line}},
    }
