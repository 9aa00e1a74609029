"""Reports of scanners for vulnerabilities (Trivy and Grype, as JSON); pure functions of text.

An exception counts as one with an owner and an end where its words say so:
``owner: alice; until: 2026-12-31``. Neither tool has fields for these.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

_SEVERITIES = {"critical", "high", "medium", "low"}
_OWNER = re.compile(r"\bowner:\s*([^;,\n]{1,100})")
_UNTIL = re.compile(r"\buntil:\s*(\d{4}-\d\d-\d\d)")
#: How the whole of a machine is named: itself, or where a container sees it.
_WHOLE = re.compile(r"(dir:)?/((host|rootfs|mnt|hostfs)/?)?")


@dataclass(frozen=True)
class Report:
    """One report: who scanned what, when, and what was found."""

    scanner: str
    thing: str
    scanned_at: datetime
    findings: tuple[Mapping[str, Any], ...]

    @property
    def whole(self) -> bool:
        """Tell whether the whole file system of a machine was looked at."""
        return _WHOLE.fullmatch(self.thing) is not None


def read(text: str) -> Report | None:
    """Return a report; None for anything that is not a whole one of a known scanner."""
    try:
        body = json.loads(text)
        if not isinstance(body, dict):
            return None
        return _grype(body) if "matches" in body else _trivy(body)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _trivy(body: Mapping[str, Any]) -> Report:
    results = body.get("Results") or []
    found = [row for one in results for row in _trivy_rows(one)]
    at = _instant(body["CreatedAt"])
    return Report("trivy", str(body["ArtifactName"])[:200], at, tuple(found))


def _trivy_rows(result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in result.get("Vulnerabilities") or []:
        yield _trivy_row(one)
    for one in result.get("ExperimentalModifiedFindings") or []:
        if one.get("Type") == "vulnerability":
            yield _trivy_row(one["Finding"]) | _exception(str(one.get("Statement", "")))


def _trivy_row(one: Mapping[str, Any]) -> dict[str, Any]:
    row = _row(one["VulnerabilityID"], one["PkgName"], one["Severity"], one.get("FixedVersion"))
    if one.get("PublishedDate"):
        row["issued_at"] = _instant(one["PublishedDate"]).isoformat()
    return row


def _grype(body: Mapping[str, Any]) -> Report:
    rows = [_grype_row(one) for one in body["matches"]]
    for one in body.get("ignoredMatches") or []:
        words = " ".join(str(rule.get("reason", "")) for rule in one.get("appliedIgnoreRules", ()))
        rows.append(_grype_row(one) | _exception(words))
    thing = body["source"]["target"]
    name = thing["userInput"] if isinstance(thing, dict) else str(thing)
    at = _instant(body["descriptor"]["timestamp"])
    return Report("grype", name[:200], at, tuple(rows))


def _grype_row(one: Mapping[str, Any]) -> dict[str, Any]:
    found = one["vulnerability"]
    fixed = (found.get("fix") or {}).get("state") == "fixed"
    return _row(found["id"], one["artifact"]["name"], found["severity"], fixed)


def _row(name: str, package: str, severity: str, fix: object) -> dict[str, Any]:
    word = str(severity).lower().replace("negligible", "low")
    return {
        "id": str(name)[:100],
        "package": str(package)[:200],
        "severity": word if word in _SEVERITIES else "unknown",
        "fix": "available" if fix else "none",
        "suppressed": False,
    }


def _exception(words: str) -> dict[str, Any]:
    owner, until = _OWNER.search(words), _UNTIL.search(words)
    row: dict[str, Any] = {"suppressed": True, "owner": owner[1].strip() if owner else ""}
    if until:
        row["suppressed_until"] = date.fromisoformat(until[1]).isoformat()
    return row


def _instant(text: str) -> datetime:
    """Return an instant; fractions of a second are cut at what the calendar keeps."""
    made = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.strip()))
    return (made if made.tzinfo else made.replace(tzinfo=UTC)).astimezone(UTC)


def since(reports: list[Report]) -> list[dict[str, Any]]:
    """Return the newest report's findings with ``first_seen_at``; ``reports`` are of one thing."""
    ordered = sorted(reports, key=lambda one: one.scanned_at, reverse=True)
    rows = {}
    for row in ordered[0].findings:
        first = ordered[0].scanned_at
        for report in ordered[1:]:
            if not any(_same(row, other) for other in report.findings):
                break
            first = report.scanned_at
        key = (row["id"], row["package"], row["suppressed"])
        rows[key] = dict(row) | {"first_seen_at": first.isoformat()}
    return [rows[key] for key in sorted(rows)]


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return (one["id"], one["package"]) == (other["id"], other["package"])
