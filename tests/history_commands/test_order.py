"""A history goes forward: what may be recorded, and what is only compared."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.history.world import FAIL, World
from tests.history_commands.conftest import Said, Troth
from troth.history import arrears

Passes = Callable[[], Said]


def runs(troth: Troth) -> int:
    """Return how many runs are recorded."""
    return len(troth("history", "--all").lines) - 1


@pytest.mark.parametrize(
    ("as_of", "why", "code"),
    [
        ("2026-01-01T12:00:00+00:00", "was judged before run-002, the last recorded run", 1),
        # By then the list of people is too old to go by.
        ("2090-01-01T00:00:00+00:00", "was judged for a time that is still to come", 3),
    ],
    ids=["earlier", "to-come"],
)
def test_a_check_of_another_day_is_compared_and_not_recorded(
    world: World,
    troth: Troth,
    passes: Passes,
    base: Path,
    as_of: str,
    why: str,
    code: int,
) -> None:
    passes()
    passes()
    world.people["hr"]["bob"] = FAIL
    world._write()
    said = troth("check", "--as-of", as_of, "--fail-on", "new")
    assert said.code == code, "what is new is told all the same"
    assert f"this run {why}: it is compared and not recorded" in said.err
    assert runs(troth) == 2
    assert not (base / "runs" / arrears.NAME).exists(), "nor is it recorded late"
    said = troth("check", "--as-of", "2026-01-03T03:00:00+00:00", "--fail-on", "new")
    assert (said.code, runs(troth)) == (1, 3)
    assert "not recorded" not in said.err


def test_a_run_for_a_time_to_come_is_not_recorded_afterwards(
    world: World, troth: Troth, base: Path
) -> None:
    world.begun = world.begun.replace(year=2999)
    folder = world.night().folder
    said = troth("history", "record", str(folder))
    assert said == Said(
        2, "",
        f"troth: {folder} was judged for a time that is still to come; a history goes forward: "
        "record it in another scope with --scope\n",
    )  # fmt: skip


def test_another_run_under_a_recorded_id_is_told_of(world: World, troth: Troth, base: Path) -> None:
    first = world.night().folder
    assert troth("history", "record", str(first)).code == 0
    shutil.move(first, base / "first")
    world.nights = 0
    world.people["hr"]["bob"] = FAIL
    second = world.night().folder
    assert troth("history", "record", str(base / "first")).out == "run-001: recorded already\n"
    said = troth("history", "record", str(second))
    assert said == Said(
        4, "",
        "troth: run run-001 is recorded already, with other results; "
        "one of them was changed: troth verify RUN, history verify\n",
    )  # fmt: skip


def test_a_comparison_says_how_much_is_unknown(world: World, troth: Troth, passes: Passes) -> None:
    world.shut.add("hr")
    passes()
    passes()
    said = troth("diff")
    assert (said.code, said.lines[-1]) == (0, "Nothing changed. 2 clauses are unknown.")
    assert "Nothing changed. 2 clauses are unknown.\n" in troth("diff", "-o", "markdown").out
