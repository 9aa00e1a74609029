"""The demo's parts by themselves: its folder, its times, and how it compares."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from troth.catalogue import content
from troth.demo import expected
from troth.demo.expected import Wanted
from troth.demo.folder import MARKER, claim
from troth.demo.moments import JOB, Moments
from troth.errors import UsageError
from troth.model import Assess
from troth.verdicts import Results


def test_what_is_expected_covers_every_clause_with_a_control_and_no_other() -> None:
    books = content.load({})
    documents = books.policies.values()
    with_control = {
        (policy.id, clause.id)
        for policy in documents
        for clause in policy.clauses
        if clause.bindings and clause.assess is not Assess.INFORMATIVE
    }
    assert set(expected.load()) == with_control


def row(verdict: str | None, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"policy": "p", "clause": "1", "verdict": verdict, "waived": False}
    made |= {"assess": "observed", "controls": [{"control": "c"}], "awaits": []}
    return made | more


def finding(verdict: str, resource: str = "r", **more: Any) -> dict[str, Any]:
    made = {"policy": "p", "clause": "1", "control": "c", "resource": resource}
    return made | {"verdict": verdict} | more


def compared(wanted: Wanted | None, clause: dict[str, Any], *findings: dict[str, Any]) -> list[str]:
    book = {} if wanted is None else {("p", "1"): wanted}
    outcome = Results({"clauses": [clause]}, findings)
    return expected.differences(book, outcome, {"id-of-r": "r"})


FAILS = Wanted("fail", frozenset({("c", "r", "", "")}))


def test_resources_are_compared_by_the_demos_names() -> None:
    assert compared(FAILS, row("fail"), finding("fail", "id-of-r"), finding("pass", "x")) == []


@pytest.mark.parametrize(
    ("wanted", "clause", "findings", "said"),
    [
        (Wanted("pass"), row("unknown"), [], "expected pass, got unknown"),
        (FAILS, row("fail"), [finding("fail", "other")], "expected fail of c r, got none"),
        (FAILS, row("fail"), [finding("fail"), finding("fail", "x")], "expected no fail of c x"),
        (FAILS, row("fail", waived=True), [finding("fail")], "expected not waived"),
        (None, row("pass"), [], "got pass, but nothing is written down by hand"),
        (None, row("pass", controls=[]), [], "expected unknown, got pass"),
        (None, row("pass", assess="informative"), [], "expected no verdict, got pass"),
    ],
)
def test_every_sort_of_difference_is_told(
    wanted: Wanted | None, clause: dict[str, Any], findings: list[dict[str, Any]], said: str
) -> None:
    assert any(text.startswith(f"p/1: {said}") for text in compared(wanted, clause, *findings))


def test_an_unknown_for_another_reason_or_permission_differs() -> None:
    wanted = Wanted("unknown", frozenset({("c", "r", "permission-denied", "s3:Get")}))
    same = finding("unknown", reason="permission-denied", permission="s3:Get")
    assert compared(wanted, row("unknown"), same) == []
    for other in ({"permission": "s3:List"}, {"reason": "timeout", "permission": ""}):
        assert len(compared(wanted, row("unknown"), same | other)) == 2


def test_an_awaited_control_is_expected_to_be_unknown() -> None:
    clause = row("unknown", controls=[], awaits=["a"])
    awaited = finding("unknown", "population", reason="no-control", control="a")
    assert compared(None, clause, awaited) == []
    (said,) = compared(None, clause)
    assert said == "p/1: expected unknown of a population (no-control), got none"


def test_a_clause_that_is_gone_differs() -> None:
    assert compared(FAILS, row("pass", clause="2", controls=[], awaits=[]))[0].startswith("p/1: ")


@pytest.mark.parametrize("inside", ["file", "folder", "link"])
def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, inside: str) -> None:
    place = tmp_path / "d"
    if inside == "file":
        place.write_text("mine")
    elif inside == "folder":
        place.mkdir()
        (place / "mine").write_text("mine")
    else:
        (tmp_path / "real").mkdir()
        (tmp_path / "real" / MARKER).write_text("")
        place.symlink_to(tmp_path / "real")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match="name another one"):
        claim(place)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_earlier_demos_folder_is_emptied_and_a_link_in_it_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine").write_text("mine")
    first = claim(tmp_path / "d")
    first.put("runs/one/run.json", "{}")
    (first.path / "link").symlink_to(outside)
    claim(tmp_path / "d")
    assert [path.name for path in first.path.iterdir()] == [MARKER]
    assert (outside / "mine").read_text() == "mine"


@pytest.mark.parametrize("minutes", range(0, 24 * 60, 7))
def test_the_newest_night_is_over_and_not_older_than_a_day_and_a_job(minutes: int) -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC) + timedelta(minutes=minutes)
    nights = Moments(now).nights(3, 20)
    assert JOB <= now - nights[0] < timedelta(days=1) + JOB
    assert {(night.hour, night.minute) for night in nights} == {(3, 20)}
    assert all(a - b == timedelta(days=1) for a, b in pairwise(nights))
    assert Moments(now).nights(3, 20, missed=3) == nights[3:]


def test_dates_and_instants_are_filled_in() -> None:
    moments = Moments(datetime(2026, 11, 21, 1, tzinfo=UTC))
    filled = moments.filled("{day-1d} {day+10d} {time-2h} {other}")
    assert filled == "2026-11-20 2026-12-01 2026-11-20T23:00:00+00:00 {other}"
