"""A finding as a SARIF result (section 3.27), placed at the clause that it breaks.

GitHub refuses a whole file for one result without a physical location, and reads one fingerprint
only, ``primaryLocationLineHash``. Many resources break one clause, so ours comes from the finding's
id: computed from the line they would all be one alert.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from troth.model import Verdict
from troth.report.account import Account
from troth.report.brief import NAME, TEXT, Row, Rule, cut, explain, sentence, severity
from troth.report.sarif.rules import LEFT, LEVELS
from troth.report.sarif.text import literal
from troth.report.words import harmless, plural


def result(account: Account, row: Row, index: int) -> dict[str, Any]:
    """Return a finding as a result; ``index`` is that of its rule."""
    rule = Rule.of(row)
    location = _location(account, rule)
    location["logicalLocations"] = [_resource(row)]
    level = LEVELS[severity(row)] if row["verdict"] == Verdict.FAIL else "none"
    return {
        **_result(rule, index, level, sentence(row), row["id"].removeprefix("f-")),
        "locations": [location],
        "properties": {"finding": row["id"], "kind": row["kind"], "proof": row["proof"]},
    }


def of_any_verdict(account: Account, row: Row, index: int) -> dict[str, Any]:
    """Return a finding as a result that also says whether it is unknown or waived.

    Unknown is ``open``: evaluated, but there was not enough to decide on (section 3.27.9). All
    results of a run have suppressions or none has (section 3.27.23).
    """
    return result(account, row, index) | {
        "kind": "fail" if row["verdict"] == Verdict.FAIL else "open",
        "suppressions": [_suppression(row["waiver"])] if "waiver" in row else [],
    }


def more(account: Account, rule: Rule, index: int, level: str, count: int) -> dict[str, Any]:
    """Return the result that says how many findings of a rule are not listed."""
    told = plural(count, "more finding")
    text = f"{told} of this clause: a code platform shows no more than its share of them"
    return {
        **_result(rule, index, level, f"{text}. All: {explain(*rule[:2])}", _hash(rule.id)),
        "locations": [_location(account, rule)],
    }


def left(account: Account, first: Rule, index: int, clauses: int, count: int) -> dict[str, Any]:
    """Return the result for the rules that got no room, at the place of one that did."""
    told = f"{plural(count, 'finding')} of {plural(clauses, 'rule')} more are not listed"
    text = f"{told}: there is no room for them in one file. All: troth report RUN -o markdown"
    return {
        **_result(LEFT, index, "error", text, _hash(LEFT.id)),
        "locations": [_location(account, first)],
    }


def _result(rule: Rule, index: int, level: str, text: str, identity: str) -> dict[str, Any]:
    return {
        "ruleId": rule.id,
        "ruleIndex": index,
        "level": level,
        "message": {"text": literal(text)},
        "partialFingerprints": {"primaryLocationLineHash": f"{identity[:16]}:1"},
    }


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _location(account: Account, rule: Rule) -> dict[str, Any]:
    place = account.place(rule.policy, rule.clause)
    region = {
        "startLine": place.line,
        "startColumn": 1,
        "endLine": place.line,
        "endColumn": place.columns + 1,  # of the character after the last (section 3.30.8)
    }
    return {"physicalLocation": {"artifactLocation": {"uri": quote(place.path)}, "region": region}}


def _resource(row: Row) -> dict[str, Any]:
    name = harmless(cut(row["resource"], NAME))
    target = harmless(row["target"])
    return {
        "name": name,
        "fullyQualifiedName": f"{target}/{name}" if target else name,
        "kind": "resource",
    }


def _suppression(waiver: Mapping[str, Any]) -> dict[str, Any]:
    said = f"{waiver['approver']} until {waiver['expires_on']}: {waiver['reason']}"
    return {
        "kind": "external",
        "status": "accepted",
        "justification": harmless(cut(said, TEXT)),
        "properties": {"waiver": waiver["id"], "expires_on": waiver["expires_on"]},
    }
