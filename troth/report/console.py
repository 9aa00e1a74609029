"""Results for a terminal: a table per document, then what is broken, then what is unknown.

Every clause is named once: kept ones by their number, the others with the reason in words.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from troth.model import Assess, Reason, Verdict
from troth.report.account import Account
from troth.report.brief import distinct
from troth.report.findings import Findings
from troth.report.words import LABELS, harmless, plural, taken_over, told

#: How many findings of a clause are written out before the rest is counted.
SHOWN = 3
_STYLES = {Verdict.PASS: "green", Verdict.FAIL: "bold red", Verdict.UNKNOWN: "yellow"}
_COLUMNS = (Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE)

Row = Mapping[str, Any]


def write(account: Account, out: TextIO) -> None:
    """Write the run as plain text of 100 columns, without colour."""
    show(account, Console(file=out, width=100, color_system=None, force_terminal=False))


def show(account: Account, console: Console) -> None:
    """Write the run to a console."""
    for policy in account.summary["policies"]:
        clauses = [row for row in account.clauses if row["policy"] == policy["id"]]
        if not clauses:
            continue
        _say(console, 0, Text(f"{policy['id']} · {harmless(policy['title'])}", "bold"))
        console.print(_table(clauses))
        _broken(console, clauses, account.findings)
        _unknown(console, clauses, account.findings)
        _quiet(console, clauses)
    _waivers(console, account.summary)
    _next(console, account.clauses)
    if account.summary["partial"]:
        console.print(Text("This run was interrupted: what was not read is unknown.", "yellow"))
    if older := taken_over(account.envelope):
        _say(console, 0, Text(f"Some facts are older than this run: {older}."))


def _table(clauses: Sequence[Row]) -> Table:
    table = Table()
    table.add_column("clauses")
    for verdict in _COLUMNS:
        table.add_column(LABELS[verdict], justify="right", style=_STYLES.get(verdict, ""))
    table.add_column("all", justify="right")
    for assess in Assess:
        rows = [row for row in clauses if row["assess"] == assess]
        if rows:
            table.add_row(assess.value, *_counts(rows))
    table.add_section()
    table.add_row("total", *_counts(clauses))
    return table


def _counts(rows: Sequence[Row]) -> list[str]:
    verdicts = [row["verdict"] for row in rows]
    return [str(verdicts.count(verdict) or "") for verdict in _COLUMNS] + [str(len(rows))]


def _broken(console: Console, clauses: Iterable[Row], findings: Findings) -> None:
    broken = [row for row in clauses if row["verdict"] == Verdict.FAIL]
    if not broken:
        return
    console.print(Text("\nBroken", "bold red"))
    for row in broken:
        _clause(console, row, findings, Verdict.FAIL)
        if row["waived"]:  # what is unknown beside it decides the exit code
            _findings(console, row, findings, Verdict.UNKNOWN)


def _unknown(console: Console, clauses: Iterable[Row], findings: Findings) -> None:
    """Write the unknown clauses: those that somebody can do something about first."""
    rows = [row for row in clauses if row["verdict"] == Verdict.UNKNOWN]
    waiting = [row for row in rows if _awaits_only(findings.of(row["policy"], row["clause"]))]
    others = [row for row in rows if row not in waiting]
    if others:
        console.print(Text("\nUnknown", "bold yellow"))
    for row in others:
        _clause(console, row, findings, Verdict.UNKNOWN)
    if waiting:
        said = f"\nUnknown, no control is written yet ({plural(len(waiting), 'clause')})"
        console.print(Text(said, "bold yellow"))
        _say(console, 2, Text(", ".join(row["clause"] for row in waiting)))


def _awaits_only(findings: Iterable[Row]) -> bool:
    unknown = (row for row in findings if row["verdict"] == Verdict.UNKNOWN)
    return all(row["reason"] == Reason.NO_CONTROL for row in unknown)


def _clause(console: Console, clause: Row, findings: Findings, verdict: Verdict) -> None:
    head = Text(f"{clause['clause']} ", "bold") + Text(harmless(clause["promise"]))
    if clause["waived"]:
        head.append(" (waived)", "cyan")
    _say(console, 2, head)
    _findings(console, clause, findings, verdict)


def _findings(console: Console, clause: Row, findings: Findings, verdict: Verdict) -> None:
    mine = findings.of(clause["policy"], clause["clause"])
    rows = distinct(row for row in mine if row["verdict"] == verdict)
    for row in itertools.islice(rows, SHOWN):
        _say(console, 6, Text(told(row), _STYLES.get(verdict, "")), hang=2)
    if more := sum(1 for _ in rows):
        rest = plural(more, "more finding")
        _say(console, 6, Text(f"… and {rest}: {_explain(clause)}"))


def _explain(clause: Row) -> str:
    return f"troth explain {clause['policy']}/{clause['clause']} --run RUN"


def _say(console: Console, indent: int, text: Text, *, hang: int = 0) -> None:
    """Write a paragraph, each line indented, those after the first by ``hang`` more.

    No line has white space at its end.
    """
    for number, line in enumerate(text.wrap(console, max(console.width - indent - hang, 20))):
        line.rstrip()
        console.print(Text(" " * (indent + (hang if number else 0))) + line, soft_wrap=True)


def _quiet(console: Console, clauses: Sequence[Row]) -> None:
    for verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE, None):
        ids = [row["clause"] for row in clauses if row["verdict"] == verdict]
        if ids:
            label = LABELS[verdict].capitalize()
            style = _STYLES.get(verdict, "") if verdict else ""
            console.print()
            _say(console, 0, Text(f"{label}: ", style) + Text(", ".join(ids), ""))
    console.print()


def _next(console: Console, clauses: Iterable[Row]) -> None:
    """Say where a clause's steps stand, by the example of the first that is broken."""
    for row in clauses:
        if row["verdict"] == Verdict.FAIL and not row["waived"]:
            _say(console, 0, Text(f"All that was found, and how to fix it: {_explain(row)}"))
            return


def _waivers(console: Console, summary: Row) -> None:
    """Name the waivers of the selected clauses that had no effect."""
    selected = {(row["policy"], row["clause"]) for row in summary["clauses"]}
    for row in summary["waivers"]:
        if row["state"] != "used" and (row["policy"], row["clause"]) in selected:
            said = f"Waiver {row['id']} is {row['state']} ({row['policy']}/{row['clause']})."
            _say(console, 0, Text(harmless(said), "cyan"))


def clause_text(account: Account, clause: Row) -> list[str]:
    """Return the findings of one clause as lines of text, with the control's part of each."""
    return [
        f"{LABELS[row['verdict']]}: {told(row, part=True)}"
        for row in account.findings.of(clause["policy"], clause["clause"])
    ]
