"""Results as JUnit XML: a suite per document, a case per clause.

A broken clause is a failure, an unknown one an error (a dashboard must not show it green), a waived
or not-applicable one is skipped with the reason; an informative clause is no test. A run that was
interrupted, or judged nothing, is not green either: that is an error in a suite of its own, first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TextIO
from xml.sax.saxutils import escape, quoteattr

from troth.model import Verdict
from troth.report.account import Account
from troth.report.brief import is_half_waived
from troth.report.findings import Findings
from troth.report.words import harmless, told

Row = Mapping[str, Any]


#: The suite on the run itself; no document's id has a blank.
RUN = "troth run"


class _Outcome(NamedTuple):
    """What a case that is not a success holds: the element, its counter and its message."""

    tag: str
    bucket: str
    message: str


def write(account: Account, out: TextIO) -> None:
    """Write the results as a JUnit document; ``timestamp`` is the judged time."""
    as_of = account.summary["as_of"]
    out.write("<?xml version='1.0' encoding='utf-8'?>\n")
    out.write(f"<testsuites{_attributes(name='troth', timestamp=as_of)}>\n")
    _caveats(account, out)
    for policy in account.summary["policies"]:
        clauses = [
            (row, _outcome(row)) for row in account.clauses
            if row["policy"] == policy["id"] and row["verdict"] is not None
        ]  # fmt: skip
        counts = {
            bucket: str(sum(one is not None and one.bucket == bucket for _, one in clauses))
            for bucket in ("failures", "errors", "skipped")
        }
        head = _attributes(name=policy["id"], tests=str(len(clauses)), **counts)
        out.write(f"  <testsuite{head}>\n{_properties(account)}")
        for clause, outcome in clauses:
            _case(clause, outcome, account.findings, out)
        out.write("  </testsuite>\n")
    out.write("</testsuites>\n")


def _caveats(account: Account, out: TextIO) -> None:
    """Write a suite with an error for each reason why the run says less than it seems to."""
    caveats = account.caveats()
    if not caveats:
        return
    number = str(len(caveats))
    head = _attributes(name=RUN, tests=number, failures="0", errors=number, skipped="0")
    out.write(f"  <testsuite{head}>\n{_properties(account)}")
    for name, text in caveats.items():
        out.write(f"    <testcase{_attributes(classname=RUN, name=name)}>\n")
        out.write(f"      <error{_attributes(message=text)} />\n    </testcase>\n")
    out.write("  </testsuite>\n")


def _properties(account: Account) -> str:
    if not account.summary["partial"]:
        return ""
    told = _attributes(name="partial", value="true")
    return f"    <properties>\n      <property{told} />\n    </properties>\n"


def _attributes(**values: str) -> str:
    return "".join(f" {name}={quoteattr(harmless(value))}" for name, value in values.items())


def _case(clause: Row, outcome: _Outcome | None, findings: Findings, out: TextIO) -> None:
    name = f"{clause['clause']} {clause['promise']}"
    head = f"    <testcase{_attributes(classname=clause['policy'], name=name)}"
    if outcome is None:
        out.write(f"{head} />\n")
        return
    out.write(f"{head}>\n      <{outcome.tag}{_attributes(message=outcome.message)}>")
    between = ""
    for text in _told(clause, findings):
        out.write(between + escape(text))
        between = "\n"
    out.write(f"</{outcome.tag}>\n    </testcase>\n")


def _outcome(clause: Row) -> _Outcome | None:
    if clause["verdict"] == Verdict.FAIL:
        if is_half_waived(clause):
            return _Outcome("error", "errors", "broken, waived; the rest could not be decided")
        if clause["waived"]:
            return _Outcome("skipped", "skipped", "broken, waived")
        return _Outcome("failure", "failures", "the promise is broken")
    if clause["verdict"] == Verdict.UNKNOWN:
        return _Outcome("error", "errors", "it could not be decided")
    if clause["verdict"] == Verdict.NOT_APPLICABLE:
        return _Outcome("skipped", "skipped", "not applicable")
    return None


def _told(clause: Row, findings: Findings) -> Iterator[str]:
    shown = {clause["verdict"], *([Verdict.UNKNOWN] if clause["waived"] else [])}
    for row in findings.of(clause["policy"], clause["clause"]):
        if row["verdict"] in shown:
            yield told(row, part=True)
