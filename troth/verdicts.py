"""From judged clauses to the results of a run: what is stored, counted, and what the exit says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from troth.errors import PRECEDENCE, Exit
from troth.judge.document import Judged
from troth.model import Assess, Reason, Severity, Verdict
from troth.waivers import Waived, Waiver


@dataclass(frozen=True)
class Gate:
    """What decides the exit code: from which severity on a fail counts, whose unknowns count."""

    fail_on: str = "low"
    assess: frozenset[Assess] = frozenset(set(Assess) - {Assess.INFORMATIVE})


@dataclass(frozen=True)
class Results:
    """The results of a run as JSON values: one of the whole, one per finding."""

    summary: dict[str, Any]
    findings: tuple[dict[str, Any], ...]


def results(
    judged: Judged,
    waivers: Collection[Waiver],
    waived: Waived,
    as_of: str,
    titles: Mapping[str, str],
    *,
    partial: bool = False,
) -> Results:
    """Return the results; ``as_of`` is ISO 8601, ``titles`` the policies' titles by id."""
    findings = []
    for finding in judged.findings:
        body = finding.as_json()
        if finding.id in waived.by_finding:
            body["waiver"] = waived.by_finding[finding.id].as_json()
        findings.append(body)
    clauses = [result.as_json() for result in judged.clauses]
    unwaived = {
        (row["policy"], row["clause"])
        for row in findings
        if row["verdict"] == Verdict.FAIL and "waiver" not in row
    }
    for row in clauses:
        broken = row["verdict"] == Verdict.FAIL
        row["waived"] = broken and (row["policy"], row["clause"]) not in unwaived
    summary = {
        "schema": 1,
        "as_of": as_of,
        "partial": partial,
        "policies": [{"id": name, "title": title} for name, title in titles.items()],
        "clauses": clauses,
        "waivers": [waiver.as_json() | {"state": waived.states[waiver.id]} for waiver in waivers],
    }
    return Results(summary, tuple(findings))


def exit_code(outcome: Results, gate: Gate) -> Exit:
    """Return the exit code that the results alone ask for."""
    found = {Exit.OK}
    assess = {
        (row["policy"], row["clause"]): Assess(row["assess"]) for row in outcome.summary["clauses"]
    }
    judged = [row for row in outcome.summary["clauses"] if row["verdict"] is not None]
    if not judged:
        found.add(Exit.INCOMPLETE)
    for finding in outcome.findings:
        if finding.get("reason") == Reason.RULE_ERROR:
            found.add(Exit.BUG)
        if (
            finding["verdict"] == Verdict.FAIL
            and "waiver" not in finding
            and _counts(finding, gate)
        ):
            found.add(Exit.BROKEN)
        key = (finding["policy"], finding["clause"])
        if finding["verdict"] == Verdict.UNKNOWN and assess[key] in gate.assess:
            found.add(Exit.INCOMPLETE)
    return first(found)


def _counts(finding: Mapping[str, Any], gate: Gate) -> bool:
    if gate.fail_on == "none":
        return False
    return Severity[finding["severity"].upper()] >= Severity[gate.fail_on.upper()]


def first(codes: Collection[Exit]) -> Exit:
    """Return the code that takes precedence over the others."""
    return next(code for code in PRECEDENCE if code in codes)
