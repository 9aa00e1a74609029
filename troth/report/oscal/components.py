"""Which of our controls decides which clause: OSCAL's component definition and assessment plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from troth import record
from troth.definitions import Control
from troth.report.oscal import ids
from troth.report.oscal.catalog import settings
from troth.report.oscal.source import SETTINGS, Row, Source
from troth.report.oscal.stream import Open
from troth.report.oscal.subjects import Subjects
from troth.report.oscal.text import filled, prop, prose


def definition(source: Source, profile: str) -> Open:
    """Return the component definition: troth validates the clauses of ``profile`` by rules."""
    component = Open(
        uuid=source.tool,
        type="validation",
        title="troth",
        description="Judges recorded facts by the rules of controls.",
        props=iter([told for control in _bound(source) for told in _rule(control)]),
        **{"control-implementations": _implementations(source, profile)},
    )
    body = Open(
        **source.document("components", "Controls that judge the promises"),
        components=iter([component]),
    )
    return Open({"component-definition": body})


def _bound(source: Source) -> list[Control]:
    """Return the controls that some chosen clause binds, sorted by id."""
    names = {bound["control"] for row in source.clauses for bound in row["controls"]}
    return [source.account.controls[name] for name in sorted(names)]


def _rule(control: Control) -> Iterator[dict[str, str]]:
    """Yield a control as a set of properties that tools know by these names and their remarks."""
    told = {"Rule_Id": control.id, "Rule_Description": control.title, "Check_Id": control.id}
    told |= {"severity": control.severity.name.lower(), "domain": control.domain}
    for name, value in told.items():
        yield prop(name, value, remarks=f"rule_set_{control.id}")
    for framework, names in control.frameworks.items():
        for one in names:
            yield prop("framework", f"{framework} {one}", remarks=f"rule_set_{control.id}")


def _implementations(source: Source, profile: str) -> Iterator[dict[str, Any]]:
    for policy in source.account.summary["policies"]:
        rows = [row for row in source.clauses if row["policy"] == policy["id"] and row["controls"]]
        if rows:
            yield {
                "uuid": source.id("implementation", policy["id"]),
                "source": profile,
                "description": prose(f"How the clauses of {policy['title']} are judged."),
                "implemented-requirements": [_requirement(source, row) for row in rows],
            }


def _requirement(source: Source, row: Row) -> dict[str, Any]:
    name = row["policy"], row["clause"]
    controls = list(dict.fromkeys(bound["control"] for bound in row["controls"]))
    given = [
        {"param-id": one["param-id"], "values": one["values"]} for one in settings([row])
    ]  # fmt: skip
    return filled(
        uuid=source.id("requirement", *name),
        control_id=ids.control_id(*name),
        description=prose(f"Judged by {', '.join(controls)}."),
        props=[prop("Rule_Id", control) for control in controls],
        set_parameters=given,
    )


def plan(source: Source, profile: str) -> Open:
    """Return the assessment plan: what is read of which target, and by which checker.

    There is no system security plan: troth.yaml stands in its place and says what is looked at.
    """
    subjects = Subjects.of(source.account)
    activities = list(_activities(source))
    links = [{"href": profile, "rel": "reference"}]
    names = [SETTINGS, record.PLAN]
    body = Open(
        **source.document("plan", "What is looked at", links=links),
        **{
            "import-ssp": {"href": source.resource(SETTINGS)},
            "local-definitions": Open(
                components=iter(subjects.components(source.account)), activities=iter(activities)
            ),
            "reviewed-controls": source.reviewed(),
            "assessment-subjects": subjects.everything(),
            "assessment-assets": source.assets(),
            "tasks": iter([_task(source, subjects, activities)]),
            "back-matter": Open(resources=source.back_matter(names)),
        },
    )
    return Open({"assessment-plan": body})


def _activities(source: Source) -> Iterator[dict[str, Any]]:
    """Yield an activity per checker, with the operations that it was to call."""
    calls: dict[str, set[str]] = defaultdict(set)
    for read in source.account.plan["reads"]:
        calls[read["checker"]].add(read["operation"])
    for checker, operations in sorted(calls.items()):
        yield {
            "uuid": source.id("activity", checker),
            "title": prose(checker),
            "description": prose(f"Read by the checker {checker}; nothing is ever written."),
            "props": [
                {"name": "method", "value": "TEST"},
                *(prop("operation", name) for name in sorted(operations)),
            ],
        }


def _task(source: Source, subjects: Subjects, activities: list[dict[str, Any]]) -> dict[str, Any]:
    chosen = subjects.everything()
    return filled(
        uuid=source.id("task"),
        type="action",
        title="Observe and judge",
        timing={"within-date-range": {"start": source.started, "end": source.ended}},
        associated_activities=[
            {"activity-uuid": one["uuid"], "subjects": chosen} for one in activities
        ],
    )
