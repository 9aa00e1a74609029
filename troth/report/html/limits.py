"""How many findings of a clause stand on the page: all in a small run, the first ones in a large.

A page of a hundred thousand findings does not open. The limits are chosen from the counts in
results.json, so they are known before the first finding is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from troth.model import Verdict

#: About how many findings that somebody has to look at fit on a page that still opens at once.
BAD = 4_000
#: About how many of the others.
GOOD = 2_500
_STEPS = (1_000, 500, 200, 100, 50, 20, 10, 5, 3, 1)


class Limits(NamedTuple):
    """How many findings of each verdict a clause shows."""

    bad: int
    good: int

    def of(self, verdict: str) -> int:
        """Return the limit for findings of a verdict."""
        return self.bad if verdict in _BAD else self.good


_BAD: Sequence[str] = (Verdict.FAIL, Verdict.UNKNOWN)
_GOOD: Sequence[str] = (Verdict.PASS, Verdict.NOT_APPLICABLE)


def of(clauses: Iterable[Mapping[str, Any]]) -> Limits:
    """Return the limits for a run with these clauses (rows of results.json)."""
    counts = [clause["findings"] for clause in clauses]
    return Limits(_largest(counts, _BAD, BAD), _largest(counts, _GOOD, GOOD))


def cut(clauses: Iterable[Mapping[str, Any]], limits: Limits) -> bool:
    """Tell whether any clause has more findings of a verdict than are shown."""
    return any(
        number > limits.of(verdict)
        for clause in clauses
        for verdict, number in clause["findings"].items()
    )


def _largest(counts: Sequence[Mapping[str, int]], verdicts: Sequence[str], room: int) -> int:
    """Return the largest step with which all clauses together stay within the room."""
    numbers = [row.get(verdict, 0) for row in counts for verdict in verdicts]
    fitting = (step for step in _STEPS if sum(min(number, step) for number in numbers) <= room)
    return next(fitting, _STEPS[-1])
