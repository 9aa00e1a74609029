"""The people that a run names: who owns and approves exceptions, who signed statements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from troth import record
from troth.attestations import SUFFIX
from troth.collect import shards
from troth.report.oscal import ids
from troth.report.oscal.source import Row, Source
from troth.report.oscal.text import plain, props, prose

OWNER, APPROVER, SIGNER = "risk-owner", "risk-approver", "attestor"
_TITLES = {
    OWNER: "Owns an accepted risk",
    APPROVER: "Approved an accepted risk",
    SIGNER: "Signed a statement",
}


class Statement(NamedTuple):
    """A signed statement that a trusted key proved: its facts, and the shard that holds them."""

    id: str
    target: str
    file: str
    facts: Row

    def covers(self, row: Row, today: str) -> bool:
        """Tell whether it speaks of a finding's control and clause on an ISO date."""
        facts = self.facts
        named = facts["clauses"]["items"]
        clause = f"{row['policy']}/{row['clause']}"
        held = facts["signed_on"] <= today <= facts["expires_on"]
        return held and facts["control"] == row["control"] and (not named or clause in named)


_TOLD = ("clauses", "control", "statement", "signer_name", "signer_role", "signed_on", "expires_on")


def statements(source: Source) -> list[Statement]:
    """Return the statements of the run; those that nothing proves say nothing and are left out."""
    found = []
    for listed in source.account.listings:
        if listed.kind != "attestation":
            continue
        for line in shards.read(source.account.folder / listed.file)[1]:
            facts = line["facets"].get("statement", {}).get("facts", {})
            if all(name in facts for name in _TOLD):
                found.append(Statement(line["id"], listed.target, listed.file, facts))
    return found


def attestations(source: Source, signed: Iterable[Statement]) -> list[dict[str, Any]]:
    """Return OSCAL's attestations: who states what, and until when."""
    made = []
    for one in signed:
        facts = one.facts
        files = [one.file, *({_envelope(one)} & set(source.files))]
        part = {
            "uuid": source.id("statement", one.target, one.id),
            "name": "statement",
            "ns": ids.NAMESPACE,
            "title": prose(one.id),
            "props": props(
                target=one.target,
                control=facts["control"],
                clauses=", ".join(facts["clauses"]["items"]),
                signed_on=facts["signed_on"],
                expires_on=facts["expires_on"],
                key=facts.get("key"),
            ),
            "prose": prose(facts["statement"]),
            "links": [{"href": source.resource(name), "rel": "reference"} for name in files],
        }
        who = {"role-id": SIGNER, "party-uuids": [party_id(_signer(one))]}
        made.append({"responsible-parties": [who], "parts": [part]})
    return made


def _envelope(one: Statement) -> str:
    """Return the name of the file that was signed; a run that an older version made lacks it."""
    return f"{record.INPUTS}/attestations/{one.target}/{one.id}{SUFFIX}"


def _signer(one: Statement) -> str:
    return f"{one.facts['signer_name']} ({one.facts['signer_role']})"


def party_id(name: str) -> str:
    """Return a person's UUID: the same name is the same person."""
    return ids.lasting("person", name)


def metadata(waivers: Iterable[Row], signed: Iterable[Statement]) -> dict[str, Any]:
    """Return the roles and parties of a document that speaks of these waivers and statements."""
    named = [(OWNER, one["owner"]) for one in waivers]
    named += [(APPROVER, one["approver"]) for one in waivers]
    named += [(SIGNER, _signer(one)) for one in signed]
    roles = sorted({role for role, _ in named})
    people = sorted({name for _, name in named})
    return {
        "roles": [{"id": role, "title": _TITLES[role]} for role in roles],
        "parties": [
            {"uuid": party_id(name), "type": "person", "name": plain(name)} for name in people
        ],
    }
