"""From recorded answers to facts: what was accepted, what was refused, what stays unproven.

A refusal counts only if the server said so in TLS, or hung up every time, *and* the endpoint
still accepted the control hello afterwards. A timeout, a half answer or a local trouble is
neither yes nor no. Pure functions of the evidence; they can be run again years later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from troth.checker import Facts, Failure, Reason
from troth.checkers.tls.evidence import Evidence
from troth.checkers.tls.questions import (
    BROKEN_UP_TO,
    BY_STRENGTH,
    RUNGS,
    SETS,
    SSL3,
    TLS10,
    TLS11,
    TLS12,
    TLS13,
    VERSION_NAMES,
    elsewhere,
)
from troth.checkers.tls.suites import BY_CODE

_VERSION_FACTS = {
    "ssl3": SSL3,
    "tls1_0": TLS10,
    "tls1_1": TLS11,
    "tls1_2": TLS12,
    "tls1_3": TLS13,
}


def versions(evidence: Evidence) -> Facts:
    """Return the facts of the facet ``versions``."""
    settled = {
        fact: settle(fact, version in evidence.spoken, evidence.version_doubt(version), evidence)
        for fact, version in _VERSION_FACTS.items()
    }
    return _facts(settled, raw(evidence))


def ciphers(evidence: Evidence) -> Facts:
    """Return the facts of the facet ``ciphers``; the preferred suite is the opening's."""
    chosen = BY_CODE[evidence.opening.suite]
    chose, doubt = evidence.chose, evidence.set_doubt
    asked = {
        "suites_256": (chose(SETS["256"], TLS12), doubt("256") or _modern(evidence, "256")),
        "suites_below_256": (chose(SETS["128"]), doubt("128") or _modern(evidence, "128")),
        "suites_below_128": (chose(SETS["broken"]), doubt("broken") or _lowest(evidence)),
        "without_forward_secrecy": (chose(SETS["static"]), doubt("static")),
        "finite_field": (chose(SETS["finite"]), doubt("finite")),
    }
    settled = {fact: settle(fact, *answer, evidence) for fact, answer in asked.items()}
    known = {
        "preferred_name": chosen.name,
        "preferred_bits": chosen.bits,
        "finite_field_bits": _prime_bits(settled["finite_field"], evidence),
    }
    return _facts(settled | known, raw(evidence))


def settle(fact: str, accepted: bool, doubt: str, evidence: Evidence) -> str | Failure:
    """Return ``accepted``, ``refused``, or why neither is proven."""
    if accepted:
        return "accepted"
    if not doubt and not evidence.controlled:
        doubt = "the hello that was accepted before was not accepted again at the end"
    return Failure(Reason.UNPROVEN, f"{fact}: {doubt}") if doubt else "refused"


def _modern(evidence: Evidence, name: str) -> str:
    """Return why TLS 1.3 is not proven to refuse suites of a strength; empty if it does."""
    if TLS13 not in evidence.spoken:
        return evidence.version_doubt(TLS13)
    offer = BY_STRENGTH[name]
    return evidence.doubt((offer if evidence.by_usual_groups else elsewhere(offer)).name)


def _lowest(evidence: Evidence) -> str:
    """Return why broken suites are not proven to be refused below TLS 1.2; empty if they are.

    A version of which nothing is known may take what the others refuse.
    """
    for version in RUNGS:
        doubt = "" if version in evidence.spoken else evidence.version_doubt(version)
        if doubt:
            return f"{VERSION_NAMES[version]} is in doubt: {doubt}"
    spoken = evidence.spoken - {TLS13}
    if not spoken or min(spoken) == max(spoken):
        return ""
    return evidence.doubt(BROKEN_UP_TO[min(spoken)].name)


def _prime_bits(settled: str | Failure, evidence: Evidence) -> int | Failure:
    """Return the size of the smallest prime that was seen; 0 where none is used."""
    if isinstance(settled, Failure):
        return settled
    if settled == "refused":
        return 0
    seen = [row.prime_bits for row in evidence.accepted if SETS["finite"](BY_CODE[row.suite])]
    if not all(seen):
        return Failure(Reason.MALFORMED_RESPONSE, "finite_field_bits: no prime was sent")
    return min(seen)


def _facts(settled: Mapping[str, Any], told: Mapping[str, Any]) -> Facts:
    values = {fact: value for fact, value in settled.items() if not isinstance(value, Failure)}
    missing = {fact: value for fact, value in settled.items() if isinstance(value, Failure)}
    return Facts(values, missing, told)


def raw(evidence: Evidence) -> dict[str, Any]:
    """Return what each offer was answered with, without what differs from run to run."""
    told: dict[str, list[str]] = {}
    for answer in evidence.answers:
        chosen = ""
        if answer.yes:
            chosen = f" {VERSION_NAMES[answer.version]} {BY_CODE[answer.suite].name}"
        told.setdefault(answer.offer, []).append(f"{answer}{chosen}")
    named = sorted(BY_CODE[code].name for code in evidence.named)
    return {"answers": told} | ({"broken_suites": named} if named else {})
