"""Results as JSON Lines, for log pipelines: a line about the run, then a line per finding.

``record`` says what a line is, and every line names the run, so that lines of many runs can lie in
one file. The JSON Schema of a line is ``troth schema report-jsonl``.
"""

from __future__ import annotations

from typing import Any, TextIO

from troth.report.account import Account
from troth.report.jsontext import line


def write(account: Account, out: TextIO) -> None:
    """Write the head and then the findings, each as one line that ends with a line break."""
    head = _head(account)
    out.write(line(head) + "\n")
    same = {"record": "finding", "run": head["run"], "as_of": head["as_of"]}
    for finding in account.findings:
        out.write(line(same | dict(finding)) + "\n")


def _head(account: Account) -> dict[str, Any]:
    """Return what is true of the whole run; instants are ISO 8601 with offset."""
    summary, envelope = account.summary, account.envelope
    return {
        "record": "run",
        "schema": 1,
        "run": envelope.get("id", ""),
        "as_of": summary["as_of"],
        "started_at": envelope.get("started_at"),
        "finished_at": envelope.get("finished_at"),
        "partial": summary["partial"],
        "versions": envelope.get("versions", {}),
        "policies": _policies(account),
        "findings": len(account.findings),
        "waivers": summary["waivers"],
    }


def _policies(account: Account) -> list[dict[str, Any]]:
    """Return every document with the number of its clauses by verdict."""
    counts = account.counts()
    return [
        {
            "id": policy["id"],
            "title": policy["title"],
            "clauses": {verdict or "informative": n for verdict, n in counts[policy["id"]].items()},
        }
        for policy in account.summary["policies"]
    ]
