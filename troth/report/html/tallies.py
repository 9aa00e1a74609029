"""One pass over the findings: what the top of the page says of a clause before it is shown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from troth.model import Severity, Verdict

Row = Mapping[str, Any]
Key = tuple[str, str]


@dataclass
class Tally:
    """A clause's findings in numbers: broken and waived ones, severity, reasons of unknown ones."""

    broken: int = 0
    waived: int = 0
    worst: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def severity(self) -> str:
        """Return the severity of the worst broken finding, empty if none is broken."""
        return Severity(self.worst).name.lower() if self.worst else ""


def of(findings: Iterable[Row]) -> Mapping[Key, Tally]:
    """Return the tally of every clause that has findings; missing ones count nothing."""
    found: dict[Key, Tally] = defaultdict(Tally)
    for row in findings:
        tally = found[row["policy"], row["clause"]]
        if row["verdict"] == Verdict.FAIL:
            _broken(tally, row)
        elif row["verdict"] == Verdict.UNKNOWN:
            tally.reasons[row["reason"]] += 1
    return found


def _broken(tally: Tally, row: Row) -> None:
    if "waiver" in row:
        tally.waived += 1
    else:
        tally.broken += 1
        tally.worst = max(tally.worst, Severity[row["severity"].upper()])
