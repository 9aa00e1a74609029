"""A clause's findings as the page shows them: by verdict, then by what was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from troth import params
from troth.model import POPULATION, Verdict
from troth.report.account import Account
from troth.report.html import words
from troth.report.html.limits import Limits

Row = Mapping[str, Any]


class Titles:
    """The titles of controls, with the values of the binding that asks filled in."""

    def __init__(self, account: Account) -> None:
        """Collect the values of every binding of the run."""
        self._controls = account.controls
        self._values = {
            (one.policy.id, clause.id, binding.name): binding.values
            for one in account.setup.chosen
            for clause in one.clauses
            for binding in clause.bindings
        }

    def of(self, row: Row) -> str:
        """Return the title of a finding's control; empty where none is written yet."""
        control = self._controls.get(row["control"])
        values = self._values.get((row["policy"], row["clause"], row["binding"]))
        return params.fill(control.title, values) if control and values is not None else ""


class Line(NamedTuple):
    """A finding: on what, what was found or why not, and file → digests that stand in it."""

    row: Row
    name: str
    found: Sequence[tuple[str, Any]]
    why: str
    evidence: Mapping[str, Sequence[str]]


@dataclass
class Check:
    """What was asked in the same words: a part of a control, with the findings that are shown."""

    control: str
    part: str
    kind: str
    title: str
    expected: Sequence[str]
    severity: str
    lines: list[Line] = field(default_factory=list)


@dataclass
class Block:
    """A clause's findings of one verdict; ``count`` may be more than the ``shown`` ones."""

    name: str
    label: str
    count: int = 0
    shown: int = 0
    checks: dict[tuple[Any, ...], Check] = field(default_factory=dict)

    @property
    def rest(self) -> int:
        """Return how many findings are counted but not shown."""
        return self.count - self.shown

    @property
    def bad(self) -> bool:
        """Tell whether somebody has to look at these findings."""
        return self.name in ("fail", "waived", "unknown")


def blocks(account: Account, titles: Titles, clause: Row, limits: Limits) -> list[Block]:
    """Return the blocks that hold findings, in the order in which a reader needs them."""
    found = {name: Block(name, label) for name, label in words.LABELS.items()}
    for row in account.findings.of(clause["policy"], clause["clause"]):
        waived = row["verdict"] == Verdict.FAIL and "waiver" in row
        block = found["waived" if waived else row["verdict"]]
        block.count += 1
        if block.shown < limits.of(row["verdict"]):
            block.shown += 1
            _check(titles, block, row).lines.append(_line(account, row))
    return [block for block in found.values() if block.count]


def _check(titles: Titles, block: Block, row: Row) -> Check:
    key = (row["binding"], row["control"], row["part"], row["kind"], *row["expected"])
    if key not in block.checks:
        about = (row["control"], row["part"], row["kind"], titles.of(row))
        block.checks[key] = Check(*about, row["expected"], row["severity"])
    return block.checks[key]


def _line(account: Account, row: Row) -> Line:
    name = "all of them together" if row["resource"] == POPULATION else row["resource"]
    found = list(row["found"].items())
    # A broken finding's sentence only joins what was expected and what was found.
    why = "" if row["verdict"] == Verdict.FAIL and found else row["why"]
    return Line(row, name, found, why, _evidence(account, row["observations"]))


def _evidence(account: Account, digests: Sequence[str]) -> dict[str, list[str]]:
    """Return digests by the file they stand in; an empty name holds those of no file."""
    found: dict[str, list[str]] = {}
    for digest in digests:
        for name in account.evidence(digest) or ("",):
            found.setdefault(name, []).append(digest)
    return found
