"""``troth report -o html``: with a history, how the promises stood in the runs before."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.history.world import World
from tests.history_commands.conftest import Said, Troth
from tests.report.html.pages import Read


def _page(troth: Troth, run: str, *options: str) -> str:
    said = troth("report", f"runs/{run}", "-o", "html=page.html", *options)
    assert said == Said(0, "", "")
    return Path("page.html").read_text()


def test_the_page_shows_the_runs_up_to_its_own(troth: Troth, week: None) -> None:
    page = _page(troth, "run-005")
    words = Read(page).words
    assert "5 runs from 2026-01-01 to 2026-01-05: broken 0 → 0, unknown 0 → 0." in words
    assert re.findall(r"<title>(2026\S+ .*?)</title>", page) == [
        "2026-01-01: 2 kept",
        "2026-01-02: 1 broken, 1 kept",
        "2026-01-03: 1 broken, 1 kept",
        "2026-01-04: 2 unknown",
        "2026-01-05: 2 kept",
    ]
    assert "Kept since 2026-01-05; it was broken once before. It broke once, mended once" in words
    last = Read(_page(troth, "run-007")).words
    assert "Broken since 2026-01-06 (24 hours), for the 2nd time." in last
    assert "Kept since 2026-01-05 (2 days)." in last


def test_in_the_first_run_there_is_nothing_to_compare(troth: Troth, week: None) -> None:
    assert "nights" not in _page(troth, "run-001")
    assert "The last 2 runs" in Read(_page(troth, "run-002")).words


def test_a_run_that_is_not_recorded_is_reported_as_without_a_history(
    troth: Troth, week: None, base: Path
) -> None:
    with_history = _page(troth, "run-003")
    (base / "troth.yaml").rename(base / "elsewhere.yaml")
    alone = _page(troth, "run-003")
    assert alone != with_history
    assert _page(troth, "run-003", "-c", "elsewhere.yaml") == with_history
    assert _page(troth, "run-003", "--history", "history.db") == with_history
    troth("history", "record", "runs/run-002", "--history", "other.db")
    assert _page(troth, "run-003", "--history", "other.db") == alone, "it does not hold this run"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (None, "there is no history; troth history record RUN begins one"),
        (b"no database" * 1000, "restore a copy"),
    ],
    ids=["missing", "damaged"],
)
def test_a_history_that_cannot_be_used_leaves_the_report_whole(
    troth: Troth, week: None, base: Path, body: bytes | None, text: str
) -> None:
    Path("history.db").unlink()
    if body:
        Path("history.db").write_bytes(body)
    said = troth("report", "runs/run-003", "-o", "html=page.html")
    assert (said.code, said.out) == (0, "")
    assert said.err.startswith(f"troth: without earlier runs: {base}/history.db")
    assert text in said.err
    assert said.err.count("\n") == 1
    assert "nights" not in Path("page.html").read_text()


def test_only_the_page_asks_the_history(troth: Troth, week: None) -> None:
    Path("history.db").write_bytes(b"no database" * 1000)
    said = troth("report", "runs/run-003", "-o", "json=x.json", "-o", "text")
    assert (said.code, said.err) == (0, "")


def test_a_clause_that_came_later_is_no_part_of_an_earlier_page(
    world: World, troth: Troth, passes: Callable[[], Said]
) -> None:
    world.clauses = {"1": "present"}
    passes()
    passes()
    world.clauses = {"1": "present", "2": "employed"}
    passes()
    assert "The last 2 runs" in Read(_page(troth, "run-002")).words
