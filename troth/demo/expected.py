"""What has to come out, by hand, and where what came out differs from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from troth.model import POPULATION, Assess, Reason, Verdict
from troth.shipped import FOLDER
from troth.verdicts import Results
from troth.yamlfile import parse

#: A finding as far as the expectation speaks of it: control, resource's name, reason, permission.
Finding = tuple[str, str, str, str]
#: A clause by policy and id.
Key = tuple[str, str]

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Wanted:
    """What a clause's verdict has to be (None if informative), and every finding behind it."""

    verdict: str | None
    findings: frozenset[Finding] = frozenset()
    waived: bool = False


def load(text: str = "") -> dict[Key, Wanted]:
    """Return what is expected of the clauses that have a control, from ``expected.yaml``.

    ``text`` replaces the file's. Raises :class:`~troth.errors.InputError` if it is no YAML.
    """
    source = FOLDER / "demo" / "expected.yaml"
    data = parse(text or source.read_text(encoding="utf-8"), source.name).data
    return {
        (policy, clause): _read(body)
        for policy, clauses in data["policies"].items()
        for clause, body in clauses.items()
    }


def differences(
    wanted: Mapping[Key, Wanted], outcome: Results, names: Mapping[str, str]
) -> list[str]:
    """Return a sentence for each clause that came out otherwise than it had to.

    ``names`` are the demo's names by resource id; what has none is called by its id.
    """
    rows = {(row["policy"], row["clause"]): row for row in outcome.summary["clauses"]}
    findings: dict[Key, list[Row]] = {key: [] for key in rows}
    for each in outcome.findings:
        findings[each["policy"], each["clause"]].append(each)
    found = [f"{'/'.join(key)}: expected, but there is no such clause"
             for key in wanted if key not in rows]  # fmt: skip
    for key, row in rows.items():
        told = _of_clause(_expected(wanted, key, row), row, findings[key], names)
        found += [f"{'/'.join(key)}: {text}" for text in told]
    return found


def _read(body: Any) -> Wanted:
    if isinstance(body, str):
        return Wanted(Verdict(body))
    if "fails" in body:
        verdict, listed = Verdict.FAIL, body["fails"]
    else:
        verdict, listed = Verdict.UNKNOWN, body["unknowns"]
    rows = (
        (row["control"], row["resource"], row.get("reason", ""), row.get("permission", ""))
        for row in listed
    )
    return Wanted(verdict, frozenset(rows), body.get("waived", False))


def _expected(wanted: Mapping[Key, Wanted], key: Key, row: Row) -> Wanted | None:
    """Return what is expected of a clause, with what follows from the document itself."""
    if row["assess"] == Assess.INFORMATIVE:
        return Wanted(None)
    awaited = frozenset(
        (name, POPULATION, str(Reason.NO_CONTROL), "") for name in row["awaits"]
    )  # fmt: skip
    if not row["controls"]:
        return Wanted(Verdict.UNKNOWN, awaited)
    known = wanted.get(key)
    if known is None or known.verdict != Verdict.UNKNOWN:
        return known
    return Wanted(known.verdict, known.findings | awaited, known.waived)


def _of_clause(
    wanted: Wanted | None, row: Row, findings: list[Row], names: Mapping[str, str]
) -> Iterator[str]:
    if wanted is None:
        yield f"got {row['verdict']}, but nothing is written down by hand for it"
        return
    if row["verdict"] != wanted.verdict:
        yield f"expected {wanted.verdict or 'no verdict'}, got {row['verdict'] or 'none'}"
    if bool(row["waived"]) != wanted.waived:
        yield f"expected {'waived' if wanted.waived else 'not waived'}, got the opposite"
    if wanted.verdict not in (Verdict.FAIL, Verdict.UNKNOWN):
        return
    seen = {_told(each, names) for each in findings if each["verdict"] == wanted.verdict}
    for each in sorted(wanted.findings - seen):
        yield f"expected {wanted.verdict} of {_words(each)}, got none"
    for each in sorted(seen - wanted.findings):
        yield f"expected no {wanted.verdict} of {_words(each)}, got one"


def _told(finding: Row, names: Mapping[str, str]) -> Finding:
    resource = names.get(finding["resource"], finding["resource"])
    return finding["control"], resource, finding.get("reason", ""), finding.get("permission", "")


def _words(finding: Finding) -> str:
    control, resource, *why = finding
    return " ".join([control, resource, *(f"({each})" for each in why if each)])
