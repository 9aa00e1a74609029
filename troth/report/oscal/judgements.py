"""Each clause's verdict as an OSCAL finding, and what went wrong on the way as log entries.

OSCAL knows two states only. A clause is ``satisfied`` when it is kept, or when nothing is there
that it speaks of; what is broken or unknown is ``not-satisfied``, and the reason tells which.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from troth.model import Verdict
from troth.report.oscal import ids
from troth.report.oscal.observations import observation_id
from troth.report.oscal.risks import risk_id
from troth.report.oscal.source import Row, Source
from troth.report.oscal.stream import Open
from troth.report.oscal.text import filled, prop, props, prose
from troth.report.words import LABELS, plural

_STATES = {
    Verdict.PASS: ("satisfied", "pass"),
    Verdict.FAIL: ("not-satisfied", "fail"),
    Verdict.UNKNOWN: ("not-satisfied", "other"),
    Verdict.NOT_APPLICABLE: ("satisfied", "other"),
}
_REMARKS = {
    Verdict.UNKNOWN: "Unknown: something could not be seen, and the log says what and why.",
    Verdict.NOT_APPLICABLE: "Not applicable: there is nothing that the clause speaks of.",
}


def findings(source: Source) -> Iterator[Open]:
    """Yield a finding per judged clause, with all observations behind it."""
    for row in source.clauses:
        if row["verdict"] is not None:
            yield _finding(source, row)


def _finding(source: Source, row: Row) -> Open:
    name = row["policy"], row["clause"]
    rows = source.account.findings.of(*name)
    risks = [{"risk-uuid": risk_id(one)} for one in source.accepted if _about(one, row)]
    return Open(
        uuid=source.id("clause", *name),
        title=prose(f"{row['policy']} {row['clause']}: {LABELS[row['verdict']]}"),
        description=prose(row["promise"]),
        props=_properties(row),
        origins=source.origin(),
        target=_target(row),
        **{
            "related-observations": (
                {"observation-uuid": observation_id(source, one)} for one in rows
            ),
            "related-risks": iter(risks),
        },
    )


def _properties(row: Row) -> list[dict[str, str]]:
    told = props(verdict=row["verdict"], proof=row["proof"], assess=row["assess"])
    told += [prop(f"count-{verdict}", str(count)) for verdict, count in row["findings"].items()]
    told += [prop("excluded", f"{count}: {why}") for why, count in row["excluded"].items()]
    return [*told, prop("waived", "true")] if row["waived"] else told


def _target(row: Row) -> dict[str, Any]:
    verdict = Verdict(row["verdict"])
    state, reason = _STATES[verdict]
    unfit = verdict is Verdict.NOT_APPLICABLE
    return filled(
        type="objective-id",
        target_id=ids.objective_id(row["policy"], row["clause"]),
        status=filled(state=state, reason=reason, remarks=_REMARKS.get(verdict)),
        implementation_status={"state": "not-applicable"} if unfit else None,
    )


def _about(waiver: Row, row: Row) -> bool:
    return (waiver["policy"], waiver["clause"]) == (row["policy"], row["clause"])


def log(source: Source) -> Iterator[dict[str, Any]]:
    """Yield the log: the run, lists that are not whole, what is unknown, waivers without effect."""
    state = source.account.envelope["state"]
    text = f"Observed and judged as of {source.account.summary['as_of']}: {state}."
    yield _entry(source, "The run", text, "run")
    for listed in source.account.listings:
        if listed.failure:
            where = f"{listed.target} {listed.checker} {listed.partition}"
            yield _failed(source, where, listed.failure, listed.file)
    yield from _unknown(source)
    for one in source.account.summary["waivers"]:
        if one["state"] != "used":
            text = f"The waiver {one['id']} is {one['state']}: {one['reason']}"
            yield _entry(source, f"Waiver {one['id']}", text, "waiver", one["id"])


def _failed(source: Source, where: str, failure: Row, file: str) -> dict[str, Any]:
    entry = _entry(source, f"List not whole: {where}", failure["message"], "listing", file)
    told = props(reason=failure["reason"], permission=failure.get("permission"))
    return entry | {"props": told, "links": [{"href": source.resource(file), "rel": "reference"}]}


def _unknown(source: Source) -> Iterator[dict[str, Any]]:
    """Yield an entry per clause and reason; the observations tell of each resource."""
    counts: dict[tuple[str, str, str], tuple[int, str]] = {}
    for row in source.account.findings:
        if row["verdict"] == Verdict.UNKNOWN:
            key = row["policy"], row["clause"], row["reason"]
            count, why = counts.get(key, (0, row["why"]))
            counts[key] = count + 1, why
    for (policy, clause, reason), (count, why) in counts.items():
        title = f"{policy} {clause}: {plural(count, 'finding')} unknown, {reason}"
        text = f"{why} (the first of {count})" if count > 1 else why
        entry = _entry(source, title, text, "unknown", policy, clause, reason)
        told = props(policy=policy, clause=clause, reason=reason, count=str(count))
        yield entry | {"props": told}


def _entry(source: Source, title: str, text: str, *names: str) -> dict[str, Any]:
    return {
        "uuid": source.id("log", *names),
        "title": prose(title),
        "description": prose(text),
        "start": source.started,
        "end": source.ended,
    }
