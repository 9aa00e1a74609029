"""Waivers as risks that somebody accepted for a time, and as a plan of action with that deadline.

The finding stays not satisfied: a waiver says that it is known, never that it is not so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from troth.report.oscal import ids, people
from troth.report.oscal.observations import observation_id, observations
from troth.report.oscal.source import SETTINGS, Row, Source, end_of
from troth.report.oscal.stream import Open
from troth.report.oscal.subjects import Subjects
from troth.report.oscal.text import prop, props, prose

_STATUS = "deviation-approved"


def risk_id(waiver: Row) -> str:
    """Return the UUID of the risk that a waiver accepts; it is the same in the next run."""
    told = ("id", "policy", "clause", "owner", "approved_on", "expires_on")
    return ids.lasting("waiver", *(waiver[name] for name in told))


def risks(source: Source) -> Iterator[Open]:
    """Yield a risk per waiver that this run made use of."""
    for waiver in source.accepted:
        made = risk_id(waiver)
        yield Open(
            uuid=made,
            title=prose(f"{waiver['policy']} {waiver['clause']} is broken and accepted"),
            description=prose(_scope(waiver)),
            statement=prose(waiver["reason"]),
            props=props(waiver=waiver["id"], ticket=waiver.get("ticket")),
            status=_STATUS,
            origins=[{"actors": [_actor(waiver["owner"], people.OWNER)]}],
            deadline=end_of(waiver["expires_on"]),
            remediations=[_acceptance(waiver)],
            **{"risk-log": {"entries": [_approval(waiver)]}},
            **{"related-observations": _observed(source, waiver)},
        )


def _scope(waiver: Row) -> str:
    parts = ("control", "target", "resource")
    what = [f"{part} {waiver[part]}" for part in parts if waiver.get(part)]
    return f"Accepted for {', '.join(what) or 'all of the clause'}."


def _actor(name: str, role: str) -> dict[str, str]:
    return {"type": "party", "actor-uuid": people.party_id(name), "role-id": role}


def _acceptance(waiver: Row) -> dict[str, Any]:
    return {
        "uuid": ids.lasting("acceptance", risk_id(waiver)),
        "lifecycle": "planned",
        "title": "Accept the risk until the deadline",
        "description": prose(waiver["reason"]),
        "props": [{"name": "type", "value": "accept"}],
        "origins": [{"actors": [_actor(waiver["owner"], people.OWNER)]}],
    }


def _approval(waiver: Row) -> dict[str, Any]:
    by = {"party-uuid": people.party_id(waiver["approver"]), "role-id": people.APPROVER}
    return {
        "uuid": ids.lasting("approval", risk_id(waiver)),
        "title": "Approved",
        "description": prose(f"Approved by {waiver['approver']}, until {waiver['expires_on']}."),
        "start": f"{waiver['approved_on']}T00:00:00+00:00",
        "logged-by": [by],
        "status-change": _STATUS,
    }


def _waived(source: Source, waivers: Iterable[Row]) -> Iterator[Row]:
    """Yield the findings that these waivers accept."""
    named = {waiver["id"] for waiver in waivers}
    for policy, clause in dict.fromkeys((one["policy"], one["clause"]) for one in waivers):
        for row in source.account.findings.of(policy, clause):
            if row.get("waiver", {}).get("id") in named:
                yield row


def _observed(source: Source, waiver: Row) -> Iterator[dict[str, str]]:
    rows = _waived(source, (waiver,))
    return ({"observation-uuid": observation_id(source, row)} for row in rows)


def milestones(source: Source) -> Open:
    """Return the plan of action: an item per accepted risk, with what was observed of it.

    There is nothing to plan unless a waiver was used.
    """
    title = "Accepted exceptions"
    told = people.metadata(source.accepted, ())
    subjects = Subjects.of(source.account)
    signed = people.statements(source)
    body = Open(
        **source.document("plan-of-action", title, **told),
        **{
            "import-ssp": {"href": source.resource(SETTINGS)},
            "local-definitions": Open(
                components=subjects.components(source.account),
                **{
                    "inventory-items": subjects.inventory(_waived(source, source.accepted)),
                    "assessment-assets": source.assets(),
                },
            ),
        },
        observations=observations(source, subjects, signed, _waived(source, source.accepted)),
        risks=risks(source),
        **{"poam-items": (_item(source, waiver) for waiver in source.accepted)},
        **{"back-matter": Open(resources=source.back_matter(source.files))},
    )
    return Open({"plan-of-action-and-milestones": body})


def _item(source: Source, waiver: Row) -> Open:
    return Open(
        uuid=source.id("item", waiver["id"]),
        title=prose(f"{waiver['policy']} {waiver['clause']}: waiver {waiver['id']}"),
        description=prose(waiver["reason"]),
        props=[prop("expires-on", waiver["expires_on"])],
        **{
            "related-observations": _observed(source, waiver),
            "related-risks": [{"risk-uuid": risk_id(waiver)}],
        },
    )
