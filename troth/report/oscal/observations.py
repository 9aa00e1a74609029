"""Each finding of ours as an OSCAL observation: what was asked of one resource, and what was seen.

OSCAL's finding speaks of an objective as a whole; :mod:`troth.report.oscal.judgements` makes those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from troth.model import POPULATION, Proof, Verdict
from troth.report.oscal.people import Statement
from troth.report.oscal.source import Row, Source, end_of
from troth.report.oscal.subjects import Subjects
from troth.report.oscal.text import filled, prop, props, prose

_METHODS = {
    Proof.OUTCOME: "TEST",
    Proof.SETTING: "TEST",
    Proof.RECORD: "EXAMINE",
    Proof.STATEMENT: "INTERVIEW",
}
_SAID = {
    Verdict.PASS: "as promised",
    Verdict.FAIL: "not as promised",
    Verdict.UNKNOWN: "unknown",
    Verdict.NOT_APPLICABLE: "not applicable",
}


def observations(
    source: Source, subjects: Subjects, signed: Iterable[Statement], rows: Iterable[Row]
) -> Iterator[dict[str, Any]]:
    """Yield an observation per finding.

    ``collected`` is the end of the run: every reading was made by then, and the run's own files
    hold the instant of each.
    """
    signed = tuple(signed)
    shared = {
        "types": ["control-objective"],
        "origins": source.origin(),
        "collected": source.ended,
    }
    for row in rows:
        yield {
            "uuid": observation_id(source, row),
            "title": prose(f"{_asked(row)}: {row['resource']}", 200),
            "description": prose(_told(row)),
            "props": _properties(row),
            "methods": [method(row)],
            **shared,
            **_further(source, subjects, signed, row),
        }


def _further(
    source: Source, subjects: Subjects, signed: tuple[Statement, ...], row: Row
) -> dict[str, Any]:
    """Return what only some observations have."""
    return filled(
        subjects=subjects.of_finding(row),
        relevant_evidence=list(_evidence(source, row)),
        expires=_expires(source, signed, row),
        remarks=prose(" ".join(f"{note}." for note in row["notes"])) if row["notes"] else "",
    )


def observation_id(source: Source, row: Row) -> str:
    """Return the UUID of a finding's observation."""
    return source.id("observation", row["id"])


def method(row: Row) -> str:
    """Return how a finding came about: TEST, EXAMINE (a record), INTERVIEW (a statement).

    An undecided one has no proof; there the kind of what should have been looked at tells.
    """
    if row["proof"]:
        return _METHODS[Proof(row["proof"])]
    if row["kind"].startswith("register."):
        return "EXAMINE"
    if row["kind"] == "attestation":
        return "INTERVIEW"
    return "TEST" if row["kind"] else "UNKNOWN"


def _asked(row: Row) -> str:
    return f"{row['control']}/{row['part']}" if row["part"] else str(row["control"])


def _told(row: Row) -> str:
    """Return a finding in words: the verdict, what was expected, and why."""
    where = "all together" if row["resource"] == POPULATION else row["resource"]
    text = f"{where}: {_SAID[row['verdict']]}"
    if row["why"]:
        return f"{text}; {row['why']}"
    return f"{text}; expected {'; '.join(row['expected'])}" if row["expected"] else text


def _properties(row: Row) -> list[dict[str, str]]:
    about = (row["control"], row["part"], row["binding"], row["kind"])
    shared = _shared(row["verdict"], row["severity"], row["proof"], *about)
    told = [prop("finding", row["id"]), *shared]
    if "reason" in row:
        told += props(reason=row["reason"], permission=row.get("permission"))
    if "waiver" in row:
        told.append(prop("waiver", row["waiver"]["id"]))
    return told


@lru_cache(maxsize=4096)
def _shared(
    verdict: str, severity: str, proof: str, control: str, part: str, binding: str, kind: str
) -> tuple[dict[str, str], ...]:
    """Return the properties that many findings have in common."""
    told = props(
        verdict=verdict,
        severity=severity,
        proof=proof,
        control=control,
        part=part,
        binding=binding,
        kind=kind,
    )
    return tuple(told)


def _evidence(source: Source, row: Row) -> Iterator[dict[str, Any]]:
    """Yield what a finding rests on: the file, and the digest of the observation in it."""
    for digest in row["observations"]:
        facts = source.facts(digest)
        for name in source.account.evidence(digest):
            seen = {
                "href": source.resource(name),
                "description": "The facts that were judged.",
                "props": [prop("observation-digest", digest)],
            }
            yield seen | {"links": [{"href": facts, "rel": "reference"}]} if facts else seen


def _expires(source: Source, signed: tuple[Statement, ...], row: Row) -> str:
    """Return until when signed statements carry the finding; empty if none do."""
    if row["proof"] != Proof.STATEMENT:
        return ""
    zone = source.account.policies[row["policy"]].timezone
    as_of = datetime.fromisoformat(source.account.summary["as_of"])
    today = as_of.astimezone(ZoneInfo(zone)).date().isoformat()
    days = [one.facts["expires_on"] for one in signed if one.covers(row, today)]
    return end_of(max(days), zone) if days else ""
