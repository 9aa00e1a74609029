"""What GitHub code scanning refuses or does not show, and the SARIF schema lets through.

Written from GitHub's documentation of SARIF support and from files that it refused; it shares
nothing with the code that it checks.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

Body = dict[str, Any]


def problems(text: str) -> list[str]:
    """Return what GitHub would object to in a file, or what it would not show."""
    body = json.loads(text)
    found = []
    if len(gzip.compress(text.encode())) > 10_000_000:
        found.append("more than 10 MB compressed")
    if body["version"] != "2.1.0" or "$schema" not in body:
        found.append("not SARIF 2.1.0")
    if not 1 <= len(body["runs"]) <= 20:
        found.append("not 1 to 20 runs")
    for run in body["runs"]:
        found += _run(run)
    return found


def _run(run: Body) -> Iterator[str]:
    rules = run["tool"]["driver"]["rules"]
    if not re.fullmatch(r"[^/].*/[^/]+", run["automationDetails"]["id"]):
        yield "automationDetails.id has no category and run"
    if len(run["results"]) > 5_000:
        yield "more results than are shown"
    if len(rules) > 25_000 or len({rule["id"] for rule in rules}) != len(rules):
        yield "too many rules, or two of one id"
    for rule in rules:
        yield from (f"rule {rule['id']}: {text}" for text in _rule(rule))
    for number, result in enumerate(run["results"]):
        yield from (f"result {number}: {text}" for text in _result(result, rules))
    prints = Counter(_fingerprint(result) for result in run["results"])
    yield from (f"one alert of several: {key}" for key, count in prints.items() if count > 1)


def _rule(rule: Body) -> Iterator[str]:
    if len(rule["name"]) > 255:
        yield "the name is longer than 255"
    for key in ("shortDescription", "fullDescription"):
        if not 1 <= len(rule[key]["text"]) <= 1024:
            yield f"{key} is not 1 to 1024 characters"
    if not rule["help"]["text"] or not rule["help"]["markdown"]:
        yield "there is no help"
    properties = rule["properties"]
    if len(properties["tags"]) > 10 or "security" not in properties["tags"]:
        yield "more tags than are shown, or no tag security, without which no severity is"
    score = properties["security-severity"]
    if not isinstance(score, str) or not 0.1 <= float(score) <= 10:
        yield "security-severity is no text of a number from 0.1 to 10"
    if rule["defaultConfiguration"]["level"] not in ("note", "warning", "error"):
        yield "no level"


def _result(result: Body, rules: list[Body]) -> Iterator[str]:
    if rules[result["ruleIndex"]]["id"] != result["ruleId"]:
        yield "the rule's index and id are not of one rule"
    if not result["message"]["text"]:
        yield "no message"
    if {"kind", "suppressions"} & set(result):
        yield "what GitHub does not read would be an alert"
    if not re.fullmatch(r"[0-9a-f]+:[0-9]+", _fingerprint(result)):
        yield "no fingerprint of GitHub's form"
    if not 1 <= len(result.get("locations", ())) <= 1000:
        yield "expected at least one location"
    for location in result.get("locations", ()):
        yield from _location(location)


def _location(location: Body) -> Iterator[str]:
    place = location.get("physicalLocation")
    if place is None:
        yield "expected a physical location"
        return
    artifact, region = place["artifactLocation"], place["region"]
    parts = urlsplit(artifact["uri"])
    if not parts.path or parts.scheme or parts.netloc or parts.path.startswith("/"):
        yield "the uri is not relative to the repository's root"
    if ".." in parts.path.split("/") or "uriBaseId" in artifact:
        yield "the uri leaves the repository, or rests on a base that is not read"
    keys = ("startLine", "startColumn", "endLine", "endColumn")
    if not all(isinstance(region.get(key), int) and region[key] >= 1 for key in keys):
        yield "the region lacks a line or column"


def _fingerprint(result: Body) -> str:
    return str(result.get("partialFingerprints", {}).get("primaryLocationLineHash", ""))
