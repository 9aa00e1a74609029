"""GitHub Actions: a summary of the step, and annotations at the lines of broken clauses.

``github-summary`` is Markdown to append to the file that ``$GITHUB_STEP_SUMMARY`` names;
``github-annotations`` are workflow commands, to be printed by the step.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple, TextIO

from troth.model import Severity, Verdict
from troth.report import markdown
from troth.report.account import Account, Region
from troth.report.brief import (
    TEXT,
    Row,
    cut,
    distinct,
    explain,
    is_broken,
    is_half_waived,
    sentence,
    severity,
)
from troth.report.words import harmless, plural

#: GitHub drops a step's summary that is larger than 1024 kB; the step may write more than ours.
SUMMARY_BYTES = 1_000_000
#: How many findings of a clause the summary writes out, and an annotation.
SHOWN = 3
#: GitHub shows this many errors of one step.
ANNOTATIONS = 10

_REST = (
    "\n**The rest is left out: a step's summary holds no more than 1024 kB. The table above "
    "counts everything, and `troth report RUN -o markdown=FILE` writes it.**\n"
)


def write_summary(account: Account, out: TextIO) -> None:
    """Write the step's summary, at most :data:`SUMMARY_BYTES`; a last line says what is cut."""
    room = SUMMARY_BYTES - len(_REST.encode())
    for block in markdown.blocks(account, SHOWN):
        room -= len(block.encode())
        if room < 0:
            out.write(_REST)
            return
        out.write(block)


class _Annotation(NamedTuple):
    severity: Severity
    title: str
    text: str
    place: Region


def write_annotations(account: Account, out: TextIO) -> None:
    """Write an error for each of the ten worst broken clauses, and count the others and unknown.

    One clause is one annotation, however many resources break it: they would all stand at one
    line. The counts are a notice and a warning, which GitHub counts apart from errors.
    """
    broken = sorted(_broken(account), key=lambda one: -one.severity)
    for one in broken[:ANNOTATIONS]:
        out.write(_error(one))
    if len(broken) > ANNOTATIONS:
        more = plural(len(broken) - ANNOTATIONS, "more broken clause")
        out.write(_command("notice", f"{more} than GitHub shows of one step; see the summary"))
    unknown = sum(1 for row in account.clauses if row["verdict"] == Verdict.UNKNOWN)
    if unknown:
        out.write(_command("warning", f"{plural(unknown, 'clause')} could not be decided"))
    half = sum(map(is_half_waived, account.clauses))
    if half:
        told = f"{plural(half, 'waived clause')} with findings that could not be decided"
        out.write(_command("warning", told))
    for text in account.caveats().values():
        out.write(_command("warning", text))


def _broken(account: Account) -> Iterator[_Annotation]:
    for clause in account.clauses:
        if clause["verdict"] == Verdict.FAIL and not clause["waived"]:
            yield _annotation(account, clause)


def _annotation(account: Account, clause: Row) -> _Annotation:
    name = clause["policy"], clause["clause"]
    rows = distinct(filter(is_broken, account.findings.of(*name)))
    first, worst, more = [], Severity.LOW, 0
    for row in itertools.islice(rows, SHOWN):
        worst = max(worst, severity(row))
        first.append(sentence(row))
    for row in rows:
        worst, more = max(worst, severity(row)), more + 1
    if more:
        first.append(f"… and {plural(more, 'more finding')}: {explain(*name)}")
    text = "\n".join([harmless(cut(clause["promise"], TEXT)), *first])
    return _Annotation(worst, f"Broken: {' '.join(name)}", text, account.place(*name))


def _error(one: _Annotation) -> str:
    properties = {
        "file": one.place.path,
        "line": one.place.line,
        "endLine": one.place.line,
        "title": one.title,
    }
    told = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return _command(f"error {told}", one.text)


def _command(head: str, text: str) -> str:
    """Return a workflow command, always one line."""
    return f"::{head}::{_data(text)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(harmless(text)).replace(":", "%3A").replace(",", "%2C")
