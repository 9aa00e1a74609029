"""What scanners for vulnerabilities found: how long it has been open, and what was not scanned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told, unproven
from troth.measures.reading import today
from troth.model import Failure
from troth.params import Duration

#: How far ahead of the time that is judged a report may be dated.
AHEAD = timedelta(hours=1)
_SEVERITIES = ("critical", "high", "medium", "low", "unknown")


@measure(
    "scan-limits", per="resource", args=("max_scan_age", *_SEVERITIES, "fixable"),
    yields=("fresh", "in_limits"),
)  # fmt: skip
def scan_limits(inputs: Inputs) -> Iterator[Measured]:
    """Yield per scanned thing whether the scan is ``fresh`` and its findings ``in_limits``.

    The args named for severities say how long a finding of each may be open; those of one that is
    no duration are not judged. ``fixable`` takes those alone for which there is a fix. A finding
    is as old as the oldest report that has it. One that is in the very first report may be older,
    unless it was published later than the limit. What somebody suppressed counts all the same,
    unless it has an owner and an end that is not past.
    """
    for item in inputs.population.items:
        facts: dict[str, Any] = {}
        notes: list[str] = []
        for name, ask in (("fresh", _fresh), ("in_limits", _in_limits)):
            try:
                facts[name] = ask(item, inputs, notes)
            except MissingFact as signal:
                facts[name] = signal.failure
        yield told(facts, item.id, tuple(notes))


@measure("machines-scanned", per="resource", args=("max_scan_age",), yields=("scanned",))
def machines_scanned(inputs: Inputs) -> Iterator[Measured]:
    """Yield per machine whether a fresh scan (``vulnerability-scan``) looked at the whole of it."""
    scans = inputs.needs["vulnerability-scan"]
    for item in inputs.population.items:
        failure, found = scans.failure, False
        for scan in scans.items:
            if (scan.target, scan.partition) == (item.target, item.partition):
                try:
                    found = found or (scan.get("scan.scope") == "machine" and _fresh(scan, inputs))
                except MissingFact as signal:
                    failure = failure or signal.failure
        answer: bool | Failure = found or failure or False
        yield told({"scanned": answer}, item.id)


def _fresh(item: Item, inputs: Inputs, notes: list[str] | None = None) -> bool:
    at = item.get("scan.scanned_at")
    if at > inputs.as_of + AHEAD:
        raise unproven(f"the newest report is of {at.isoformat()}, which lies ahead; scan again")
    if notes is not None:
        notes.append(f"scanned on {at:%Y-%m-%d}")
    return bool(at >= inputs.args["max_scan_age"].before(inputs.as_of, inputs.zone))


def _in_limits(item: Item, inputs: Inputs, notes: list[str]) -> bool:
    rows = item.get("findings.open")["items"]
    judged = [row for row in rows if _counts(row, inputs)]
    late = [row for row in judged if _is_late(row, inputs)]
    if late:
        names = ", ".join(sorted(row["id"] for row in late)[:3])
        notes.append(f"{len(late)} of {len(judged)} findings are open for too long: {names}")
        return False
    item.items("findings.open")
    first = item.get("scan.reports_from")
    hidden = [row for row in judged if _may_be_older(row, first, inputs)]
    if hidden:
        names = ", ".join(sorted(row["id"] for row in hidden)[:3])
        raise unproven(f"the oldest report has {names} already; keep reports for longer, or fix it")
    return True


def _counts(row: Mapping[str, Any], inputs: Inputs) -> bool:
    if inputs.args["fixable"] and row["fix"] != "available":
        return False
    until = row.get("suppressed_until", "") if row.get("owner") else ""
    if row["suppressed"] and until >= today(inputs).isoformat():
        return False
    return isinstance(inputs.args[row["severity"]], Duration)


def _is_late(row: Mapping[str, Any], inputs: Inputs) -> bool:
    return _instant(row["first_seen_at"]) < _limit(row, inputs)


def _may_be_older(row: Mapping[str, Any], first: datetime, inputs: Inputs) -> bool:
    if "issued_at" in row and _limit(row, inputs) <= _instant(row["issued_at"]) <= inputs.as_of:
        return False
    return _instant(row["first_seen_at"]) <= first


def _limit(row: Mapping[str, Any], inputs: Inputs) -> datetime:
    made: datetime = inputs.args[row["severity"]].before(inputs.as_of, inputs.zone)
    return made


def _instant(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
