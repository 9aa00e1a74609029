"""Results as JUnit XML: a suite per document, a case per clause.

A broken clause is a failure, an unknown one an error (a dashboard must not show it green), a waived
or not-applicable one is skipped with the reason; an informative clause is no test.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as Tree

from troth.model import Verdict
from troth.report.words import harmless, told
from troth.verdicts import Results

Row = Mapping[str, Any]


def render(outcome: Results) -> str:
    """Return the results as a JUnit document."""
    root = Tree.Element("testsuites", name="troth", timestamp=outcome.summary["as_of"])
    findings: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in outcome.findings:
        findings[row["policy"], row["clause"]].append(row)
    for policy in outcome.summary["policies"]:
        clauses = [
            row for row in outcome.summary["clauses"]
            if row["policy"] == policy["id"] and row["verdict"] is not None
        ]  # fmt: skip
        root.append(_suite(policy, clauses, findings))
    Tree.indent(root)
    return Tree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(
    policy: Row, clauses: Sequence[Row], findings: Mapping[tuple[str, str], list[Row]]
) -> Tree.Element:
    suite = Tree.Element("testsuite", name=harmless(policy["id"]), tests=str(len(clauses)))
    counts = {"failures": 0, "errors": 0, "skipped": 0}
    for clause in clauses:
        case = Tree.SubElement(
            suite,
            "testcase",
            classname=policy["id"],
            name=harmless(f"{clause['clause']} {clause['promise']}"),
        )
        mine = findings[clause["policy"], clause["clause"]]
        outcome = _outcome(clause, mine)
        if outcome:
            tag, bucket, message = outcome
            counts[bucket] += 1
            element = Tree.SubElement(case, tag, message=message)
            element.text = "\n".join(_told(mine, clause))
    for name, number in counts.items():
        suite.set(name, str(number))
    return suite


def _outcome(clause: Row, findings: Sequence[Row]) -> tuple[str, str, str] | None:
    if clause["verdict"] == Verdict.FAIL:
        if clause["waived"] and any(row["verdict"] == Verdict.UNKNOWN for row in findings):
            return "error", "errors", "broken, waived; the rest could not be decided"
        if clause["waived"]:
            return "skipped", "skipped", "broken, waived"
        return "failure", "failures", "the promise is broken"
    if clause["verdict"] == Verdict.UNKNOWN:
        return "error", "errors", "it could not be decided"
    if clause["verdict"] == Verdict.NOT_APPLICABLE:
        return "skipped", "skipped", "not applicable"
    return None


def _told(findings: Sequence[Row], clause: Row) -> list[str]:
    shown = {clause["verdict"], *([Verdict.UNKNOWN] if clause["waived"] else [])}
    return [told(row, part=True) for row in findings if row["verdict"] in shown]
