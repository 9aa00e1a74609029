"""Waivers: dated, owned, approved exceptions. They annotate a broken promise, never hide it.

Only a fail can be waived: accepting that a promise is broken is a decision, accepting that nobody
looked is not. An expired waiver no longer counts, and one that matches nothing is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from troth.catalogue.schemas import read, unknown
from troth.definitions import Policy
from troth.errors import InputError, Problem
from troth.judge.findings import Finding
from troth.model import Verdict


@dataclass(frozen=True)
class Waiver:
    """One approved exception, from ``approved_on`` to the end of ``expires_on`` (ISO dates).

    ``resource`` is a glob over resource ids; empty ``control``, ``target`` and ``resource`` match
    everything.
    """

    id: str
    policy: str
    clause: str
    reason: str
    owner: str
    approver: str
    approved_on: str
    expires_on: str
    control: str = ""
    target: str = ""
    resource: str = ""
    ticket: str = ""

    def covers(self, finding: Finding) -> bool:
        """Tell whether the waiver is about this finding, whatever the date."""
        return (
            (self.policy, self.clause) == (finding.policy, finding.clause)
            and self.control in ("", finding.control)
            and self.target in ("", finding.target)
            and self._covers_resource(finding.resource)
        )

    def _covers_resource(self, resource: str) -> bool:
        # An id that holds [ or * means itself too, not only what it matches as a glob.
        return self.resource in ("", resource) or fnmatchcase(resource, self.resource)

    def state_on(self, today: str) -> str:
        """Return ``expired``, ``not yet valid`` or, for one that counts today, ``unused``."""
        if self.expires_on < today:
            return "expired"
        return "not yet valid" if today < self.approved_on else "unused"

    def as_json(self) -> dict[str, Any]:
        """Return the waiver as JSON, without empty members."""
        return {name: value for name, value in vars(self).items() if value}


def load(path: Path, policies: Mapping[str, Policy]) -> tuple[Waiver, ...]:
    """Return the waivers of a file; raises :class:`~troth.errors.InputError` with every fault."""
    document = read(path, "waivers")
    problems: list[Problem] = []
    made: list[Waiver] = []
    for index, row in enumerate(document.data["waivers"]):
        waiver = Waiver(**row)
        for key, text in _faults(waiver, policies, [other.id for other in made]):
            where = document.place(["waivers", index, key])
            problems.append(Problem(where, f"waiver {waiver.id}: {text}"))
        made.append(waiver)
    if problems:
        raise InputError(problems)
    return tuple(made)


def _faults(
    waiver: Waiver, policies: Mapping[str, Policy], earlier: list[str]
) -> Iterable[tuple[str, str]]:
    if waiver.id in earlier:
        yield "id", "this id stands twice; rename one"
    if waiver.owner == waiver.approver:
        yield "approver", f"{waiver.approver} owns it too; somebody else has to approve"
    if waiver.expires_on < waiver.approved_on:
        yield "expires_on", f"{waiver.expires_on} lies before approved_on; correct one of them"
    policy = policies.get(waiver.policy)
    if policy is None:
        yield "policy", unknown("policy", waiver.policy, sorted(policies))
    elif waiver.clause not in policy.by_id:
        advice = "troth list clauses shows them"
        yield "clause", unknown("clause", waiver.clause, sorted(policy.by_id), advice)


@dataclass(frozen=True)
class Waived:
    """Which finding is waived by which waiver, and what became of every waiver."""

    by_finding: Mapping[str, Waiver]
    states: Mapping[str, str]


def apply(waivers: Iterable[Waiver], findings: Iterable[Finding], today: str) -> Waived:
    """Return the waived findings by id, and each waiver's state, of which ``used`` is one.

    ``today`` is the ISO date of the judged time; a waiver counts from the day of its approval to
    the end of its last.
    """
    waivers = tuple(waivers)
    by_finding: dict[str, Waiver] = {}
    states = {waiver.id: waiver.state_on(today) for waiver in waivers}
    for finding in findings:
        if finding.verdict is not Verdict.FAIL:
            continue
        for waiver in waivers:
            if states[waiver.id] in ("unused", "used") and waiver.covers(finding):
                by_finding.setdefault(finding.id, waiver)
                states[waiver.id] = "used"
    return Waived(by_finding, states)
