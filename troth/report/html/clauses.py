"""A clause as the page shows it: its promise, what was found about it, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from troth.definitions import Control
from troth.report import trend
from troth.report.account import Account
from troth.report.html import nights, words
from troth.report.html.found import Block, Titles, blocks
from troth.report.html.limits import Limits
from troth.report.html.overview import anchor, verdict_of
from troth.report.html.tallies import Key, Tally

Row = Mapping[str, Any]

#: Whose fixes are meant, in words.
_WHERE: Mapping[str, str] = {"any": "Anywhere", "aws": "AWS", "gcp": "Google Cloud", "host": "Host"}
#: Who says that a parameter has its value.
_SAID_BY: Mapping[str, str] = {
    "stated": "Stated",
    "yours": "Your values",
    "assumed": "Assumed",
    "default": "By default",
}


class Values(NamedTuple):
    """The parameters of one binding that have their values from the same source."""

    binding: str
    source: str
    values: Sequence[tuple[str, Any]]


class Fix(NamedTuple):
    """How to mend what a control asks: the control's title, and words by place."""

    control: str
    title: str
    steps: Sequence[tuple[str, str]]


class View(NamedTuple):
    """A clause: its row of the results, where it stands, and all that is told of it."""

    row: Row
    anchor: str
    verdict: str
    label: str
    severity: str
    reasons: Sequence[tuple[str, int]]
    place: str
    lines: Sequence[int]
    digest: str
    values: Sequence[Values]
    blocks: Sequence[Block]
    fixes: Sequence[Fix]
    went: str

    @property
    def judged(self) -> int:
        """Return how many findings there are."""
        return sum(block.count for block in self.blocks)


def of(
    account: Account, titles: Titles, policy: str, limits: Limits, tallies: Mapping[Key, Tally]
) -> Iterator[View]:
    """Return a policy's clauses in its order, each read from the findings when it is asked for."""
    for row in account.clauses:
        if row["policy"] == policy:
            tally = tallies.get((policy, row["clause"]), Tally())
            yield _view(account, row, tally, blocks(account, titles, row, limits))


def _view(account: Account, row: Row, tally: Tally, found: Sequence[Block]) -> View:
    policy, number = row["policy"], row["clause"]
    defined = account.policies[policy].by_id[number]
    verdict = verdict_of(row)
    place = account.place(policy, number)
    return View(
        row,
        anchor(policy, number),
        verdict,
        words.LABELS[verdict],
        tally.severity,
        sorted(tally.reasons.items()),
        f"{place.path}:{place.line}",
        defined.lines,
        defined.digest,
        list(_values(row)),
        found,
        _fixes(account.controls, found),
        _went(account, policy, number),
    )


def _went(account: Account, policy: str, number: str) -> str:
    """Return since when a clause stands so, by the history; empty without earlier runs."""
    if account.trend is None or len(account.trend.nights) < nights.LEAST:
        return ""
    course = account.trend.clauses.get((policy, number))
    if course is None:
        return ""
    said = trend.told(course)
    often = f" It {trend.mending(course)}." if course.times else ""
    return f"{said[0].upper()}{said[1:]}.{often}"


def _values(clause: Row) -> Iterator[Values]:
    for bound in clause["controls"]:
        settings = bound["settings"].items()
        for source, said in _SAID_BY.items():
            mine = [(name, one["value"]) for name, one in settings if one["source"] == source]
            if mine:
                yield Values(bound["binding"], said, mine)


def _fixes(controls: Mapping[str, Control], found: Sequence[Block]) -> list[Fix]:
    """Return the fixes of the controls that something broken or unknown is shown of."""
    checks = [check for block in found if block.bad for check in block.checks.values()]
    titles = {check.control: check.title for check in reversed(checks)}
    return [
        Fix(name, titles[name], _steps(controls[name].fix))
        for name in dict.fromkeys(check.control for check in checks)
        if name in controls and controls[name].fix
    ]


def _steps(fix: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(_WHERE.get(name, name), said) for name, said in sorted(fix.items())]
