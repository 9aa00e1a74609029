"""Command lines that asked for less than they seem to, and must not end with 0."""

from __future__ import annotations

from pathlib import Path

import pytest

from troth.cli import main

CHECK = ["check", "--as-of", "2026-11-21T00:00:00+00:00", "--run", "run"]


@pytest.mark.parametrize("more", [["--clause", "acme/1.1", "--clause", "acme/9.9"]])
def test_each_clause_that_is_asked_for_has_to_exist(
    more: list[str], workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """CI asks for two clauses, one of them misspelt: it would be green for ever."""
    assert main([*CHECK, *more]) == 2
    assert "no clause matches acme/9.9" in capsys.readouterr().err
    assert not (workspace / "run").exists()


@pytest.mark.parametrize("gate", ["", ",", " "])
def test_an_empty_gate_is_refused(gate: str, workspace: Path) -> None:
    """--gate "$GATE" with the variable unset would let every unknown pass."""
    assert main([*CHECK, "--gate", gate]) == 2


@pytest.mark.parametrize("year", ["0001", "0900", "9999"])
def test_a_time_that_no_calendar_reaches_is_a_wrong_option(year: str, workspace: Path) -> None:
    assert main(["check", "--as-of", f"{year}-01-01T00:00:00+00:00", "--run", "run"]) == 2
    assert not (workspace / "run").exists()
