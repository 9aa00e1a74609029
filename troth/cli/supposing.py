"""What ``troth replay --policies`` shows: the run under other policies, and what would change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from troth.report.account import Account, Region
from troth.report.findings import kept
from troth.report.words import LABELS, plural
from troth.run import Setup
from troth.whatif import Change, Supposed

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Supposition(Account):
    """A run as it would be under other policies; clauses of those stand in the files given."""

    judged_with: Setup

    @classmethod
    def of(cls, folder: Path, envelope: Mapping[str, Any], found: Supposed) -> Account:
        """Return the account of a run's folder under what was supposed."""
        results = found.results
        return cls(folder, results.summary, kept(results.findings), envelope, found.setup)

    @property
    def setup(self) -> Setup:
        """Return what the facts were judged with."""
        return self.judged_with

    def place(self, policy: str, clause: str) -> Region:
        """Return where a clause stands: in the other policy's file, or as in the run."""
        made = self.policies[policy]
        path = Path(made.origin)
        if not path.is_file():
            return super().place(policy, clause)
        line = made.by_id[clause].line
        text = path.read_text(encoding="utf-8").splitlines()
        return Region(made.origin, line, len(text[line - 1]))


def lines(changes: Iterable[Change]) -> Iterator[str]:
    """Yield what would change, a clause a line; one line says so if nothing would."""
    changed = list(changes)
    for one in changed:
        yield f"{one.policy}/{one.clause}: {_told(one)}"
    if not changed:
        yield "nothing would change: every clause has the same verdict and as many findings"
    else:
        yield f"{plural(len(changed), 'clause')} would come out differently"


def _told(change: Change) -> str:
    before, after = change.before, change.after
    if before is None:
        return f"{_verdict(after)}; the run did not judge it"
    if after is None:
        return f"was {_verdict(before)}; the other policy does not have it"
    if _verdict(before) != _verdict(after):
        return f"{_verdict(before)} → {_verdict(after)}"
    return f"{_verdict(after)} as before, with {_counts(after)} instead of {_counts(before)}"


def _verdict(row: Row | None) -> str:
    if row is None:
        return ""
    return LABELS[row["verdict"]] + (", waived" if row["waived"] else "")


def _counts(row: Row) -> str:
    """Return how many findings have which verdict."""
    told = [f"{number} {LABELS[verdict]}" for verdict, number in sorted(row["findings"].items())]
    return ", ".join(told) or "no findings"
