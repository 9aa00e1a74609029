"""The assessment results: one run, with all that was observed and the verdict on each clause."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from troth import record
from troth.report.oscal import ids, judgements, people
from troth.report.oscal.catalog import objective
from troth.report.oscal.observations import observations
from troth.report.oscal.risks import risks
from troth.report.oscal.source import Source
from troth.report.oscal.stream import Open
from troth.report.oscal.subjects import Subjects
from troth.report.oscal.text import props


def results(source: Source, plan: str) -> Open:
    """Return the assessment results; ``plan`` is the reference to the assessment plan.

    Written alone they define the objectives themselves, which else stand in the catalog.
    """
    signed = people.statements(source)
    told = people.metadata(source.accepted, signed)
    body = Open(
        **source.document("results", "What was promised and what is so", **told),
        **{
            "import-ap": {"href": plan or source.resource(record.PLAN)},
            "local-definitions": Open({"objectives-and-methods": _objectives(source)}),
            "results": iter([_result(source, signed)]),
            "back-matter": Open(resources=source.back_matter(source.files)),
        },
    )
    return Open({"assessment-results": body})


def _objectives(source: Source) -> Iterator[dict[str, Any]]:
    for row in source.clauses if source.alone else ():
        if row["verdict"] is not None:
            clause = source.account.policies[row["policy"]].by_id[row["clause"]]
            control = ids.control_id(row["policy"], row["clause"])
            yield {"control-id": control, "parts": [objective(source, row["policy"], clause, row)]}


def _result(source: Source, signed: list[people.Statement]) -> Open:
    account = source.account
    subjects = Subjects.of(account)
    local = Open(
        {
            "components": iter(subjects.components(account)),
            "inventory-items": subjects.inventory(account.findings),
            "assessment-assets": source.assets(),
        }
    )
    return Open(
        {
            "uuid": source.id("result"),
            "title": f"Run {source.run}",
            "description": "The promises as they were kept, broken or unknown.",
            "start": source.started,
            "end": source.ended,
            "props": props(
                run_id=source.run,
                as_of=account.summary["as_of"],
                state=account.envelope["state"],
                findings_digest=account.summary["findings"]["digest"],
            ),
            "local-definitions": local,
            "reviewed-controls": source.reviewed(),
            "attestations": iter(people.attestations(source, signed)),
            "assessment-log": Open(entries=judgements.log(source)),
            "observations": observations(source, subjects, signed, account.findings),
            "risks": risks(source),
            "findings": judgements.findings(source),
        }
    )
