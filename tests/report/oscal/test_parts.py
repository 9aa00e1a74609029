"""Which resources stand in the inventory, and which statements carry a finding."""

from __future__ import annotations

from typing import Any

import pytest

from troth.report.oscal.people import Statement
from troth.report.oscal.subjects import Subjects, resource_id

SUBJECTS = Subjects(("boxes",), frozenset({("boxes", "listing toy.box boxes")}))


def row(resource: str, *, kind: str = "box", target: str = "boxes") -> dict[str, Any]:
    return {"kind": kind, "target": target, "resource": resource}


def ids(*rows: dict[str, Any]) -> list[str]:
    return [one["uuid"] for one in SUBJECTS.inventory(rows)]


def test_a_resource_of_many_findings_stands_once() -> None:
    assert ids(row("a"), row("b"), row("a")) == [resource_id(row("a")), resource_id(row("b"))]


def test_the_same_id_of_another_kind_is_another_resource() -> None:
    assert len(set(ids(row("a"), row("a", kind="chest")))) == 2


def test_ids_that_look_alike_when_harmless_are_two_resources() -> None:
    assert len(set(ids(row("a\x00"), row("a\x01")))) == 2


def test_populations_lists_and_places_unknown_are_no_resources() -> None:
    assert ids(row("population"), row("listing toy.box boxes"), row("a", target="gone")) == []
    assert SUBJECTS.of_finding(row("population", target="")) == []
    assert SUBJECTS.of_finding(row("a", target="gone")) == []
    (subject,) = SUBJECTS.of_finding(row("listing toy.box boxes"))
    assert subject["type"] == "component"


FACTS = {
    "control": "vouched",
    "clauses": {"items": ["acme/1"], "complete": True},
    "signed_on": "2026-02-01",
    "expires_on": "2026-11-30",
}
FINDING = {"policy": "acme", "clause": "1", "control": "vouched"}


@pytest.mark.parametrize(
    ("facts", "finding", "today", "covered"),
    [
        ({}, {}, "2026-02-01", True),
        ({}, {}, "2026-11-30", True),
        ({}, {}, "2026-01-31", False),
        ({}, {}, "2026-12-01", False),
        ({"control": "other"}, {}, "2026-06-01", False),
        ({}, {"clause": "2"}, "2026-06-01", False),
        ({}, {"policy": "other"}, "2026-06-01", False),
        ({"clauses": {"items": [], "complete": True}}, {"clause": "2"}, "2026-06-01", True),
    ],
    ids=["first", "last", "early", "late", "control", "clause", "policy", "every-clause"],
)
def test_a_statement_covers_its_clauses_while_it_holds(
    facts: dict[str, Any], finding: dict[str, Any], today: str, covered: bool
) -> None:
    statement = Statement("guards", "statements", "observations/x.jsonl", FACTS | facts)
    assert statement.covers(FINDING | finding, today) is covered
