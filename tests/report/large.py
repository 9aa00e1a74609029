"""A run with as many findings as one likes, without a check of as many boxes."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from troth import record
from troth.report.account import Account
from troth.report.findings import stored


def grown(run: Account, count: int, folder: Path) -> Account:
    """Return a run with ``count`` findings, which are those of ``run`` on other resources."""
    rows = list(run.findings)
    path = folder / record.FINDINGS
    verdicts: Counter[str] = Counter()
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            row = rows[number % len(rows)]
            other = {"id": f"f-{number:020x}", "resource": f"{row['resource']}-{number:09}"}
            file.write(json.dumps({**row, **other}, sort_keys=True) + "\n")
            verdicts[row["verdict"]] += 1
    clauses = [{**row, "findings": dict(verdicts)} if row["verdict"] else row
               for row in run.clauses]  # fmt: skip
    summary = {**run.summary, "clauses": clauses,
               "findings": {**run.summary["findings"], "count": count}}  # fmt: skip
    return Account(run.folder, summary, stored(path), run.envelope)
