"""Findings as OCSF events, a Compliance Finding (class 2003) a line, for a SIEM or a data lake.

OCSF 1.5.0 is the first version that names the single checks of a finding; later 1.x versions read
it too. One event a line, because that is what takes it: Splunk and other log pipelines break events
at line ends, and what turns JSON into the Parquet files of Amazon Security Lake reads lines; all
events are of one class, as a source of Security Lake has to be.

Names stand in the events as they are; see :mod:`troth.report.jsontext`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, TextIO

from troth.model import Verdict
from troth.report.account import Account
from troth.report.jsontext import line
from troth.report.words import told

VERSION = "1.5.0"
CLASS = 2003
#: "A finding was created"; every run reports what it found anew, under the finding's lasting uid.
_ACTIVITY = 1
_NAMESPACE = uuid.UUID("7e5e9a0c-6f0b-5c0e-9d5c-2b5a4a1d7f3e")

Row = Mapping[str, Any]


class _Code(NamedTuple):
    """A number of an OCSF enumeration and its caption."""

    id: int
    caption: str


_SEVERITIES = {
    "low": _Code(2, "Low"),
    "medium": _Code(3, "Medium"),
    "high": _Code(4, "High"),
    "critical": _Code(5, "Critical"),
}
_INFORMATIONAL = _Code(1, "Informational")
#: What a check came to. OCSF's Warning is "did not yield a result due to missing information".
_RESULTS = {
    Verdict.PASS: _Code(1, "Pass"),
    Verdict.UNKNOWN: _Code(2, "Warning"),
    Verdict.FAIL: _Code(3, "Fail"),
    Verdict.NOT_APPLICABLE: _Code(99, "not-applicable"),
}
_NEW, _SUPPRESSED, _RESOLVED = _Code(1, "New"), _Code(3, "Suppressed"), _Code(4, "Resolved")


def write(account: Account, out: TextIO) -> None:
    """Write an event per finding, each one line of JSON."""
    clauses = {(row["policy"], row["clause"]): row for row in account.clauses}
    titles = {row["id"]: row["title"] for row in account.summary["policies"]}
    same = _same(account)
    for finding in account.findings:
        clause = clauses[finding["policy"], finding["clause"]]
        event = same | _event(finding, clause, titles[finding["policy"]])
        event["metadata"] = same["metadata"] | {"uid": _uid(account, finding)}
        event["unmapped"]["partial"] = account.summary["partial"]
        if finding["verdict"] == Verdict.FAIL:
            event["remediation"] = {"desc": _fix(account, finding["control"])}
        out.write(line(event) + "\n")


def _same(account: Account) -> dict[str, Any]:
    """Return what all events of a run share; times are milliseconds since 1970."""
    envelope = account.envelope
    metadata: dict[str, Any] = {
        "version": VERSION,
        "product": {
            "name": "troth",
            "vendor_name": "troth",
            "version": envelope.get("versions", {}).get("troth", ""),
        },
        "log_name": "troth",
        "correlation_uid": envelope.get("id", ""),
    }
    if "finished_at" in envelope:
        metadata["logged_time"] = _milliseconds(envelope["finished_at"])
    return {
        "class_uid": CLASS,
        "class_name": "Compliance Finding",
        "category_uid": 2,
        "category_name": "Findings",
        "activity_id": _ACTIVITY,
        "activity_name": "Create",
        "type_uid": CLASS * 100 + _ACTIVITY,
        "type_name": "Compliance Finding: Create",
        "time": _milliseconds(account.summary["as_of"]),
        "metadata": metadata,
    }


def _uid(account: Account, finding: Row) -> str:
    """Return the event's own uid: another run's event of the same finding has another."""
    return str(uuid.uuid5(_NAMESPACE, f"{account.envelope.get('id', '')}/{finding['id']}"))


def _fix(account: Account, control: str) -> str:
    """Return how a control is made to hold, a line for each sort of place."""
    steps = account.controls[control].fix
    return "\n".join(f"{place}: {text}" for place, text in steps.items())


def _milliseconds(instant: str) -> int:
    return round(datetime.fromisoformat(instant).timestamp() * 1000)


def _event(finding: Row, clause: Row, title: str) -> dict[str, Any]:
    severity = _severity(finding)
    status = _status(finding)
    event: dict[str, Any] = {
        "severity_id": severity.id,
        "severity": severity.caption,
        "status_id": status.id,
        "status": status.caption,
        "message": told(finding, part=True),
        "finding_info": {
            "uid": finding["id"],
            "title": f"{finding['policy']}/{finding['clause']}: {finding['control']}",
            "desc": clause["promise"],
            "types": [clause["assess"]],
        },
        "compliance": _compliance(finding, clause, title),
        "evidences": [{"data": _evidence(finding)}],
        "unmapped": {"binding": finding["binding"], "proof": finding["proof"]},
    }
    if finding["target"]:
        event["resources"] = [_resource(finding)]
    if "waiver" in finding:
        event["comment"] = _comment(finding["waiver"])
        event["unmapped"]["waiver"] = finding["waiver"]
    return event


def _severity(finding: Row) -> _Code:
    """Return how bad the event is: what is kept or does not apply asks for no action."""
    if finding["verdict"] in (Verdict.PASS, Verdict.NOT_APPLICABLE):
        return _INFORMATIONAL
    return _SEVERITIES[finding["severity"]]


def _status(finding: Row) -> _Code:
    """Return whether somebody has to look at the event."""
    if "waiver" in finding:
        return _SUPPRESSED
    return _NEW if finding["verdict"] in (Verdict.FAIL, Verdict.UNKNOWN) else _RESOLVED


def _compliance(finding: Row, clause: Row, title: str) -> dict[str, Any]:
    result = _RESULTS[Verdict(finding["verdict"])]
    compliance = {
        "status_id": result.id,
        "status": result.caption,
        "control": finding["control"],
        "standards": [title],
        "requirements": [f"{finding['policy']}/{finding['clause']}"],
        "desc": clause["promise"],
        "control_parameters": _parameters(finding, clause),
        "checks": [_check(finding, title, result)],
    }
    if finding.get("reason"):
        compliance["status_code"] = finding["reason"]
    if finding["why"]:
        compliance["status_details"] = [finding["why"]]
    return compliance


def _check(finding: Row, title: str, result: _Code) -> dict[str, Any]:
    """Return the control's part that was judged, with the control's own severity."""
    severity = _SEVERITIES[finding["severity"]]
    return {
        "uid": f"{finding['control']}/{finding['part']}",
        "name": finding["part"] or finding["control"],
        "desc": "; ".join(finding["expected"]),
        "status_id": result.id,
        "status": result.caption,
        "severity_id": severity.id,
        "severity": severity.caption,
        "standards": [title],
    }


def _parameters(finding: Row, clause: Row) -> list[dict[str, str]]:
    """Return the values that the clause sets for this control, as text."""
    return [
        {
            "name": name,
            "value": value if isinstance(value := setting["value"], str) else line(value),
        }
        for bound in clause["controls"]
        if bound["binding"] == finding["binding"]
        for name, setting in bound["settings"].items()
    ]


def _evidence(finding: Row) -> dict[str, Any]:
    names = ("found", "notes", "observations", "permission")
    return {name: finding[name] for name in names if name in finding}


def _resource(finding: Row) -> dict[str, Any]:
    return {
        "uid": finding["resource"],
        "name": finding["resource"],
        "type": finding["kind"],
        "namespace": finding["target"],
    }


def _comment(waiver: Row) -> str:
    return f"waived until {waiver['expires_on']}: {waiver['reason']} ({waiver['approver']})"
