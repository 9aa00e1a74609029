"""A finding: the verdict on one clause, control, part and resource, with the words for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from troth import canonical
from troth.model import POPULATION, Failure, Proof, Severity, Verdict

#: What a rule came to: held or not, None for undecided, or skipped because of its ``when``.
Outcome = bool | None | Literal["skipped"]
SKIPPED: Literal["skipped"] = "skipped"

#: How many elements of a list a finding shows.
SHOWN = 5


_NOTHING: Mapping[str, Any] = MappingProxyType({})
_VERDICTS = {verdict: verdict.value for verdict in Verdict}
_PROOFS: dict[Proof | None, str | None] = {None: None, **{proof: proof.value for proof in Proof}}
_SEVERITIES = {severity: severity.name.lower() for severity in Severity}


class Finding(NamedTuple):
    """One verdict; :attr:`key` names it for good, without text or time.

    ``expected`` are sentences, ``found`` the facts that the rules read, ``observations`` the
    digests of the observations judged. ``proof`` is None unless a rule was decided.
    """

    policy: str
    clause: str
    binding: str
    control: str
    part: str
    kind: str
    target: str
    resource: str
    verdict: Verdict
    severity: Severity
    failure: Failure | None = None
    expected: tuple[str, ...] = ()
    found: Mapping[str, Any] = _NOTHING
    proof: Proof | None = None
    notes: tuple[str, ...] = ()
    observations: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """Return what identifies the finding: policy, clause, binding, control, part, place."""
        return (
            self.policy, self.clause, self.binding, self.control, self.part,
            self.target, self.resource,
        )  # fmt: skip

    @property
    def id(self) -> str:
        """Return the stable id: ``f-`` and 20 hexadecimal digits of the digest of :attr:`key`."""
        return "f-" + hashlib.sha256(canonical.dumps(self.key)).hexdigest()[:20]

    @property
    def why(self) -> str:
        """Return the reason in words, empty for a pass."""
        if self.failure:
            return self.failure.message
        if self.verdict is Verdict.FAIL:
            return f"expected {'; '.join(self.expected)}; found {self.shown or 'nothing'}"
        return ""

    @property
    def shown(self) -> str:
        """Return the found facts as one line of text."""
        return ", ".join([f"{name} = {_text(value)}" for name, value in self.found.items()])

    def as_json(self) -> dict[str, Any]:
        """Return the finding as JSON: what the results file holds, a line each."""
        (
            policy, clause, binding, control, part, kind, target, resource, verdict, severity,
            failure, expected, found, proof, notes, observations,
        ) = self  # fmt: skip
        body: dict[str, Any] = {
            "id": self.id,
            "policy": policy,
            "clause": clause,
            "binding": binding,
            "control": control,
            "part": part,
            "kind": kind,
            "target": target,
            "resource": resource,
            "verdict": _VERDICTS[verdict],
            "severity": _SEVERITIES[severity],
            "expected": list(expected),
            "found": dict(found),
            "proof": _PROOFS[proof],
            "notes": list(notes),
            "observations": list(observations),
        }
        if failure:
            body["reason"] = failure.reason.value
            if failure.permission:
                body["permission"] = failure.permission
        body["why"] = self.why
        return body


def showable(value: Any) -> Any:
    """Return a coerced fact as JSON: instants as text, long lists by their first elements."""
    if value.__class__ in PLAIN:
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: showable(value[name]) for name in sorted(value)}
    if isinstance(value, list | tuple):
        if len(value) > SHOWN:
            return {"count": len(value), "first": [showable(inner) for inner in value[:SHOWN]]}
        return [showable(inner) for inner in value]
    return str(value)


#: Types of facts that are shown as they are.
PLAIN = frozenset({str, int, bool, float, type(None)})


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(value) if value.__class__ is int else _spaced(value)


_spaced = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode


def verdict_on(outcomes: tuple[Outcome, ...]) -> Verdict:
    """Return fail if any rule is false, unknown if any is undecided, pass if any is true."""
    if False in outcomes:
        return Verdict.FAIL
    if None in outcomes:
        return Verdict.UNKNOWN
    return Verdict.PASS if True in outcomes else Verdict.NOT_APPLICABLE


def roll_up(verdicts: Iterable[Verdict]) -> Verdict:
    """Return fail if any is fail, else unknown if any is, else pass; not-applicable is neutral."""
    seen = set(verdicts)
    for verdict in (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS):
        if verdict in seen:
            return verdict
    return Verdict.NOT_APPLICABLE


def weakest(proofs: Iterable[Proof | None]) -> Proof | None:
    """Return the weakest proof of several; None if there is none at all."""
    return min({proof for proof in proofs if proof}, key=lambda proof: proof.rank, default=None)


def strongest(proofs: Iterable[Proof | None]) -> Proof | None:
    """Return the strongest proof of several; None if there is none at all."""
    return max({proof for proof in proofs if proof}, key=lambda proof: proof.rank, default=None)


__all__ = ["POPULATION", "Finding", "roll_up", "showable", "strongest", "weakest"]
